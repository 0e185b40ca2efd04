"""Members as acting for one another needs to know them, and the checks of it (G15)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import date
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from portal.db.bulk import chunks
from portal.db.doctor import Check
from portal.db.engine import db
from portal.db.groups.live import current, exists_still
from portal.db.groups.members import Member, member_query
from portal.db.partners.settings import settings_columns
from portal.db.rows import columns, value_of, values_of
from portal.db.tables import Customer, CustomerGroup, GroupMember, Login, Partner
from portal.outside import clock
from portal.rules.customers.status import Kind
from portal.rules.errors import Reason
from portal.rules.groups import GroupRole, child_until, is_adult, too_young
from portal.rules.groups.guardians import Place, abandoning_refusals, alone
from portal.rules.partners import PartnerSettings
from portal.rules.sentences import Sentence, say

SHOWN = 20
"""So many sentences of one kind are given."""


class _Guarded(NamedTuple):
    """A group with its name, and what its partner chose."""

    id: int
    name: str
    settings: PartnerSettings


class _Chosen(NamedTuple):
    """A group with what its partner chose."""

    id: int
    settings: PartnerSettings


class _Young(NamedTuple):
    """An Owner or Admin whose date of birth is known."""

    name: str
    born_on: date
    role: GroupRole
    settings: PartnerSettings


def place_of(member: Member, settings: PartnerSettings) -> Place:
    """A member's place in its group today, where its partner is."""
    return Place(
        key=member.id,
        name=member.name,
        role=member.role,
        adult=is_adult(member.born_on, settings.majority_age, clock.today(settings.time_zone)),
        age_known=member.born_on is not None or member.kind is Kind.BUSINESS,
        signs_in=bool(member.logins) and not member.inactive,
        inactive=member.inactive,
        scopes=member.scopes,
        until=member.until,
        consent=member.consent,
        frozen=member.frozen,
    )


def _guarded() -> Iterator[tuple[_Guarded, list[Member]]]:
    """Each group with a Dependent for whom nobody signs in, and its members. Two queries."""
    ward, login = aliased(GroupMember), aliased(Login)
    signs_in = exists().where(login.customer_id == ward.customer_id, login.disabled_at.is_(None))
    wards = select(ward.group_id).where(current(ward), ward.role == GroupRole.DEPENDENT, ~signs_in)
    group, owner = CustomerGroup, Customer
    found = columns(_Guarded, id=group.id, name=owner.name, settings=settings_columns())
    owning = aliased(GroupMember)
    query = (
        select(*found)
        .select_from(group)
        .join(Partner, Partner.id == group.partner_id)
        .join(owning, (owning.group_id == group.id) & (owning.role == GroupRole.OWNER) & current(owning))
        .join(owner, owner.id == owning.customer_id)
        .where(exists_still(group), group.id.in_(wards))
    )
    groups = {one.id: one for one in values_of(_Guarded, db.session.execute(query))}
    rows = db.session.execute(member_query().where(GroupMember.group_id.in_(wards)).order_by(None))
    everybody = sorted((value_of(Member, row) for row in rows), key=lambda one: (one.group_id, one.id))
    for group_id, members in groupby(everybody, key=lambda one: one.group_id):
        if group_id in groups:
            yield groups[group_id], list(members)


def _groups_with(customers: Collection[str]) -> Iterator[tuple[PartnerSettings, list[Member]]]:
    """The members of each group in which one of these customers is, by public id. Two queries."""
    group, mine, customer = CustomerGroup, aliased(GroupMember), aliased(Customer)
    ids = (
        select(mine.group_id)
        .join(customer, customer.id == mine.customer_id)
        .where(current(mine), customer.public_id.in_(customers))
    )
    query = (
        select(*columns(_Chosen, id=group.id, settings=settings_columns()))
        .select_from(group)
        .join(Partner, Partner.id == group.partner_id)
        .where(exists_still(group), group.id.in_(ids))
    )
    settings = {one.id: one.settings for one in values_of(_Chosen, db.session.execute(query))}
    rows = db.session.execute(member_query().where(GroupMember.group_id.in_(settings)).order_by(None))
    everybody = sorted((value_of(Member, row) for row in rows), key=lambda one: (one.group_id, one.id))
    for group_id, members in groupby(everybody, key=lambda one: one.group_id):
        yield settings[group_id], list(members)


def grouped(customers: Collection[int]) -> dict[int, str]:
    """Those of these customers that are in a group, with their public ids."""
    member = exists().where(GroupMember.customer_id == Customer.id, current(GroupMember))
    query = select(Customer.id, Customer.public_id).where(member)
    return {
        row.id: row.public_id
        for part in chunks(customers, 1000)
        for row in db.session.execute(query.where(Customer.id.in_(part)))
    }


def staying_away(customers: Collection[str], *, inactive: bool) -> list[Reason]:
    """Why nobody may cease to sign in for these customers, Inactive or without a login: somebody without a login would
    be left with nobody who acts for them (G15).
    """
    reasons = []
    for settings, members in _groups_with(customers):
        before = [place_of(one, settings) for one in members]
        away = {one.id for one in members if one.customer_public_id in customers}
        after = [
            replace(one, signs_in=False, inactive=one.inactive or inactive) if one.key in away else one
            for one in before
        ]
        reasons += abandoning_refusals(before, after, clock.today(settings.time_zone))
    return reasons


def born_on_refusals(customer: str, born_on: date | None) -> list[Reason]:
    """Why a customer cannot have another date of birth: it owns or manages a group and would not be of age, or nobody
    would be left who acts for it (G15).
    """
    reasons = []
    for settings, members in _groups_with([customer]):
        today = clock.today(settings.time_zone)
        until = child_until(born_on, settings.majority_age, today)
        mine = next(one for one in members if one.customer_public_id == customer)
        before = [place_of(one, settings) for one in members]
        after = [replace(one, adult=until is None) if one.key == mine.id else one for one in before]
        reasons += too_young(mine.name, until, mine.role) or abandoning_refusals(before, after, today)
    return reasons


def guarded() -> list[Sentence]:
    """G15: somebody may act for each Dependent without a login."""
    return _few([_unguarded(one, group) for group, members in _guarded() for one in _alone(group, members)])


def _alone(group: _Guarded, members: list[Member]) -> tuple[Place, ...]:
    places = [place_of(one, group.settings) for one in members]
    return alone(places, clock.today(group.settings.time_zone))


def _unguarded(one: Place, group: _Guarded) -> Sentence:
    return say(
        "{name} has no login, and nobody may act for them in the group of {owner}.", name=one.name, owner=group.name
    )


def of_age() -> list[Sentence]:
    """G15: Owner and Admins are of age."""
    young = (one for one in _managers() if not _is_adult(one))
    return _few(
        [say("{name} is not of age, and {role} of a group.", name=one.name, role=one.role.label) for one in young]
    )


def managers_below(partner_id: int, majority_age: int) -> list[str]:
    """The names of a partner's Owners and Admins who would not be of age with another `majority_age` (G15)."""
    return [one.name for one in _managers(partner_id) if not _is_adult(one, majority_age)]


def _managers(partner_id: int | None = None) -> list[_Young]:
    """Owners and Admins of one partner or of all whose date of birth is known."""
    found = columns(_Young, name=Customer.name, born_on=Customer.born_on, role=GroupMember.role,
                    settings=settings_columns())  # fmt: skip
    query = (
        select(*found)
        .select_from(GroupMember)
        .join(Customer, Customer.id == GroupMember.customer_id)
        .join(Partner, Partner.id == GroupMember.partner_id)
        .where(current(GroupMember), GroupMember.role != GroupRole.DEPENDENT, Customer.born_on.is_not(None))
        .order_by(GroupMember.id)
    )
    if partner_id is not None:
        query = query.where(GroupMember.partner_id == partner_id)
    return values_of(_Young, db.session.execute(query))


def _is_adult(one: _Young, majority_age: int | None = None) -> bool:
    return is_adult(one.born_on, majority_age or one.settings.majority_age, clock.today(one.settings.time_zone))


def _few(texts: list[Sentence]) -> list[Sentence]:
    return [*texts[:SHOWN], say("There are more of the same kind.")] if len(texts) > SHOWN else texts


CHECKS = (
    Check(250, say("Owners and Admins of groups are of age"), of_age),
    Check(260, say("Somebody may act for each Dependent without a login"), guarded),
)
