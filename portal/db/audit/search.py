"""Reading the audit log: newest first, filtered, page after page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import aliased

from portal.db.engine import db
from portal.db.tables import Administrator, AuditRecord, Customer, Login
from portal.rules.sentences import Sentence, from_stored


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which lines of the log. `action` is a whole action or, without anything behind a point, how all of them
    begin.

    `customer` is folded text; `since` is inclusive, `until` exclusive; `before` the public id to go on after. `batch`
    is the public id of a line that tells of many deeds at once: each of them. `together` leaves each of them out where
    that line stands for them.
    """

    actor: str = ""
    customer: str = ""
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before: str = ""
    batch: str = ""
    together: bool = False
    size: int = 50


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One thing done. The customer's fields are empty where it concerned none; `details` are as they were stored.

    `many` says that it tells of many deeds at once, each of which has a line of its own.
    """

    public_id: str
    at: datetime
    actor: str
    grant: str
    action: str
    text: Sentence
    customer_public_id: str
    customer_name: str
    details: Mapping[str, object]
    customer_reference: str = ""
    many: bool = False


def lines(wanted: AuditFilter, *, bound_to: int | None = None, subject_id: int | None = None) -> list[AuditLine]:
    """Up to `size` + 1 lines; the last one only says that there are more. One query.

    `bound_to` is the partner of the asker, who sees what concerns its customers and what its administrators did.
    """
    a, c, one = AuditRecord, Customer, aliased(AuditRecord)
    query = (
        select(
            exists().where(one.batch == a.public_id).label("many"),
            a.public_id,
            a.at,
            a.actor,
            a.grant,
            a.action,
            a.text,
            a.parts,
            a.details,
            c.public_id.label("customer"),
            c.external_id,
            c.name,
        )
        .outerjoin(c, c.id == a.subject_id)
        .where(*_conditions(wanted))
    )
    if subject_id is not None:
        query = query.where(a.subject_id == subject_id)
    if bound_to is not None:
        query = query.where(or_(c.partner_id == bound_to, _by_administrators_of(bound_to)))
    rows = db.session.execute(query.order_by(a.id.desc()).limit(wanted.size + 1))
    return [_line(row) for row in rows]


def _line(row: Any) -> AuditLine:
    return AuditLine(
        public_id=row.public_id,
        at=row.at,
        actor=row.actor,
        grant=row.grant,
        action=row.action,
        text=from_stored(row.text, row.parts),
        customer_public_id=row.customer or "",
        customer_name=row.name or "",
        details=row.details,
        customer_reference=row.external_id or row.customer or "",
        many=row.many,
    )


def _by_administrators_of(partner_id: int) -> ColumnElement[bool]:
    staff = select(Login.id).join(Administrator, Administrator.id == Login.administrator_id)
    return AuditRecord.subject_id.is_(None) & AuditRecord.login_id.in_(
        staff.where(Administrator.partner_id == partner_id)
    )


def _conditions(wanted: AuditFilter) -> list[ColumnElement[bool]]:
    a = AuditRecord
    where: list[Any] = []
    if wanted.actor:
        where.append(a.actor.icontains(wanted.actor, autoescape=True))
    if wanted.customer:
        where += [Customer.folded.contains(word, autoescape=True) for word in wanted.customer.split()[:8]]
    if wanted.action and "." not in wanted.action[:-1]:
        where.append(a.action.startswith(wanted.action, autoescape=True))
    elif wanted.action:
        where.append(a.action == wanted.action)
    if wanted.batch:
        where.append(a.batch == wanted.batch)
    elif wanted.together:
        where.append(a.batch.is_(None))
    if wanted.since is not None:
        where.append(a.at >= wanted.since)
    if wanted.until is not None:
        where.append(a.at < wanted.until)
    if wanted.before:
        where.append(a.id < select(AuditRecord.id).where(AuditRecord.public_id == wanted.before).scalar_subquery())
    return where
