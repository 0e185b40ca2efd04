"""Services: recurring plans a customer has (M1), and what was billed of them (F5)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.engine import Base
from portal.db.types import At, BigInt, CustomerRef, IdText, Key, PublicId, words
from portal.rules.invoices.prices import Prices
from portal.rules.services import Period, ServiceState


class Service(Base):
    """One plan of one customer. `price_minor` is for one of it and one `period`, in the customer's currency.

    `number_e4` is how many of it, in ten thousandths; `prices` whether the price contains tax, whose rate `rate_e3`,
    thousandths of a per cent, is the customer's where it is None. `stopped_on` is the first day without, `paid_until`
    the last day that is billed. `anchor_on` is the first day of one of its periods, and `anchor_day` the billing day it
    was made for: with these, quarters and years stay where they are until the payer's billing day changes (F5).
    """

    __tablename__ = "service"
    __table_args__ = (
        Index(None, "customer_id", "state"),
        Index("uq_service_external_id", "external_id", unique=True),
        Index(None, "paid_until", "started_on"),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    customer_id: Mapped[CustomerRef]
    plan: Mapped[str] = mapped_column(String(200))
    price_minor: Mapped[int] = mapped_column(BigInt)
    period: Mapped[Period] = mapped_column(words(Period, 10, check="period"), default=Period.MONTH)
    state: Mapped[ServiceState] = mapped_column(words(ServiceState, 10, check="state"), default=ServiceState.ACTIVE)
    started_on: Mapped[date]
    stopped_on: Mapped[date | None]
    external_id: Mapped[str | None] = mapped_column(IdText(100))
    number_e4: Mapped[int] = mapped_column(BigInt, default=10_000, server_default="10000")
    rate_e3: Mapped[int | None]
    prices: Mapped[Prices] = mapped_column(words(Prices, 8), default=Prices.NET, server_default="net")
    paid_until: Mapped[date | None]
    anchor_on: Mapped[date | None]
    anchor_day: Mapped[int | None]


class ServiceCharge(Base):
    """Days of a service that a billing run has dealt with: once for each first day (F5).

    `amount_minor` is what they cost as the price is meant, net or gross. `invoice_id` and `position` are the line that
    charges them; without an invoice they were passed over, because the customer was not billed then.
    """

    __tablename__ = "service_charge"
    __table_args__ = (
        UniqueConstraint("service_id", "first_on"),
        Index(None, "invoice_id"),
    )

    id: Mapped[Key]
    service_id: Mapped[int] = mapped_column(ForeignKey("service.id"))
    first_on: Mapped[date]
    last_on: Mapped[date]
    amount_minor: Mapped[int] = mapped_column(BigInt)
    invoice_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"))
    position: Mapped[int | None]
    billed_at: Mapped[At]
