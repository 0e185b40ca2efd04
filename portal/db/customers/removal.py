"""What ties a customer, how much would be erased with it, and when it was removed and by whom (L12)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, ScalarSelect, func, or_, select

from portal.db.customers.profiles import Profile
from portal.db.engine import db
from portal.db.links import linking as links
from portal.db.rows import columns, value_of
from portal.db.tables import (
    AuditRecord,
    Document,
    Entry,
    Login,
    OutboxMessage,
)
from portal.rules.collecting import declared
from portal.rules.customers.removal import status_ties
from portal.rules.errors import Reason

REMOVED = "customer.remove"
"""How the audit log calls a removal."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How much there is of a customer: what goes with it, and the entries that stay."""

    logins: int
    documents: int
    mails: int
    entries: int


@dataclass(frozen=True, slots=True)
class Tie:
    """What a module of this floor declares under `TIES`: what of its noun keeps a customer from being removed (L12).

    `find` gives the reasons as they are now; `order` says where they come in the list, whose remedies work from the
    first one to the last (C6).
    """

    order: int
    find: Callable[[Profile], list[Reason]]


def ties(profile: Profile) -> tuple[Reason, ...]:
    """Everything that ties a customer, as it is now."""
    found = sorted(declared("portal.db", "TIES"), key=lambda tie: tie.order)
    return tuple(reason for tie in found for reason in tie.find(profile))


def _status(profile: Profile) -> list[Reason]:
    return status_ties(links.facts([profile.id])[profile.id])


TIES = Tie(90, _status)
"""Last: while a main account is Inactive its aggregated sub-accounts cannot be unlinked (L10)."""


def extent(customer_id: int) -> Extent:
    """How much there is of a customer; one query."""
    mine = or_(Entry.payer_id == customer_id, Entry.issued_for_id == customer_id)
    found = columns(
        Extent,
        logins=_count(Login.customer_id == customer_id),
        documents=_count(Document.customer_id == customer_id),
        mails=_count(OutboxMessage.subject_id == customer_id),
        entries=_count(mine),
    )
    return value_of(Extent, db.session.execute(select(*found)).one())


def _count(where: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.count()).where(where).scalar_subquery()


def removed_by(customer_id: int) -> tuple[str, datetime] | None:
    """Who removed a customer, and when; None when nobody did."""
    query = select(AuditRecord.actor, AuditRecord.at).where(
        AuditRecord.subject_id == customer_id, AuditRecord.action == REMOVED
    )
    row = db.session.execute(query.order_by(AuditRecord.id.desc()).limit(1)).first()
    return (row.actor, row.at) if row else None
