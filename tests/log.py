"""The audit log as tests read it: in plain English."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, select

from portal.db.engine import db
from portal.db.tables import AuditRecord
from portal.rules.sentences import from_stored


@dataclass(frozen=True, slots=True)
class Line:
    """One thing done."""

    actor: str
    grant: str
    subject_id: int | None
    action: str
    text: str
    details: dict[str, object]


def log(*where: ColumnElement[bool]) -> list[Line]:
    """The lines of the log that match, oldest first, as they are in the current transaction."""
    rows = db.session.scalars(select(AuditRecord).where(*where).order_by(AuditRecord.id))
    return [
        Line(row.actor, row.grant, row.subject_id, row.action, str(from_stored(row.text, row.parts)), row.details)
        for row in rows
    ]
