"""Membership plans, memberships with their periods, and freezes (B5, B9, B10)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, false, text, true
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.engine import Base
from portal.db.types import At, BigInt, CustomerRef, IdText, Instant, Key, NameText, PartnerRef, PublicId, words
from portal.rules.bookings.states import BookingPayer
from portal.rules.invoices.prices import Prices
from portal.rules.memberships.states import Granted, MembershipState

_KEPT = text("ended_on IS NULL OR ended_on >= first_on")
"""Periods of which a day was used; one that was given back as a whole may be granted anew."""


class MembershipPlan(Base):
    """What can be bought. `price_minor` is for one period, or for the whole where there is none (B5).

    `period` is such as "1 month" or "30 days", "" for none; `visits` a number of visits it is good for altogether.
    `included` visits of `benefit_class` in each period, None for any number; `discount_e3` thousandths of a per cent
    off such sessions. `freeze_days` is the most that may be frozen, 0 for not at all. `rate_e3` as of an activity.
    """

    __tablename__ = "membership_plan"
    __table_args__ = (
        Index("uq_membership_plan_external_id", "external_id", unique=True),
        Index(None, "partner_id", "name"),
        CheckConstraint("price_minor >= 0", name="price"),
        CheckConstraint("discount_e3 BETWEEN 0 AND 100000", name="discount"),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    external_id: Mapped[str | None] = mapped_column(IdText(100))
    partner_id: Mapped[PartnerRef]
    name: Mapped[str] = mapped_column(NameText(200))
    description: Mapped[str] = mapped_column(Text, default="")
    price_minor: Mapped[int] = mapped_column(BigInt)
    rate_e3: Mapped[int | None]
    prices: Mapped[Prices] = mapped_column(words(Prices, 8, check="prices"), default=Prices.GROSS)
    period: Mapped[str] = mapped_column(String(40), default="")
    visits: Mapped[int | None]
    benefit_class: Mapped[str] = mapped_column(NameText(100), default="")
    included: Mapped[int | None]
    discount_e3: Mapped[int] = mapped_column(default=0, server_default="0")
    age_from: Mapped[int | None]
    age_to: Mapped[int | None]
    freeze_days: Mapped[int] = mapped_column(default=0, server_default="0")
    granted: Mapped[Granted] = mapped_column(words(Granted, 8, check="granted"), default=Granted.AT_ONCE)
    renews: Mapped[bool] = mapped_column(default=True, server_default=true())
    created_at: Mapped[At]
    retired_at: Mapped[datetime | None] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(default=1)


class Membership(Base):
    """What one customer holds. `from_on` is its first day; `anchor_on` the day its periods are counted from, which a
    freeze moves. `until_on` is the last day that is granted, `ends_on` the last day where it was ended (B9, B10).

    `renewal_told_for` is the first day of the period of which its people were told ahead, `age_told_for` the day from
    which an age limit ends it, as they were told. `next_plan_id` takes the plan's place on `next_from_on`.
    `payer` is who was chosen to pay, `payer_id` the customer that was named; None is whoever pays for the holder then
    (B6).
    """

    __tablename__ = "membership"
    __table_args__ = (
        Index("uq_membership_external_id", "external_id", unique=True),
        Index(None, "customer_id", "state"),
        Index(None, "state", "until_on"),
        Index(None, "plan_id"),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    external_id: Mapped[str | None] = mapped_column(IdText(100))
    plan_id: Mapped[int] = mapped_column(ForeignKey("membership_plan.id"))
    customer_id: Mapped[CustomerRef]
    state: Mapped[MembershipState] = mapped_column(words(MembershipState, 10, check="state"))
    from_on: Mapped[date]
    anchor_on: Mapped[date]
    until_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    next_plan_id: Mapped[int | None] = mapped_column(ForeignKey("membership_plan.id"))
    next_from_on: Mapped[date | None]
    payer: Mapped[BookingPayer] = mapped_column(words(BookingPayer, 8, check="payer"), default=BookingPayer.CHOICE)
    payer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"))
    booker_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"))
    imported: Mapped[bool] = mapped_column(default=False, server_default=false())
    renewal_told_for: Mapped[date | None]
    age_told_for: Mapped[date | None]
    actor: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[At]
    changed_at: Mapped[At]
    version: Mapped[int] = mapped_column(default=1)


class MembershipPeriod(Base):
    """Days of a membership that were granted, once for each first day, and what they came to on the books (B9).

    `amount_minor` is what they cost as the price is meant. `invoice_id` and `position` are the line that charges them,
    `item_id` the future item; neither where nothing was charged. `payment_id` is the payment that renewed it by hand:
    one renews once. With `ended_on` the days after it were given back (an upgrade), by `credit_id`.
    """

    __tablename__ = "membership_period"
    __table_args__ = (
        Index(
            "uq_membership_period_first_on",
            "membership_id",
            "first_on",
            unique=True,
            sqlite_where=_KEPT,
            postgresql_where=_KEPT,
        ),
        UniqueConstraint("payment_id"),
        Index(None, "invoice_id"),
        CheckConstraint("last_on IS NULL OR last_on >= first_on", name="days"),
    )

    id: Mapped[Key]
    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    plan_id: Mapped[int] = mapped_column(ForeignKey("membership_plan.id"))
    first_on: Mapped[date]
    last_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    amount_minor: Mapped[int] = mapped_column(BigInt)
    payer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"))
    invoice_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"))
    position: Mapped[int | None]
    item_id: Mapped[int | None] = mapped_column(ForeignKey("future_item.id"))
    credit_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"))
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"))
    charged_on: Mapped[date | None]
    created_at: Mapped[At]


class MembershipFreeze(Base):
    """Days on which a membership rests, both included. One that was ended early keeps what had been asked for (B10).

    `ended_on` is the last day it rested in fact; before `from_on` where it was taken back as a whole.
    """

    __tablename__ = "membership_freeze"
    __table_args__ = (
        Index(None, "membership_id", "from_on"),
        CheckConstraint("to_on >= from_on", name="days"),
    )

    id: Mapped[Key]
    membership_id: Mapped[int] = mapped_column(ForeignKey("membership.id"))
    from_on: Mapped[date]
    to_on: Mapped[date]
    ended_on: Mapped[date | None]
    actor: Mapped[str] = mapped_column(String(254))
    created_at: Mapped[At]
