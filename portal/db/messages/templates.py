"""Templates of messages to many (O2)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import CursorResult, delete, func, insert, select, update

from portal.db.engine import db
from portal.db.rows import columns, first_of, values_of
from portal.db.tables import MessageTemplate
from portal.db.types import new_public_id


class TemplateRow(NamedTuple):
    """A template as the table has it."""

    id: int
    public_id: str
    name: str
    subject: str
    text: str
    version: int


def _query() -> Any:
    t = MessageTemplate
    return select(*columns(TemplateRow, **{name: getattr(t, name) for name in TemplateRow._fields}))


def every() -> list[TemplateRow]:
    """All of them by name."""
    t = MessageTemplate
    return values_of(TemplateRow, db.session.execute(_query().order_by(t.name, t.id)))


def named(reference: str) -> TemplateRow | None:
    """The template of this name, or with this public id."""
    t = MessageTemplate
    by_name = func.lower(t.name) == reference.strip().casefold()
    found = values_of(TemplateRow, db.session.execute(_query().where(by_name | (t.public_id == reference))))
    found.sort(key=lambda one: one.name != reference)
    return found[0] if found else None


def by_public_id(public_id: str) -> TemplateRow | None:
    return first_of(TemplateRow, db.session.execute(_query().where(MessageTemplate.public_id == public_id)))


def add(name: str, subject: str, text: str, actor: str, at: datetime) -> str:
    """Add a template: its public id. IntegrityError where the name is taken."""
    public_id = new_public_id()
    values = {"public_id": public_id, "name": name, "subject": subject, "text": text, "created_at": at}
    db.session.execute(insert(MessageTemplate).values(**values, actor=actor))
    return public_id


def change(key: int, values: dict[str, Any], version: int) -> bool:
    """Change a template; False where somebody else did since that version."""
    t = MessageTemplate
    done: CursorResult[Any] = db.session.execute(  # type: ignore[assignment]
        update(t).where(t.id == key, t.version == version).values(**values, version=version + 1)
    )
    return done.rowcount == 1


def remove(key: int) -> None:
    """Forget a template; what was sent keeps its words."""
    db.session.execute(delete(MessageTemplate).where(MessageTemplate.id == key))
