"""The places where sessions are, and who leads them, by name (B8)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import func, select, update

from portal.db.bookings.timetable import SessionFacts, sessions
from portal.db.bulk import among
from portal.db.engine import db
from portal.db.folding import fold
from portal.db.tables import Activity, Partner, Session, SessionSeries
from portal.rules.bookings.states import SessionState


class Kind(StrEnum):
    """What a name is of."""

    PLACE = "place"
    INSTRUCTOR = "instructor"


class Named(NamedTuple):
    """A place or an instructor of a partner; how many sessions it has to come, and on which day, at its place, the next
    one is.
    """

    partner: str
    partner_name: str
    name: str
    sessions: int
    next_on: date | None


def names(kind: Kind, partner_id: int | None, now: datetime) -> list[Named]:
    """The places or instructors of a partner, or of all: those of sessions to come, and the usual ones of what is
    offered; by partner and name.
    """
    s, a, p = Session, Activity, Partner
    column, usual = getattr(s, kind.value), getattr(a, kind.value)
    coming = (
        select(p.public_id, p.name, column, func.count(), func.min(s.starts_on))
        .join(p, p.id == s.partner_id)
        .where(s.starts_at > now, s.state == SessionState.OPEN, column != "")
        .group_by(p.public_id, p.name, column)
    )
    offered = (
        select(p.public_id, p.name, usual).join(p, p.id == a.partner_id).where(a.retired_at.is_(None), usual != "")
    )
    if partner_id is not None:
        coming, offered = coming.where(s.partner_id == partner_id), offered.where(a.partner_id == partner_id)
    found = {(row[0], row[2]): Named(*row) for row in db.session.execute(coming)}
    for partner, partner_name, name in db.session.execute(offered.distinct()):
        found.setdefault((partner, name), Named(partner, partner_name, name, 0, None))
    return sorted(found.values(), key=lambda one: (one.partner_name, fold(one.name), one.name))


def sessions_of(kind: Kind, partner_id: int, name: str, now: datetime) -> list[SessionFacts]:
    """The sessions to come that have exactly this place or instructor, held until the transaction ends."""
    s = Session
    wanted = s.partner_id == partner_id, getattr(s, kind.value) == name
    return sessions(*wanted, s.starts_at > now, s.state == SessionState.OPEN, hold=True)


def rename(kind: Kind, partner_id: int, before: str, after: str, ids: Collection[int], now: datetime) -> None:
    """Give sessions another place or instructor, and whatever is offered and goes on with the one before; calendars
    hear of it.
    """
    s, a, run = Session, Activity, SessionSeries
    column = kind.value
    own = select(a.id).where(a.partner_id == partner_id)
    no_sync = {"synchronize_session": False}
    changed = {column: after, f"{column}_key": fold(after), "sequence": s.sequence + 1, "version": s.version + 1}
    db.session.execute(update(s).where(among(s.id, ids)).values(**changed, changed_at=now).execution_options(**no_sync))
    db.session.execute(
        update(run)
        .where(run.activity_id.in_(own), getattr(run, column) == before)
        .values(**{column: after}, version=run.version + 1)
        .execution_options(**no_sync)
    )
    db.session.execute(
        update(a)
        .where(a.partner_id == partner_id, getattr(a, column) == before)
        .values(**{column: after}, version=a.version + 1)
        .execution_options(**no_sync)
    )
