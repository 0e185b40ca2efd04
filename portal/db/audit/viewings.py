"""Who looked at a customer's pages on its behalf: one line a day for each person and part of the portal (PRI4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import exists, select
from sqlalchemy.dialects import postgresql, sqlite

from portal.db.engine import db, is_sqlite
from portal.db.rows import columns, values_of
from portal.db.tables import Login, Viewing
from portal.outside import clock
from portal.rules.deciding import Source


@dataclass(frozen=True, slots=True)
class Seen:
    """That somebody looked at a part of a customer's pages on a day; `at` is the first time."""

    day: date
    at: datetime
    name: str
    email: str
    part: str
    grant: str


def is_noted(subject_id: int, login_id: int, day: date, part: str) -> bool:
    """Whether a look is noted for this day already."""
    looked = exists().where(
        Viewing.subject_id == subject_id, Viewing.day == day, Viewing.login_id == login_id, Viewing.part == part
    )
    return bool(db.session.scalar(select(looked)))


def note(subject_id: int, login_id: int, day: date, part: str, grant: str) -> bool:
    """Note a look; one that is there already stays as it is. Whether it is the first of the day."""
    row = {"subject_id": subject_id, "login_id": login_id, "day": day, "part": part, "grant": grant, "at": clock.now()}
    insert = (sqlite if is_sqlite() else postgresql).insert(Viewing)
    noted = insert.values(row).on_conflict_do_nothing().returning(Viewing.id)
    return db.session.scalar(noted) is not None


def of_subject(subject_id: int, *, limit: int) -> list[Seen]:
    """Who looked at a customer's pages on its behalf, latest first. Of administrators the log itself tells."""
    v = Viewing
    seen = columns(Seen, day=v.day, at=v.at, name=Login.name, email=Login.email, part=v.part, grant=v.grant)
    query = select(*seen).select_from(v).join(Login, Login.id == v.login_id).where(v.subject_id == subject_id)
    query = query.where(v.grant != Source.STAFF.value)
    return values_of(Seen, db.session.execute(query.order_by(v.at.desc(), v.id.desc()).limit(limit)))
