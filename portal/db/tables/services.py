"""Services: recurring plans a customer has (M1), and what was billed of them (F5)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, false, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.engine import Base
from portal.db.types import At, BigInt, CustomerRef, IdText, Instant, Key, PublicId, words
from portal.rules.invoices.prices import Prices
from portal.rules.services import Deed, Period, ServiceState

_STANDS = text("replaced_at IS NULL")
_DUE = text("replaced_at IS NULL AND applied_at IS NULL")
_CHARGED = text("ended_on IS NULL OR ended_on >= first_on")


class Service(Base):
    """One plan of one customer. `price_minor` is for one of it and one `period`, in the customer's currency.

    `number_e4` is how many of it, in ten thousandths; `prices` whether the price contains tax, whose rate `rate_e3`,
    thousandths of a per cent, is the customer's where it is None. `stopped_on` is the first day without, `paid_until`
    the last day that is billed. `anchor_on` is the first day of one of its periods, and `anchor_day` the billing day it
    was made for: with these, quarters and years stay where they are until the payer's billing day changes (F5); with
    `own_anchor` they stay then as well.

    Once it is `changed`, what is in force on which day stands in `service_change`; these columns are what was in force
    on the last day for which that was looked at, and `stopped_on` its end, also ahead.
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
    own_anchor: Mapped[bool] = mapped_column(default=False, server_default=false())
    changed: Mapped[bool] = mapped_column(default=False, server_default=false())


class ServiceChange(Base):
    """What of a service is in force from a day on, until the next such row, and the deed that made it so (M1).

    Rows stay as they are made. `replaced_at` says that another deed took its place, `applied_at` that its day had come
    and the service's own columns say so.
    """

    __tablename__ = "service_change"
    __table_args__ = (
        Index(
            "uq_service_change_stands",
            "service_id",
            "from_on",
            unique=True,
            sqlite_where=_STANDS,
            postgresql_where=_STANDS,
        ),
        Index("ix_service_change_due", "from_on", sqlite_where=_DUE, postgresql_where=_DUE),
    )

    id: Mapped[Key]
    service_id: Mapped[int] = mapped_column(ForeignKey("service.id"))
    from_on: Mapped[date]
    deed: Mapped[Deed] = mapped_column(words(Deed, 10, check="deed"))
    state: Mapped[ServiceState] = mapped_column(words(ServiceState, 10, check="state"))
    plan: Mapped[str] = mapped_column(String(200))
    price_minor: Mapped[int] = mapped_column(BigInt)
    number_e4: Mapped[int] = mapped_column(BigInt)
    period: Mapped[Period] = mapped_column(words(Period, 10, check="period"))
    anchor_on: Mapped[date | None]
    anchor_day: Mapped[int | None]
    own_anchor: Mapped[bool]
    made_at: Mapped[At]
    applied_at: Mapped[datetime | None] = mapped_column(Instant)
    replaced_at: Mapped[datetime | None] = mapped_column(Instant)


class ServiceCharge(Base):
    """Days of a service that billing has dealt with: once for each first day that is charged (F5).

    `amount_minor` is what they cost as the price is meant, net or gross, by days of the period from `of_first_on` to
    `of_last_on`. `invoice_id` and `position` are the line that charges them, or a future item names this row. With
    neither they were passed over, because the customer was not billed then, or billed `elsewhere` before the service
    came here. `ended_on` is the last day that stays charged: what is after it was given back (F13).
    """

    __tablename__ = "service_charge"
    __table_args__ = (
        Index(
            "uq_service_charge_service_id_first_on",
            "service_id",
            "first_on",
            unique=True,
            sqlite_where=_CHARGED,
            postgresql_where=_CHARGED,
        ),
        Index(None, "service_id"),
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
    ended_on: Mapped[date | None]
    of_first_on: Mapped[date | None]
    of_last_on: Mapped[date | None]
    elsewhere: Mapped[bool] = mapped_column(default=False, server_default=false())
