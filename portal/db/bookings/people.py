"""Who is in sessions, waits for one, or has a place held there (B2)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import func, select

from portal.db.bookings.standing import in_a_basket, stands
from portal.db.bookings.timetable import SessionFacts
from portal.db.bulk import among
from portal.db.engine import db
from portal.db.rows import columns, values_of
from portal.db.tables import BasketItem, Booking, Customer
from portal.rules.bookings.states import TAKES_A_PLACE, BookingState


@dataclass(frozen=True, slots=True)
class Concerned:
    """Somebody who is in a session, waits for it, or is offered a place."""

    booking_id: int
    booking: str
    session_id: int
    customer_id: int
    customer_public_id: str
    customer_external_id: str | None
    customer_name: str
    state: BookingState
    offered_until: datetime | None

    @property
    def customer(self) -> str:
        return self.customer_external_id or self.customer_public_id


@dataclass(slots=True)
class InSession:
    """Everybody in one session, in the order in which they came; `held` places stand in open baskets."""

    booked: list[Concerned] = field(default_factory=list)
    waiting: list[Concerned] = field(default_factory=list)
    offered: list[Concerned] = field(default_factory=list)
    held: int = 0

    def free(self, session: SessionFacts) -> int:
        """The places that nobody has, is offered or holds; never below zero."""
        return max(0, session.capacity - session.taken - len(self.offered) - self.held)


def live(session_id: int, now: datetime) -> list[Concerned]:
    """Everybody who is in a session, waits or is offered a place, in the order in which they came."""
    return _concerned([session_id], now)


def _concerned(session_ids: Collection[int], now: datetime) -> list[Concerned]:
    b, c = Booking, Customer
    found = columns(
        Concerned,
        booking_id=b.id,
        booking=b.public_id,
        session_id=b.session_id,
        customer_id=c.id,
        customer_public_id=c.public_id,
        customer_external_id=c.external_id,
        customer_name=c.name,
        state=b.state,
        offered_until=b.offered_until,
    )
    rows = db.session.execute(
        select(*found)
        .join(c, c.id == b.customer_id)
        .where(among(b.session_id, session_ids), stands(now))
        .order_by(b.booked_at, b.id)
    )
    return values_of(Concerned, rows)


def inside(session_ids: Collection[int], now: datetime) -> dict[int, InSession]:
    """Who is in each of these sessions, and how many places open baskets hold at an instant.

    An offer whose time has run out holds nothing any more.
    """
    found = {key: InSession() for key in session_ids}
    for one in _concerned(session_ids, now):
        there = found[one.session_id]
        if one.state in TAKES_A_PLACE:
            there.booked.append(one)
        elif one.state is BookingState.OFFERED:
            there.offered.append(one)
        else:
            there.waiting.append(one)
    item = BasketItem
    held = select(item.session_id, func.count()).where(among(item.session_id, session_ids), in_a_basket(now))
    for key, count in db.session.execute(held.group_by(item.session_id)):
        found[key].held = count
    return found
