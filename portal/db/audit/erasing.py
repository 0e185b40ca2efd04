"""What is erased of somebody in the audit log."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import cast

from sqlalchemy import Table, or_, select, update

from portal.db.customers.erasing import GONE, Person, holds
from portal.db.engine import db
from portal.db.tables import (
    AuditRecord,
)
from portal.rules.customers.removal import PERSON


def _erase(person: Person, _at: datetime) -> Collection[int]:
    """The log keeps every deed: who is the login's number, for whom the customer's. Words that name the person go."""
    a = AuditRecord
    rows = db.session.execute(
        select(a.id, a.login_id, a.subject_id, a.actor, a.text, a.parts, a.details).where(
            or_(
                a.subject_id == person.id,
                a.login_id.in_(person.logins),
                (a.subject_id.in_(person.neighbours) | a.subject_id.is_(None))
                & or_(holds(a.text, person), holds(a.parts, person), holds(a.details, person)),
            )
        )
    ).all()
    for row in rows:
        details = person.eraser.value(row.details)
        if row.subject_id == person.id and "fields" in details:
            details["fields"] = {name: [GONE, GONE] for name in details["fields"]}
        actor = PERSON if row.login_id in person.logins else row.actor
        text, parts = person.eraser.text(row.text), person.eraser.value(row.parts)
        if (actor, text, parts, details) != (row.actor, row.text, row.parts, row.details):
            values = {"actor": actor, "text": text, "parts": parts, "details": {**details, "erased": person.public_id}}
            db.session.execute(update(cast(Table, a.__table__)).where(a.id == row.id).values(values))
    return ()


ERASES = _erase
