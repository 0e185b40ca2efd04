"""Families for tests: people who sign in, children who do not, and the groups they are in."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select, update

from portal.actions import access, groups
from portal.actions.groups import Edit, NewMember, Outcome
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import db, writes
from portal.db.groups import members as rows
from portal.db.groups.members import Member
from portal.db.logins import people as signing_in
from portal.db.tables import AuditRecord, Customer, Partner
from portal.rules.deciding import SYSTEM, Actor
from portal.rules.groups import GroupRole
from portal.rules.groups.ends import end_of
from portal.rules.permissions import Permission
from portal.rules.scopes import ALL_SCOPES, Scope
from tests import logins, people
from tests.log import Line, log

OWNER, ADMIN, DEPENDENT = GroupRole.OWNER, GroupRole.ADMIN, GroupRole.DEPENDENT
GROWN, YOUNG = date(1985, 6, 1), date(2016, 5, 1)


def switch(on: bool = True) -> None:
    """Switch groups on or off for everybody."""
    groups.switch_groups(SYSTEM, on)


@writes
def choose(of: str = "Harbour Net", **columns: Any) -> None:
    """Change columns of a partner."""
    db.session.execute(update(Partner).where(Partner.name == of).values(**columns))


@writes
def change(reference: str, **columns: Any) -> None:
    """Change columns of a customer."""
    db.session.execute(update(Customer).where(Customer.external_id == reference).values(**columns))


def person(reference: str, **more: Any) -> Actor:
    """A grown-up with a login, who signs in as `reference`@portal.test."""
    values = {"name": reference.title(), "kind": "individual", "born_on": GROWN, "email": address(reference), **more}
    return logins.login(people.customer(reference, **values), address(reference), str(values["name"]))


def child(reference: str, **more: Any) -> Profile:
    """A child without a login or an address."""
    values = {"name": reference.title(), "kind": "individual", "born_on": YOUNG, "email": "", **more}
    return people.customer(reference, **values)


def outcome(of: Outcome) -> tuple[str, str, str, bool]:
    """What an action answered: its sentence, the group, the member, and whether only the Owner is left."""
    return str(of.sentence), of.group, of.member, of.alone


def address(reference: str) -> str:
    return f"{reference}@portal.test"


def as_(reference: str) -> Actor:
    """The person who signs in as `reference`@portal.test."""
    db.session.rollback()
    found = signing_in.by_email(address(reference))
    assert found is not None
    return found.actor


def family(owner: str, **members: GroupRole) -> str:
    """A group of `owner` and `members` by their external ids, made by staff; its public id."""
    group = groups.create(SYSTEM, owner).group
    for reference, role in members.items():
        groups.add_member(SYSTEM, group, NewMember(reference, role))
    return group


def profile(reference: str) -> Profile:
    db.session.rollback()
    found = customers.by_reference(reference)
    assert found is not None
    return found


def members(group: str) -> dict[str, Member]:
    """The members of a group by external id, or by name where they have none; empty when it was dissolved."""
    db.session.rollback()
    found = rows.find(group)
    return {one.external_id or one.name: one for one in rows.members(found.id)} if found is not None else {}


def roles(group: str) -> dict[str, str]:
    return {who: one.role.value for who, one in members(group).items()}


def member(group: str, who: str) -> str:
    """The public id of a membership."""
    return members(group)[who].public_id


def edit(group: str, who: str, **wanted: Any) -> Edit:
    """The form that changes a member, with what it has now but for `wanted`."""
    now = members(group)[who]
    given: dict[str, Any] = {"role": now.role, "label": now.label, "scopes": now.scopes, "until": end_of(now.until)}
    if now.role is not GroupRole.ADMIN:
        given["scopes"] = ALL_SCOPES
    return Edit(**(given | wanted))


def opens(actor: Actor, reference: str) -> set[Scope]:
    """The scopes an actor holds over a customer."""
    subject = profile(reference)
    return {scope for scope in Scope if access.weigh_scope(actor, scope, subject)}


def sees(actor: Actor, reference: str) -> bool:
    """Whether an actor may see a customer's details now."""
    return bool(access.weigh(actor, Permission.PROFILE_VIEW, profile(reference)))


def logged() -> list[tuple[str, str]]:
    """What the audit log says of groups: each action with the external id (or name) of whom it concerns."""
    db.session.rollback()
    query = (
        select(AuditRecord.action, Customer.external_id, Customer.name)
        .outerjoin(Customer, Customer.id == AuditRecord.subject_id)
        .where(AuditRecord.action.startswith("group."))
        .order_by(AuditRecord.id)
    )
    return [(action, reference or name or "") for action, reference, name in db.session.execute(query)]


def posted(since: int = 0) -> list[tuple[str, str]]:
    """The purposes of queued mails with whom each goes to, the first `since` left out."""
    return [
        (message.purpose, recipient.removesuffix("@portal.test"))
        for message in logins.mails()[since:]
        for recipient in logins.recipients(message)
    ]


def records(reference: str) -> list[Line]:
    """What the audit log holds about a customer, oldest first."""
    db.session.rollback()
    return log(AuditRecord.subject_id == select(Customer.id).where(Customer.external_id == reference).scalar_subquery())
