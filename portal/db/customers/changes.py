"""What a customer's profile shows beyond its own row, and changing that row."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, exists, func, or_, select, update

from portal.db.bulk import chunks
from portal.db.engine import db
from portal.db.links.live import current, under
from portal.db.rows import columns, field_names, value_of, values_of
from portal.db.tables import (
    AuditRecord,
    Customer,
    Document,
    Entry,
    FutureItem,
    GroupMember,
    LedgerAccount,
    Login,
    Service,
    SharedBalance,
    SubAccountLink,
)
from portal.rules.customers.status import BlockedCause, Status
from portal.rules.links.facts import BillingMode
from portal.rules.services import ServiceState


@dataclass(frozen=True, slots=True)
class Follower:
    """A current sub-account with what decides whether it follows its main account's status (L11), and its contacts."""

    public_id: str
    external_id: str | None
    name: str
    own_status: Status
    mode: BillingMode
    email: str
    billing_email: str
    phone: str

    @property
    def reference(self) -> str:
        """The external id, or the public id of a customer without one."""
        return self.external_id or self.public_id


@dataclass(frozen=True, slots=True)
class Edit:
    """An earlier change of a customer's details: by whom, when, and each field's value before and after."""

    actor: str
    at: datetime
    fields: Mapping[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is behind a profile's tabs."""

    services: int
    documents: int
    logins: int


def counts(customer_id: int) -> Counts:
    """One query for the numbers of the Summary."""

    s, d, login = Service, Document, Login
    found = columns(
        Counts,
        services=_count(s.customer_id == customer_id, s.state == ServiceState.ACTIVE),
        documents=_count(d.customer_id == customer_id),
        logins=_count(login.customer_id == customer_id, login.disabled_at.is_(None)),
    )
    return value_of(Counts, db.session.execute(select(*found)).one())


def _count(*where: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.count()).where(*where).scalar_subquery()


def created_at(customer_id: int) -> datetime:
    """When the customer was entered."""
    return db.session.scalars(select(Customer.created_at).where(Customer.id == customer_id)).one()


def followers(main_id: int) -> list[Follower]:
    """Every current sub-account, by name."""
    link, c = SubAccountLink, Customer
    own = {name: getattr(c, name) for name in field_names(Follower) if name != "mode"}
    query = select(*columns(Follower, **own, mode=link.mode)).select_from(link).join(c, c.id == link.sub_id)
    return values_of(Follower, db.session.execute(query.where(under(link, main_id)).order_by(c.folded_name, c.id)))


def paid_followers(mains: Collection[int]) -> dict[int, list[tuple[int, str]]]:
    """The aggregated sub-accounts that become Inactive with these main accounts, by main account: ids and public ids.

    One query for each thousand of them (L11).
    """
    link, c = SubAccountLink, Customer
    query = (
        select(link.main_id, c.id, c.public_id)
        .join(c, c.id == link.sub_id)
        .where(current(link), link.mode == BillingMode.AGGREGATED, c.own_status != Status.INACTIVE)
        .order_by(c.id)
    )
    found: dict[int, list[tuple[int, str]]] = {}
    for part in chunks(mains, 1000):
        for main, key, public_id in db.session.execute(query.where(link.main_id.in_(part))):
            found.setdefault(main, []).append((key, public_id))
    return found


def has_history(customer_id: int) -> bool:
    """Whether links, shared balances, books or groups tie a customer to its partner."""
    ties = (
        exists().where(or_(SubAccountLink.main_id == customer_id, SubAccountLink.sub_id == customer_id)),
        exists().where(or_(SharedBalance.primary_id == customer_id, SharedBalance.secondary_id == customer_id)),
        exists().where(LedgerAccount.owner_id == customer_id),
        exists().where(Entry.issued_for_id == customer_id),
        exists().where(FutureItem.issued_for_id == customer_id),
        exists().where(GroupMember.customer_id == customer_id),
    )
    return any(db.session.execute(select(*ties)).one())


def save(customer_id: int, values: Mapping[str, object]) -> None:
    """Change columns of a customer and count its version up."""
    query = update(Customer).where(Customer.id == customer_id)
    db.session.execute(query.values(**values, version=Customer.version + 1))


def set_status(customer_id: int, status: Status, cause: BlockedCause | None, at: datetime) -> None:
    """Store an own status, why it is Blocked, and since when."""
    query = update(Customer).where(Customer.id == customer_id)
    db.session.execute(query.values(own_status=status, blocked_cause=cause, status_changed_at=at))


def edits_since(customer_id: int, action: str, version: int, *, limit: int = 20) -> list[Edit]:
    """Changes of the details that led beyond `version`, latest first."""
    rows = db.session.scalars(
        select(AuditRecord)
        .where(AuditRecord.subject_id == customer_id, AuditRecord.action == action)
        .order_by(AuditRecord.id.desc())
        .limit(limit)
    )
    found = []
    for row in rows:
        details: dict[str, Any] = row.details
        if int(details.get("version", 0)) > version:
            fields = {name: (str(pair[0]), str(pair[1])) for name, pair in details.get("fields", {}).items()}
            found.append(Edit(row.actor, row.at, fields))
    return found
