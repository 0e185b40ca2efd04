"""Activities and their sessions, as rows, for tests that book them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from portal.db.engine import db, writes
from portal.db.tables import Activity, Partner, Session
from portal.outside import clock
from portal.rules.bookings.times import span
from tests import people

ZONE = "Europe/Prague"


@writes
def activity(reference: str, *, of: str = "Harbour Net", **more: Any) -> int:
    """An activity that costs 12.00 with tax; its key."""
    values = {"name": reference.title(), "price_minor": 1200, "rate_e3": 0, "cancel_until": "1 day", **more}
    made = Activity(external_id=reference, partner_id=_partner(of), created_at=clock.now(), **values)
    db.session.add(made)
    db.session.flush()
    return made.id


def _partner(name: str) -> int:
    return int(db.session.query(Partner.id).filter_by(name=name).one()[0])


def session(reference: str, starts: str, *, capacity: int = 3, minutes: int = 60, **more: Any) -> str:
    """A session of the activity before the "/" in its id, at a wall time; answers its id. `more` is of the activity."""
    name = reference.partition("/")[0]
    people.partner()
    found = db.session.query(Activity.id, Activity.partner_id).filter_by(external_id=name).first()
    if found is None:
        activity(name, **more)
        found = db.session.query(Activity.id, Activity.partner_id).filter_by(external_id=name).one()
    _add(reference, found, datetime.fromisoformat(starts), minutes, capacity, str(more.get("place", "")))
    return reference


@writes
def _add(reference: str, of: Any, wall: datetime, minutes: int, capacity: int, place: str) -> None:
    at = span(wall, minutes, ZONE)
    now = clock.now()
    db.session.add(
        Session(
            external_id=reference,
            activity_id=of[0],
            partner_id=of[1],
            starts_wall=at.starts,
            minutes=minutes,
            zone=ZONE,
            starts_at=at.starts_at,
            ends_at=at.ends_at,
            starts_on=at.starts.date(),
            capacity=capacity,
            place=place,
            created_at=now,
            changed_at=now,
        )
    )


def taken(reference: str) -> int:
    """How many places of a session are counted as taken."""
    db.session.rollback()
    return int(db.session.query(Session.taken).filter_by(external_id=reference).one()[0])


def public_id(reference: str) -> str:
    """The public id of a session."""
    db.session.rollback()
    return str(db.session.query(Session.public_id).filter_by(external_id=reference).one()[0])
