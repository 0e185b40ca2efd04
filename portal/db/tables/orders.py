"""The catalogue and what was ordered from it (M2)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.engine import Base
from portal.db.types import At, BigInt, CustomerRef, IdText, Instant, Key, NameText, PartnerRef, PublicId, words
from portal.rules.invoices.prices import Prices
from portal.rules.orders import ItemKind, OrderState
from portal.rules.services import Period

_OPEN = text("state IN ('placed', 'accepted')")


class CatalogueItem(Base):
    """Something that can be ordered, from one partner or from all of them.

    `price_e4` is for one, in ten thousandths of the currency of whoever orders; `stock` is None where none is kept.
    """

    __tablename__ = "catalogue_item"
    __table_args__ = (
        Index("uq_catalogue_item_external_id", "external_id", unique=True),
        CheckConstraint("stock IS NULL OR stock >= 0", name="stock"),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    external_id: Mapped[str | None] = mapped_column(IdText(100))
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("partner.id"))
    name: Mapped[str] = mapped_column(NameText(200))
    description: Mapped[str] = mapped_column(Text, default="")
    kind: Mapped[ItemKind] = mapped_column(words(ItemKind, 8, check="kind"))
    price_e4: Mapped[int] = mapped_column(BigInt)
    rate_e3: Mapped[int | None]
    prices: Mapped[Prices | None] = mapped_column(words(Prices, 8, check="prices"))
    period: Mapped[Period] = mapped_column(words(Period, 10, check="period"))
    stock: Mapped[int | None]
    retired_at: Mapped[datetime | None] = mapped_column(Instant)


class CustomerOrder(Base):
    """What a customer ordered, at the prices of then. Instants say when it went on; `reason` why it was cancelled."""

    __tablename__ = "customer_order"
    __table_args__ = (
        Index("uq_customer_order_external_id", "external_id", unique=True),
        Index(None, "customer_id", "placed_at"),
        Index("ix_customer_order_open", "partner_id", "placed_at", sqlite_where=_OPEN, postgresql_where=_OPEN),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    external_id: Mapped[str | None] = mapped_column(IdText(100))
    partner_id: Mapped[PartnerRef]
    customer_id: Mapped[CustomerRef]
    state: Mapped[OrderState] = mapped_column(words(OrderState, 10, check="state"))
    currency: Mapped[str] = mapped_column(String(3))
    total_minor: Mapped[int] = mapped_column(BigInt)
    placed_by: Mapped[str] = mapped_column(String(254))
    placed_at: Mapped[At]
    accepted_at: Mapped[datetime | None] = mapped_column(Instant)
    fulfilled_at: Mapped[datetime | None] = mapped_column(Instant)
    cancelled_at: Mapped[datetime | None] = mapped_column(Instant)
    reason: Mapped[str] = mapped_column(Text, default="")


class OrderLine(Base):
    """So many of one item, at the price of then in minor units. Where it is charged: a future item, a line of an
    invoice, or a service.
    """

    __tablename__ = "order_line"
    __table_args__ = (UniqueConstraint("order_id", "position"), Index(None, "item_id"))

    id: Mapped[Key]
    order_id: Mapped[int] = mapped_column(ForeignKey("customer_order.id"))
    position: Mapped[int]
    item_id: Mapped[int] = mapped_column(ForeignKey("catalogue_item.id"))
    name: Mapped[str] = mapped_column(NameText(200))
    kind: Mapped[ItemKind] = mapped_column(words(ItemKind, 8, check="kind"))
    number: Mapped[int]
    price_minor: Mapped[int] = mapped_column(BigInt)
    prices: Mapped[Prices] = mapped_column(words(Prices, 8, check="prices"))
    rate_e3: Mapped[int]
    period: Mapped[Period] = mapped_column(words(Period, 10, check="period"))
    net_minor: Mapped[int] = mapped_column(BigInt)
    tax_minor: Mapped[int] = mapped_column(BigInt)
    gross_minor: Mapped[int] = mapped_column(BigInt)
    taken: Mapped[int]
    future_item_id: Mapped[int | None] = mapped_column(ForeignKey("future_item.id"))
    invoice_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"))
    invoice_position: Mapped[int | None]
    service_id: Mapped[int | None] = mapped_column(ForeignKey("service.id"))


class OrderWish(Base):
    """What a login has in its basket for an account, with the price it was shown."""

    __tablename__ = "order_wish"
    __table_args__ = (UniqueConstraint("login_id", "customer_id", "item_id"), Index(None, "customer_id"))

    id: Mapped[Key]
    login_id: Mapped[int] = mapped_column(ForeignKey("login.id"))
    customer_id: Mapped[CustomerRef]
    item_id: Mapped[int] = mapped_column(ForeignKey("catalogue_item.id"))
    number: Mapped[int]
    price_e4: Mapped[int] = mapped_column(BigInt)
    added_at: Mapped[At]
