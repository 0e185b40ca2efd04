"""What ties a customer, how much would be erased with it, and when it was removed and by whom (L12)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select

from portal.db import links
from portal.db.customers.profiles import Profile
from portal.db.engine import db
from portal.db.groups import members as groups
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
from portal.rules.money import Money

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
    services: dict[str, int] = {row[0]: row[1] for row in db.session.execute(by_state)}
    elsewhere = db.session.execute(
        select(LedgerAccount.currency, LedgerAccount.balance_minor)
        .where(LedgerAccount.owner_id == profile.id, LedgerAccount.currency != profile.currency)
        .where(LedgerAccount.balance_minor != 0)
        .order_by(LedgerAccount.id)
    )
    theirs = select(Login.id).where(Login.customer_id == profile.id)
    unfinished = (
        or_(Job.subject_id == profile.id, Job.login_id.in_(theirs)),
        Job.state.in_(("queued", "running")),
    )
    leaving = (
        or_(OutboxMessage.subject_id == profile.id, OutboxMessage.login_id.in_(theirs)),
        OutboxMessage.state == "sending",
    )
    return Ties(
        links.facts([profile.id])[profile.id],
        tuple(GroupTie(one.owner_name, one.owner_public_id, one.role) for one in groups.memberships(profile.id)),
        _invitations(profile.id),
        services.get("active", 0),
        services.get("paused", 0),
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
        .where(one.inviter_id == customer_id, one.expires_at > clock.now(), CustomerGroup.dissolved_at.is_(None))
        .where(one.accepted_at.is_(None), one.declined_at.is_(None), one.revoked_at.is_(None))
    )
    return db.session.scalar(query) or 0


def extent(customer_id: int) -> Extent:
    """How much there is of a customer; one query."""
    mine = or_(Entry.payer_id == customer_id, Entry.issued_for_id == customer_id)
    parts = (
        select(func.count()).select_from(Login).where(Login.customer_id == customer_id),
        select(func.count()).select_from(Document).where(Document.customer_id == customer_id),
        select(func.count()).select_from(OutboxMessage).where(OutboxMessage.subject_id == customer_id),
        select(func.count()).select_from(Entry).where(mine),
    )
    return Extent(*db.session.execute(select(*(part.scalar_subquery() for part in parts))).one())


def removed_by(customer_id: int) -> tuple[str, datetime] | None:
    """Who removed a customer, and when; None when nobody did."""
    query = select(AuditRecord.actor, AuditRecord.at).where(
        AuditRecord.subject_id == customer_id, AuditRecord.action == REMOVED
    )
    row = db.session.execute(query.order_by(AuditRecord.id.desc()).limit(1)).first()
    return (row.actor, row.at) if row else None
