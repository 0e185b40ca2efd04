"""What ties a customer, how much would be erased with it, and when it was removed and by whom (L12)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, ScalarSelect, func, or_, select

from portal.db.customers.profiles import Profile
from portal.db.engine import db
from portal.db.groups import members as groups
from portal.db.groups.live import exists_still, unanswered
from portal.db.links import linking as links
from portal.db.rows import columns, value_of
from portal.db.tables import (
    AuditRecord,
    CustomerGroup,
    Document,
    Entry,
    GroupInvitation,
    Job,
    LedgerAccount,
    Login,
    OutboxMessage,
    Service,
)
from portal.outside import clock
from portal.rules.customers.removal import GroupTie, Ties
from portal.rules.jobs import UNFINISHED
from portal.rules.money import Money
from portal.rules.outbox import State
from portal.rules.services import ServiceState

REMOVED = "customer.remove"
"""How the audit log calls a removal."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How much there is of a customer: what goes with it, and the entries that stay."""

    logins: int
    documents: int
    mails: int
    entries: int


def ties(profile: Profile) -> Ties:
    """Everything that can tie a customer, as it is now."""
    by_state = select(Service.state, func.count()).where(Service.customer_id == profile.id).group_by(Service.state)
    services = {state: count for state, count in db.session.execute(by_state)}  # noqa: C416
    elsewhere = db.session.execute(
        select(LedgerAccount.currency, LedgerAccount.balance_minor)
        .where(LedgerAccount.owner_id == profile.id, LedgerAccount.currency != profile.currency)
        .where(LedgerAccount.balance_minor != 0)
        .order_by(LedgerAccount.id)
    )
    theirs = select(Login.id).where(Login.customer_id == profile.id)
    unfinished = (
        or_(Job.subject_id == profile.id, Job.login_id.in_(theirs)),
        Job.state.in_(UNFINISHED),
    )
    leaving = (
        or_(OutboxMessage.subject_id == profile.id, OutboxMessage.login_id.in_(theirs)),
        OutboxMessage.state == State.SENDING,
    )
    return Ties(
        links.facts([profile.id])[profile.id],
        tuple(GroupTie(one.owner_name, one.owner_public_id, one.role) for one in groups.memberships(profile.id)),
        _invitations(profile.id),
        services.get(ServiceState.ACTIVE, 0),
        services.get(ServiceState.PAUSED, 0),
        db.session.scalar(select(func.count()).select_from(Job).where(*unfinished)) or 0,
        db.session.scalar(select(func.count()).select_from(OutboxMessage).where(*leaving)) or 0,
        tuple(Money(minor, currency) for currency, minor in elsewhere),
    )


def _invitations(customer_id: int) -> int:
    """How many invitations into live groups, sent by a customer, still wait for an answer."""
    one = GroupInvitation
    query = (
        select(func.count())
        .select_from(one)
        .join(CustomerGroup, CustomerGroup.id == one.group_id)
        .where(one.inviter_id == customer_id, one.expires_at > clock.now(), exists_still(CustomerGroup))
        .where(unanswered(one))
    )
    return db.session.scalar(query) or 0


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
