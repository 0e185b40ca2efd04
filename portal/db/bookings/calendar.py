"""What stands in people's calendars: their bookings with the sessions, and the addresses of calendars (B3)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, and_, bindparam, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from portal.db.bookings.standing import lapsed
from portal.db.bookings.timetable import SessionFacts, session_columns
from portal.db.bulk import among
from portal.db.engine import db, executed, is_sqlite
from portal.db.rows import Part, columns, first_of, values_of
from portal.db.tables import Activity, Booking, CalendarAddress, Customer, Membership, MembershipPlan, Session
from portal.db.types import Instant
from portal.outside import clock
from portal.rules.bookings.states import BookingState, SessionState
from portal.rules.bookings.times import LONGEST


@dataclass(frozen=True, slots=True)
class Entry:
    """One person's booking as a calendar shows it; `changed_at` is when either it or its session changed last.

    `price_minor` is what it costs with tax, `plan` the membership that it was priced by.
    """

    booking_id: int
    booking: str
    customer_id: int
    state: BookingState
    offered_until: datetime | None
    price_minor: int
    visit: bool
    plan: str | None
    payer_id: int | None
    payer_name: str | None
    booking_sequence: int
    booking_changed_at: datetime
    session_changed_at: datetime
    session: SessionFacts

    @property
    def changed_at(self) -> datetime:
        return max(self.booking_changed_at, self.session_changed_at)

    @property
    def sequence(self) -> int:
        """Rises whenever anything of it changes (RFC 5545)."""
        return self.booking_sequence + self.session.sequence

    @property
    def cancelled(self) -> bool:
        return self.state is BookingState.CANCELLED or not self.session.takes_place


def _entries() -> Select[*tuple[Any, ...]]:
    b, payer = Booking, Customer
    found = columns(
        Entry,
        booking_id=b.id,
        booking=b.public_id,
        customer_id=b.customer_id,
        state=b.state,
        offered_until=b.offered_until,
        price_minor=b.price_minor,
        visit=b.visit,
        plan=MembershipPlan.name,
        payer_id=b.payer_id,
        payer_name=payer.name,
        booking_sequence=b.sequence,
        booking_changed_at=b.changed_at,
        session_changed_at=Session.changed_at,
        session=Part(session_columns()),
    )
    return (
        select(*found)
        .select_from(b)
        .join(Session, Session.id == b.session_id)
        .join(Activity, Activity.id == Session.activity_id)
        .outerjoin(payer, payer.id == b.payer_id)
        .outerjoin(Membership, Membership.id == b.membership_id)
        .outerjoin(MembershipPlan, MembershipPlan.id == Membership.plan_id)
        .order_by(Session.starts_at, b.id)
    )


def between(customer_ids: Collection[int], first: datetime, last: datetime) -> list[Entry]:
    """What people have booked, wait for or are offered at some time between two instants, in order; nothing cancelled
    but what was called off by the operator.
    """
    return _found(False, customer_ids, first, last)


def for_feed(customer_ids: Collection[int], first: datetime, last: datetime) -> list[Entry]:
    """What a subscribed calendar holds: what is booked or offered, and what was until it was cancelled."""
    return _found(True, customer_ids, first, last)


def _found(feed: bool, customer_ids: Collection[int], first: datetime, last: datetime) -> list[Entry]:
    instants = {"now": clock.now(), "first": first, "last": last, "earliest": first - LONGEST}
    return values_of(Entry, executed(_within(feed), {"people": list(customer_ids), **instants}))


@cache
def _within(feed: bool) -> Select[*tuple[Any, ...]]:
    """Put together once: calendars are looked at with every page of a family."""
    b, s = Booking, Session

    def at(name: str) -> Any:
        return bindparam(name, type_=Instant())

    if feed:
        had_a_place = or_(b.state != BookingState.CANCELLED, b.payer_id.is_not(None))
        shown = and_(had_a_place, b.state != BookingState.WAITING)
    else:
        called_off = and_(s.state == SessionState.CANCELLED, b.payer_id.is_not(None))
        shown = or_(b.state != BookingState.CANCELLED, called_off)
    return _entries().where(
        ~lapsed(at("now")),
        b.customer_id.in_(bindparam("people", expanding=True)),
        s.starts_at < at("last"),
        s.ends_at > at("first"),
        s.starts_at > at("earliest"),
        shown,
    )


def find(booking: str, customer_ids: Collection[int]) -> Entry | None:
    """One of these people's bookings by its public id."""
    wanted = Booking.public_id == booking, ~lapsed(clock.now()), among(Booking.customer_id, customer_ids)
    return first_of(Entry, db.session.execute(_entries().where(*wanted)))


def counter(login_id: int) -> int:
    """How often the address of a login's calendar was renewed, beginning with 1; 0 where it never had one."""
    return db.session.scalar(select(CalendarAddress.counter).where(CalendarAddress.login_id == login_id)) or 0


def begin(login_id: int) -> int:
    """Give a login its first address, if it has none; the counter."""
    _upsert(login_id, CalendarAddress.counter)
    return counter(login_id)


def renew(login_id: int) -> int:
    """Give a login another address; the counter. The one it had is good for nothing from now on."""
    _upsert(login_id, CalendarAddress.counter + 1)
    return counter(login_id)


def _upsert(login_id: int, counter: Any) -> None:
    dialect = sqlite if is_sqlite() else postgresql
    fresh = dialect.insert(CalendarAddress).values(login_id=login_id, counter=1, changed_at=clock.now())
    known = fresh.on_conflict_do_update(
        index_elements=["login_id"], set_={"counter": counter, "changed_at": clock.now()}
    )
    executed(known)
