"""Writing and reading who did what for whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, cast

from sqlalchemy import Table, insert, select

from portal.db.engine import db, executed
from portal.db.tables import AuditRecord
from portal.db.types import new_public_id
from portal.outside import clock
from portal.rules.deciding import Actor, Grant, Source
from portal.rules.sentences import Sentence, from_stored, stored_parts


@dataclass(frozen=True, slots=True)
class Remembered:
    """One line of the log as pages show it."""

    public_id: str
    at: datetime
    actor: str
    grant: str
    action: str
    text: Sentence
    subject_id: int | None


def record(
    actor: Actor,
    action: str,
    text: Sentence,
    *,
    subject_id: int | None = None,
    grant: Grant | Source | None = None,
    **details: object,
) -> None:
    """Add to the log, in the transaction of the deed itself. `grant` defaults to what the actor is.

    A grant through a group is remembered with that group, as `through` in the details.
    """
    if isinstance(grant, Grant):
        details |= {"through": grant.reference} if grant.reference else {}
        grant = grant.source
    source = grant or (Source.SYSTEM if actor.system else Source.STAFF if actor.is_staff else Source.SELF)
    _add(actor, source, action, text, subject_id, new_public_id(), details)


def record_together(actor: Actor, action: str, text: Sentence, *, batch: str, **details: object) -> None:
    """Add the line that tells of many deeds at once, each of which `record_many` gave a line with the same `batch`."""
    source = Source.SYSTEM if actor.system else Source.STAFF if actor.is_staff else Source.SELF
    _add(actor, source, action, text, None, batch, details)


def _add(
    actor: Actor,
    source: Source,
    action: str,
    text: Sentence,
    subject_id: int | None,
    public_id: str,
    details: dict[str, object],
) -> None:
    executed(
        _ADD,
        {
            "public_id": public_id,
            "at": clock.now(),
            "login_id": actor.login_id,
            "actor": actor.label,
            "grant": source.value,
            "subject_id": subject_id,
            "action": action,
            **stored(text),
            "details": details,
        },
    )


_ADD = insert(cast(Table, AuditRecord.__table__))


def stored(text: Sentence) -> dict[str, object]:
    """The columns of a line that say what was done: the template, and its parts."""
    return {"text": text.template, "parts": stored_parts(text)}


class Deed(NamedTuple):
    """One of many things done at once, for `record_many`."""

    subject_id: int
    action: str
    text: Sentence
    details: dict[str, object]


def record_many(actor: Actor, deeds: Sequence[Deed], *, batch: str | None = None) -> None:
    """Add many lines to the log, in the transaction of the deeds themselves; `batch` names them together."""
    if not deeds:
        return
    now, source = clock.now(), Source.SYSTEM if actor.system else Source.STAFF if actor.is_staff else Source.SELF
    same = {"at": now, "login_id": actor.login_id, "actor": actor.label, "grant": source.value, "batch": batch}
    rows = [{**same, **deed._asdict(), **stored(deed.text), "public_id": new_public_id()} for deed in deeds]
    db.session.execute(insert(AuditRecord), rows)


def latest_details(subject_id: int, action: str) -> dict[str, object]:
    """What the last line of the log about a deed for a customer remembers besides its text; nothing without one."""
    query = select(AuditRecord.details).where(AuditRecord.subject_id == subject_id, AuditRecord.action == action)
    return db.session.scalar(query.order_by(AuditRecord.id.desc()).limit(1)) or {}


def for_subject(subject_id: int, *, limit: int = 100, before: str | None = None) -> Sequence[Remembered]:
    """What was done for one customer, newest first; `before` is the public id of the line to go on after."""
    query = select(AuditRecord).where(AuditRecord.subject_id == subject_id)
    if before is not None:
        mark = select(AuditRecord.id).where(AuditRecord.public_id == before, AuditRecord.subject_id == subject_id)
        query = query.where(AuditRecord.id < mark.scalar_subquery())
    rows = db.session.scalars(query.order_by(AuditRecord.id.desc()).limit(limit))
    return [
        Remembered(r.public_id, r.at, r.actor, r.grant, r.action, from_stored(r.text, r.parts), r.subject_id)
        for r in rows
    ]
