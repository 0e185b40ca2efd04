"""Activities, their sessions, bookings with the waiting list, baskets and calendar addresses (B1 to B8).

Capacity is held here: whoever takes a place holds the session's row, raises `taken` only where it stays within what is
free, and so gets it or not. Places that an open basket or an offer holds are rows with an end.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, DateTime, ForeignKey, Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.engine import Base
from portal.db.types import At, BigInt, CustomerRef, IdText, Instant, Key, NameText, PartnerRef, PublicId, words
from portal.rules.bookings.states import BookingPayer, BookingState, SessionState
from portal.rules.invoices.prices import Prices

_LIVE = text("state <> 'cancelled'")
_NAMED = text("external_id IS NOT NULL")
_USED = text("membership_id IS NOT NULL")
_WAITS = text("state IN ('waiting', 'offered')")
_CHARGED = text("reversed_at IS NULL")
Wall = DateTime(timezone=False)
"""A time as the clock at the place shows it, without zone: another column names that."""


class Activity(Base):
    """What is offered. `price_minor` is for one person and session, with or without tax as `prices` says.

    `rate_e3` is the tax rate in thousandths of a per cent, None for the customer's or partner's. `benefit_class` is
    what memberships include. `cancel_until`, `book_from` and `book_until` say how long before the start, such as
    "2 days" or "90 minutes"; "" is until it begins, or from whenever there are sessions. Ages are whole years on the
    session's date, both included.
    """

    __tablename__ = "activity"
    __table_args__ = (
        Index("uq_activity_external_id", "external_id", unique=True),
        Index(None, "partner_id", "name"),
        CheckConstraint("price_minor >= 0", name="price"),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    external_id: Mapped[str | None] = mapped_column(IdText(100))
    partner_id: Mapped[PartnerRef]
    name: Mapped[str] = mapped_column(NameText(200))
    description: Mapped[str] = mapped_column(Text, default="")
    place: Mapped[str] = mapped_column(NameText(200), default="")
    instructor: Mapped[str] = mapped_column(NameText(200), default="")
    price_minor: Mapped[int] = mapped_column(BigInt, default=0)
    rate_e3: Mapped[int | None]
    prices: Mapped[Prices] = mapped_column(words(Prices, 8, check="prices"), default=Prices.GROSS)
    benefit_class: Mapped[str] = mapped_column(NameText(100), default="")
    age_from: Mapped[int | None]
    age_to: Mapped[int | None]
    cancel_until: Mapped[str] = mapped_column(String(40), default="")
    book_from: Mapped[str] = mapped_column(String(40), default="")
    book_until: Mapped[str] = mapped_column(String(40), default="")
    created_at: Mapped[At]
    retired_at: Mapped[datetime | None] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(default=1)


class SessionSeries(Base):
    """The rule that makes sessions of an activity, in wall time (B8).

    `rule` is an RFC 5545 RRULE, `except_on` and `also_on` are ISO dates separated by spaces. Sessions stand as rows up
    to `written_until`, included; None before the first. A series that was edited from a date ends before it
    (`ends_before`), and the one that goes on says with `follows_id` what it follows.
    """

    __tablename__ = "session_series"
    __table_args__ = (
        Index("uq_session_series_external_id", "external_id", unique=True),
        Index(None, "activity_id", "starts_wall"),
        Index(None, "written_until"),
        CheckConstraint("minutes > 0", name="minutes"),
        CheckConstraint("capacity >= 0", name="capacity"),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    external_id: Mapped[str | None] = mapped_column(IdText(100))
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    starts_wall: Mapped[datetime] = mapped_column(Wall)
    minutes: Mapped[int]
    whole_day: Mapped[bool] = mapped_column(default=False, server_default=false())
    zone: Mapped[str] = mapped_column(String(60))
    capacity: Mapped[int]
    rule: Mapped[str] = mapped_column(Text)
    except_on: Mapped[str] = mapped_column(Text, default="")
    also_on: Mapped[str] = mapped_column(Text, default="")
    place: Mapped[str] = mapped_column(NameText(200), default="")
    instructor: Mapped[str] = mapped_column(NameText(200), default="")
    written_until: Mapped[date | None]
    ends_before: Mapped[date | None]
    follows_id: Mapped[int | None] = mapped_column(ForeignKey("session_series.id"))
    created_at: Mapped[At]
    version: Mapped[int] = mapped_column(default=1)


class Session(Base):
    """One date of an activity: wall time with its zone, and the instants they come to.

    `minutes` are of wall time, so that `ends_at` follows the clock at the place; `starts_on` is the date there. A whole
    day begins at 00:00. `taken` counts the bookings that take a place, and may be above a capacity that was lowered.
    `series_on` is the date by which its series made it, also after it was moved. `place_key` and `instructor_key` are
    folded, by which two sessions at one time are found. `sequence` rises with every change (RFC 5545).
    """

    __tablename__ = "session"
    __table_args__ = (
        Index("uq_session_external_id", "external_id", unique=True),
        UniqueConstraint("series_id", "series_on"),
        Index(None, "activity_id", "starts_at"),
        Index(None, "partner_id", "starts_on", "starts_at"),
        Index(None, "partner_id", "place_key", "starts_at"),
        Index(None, "partner_id", "instructor_key", "starts_at"),
        CheckConstraint("taken >= 0", name="taken"),
        CheckConstraint("capacity >= 0", name="capacity"),
        CheckConstraint("minutes > 0", name="minutes"),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    external_id: Mapped[str | None] = mapped_column(IdText(120))
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    series_id: Mapped[int | None] = mapped_column(ForeignKey("session_series.id"))
    series_on: Mapped[date | None]
    partner_id: Mapped[PartnerRef]
    starts_wall: Mapped[datetime] = mapped_column(Wall)
    minutes: Mapped[int]
    whole_day: Mapped[bool] = mapped_column(default=False, server_default=false())
    zone: Mapped[str] = mapped_column(String(60))
    starts_at: Mapped[At]
    ends_at: Mapped[At]
    starts_on: Mapped[date]
    capacity: Mapped[int]
    taken: Mapped[int] = mapped_column(default=0, server_default="0")
    state: Mapped[SessionState] = mapped_column(words(SessionState, 10, check="state"), default=SessionState.OPEN)
    place: Mapped[str] = mapped_column(NameText(200), default="")
    instructor: Mapped[str] = mapped_column(NameText(200), default="")
    place_key: Mapped[str] = mapped_column(String(200), default="")
    instructor_key: Mapped[str] = mapped_column(String(200), default="")
    moved: Mapped[bool] = mapped_column(default=False, server_default=false())
    sequence: Mapped[int] = mapped_column(default=0, server_default="0")
    cancelled_at: Mapped[datetime | None] = mapped_column(Instant)
    reason: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[At]
    changed_at: Mapped[At]
    version: Mapped[int] = mapped_column(default=1)


class Booking(Base):
    """One person's place in one session, or their wish for one (B1, B2).

    `customer_id` is who comes, `actor` who did it, `booker_id` the customer whose login it was (None for staff), and
    `payer` whom that chose to pay. `payer_id` is on whose books it stands, None while nothing was decided. The order of
    a waiting list is `booked_at`, then `id`. `price_minor` is what it costs with tax, 0 where a membership includes it;
    `visit` says that it uses one of the visits of `membership_id`, also after a late cancellation. While somebody
    waits, `membership_id` is the one that was asked for. `offered_until` is until when a place is held (B2).
    `anyway` books it in spite of a clash. `late` is a cancellation after the deadline. `sequence` rises with every
    change, for calendars. Imported ones are history: they charge nobody.
    """

    __tablename__ = "booking"
    __table_args__ = (
        Index("uq_booking_external_id", "external_id", unique=True, sqlite_where=_NAMED, postgresql_where=_NAMED),
        Index("uq_booking_live", "session_id", "customer_id", unique=True, sqlite_where=_LIVE, postgresql_where=_LIVE),
        Index("ix_booking_waiting", "session_id", "booked_at", "id", sqlite_where=_WAITS, postgresql_where=_WAITS),
        Index(None, "session_id", "state"),
        Index(None, "customer_id", "session_id"),
        Index("ix_booking_membership", "membership_id", "session_id", sqlite_where=_USED, postgresql_where=_USED),
        CheckConstraint("price_minor >= 0", name="price"),
        CheckConstraint("NOT visit OR membership_id IS NOT NULL", name="visit"),
        CheckConstraint("(state = 'offered') = (offered_until IS NOT NULL)", name="offered"),
        CheckConstraint("(state = 'cancelled') = (cancelled_at IS NOT NULL)", name="cancelled"),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    external_id: Mapped[str | None] = mapped_column(IdText(100))
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id"))
    customer_id: Mapped[CustomerRef]
    state: Mapped[BookingState] = mapped_column(words(BookingState, 10, check="state"))
    booked_at: Mapped[At]
    price_minor: Mapped[int] = mapped_column(BigInt, default=0)
    payer: Mapped[BookingPayer] = mapped_column(words(BookingPayer, 8, check="payer"), default=BookingPayer.CHOICE)
    payer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"))
    booker_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"))
    membership_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"))
    visit: Mapped[bool] = mapped_column(default=False, server_default=false())
    anyway: Mapped[bool] = mapped_column(default=False, server_default=false())
    walk_in: Mapped[bool] = mapped_column(default=False, server_default=false())
    imported: Mapped[bool] = mapped_column(default=False, server_default=false())
    offered_until: Mapped[datetime | None] = mapped_column(Instant)
    promoted_at: Mapped[datetime | None] = mapped_column(Instant)
    checked_in_at: Mapped[datetime | None] = mapped_column(Instant)
    cancelled_at: Mapped[datetime | None] = mapped_column(Instant)
    late: Mapped[bool] = mapped_column(default=False, server_default=false())
    reason: Mapped[str] = mapped_column(Text, default="")
    reminded_at: Mapped[datetime | None] = mapped_column(Instant)
    sequence: Mapped[int] = mapped_column(default=0, server_default="0")
    actor: Mapped[str] = mapped_column(String(254))
    changed_at: Mapped[At]


class BookingCharge(Base):
    """What a booking came to on the books: a line of an invoice, or a future item; one at a time stands (B4).

    `amount_minor` contains tax. With `reversed_at` it was taken back, by the credit note `credit_id` where it was a
    line.
    """

    __tablename__ = "booking_charge"
    __table_args__ = (
        Index("uq_booking_charge_live", "booking_id", unique=True, sqlite_where=_CHARGED, postgresql_where=_CHARGED),
        UniqueConstraint("invoice_id", "position"),
        Index(None, "booking_id"),
        Index(None, "item_id"),
        CheckConstraint("(invoice_id IS NULL) <> (item_id IS NULL)", name="one_of"),
    )

    id: Mapped[Key]
    booking_id: Mapped[int] = mapped_column(ForeignKey("booking.id"))
    payer_id: Mapped[CustomerRef]
    amount_minor: Mapped[int] = mapped_column(BigInt)
    invoice_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"))
    position: Mapped[int | None]
    item_id: Mapped[int | None] = mapped_column(ForeignKey("future_item.id"))
    charged_at: Mapped[At]
    credit_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"))
    reversed_at: Mapped[datetime | None] = mapped_column(Instant)


class Basket(Base):
    """What one login has chosen and not confirmed yet: one at a time (B7)."""

    __tablename__ = "basket"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    login_id: Mapped[int] = mapped_column(ForeignKey("login.id"), unique=True)
    created_at: Mapped[At]
    changed_at: Mapped[At]


class BasketItem(Base):
    """One person and session in a basket. Until `held_until` it holds a place; None for one that only waits (B7)."""

    __tablename__ = "basket_item"
    __table_args__ = (
        UniqueConstraint("basket_id", "session_id", "customer_id"),
        Index(None, "session_id", "held_until"),
        Index(None, "customer_id"),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    basket_id: Mapped[int] = mapped_column(ForeignKey("basket.id", ondelete="CASCADE"))
    session_id: Mapped[int] = mapped_column(ForeignKey("session.id"))
    customer_id: Mapped[CustomerRef]
    added_at: Mapped[At]
    held_until: Mapped[datetime | None] = mapped_column(Instant)
    wait: Mapped[bool] = mapped_column(default=False, server_default=false())
    anyway: Mapped[bool] = mapped_column(default=False, server_default=false())
    instead: Mapped[bool] = mapped_column(default=False, server_default=false())
    payer: Mapped[BookingPayer] = mapped_column(words(BookingPayer, 8, check="payer"), default=BookingPayer.CHOICE)
    membership_id: Mapped[int | None] = mapped_column(ForeignKey("membership.id"))


class CalendarAddress(Base):
    """How often a login has renewed the secret address of its calendar. The address itself is nowhere (B3)."""

    __tablename__ = "calendar_address"

    login_id: Mapped[int] = mapped_column(ForeignKey("login.id"), primary_key=True, autoincrement=False)
    counter: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[At]
