"""Groups and their members as an import compares, adds and changes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, exists, select, update
from sqlalchemy.orm import aliased

from portal.db.bulk import among, insert_many
from portal.db.customers import status
from portal.db.engine import db, is_sqlite
from portal.db.groups.live import current, exists_still, unanswered
from portal.db.links.live import above
from portal.db.partners.settings import settings_columns
from portal.db.rows import Part, columns, value_of, values_of
from portal.db.tables import (
    ActingConsent,
    Customer,
    CustomerGroup,
    GroupInvitation,
    GroupMember,
    Partner,
    SubAccountLink,
)
from portal.db.types import new_public_ids, scopes_text
from portal.rules.customers.status import Status
from portal.rules.groups import CONSENT_VERSION, GroupRole, InvitationKind
from portal.rules.partners import PartnerSettings
from portal.rules.scopes import ALL_SCOPES


class Terms(NamedTuple):
    """What a partner's groups go by: whose they are, and what it chose (G5, G13)."""

    partner_id: int
    partner_name: str
    settings: PartnerSettings


class Joiner(NamedTuple):
    """A customer that a file of groups names."""

    id: int
    public_id: str
    external_id: str
    name: str
    born_on: date | None
    inactive: bool
    terms: Terms


class StoredGroup(NamedTuple):
    """A group with a key of imports, a dissolved one included."""

    id: int
    public_id: str
    dissolved: bool
    terms: Terms


class StoredMember(NamedTuple):
    """A current membership in a group that is not dissolved. `scopes` is as the column holds it."""

    id: int
    group_id: int
    customer_id: int
    name: str
    born_on: date | None
    role: GroupRole
    label_id: int | None
    scopes: str
    until: date | None


class NewMember(NamedTuple):
    """A membership to be begun."""

    partner_id: int
    group_id: int
    customer_id: int
    role: GroupRole
    label_id: int | None


class Place(NamedTuple):
    """What members are to be, many of them the same. `scopes` is as the column holds it."""

    role: GroupRole
    label_id: int | None
    scopes: str


def joiners(external_ids: Iterable[str]) -> dict[str, Joiner]:
    """The customers with these external ids."""
    c, link, main = Customer, SubAccountLink, aliased(Customer)
    query = (
        select(
            *columns(
                Joiner,
                id=c.id,
                public_id=c.public_id,
                external_id=c.external_id,
                name=c.name,
                born_on=c.born_on,
                inactive=status.shown(c.own_status, main.own_status, link.mode) == Status.INACTIVE,
                terms=_terms(),
            )
        )
        .select_from(c)
        .join(Partner, Partner.id == c.partner_id)
        .outerjoin(link, above(link, c.id))
        .outerjoin(main, main.id == link.main_id)
        .where(among(c.external_id, external_ids))
    )
    return {one.external_id: one for one in values_of(Joiner, db.session.execute(query))}


def _terms() -> Part:
    return Part(columns(Terms, partner_id=Partner.id, partner_name=Partner.name, settings=settings_columns()))


def stored_groups(keys: Iterable[str]) -> dict[str, StoredGroup]:
    """The groups with these keys, held for this transaction."""
    group = CustomerGroup
    ended = group.dissolved_at.is_not(None)
    found = columns(StoredGroup, id=group.id, public_id=group.public_id, dissolved=ended, terms=_terms())
    query = (
        select(group.external_id, *found)
        .select_from(group)
        .join(Partner, Partner.id == group.partner_id)
        .where(among(group.external_id, keys))
        .order_by(group.id)
    )
    rows = db.session.execute(query if is_sqlite() else query.with_for_update(of=group))
    return {str(row.external_id): value_of(StoredGroup, row) for row in rows}


def memberships_of(customer_ids: Iterable[int]) -> list[StoredMember]:
    """Every current membership of these customers."""
    return _members(among(GroupMember.customer_id, customer_ids))


def owners_of(group_ids: Iterable[int]) -> dict[int, StoredMember]:
    """The Owners of these groups, by the group."""
    found = _members(among(GroupMember.group_id, group_ids), GroupMember.role == GroupRole.OWNER)
    return {one.group_id: one for one in found}


def _members(*conditions: ColumnElement[bool]) -> list[StoredMember]:
    m = GroupMember
    found = columns(
        StoredMember,
        id=m.id,
        group_id=m.group_id,
        customer_id=m.customer_id,
        name=Customer.name,
        born_on=Customer.born_on,
        role=m.role,
        label_id=m.label_id,
        scopes=m.scopes,
        until=m.until,
    )
    query = (
        select(*found)
        .select_from(m)
        .join(Customer, Customer.id == m.customer_id)
        .join(CustomerGroup, and_(CustomerGroup.id == m.group_id, exists_still(CustomerGroup)))
        .where(current(m), *conditions)
    )
    return values_of(StoredMember, db.session.execute(query))


def add_groups(new: Sequence[tuple[str, int]], at: datetime) -> dict[str, tuple[int, str]]:
    """Add groups with these keys and partners; their ids and public ids by key."""
    columns = ("public_id", "external_id", "partner_id", "created_at", "version")
    rows = [(public_id, *one, at, 1) for public_id, one in zip(new_public_ids(len(new)), new, strict=True)]
    insert_many(CustomerGroup, columns, rows)
    group = CustomerGroup
    query = select(group.external_id, group.id, group.public_id)
    found = db.session.execute(query.where(among(group.external_id, [key for key, _ in new])))
    return {str(key): (id_, public_id) for key, id_, public_id in found}


def add_members(new: Sequence[NewMember], at: datetime) -> None:
    """Begin many memberships without an end, each with all that its role may do."""
    columns = (
        *("public_id", "partner_id", "group_id", "customer_id", "role", "label_id", "scopes", "joined_at"),
        *("version", "majority_told"),
    )
    rows = [
        (
            *(public_id, one.partner_id, one.group_id, one.customer_id, one.role.value, one.label_id),
            *(scopes_of_role(one.role), at, 1, ""),
        )
        for public_id, one in zip(new_public_ids(len(new)), new, strict=True)
    ]
    insert_many(GroupMember, columns, rows)


def scopes_of_role(role: GroupRole) -> str:
    """What a role may do for Dependents when nothing narrower was chosen, as the column holds it."""
    return scopes_text(ALL_SCOPES) if role.manages else ""


def change_members(changes: Mapping[Place, Sequence[int]]) -> None:
    """Change memberships (by id): those that stop being Owners before those that become Owners."""
    for place, ids in sorted(changes.items(), key=lambda item: item[0].role is GroupRole.OWNER):
        change: dict[str, Any] = {"role": place.role, "label_id": place.label_id, "scopes": place.scopes}
        if place.role is GroupRole.OWNER:
            change |= {"until": None, "end_told_for": None}
        query = update(GroupMember).where(among(GroupMember.id, ids))
        db.session.execute(query.values(**change, version=GroupMember.version + 1))


def touch_groups(group_ids: Iterable[int]) -> None:
    """Count the versions of groups up."""
    query = update(CustomerGroup).where(among(CustomerGroup.id, group_ids))
    db.session.execute(query.values(version=CustomerGroup.version + 1))


def end_consents(member_ids: Iterable[int], at: datetime) -> None:
    """Take back the agreements of members who are no Dependents any more."""
    query = update(ActingConsent).where(
        among(ActingConsent.member_id, member_ids), ActingConsent.withdrawn_at.is_(None)
    )
    db.session.execute(query.values(withdrawn_at=at))


def give_consents(pairs: Iterable[tuple[int, int]], given_by: str, at: datetime) -> None:
    """Record that these Dependents (group, customer), who have not agreed yet, agreed to everything (PRI2)."""
    wanted = set(pairs)
    m = GroupMember
    rows = db.session.execute(
        select(m.id, m.group_id, m.customer_id).where(
            among(m.group_id, {group for group, _ in wanted}),
            among(m.customer_id, {customer for _, customer in wanted}),
            current(m),
        )
    )
    ids = [id_ for id_, group, customer in rows if (group, customer) in wanted]
    names = ("public_id", "member_id", "wording", "scopes", "given_at", "given_by")
    same = (CONSENT_VERSION, scopes_text(ALL_SCOPES), at, given_by)
    insert_many(ActingConsent, names, [(p, id_, *same) for p, id_ in zip(new_public_ids(len(ids)), ids, strict=True)])


def end_offers(group_ids: Iterable[int], member_ids: Iterable[int], at: datetime) -> None:
    """Take back every offer of the ownership in these groups, and those to these members."""
    offer, member = GroupInvitation, GroupMember
    theirs = exists().where(
        member.group_id == offer.group_id, member.customer_id == offer.customer_id, among(member.id, member_ids)
    )
    query = update(offer).where(
        offer.kind == InvitationKind.OWNERSHIP,
        unanswered(offer),
        among(offer.group_id, group_ids) | theirs,
    )
    db.session.execute(query.values(revoked_at=at), execution_options={"synchronize_session": False})
