"""Activities, sessions and bookings for tests, written as rows: nobody is charged or told."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import update

from portal.actions.bookings import timetable
from portal.db.bookings import timetable as rows
from portal.db.customers import profiles as customers
from portal.db.engine import db, writes
from portal.db.tables import Booking, Session
from portal.outside import clock
from portal.rules.bookings.files import timing_of
from portal.rules.bookings.states import TAKES_A_PLACE, BookingState
from portal.rules.deciding import SYSTEM
from tests.people import partner


def activity(reference: str, *, of: str = "Harbour Net", **more: Any) -> str:
    """An activity with this external id; the id itself."""
    _add(partner(of), {"external_id": reference, "name": reference.title(), **more})
    return reference


@writes
def _add(partner_id: int, values: dict[str, Any]) -> None:
    rows.add_activity(partner_id, values)


def session(reference: str, of: str, at: str, minutes: int = 60, capacity: int = 3, **more: Any) -> str:
    """A session with this external id at a wall time such as 2026-12-07T18:00; the id itself."""
    timing = timing_of(at, str(minutes), "", "", "", lambda column, text: None)
    assert timing is not None
    timetable.add_sessions(SYSTEM, of, timing, capacity, external_id=reference, **more)
    return reference


@writes
def book(reference: str, customer: str, state: str = "booked") -> int:
    """Somebody's booking of a session, paid by nobody; its id."""
    found, profile = rows.session(reference), customers.require(customer)
    now = clock.now()
    made = Booking(
        session_id=found.id,
        customer_id=profile.id,
        state=BookingState(state),
        booked_at=now,
        actor="tests",
        changed_at=now,
        offered_until=now + timedelta(hours=24) if state == "offered" else None,
        cancelled_at=now if state == "cancelled" else None,
    )
    db.session.add(made)
    if made.state in TAKES_A_PLACE:
        db.session.execute(update(Session).where(Session.id == found.id).values(taken=Session.taken + 1))
    db.session.flush()
    return made.id


@writes
def put(reference: str, at: datetime) -> None:
    """Let a session begin at an instant, whatever else is then."""
    found = rows.session(reference)
    length = found.ends_at - found.starts_at
    values = {"starts_at": at, "ends_at": at + length, "starts_on": at.date(), "starts_wall": at.replace(tzinfo=None)}
    db.session.execute(update(Session).where(Session.id == found.id).values(**values))
