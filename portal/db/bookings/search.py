"""Sessions to come, as somebody looks for them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import exists, select

from portal.db.bookings.sessions import SessionRow
from portal.db.bookings.sessions import sessions as found_sessions
from portal.db.bulk import among
from portal.db.engine import db
from portal.db.folding import fold
from portal.db.tables import Activity, Session
from portal.rules.bookings.states import SessionState


def sessions(
    partner_id: int, now: datetime, first: date, until: date, text: str, place: str, limit: int
) -> list[SessionRow]:
    """The sessions of a partner that begin from a day on and before another one and have not begun, whose activity says
    all words of `text`; the first `limit` of them. Cancelled ones are not among them.
    """
    s = Session
    conditions = [
        s.partner_id == partner_id,
        s.starts_on >= first,
        s.starts_on < until,
        s.starts_at > now,
        s.state == SessionState.OPEN,
    ]
    if text.strip():
        conditions.append(among(s.activity_id, _activities(partner_id, text)))
    if place:
        conditions.append(s.place == place)
    return found_sessions(*conditions, limit=limit)


def _activities(partner_id: int, text: str) -> list[int]:
    """The activities whose name, description, class or instructor have all words, however they are spelt."""
    a = Activity
    words = fold(text).split()
    query = select(a.id, a.name, a.description, a.benefit_class, a.instructor).where(a.partner_id == partner_id)
    return [
        row.id
        for row in db.session.execute(query)
        if all(word in fold(f"{row.name} {row.description} {row.benefit_class} {row.instructor}") for word in words)
    ]


def any_after(partner_id: int, day: date) -> bool:
    """Whether a partner has sessions on a day or later."""
    s = Session
    condition = exists().where(s.partner_id == partner_id, s.starts_on >= day, s.state == SessionState.OPEN)
    return bool(db.session.scalar(select(condition)))


def places(partner_id: int, now: datetime) -> tuple[str, ...]:
    """Where there are sessions to come, by name."""
    s = Session
    query = select(s.place).where(s.partner_id == partner_id, s.starts_at > now, s.place != "").distinct()
    return tuple(sorted(db.session.scalars(query), key=str.casefold))


def dates(activity_id: int, now: datetime, limit: int) -> list[SessionRow]:
    """The next dates of an activity, cancelled ones as well."""
    return found_sessions(Session.activity_id == activity_id, Session.starts_at > now, limit=limit)
