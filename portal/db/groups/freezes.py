"""Freezes of the guardianship over a customer, as rows (G18)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from portal.db.engine import db
from portal.db.groups.live import lasting
from portal.db.rows import columns, first_of
from portal.db.tables import GuardianshipFreeze
from portal.db.types import new_public_id
from portal.outside import clock


@dataclass(frozen=True, slots=True)
class Freeze:
    """A freeze that lasts: why, since when, and who froze it. Only staff learn the reason."""

    id: int
    public_id: str
    reason: str
    frozen_at: datetime
    frozen_by: str


def current(customer_id: int) -> Freeze | None:
    """The freeze of a customer that has not been ended."""
    freeze = GuardianshipFreeze
    same = {name: getattr(freeze, name) for name in ("id", "public_id", "reason", "frozen_at", "frozen_by")}
    return first_of(Freeze, db.session.execute(select(*columns(Freeze, **same)).where(lasting(freeze, customer_id))))


def begin(customer_id: int, reason: str, by: str) -> str:
    """Freeze the guardianship over a customer from now on; the public id."""
    made = GuardianshipFreeze(
        public_id=new_public_id(), customer_id=customer_id, reason=reason, frozen_at=clock.now(), frozen_by=by
    )
    db.session.add(made)
    db.session.flush()
    return made.public_id


def end(freeze: Freeze, reason: str, by: str) -> None:
    """End a freeze now; the row stays."""
    query = update(GuardianshipFreeze).where(GuardianshipFreeze.id == freeze.id)
    db.session.execute(query.values(ended_at=clock.now(), end_reason=reason, ended_by=by))
