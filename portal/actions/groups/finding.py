"""Groups and places in them by how the command line names them: by customers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.actions import access
from portal.actions.groups.parts import find
from portal.actions.groups.views import InvitationView, MemberView, view_of
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot
from portal.db.groups import members as groups
from portal.db.groups.members import Group, Membership
from portal.rules.deciding import Actor
from portal.rules.errors import Missing, Reason, Refused
from portal.rules.groups import GroupRole, Rule
from portal.rules.permissions import Permission
from portal.rules.scopes import Scope
from portal.rules.sentences import say, together, verbatim


@dataclass(frozen=True, slots=True)
class Sheet:
    """A group as the command line shows it, whether or not the feature is on."""

    group: Group
    members: tuple[MemberView, ...]
    invitations: tuple[InvitationView, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A group and one member of it, named by customers on the command line."""

    group: str
    member: str
    version: int
    edit_role: GroupRole
    label: str
    scopes: frozenset[Scope]
    until: date | None


@snapshot
def sheet(actor: Actor, reference: str, owner: str | None = None) -> Sheet:
    """The group of a customer, for the command line; `owner` names the group where the customer is in several.

    Invitations are for whoever manages groups. Raises Missing, NotAllowed, and Refused as `find_place` does.
    """
    profile = customers.require(reference)
    access.require(actor, Permission.CUSTOMERS_VIEW, profile)
    group = find(_one_of(profile, owner).group)
    view = view_of(actor, group, check=False)
    return Sheet(group, view.members, view.invitations)


@snapshot
def find_owned(actor: Actor, reference: str, named: str | None = None) -> str:
    """The public id of the group that a customer is the Owner of; `named` is one of several.

    Raises Missing, NotAllowed, and Refused when it is the Owner of none or of several.
    """
    profile = customers.require(reference)
    access.require(actor, Permission.GROUPS_MANAGE, profile)
    mine = groups.memberships(profile.id)
    owned = [one for one in mine if one.role is GroupRole.OWNER]
    if not owned:
        raise Refused([_owns_none(profile, mine)])
    return _one_of(profile, named or reference, owned).group


@snapshot
def find_place(actor: Actor, reference: str, owner: str | None = None) -> Place:
    """The group of a customer and its membership there; `owner` names the group where it is in several.

    Raises Missing, Refused when it is in none or in several, and NotAllowed.
    """
    profile = customers.require(reference)
    access.require(actor, Permission.GROUPS_MANAGE, profile)
    group = find(_one_of(profile, owner).group)
    member = groups.member_of(group.id, profile.id)
    if member is None:
        raise Missing()
    return Place(
        group.public_id, member.public_id, member.version, member.role, member.label, member.scopes, member.until
    )


def _owns_none(profile: Profile, mine: list[Membership]) -> Reason:
    if not mine:
        message = say("{name} is the Owner of no group.", name=profile.name)
        return Reason(Rule.ONE_OWNER, message, say("Create a group first."))
    owners = [say("{name} ({reference})", name=one.owner_name, reference=one.owner_reference) for one in mine]
    message = say(
        "{name} is the Owner of no group. It is in the group of {owners}.",
        name=profile.name,
        owners=together(*owners, by=", "),
    )
    return Reason(Rule.ONE_OWNER, message, say("Name the Owner instead."))


def _one_of(profile: Profile, named: str | None, among: list[Membership] | None = None) -> Membership:
    """The membership in the group `named` by its Owner or its own public id, or in the only one there is."""
    mine = groups.memberships(profile.id) if among is None else among
    if named is not None:
        mine = [one for one in mine if named in (one.owner_reference, one.owner_public_id, one.group)]
    if len(mine) == 1:
        return mine[0]
    if not mine:
        message = say("{name} is not in any group.", name=profile.name)
        if named:
            message = say("{name} is not in the group of “{owner}”.", name=profile.name, owner=named)
        raise Refused([Reason(Rule.GROUPS, message, say("Add it first."))])
    raise Refused([_in_several(profile, mine)])


def _in_several(profile: Profile, mine: list[Membership]) -> Reason:
    owners = [one.owner_reference for one in mine]
    names = [one.group if owners.count(one.owner_reference) > 1 else one.owner_reference for one in mine]
    remedy = say("Name one with --group: {names}.", names=together(*map(verbatim, names), by=", "))
    return Reason(Rule.GROUPS, say("{name} is in several groups.", name=profile.name), remedy)
