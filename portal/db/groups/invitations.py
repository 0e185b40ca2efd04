"""Invitations into groups and offers of their ownership. Tokens are stored hashed (SEC22)."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, exists, or_, select, update

from portal.db.engine import db, executed, is_sqlite
from portal.db.groups import live
from portal.db.logins.people import digest, normalised
from portal.db.partners.features import groups_on_for
from portal.db.tables import CustomerGroup, GroupInvitation, GroupLabel, Partner
from portal.db.types import new_public_id, scopes_of, scopes_text
from portal.outside import clock
from portal.rules.groups import GroupRole, InvitationKind
from portal.rules.scopes import Scope

LIFETIME = timedelta(days=14)


class InvitationState(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REVOKED = "revoked"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation. `customer_id` is whom an ownership is offered to, or who accepted; `label` may be ""."""

    id: int
    public_id: str
    kind: InvitationKind
    group_id: int
    email: str
    name: str
    role: GroupRole
    label: str
    label_id: int | None
    scopes: frozenset[Scope]
    until: date | None
    inviter: str
    inviter_id: int | None
    customer_id: int | None
    created_at: datetime
    expires_at: datetime
    state: InvitationState


def add(
    *,
    kind: InvitationKind,
    group_id: int,
    email: str,
    name: str,
    role: GroupRole,
    label_id: int | None,
    scopes: Iterable[Scope],
    until: date | None,
    inviter: str,
    inviter_id: int | None,
    customer_id: int | None = None,
) -> tuple[str, Invitation]:
    """A new invitation; the token for its mail and the invitation."""
    token, now = secrets.token_urlsafe(32), clock.now()
    made = GroupInvitation(
        public_id=new_public_id(),
        kind=kind.value,
        group_id=group_id,
        token_hash=digest(token),
        email=normalised(email),
        name=name,
        role=role.value,
        label_id=label_id,
        scopes=scopes_text(scopes),
        until=until,
        inviter=inviter,
        inviter_id=inviter_id,
        customer_id=customer_id,
        created_at=now,
        expires_at=now + LIFETIME,
    )
    db.session.add(made)
    db.session.flush()
    found = by_public_id(made.public_id)
    assert found is not None
    return token, found


def renew(invitation: Invitation) -> tuple[str, datetime]:
    """A new token and a new term for an invitation; the old link stops working. Returns the token and its end."""
    token, until = secrets.token_urlsafe(32), clock.now() + LIFETIME
    values = {"token_hash": digest(token), "expires_at": until}
    db.session.execute(update(GroupInvitation).where(GroupInvitation.id == invitation.id).values(values))
    return token, until


def by_token(token: str) -> Invitation | None:
    return _one(GroupInvitation.token_hash == digest(token))


def by_public_id(public_id: str) -> Invitation | None:
    return _one(GroupInvitation.public_id == public_id)


def hold(invitation_id: int) -> None:
    """Hold an invitation for this transaction, after its group: it works once."""
    if not is_sqlite():
        db.session.execute(select(GroupInvitation.id).where(GroupInvitation.id == invitation_id).with_for_update())


def unanswered(group_id: int, kind: InvitationKind | None = None) -> list[Invitation]:
    """The invitations of a group that nobody answered or took back, expired ones included, oldest first."""
    rows = executed(_unanswered_of(kind is not None), {"group": group_id, "kind": kind})
    return [_invitation(row) for row in rows]


def waiting_for(email: str, customer_id: int) -> list[Invitation]:
    """What waits for whoever signs in with `email` for a customer: open invitations and offers of groups that are still
    there, where the feature is on (G1).
    """
    mine = or_(
        (GroupInvitation.kind == InvitationKind.MEMBERSHIP) & (GroupInvitation.email == normalised(email)),
        (GroupInvitation.kind == InvitationKind.OWNERSHIP) & (GroupInvitation.customer_id == customer_id),
    )
    feature = exists().where(Partner.id == CustomerGroup.partner_id, groups_on_for(Partner.groups_on))
    of_live_groups = (live.exists_still(CustomerGroup), feature)
    return _many(mine, GroupInvitation.expires_at > clock.now(), live.unanswered(GroupInvitation), *of_live_groups)


def close(invitation_id: int, state: InvitationState, customer_id: int | None = None) -> None:
    """Note that an invitation was accepted, declined or revoked, and by which customer."""
    column = {
        InvitationState.ACCEPTED: "accepted_at",
        InvitationState.DECLINED: "declined_at",
        InvitationState.REVOKED: "revoked_at",
    }[state]
    values: dict[str, object] = {column: clock.now()}
    if customer_id is not None:
        values["customer_id"] = customer_id
    db.session.execute(update(GroupInvitation).where(GroupInvitation.id == invitation_id).values(values))


def revoke_all(group_id: int, *conditions: ColumnElement[bool]) -> None:
    """Take back every unanswered invitation of a group, or those that match."""
    query = update(GroupInvitation).where(
        GroupInvitation.group_id == group_id, live.unanswered(GroupInvitation), *conditions
    )
    db.session.execute(query.values(revoked_at=clock.now()))


def revoke_offers(group_id: int, customer_id: int | None = None) -> None:
    """Take back the offers of a group's ownership, or those to one customer."""
    conditions = [GroupInvitation.kind == InvitationKind.OWNERSHIP]
    if customer_id is not None:
        conditions.append(GroupInvitation.customer_id == customer_id)
    revoke_all(group_id, *conditions)


def _one(condition: ColumnElement[bool]) -> Invitation | None:
    return next(iter(_many(condition)), None)


def _many(*conditions: ColumnElement[bool]) -> list[Invitation]:
    return [_invitation(row) for row in executed(_query().where(*conditions))]


@cache
def _query() -> Select[*tuple[Any, ...]]:
    return (
        select(GroupInvitation.__table__, GroupLabel.name.label("label"))
        .join(CustomerGroup, CustomerGroup.id == GroupInvitation.group_id)
        .outerjoin(GroupLabel, GroupLabel.id == GroupInvitation.label_id)
        .order_by(GroupInvitation.id)
    )


@cache
def _unanswered_of(one_kind: bool) -> Select[*tuple[Any, ...]]:
    query = _query().where(GroupInvitation.group_id == bindparam("group"), live.unanswered(GroupInvitation))
    return query.where(GroupInvitation.kind == bindparam("kind")) if one_kind else query


def _invitation(row: Row[*tuple[Any, ...]]) -> Invitation:
    return Invitation(
        id=row.id,
        public_id=row.public_id,
        kind=row.kind,
        group_id=row.group_id,
        email=row.email,
        name=row.name,
        role=row.role,
        label=row.label or "",
        label_id=row.label_id,
        scopes=scopes_of(row.scopes),
        until=row.until,
        inviter=row.inviter,
        inviter_id=row.inviter_id,
        customer_id=row.customer_id,
        created_at=row.created_at,
        expires_at=row.expires_at,
        state=_state(row),
    )


def _state(row: Row[*tuple[Any, ...]]) -> InvitationState:
    if row.accepted_at is not None:
        return InvitationState.ACCEPTED
    if row.declined_at is not None:
        return InvitationState.DECLINED
    if row.revoked_at is not None:
        return InvitationState.REVOKED
    return InvitationState.EXPIRED if row.expires_at <= clock.now() else InvitationState.OPEN
