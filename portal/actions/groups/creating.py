"""Creating a group: staff do it for anybody at the desk, customers for themselves where their partner lets them."""

from __future__ import annotations

from portal.actions import access
from portal.actions.groups import mails
from portal.actions.groups.joining import NewDependent, NewMember, add_customer, add_newcomer, named_customer
from portal.actions.groups.parts import Outcome, by_id, joining_facts, label_id, refuse_off, remember
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import writes
from portal.db.groups import members as groups
from portal.db.groups.members import Group
from portal.outside import clock
from portal.rules import groups as rules
from portal.rules.deciding import Actor
from portal.rules.errors import Reason, Refused
from portal.rules.groups import GroupRole, Rule
from portal.rules.permissions import Permission
from portal.rules.sentences import say


@writes(once="group.create", answer=Outcome)
def create(
    actor: Actor,
    owner: str,
    label: str = "",
    first: NewMember | NewDependent | None = None,
    *,
    once: str | None = None,
) -> Outcome:
    """Create a group whose Owner is the customer `owner` (public or external id), with its `first` other member (G2).

    Staff create it for anybody; a customer for itself where the partner lets it, with a dependent. Raises Refused with
    every unmet condition, Invalid for fields, Missing and NotAllowed. The same `once` again gives the same answer.
    """
    profile = customers.require(owner)
    _may_create(actor, profile)
    refuse_off(profile.settings.groups_on, profile.partner_name)
    other = named_customer(actor, first) if isinstance(first, NewMember) else None
    customers.lock([profile.id, *([other.id] if other else [])], exclusive=True)
    profile = customers.by_id(profile.id)
    other = customers.by_id(other.id) if other else None
    _refuse(profile, other, first.role if isinstance(first, NewMember) else GroupRole.DEPENDENT)
    group = _begin(actor, profile, label)
    member = ""
    if isinstance(first, NewDependent):
        member = add_newcomer(actor, group, first)
    elif first is not None and other is not None:
        member = add_customer(actor, group, other, first)
    return Outcome(say("The group of {name} is created", name=profile.name), group.public_id, member)


def _may_create(actor: Actor, profile: Profile) -> None:
    """Staff for anybody (G2); a customer for itself where its partner lets it."""
    access.require(actor, Permission.GROUPS_MANAGE if actor.is_staff else Permission.GROUP_CREATE, profile)


def _refuse(owner: Profile, other: Profile | None, role: GroupRole) -> None:
    """Raises Refused with every condition that is unmet by the new group's Owner or by its first other member, who is
    to have `role`.
    """
    reasons = _joining(owner, owner, GroupRole.OWNER)
    if other is not None:
        reasons += _joining(other, owner, role)
    if other is not None and other.id == owner.id:
        message = say("{name} is the Owner already.", name=owner.name)
        reasons.append(Reason(Rule.ONE_OWNER, message, say("Choose another customer to add.")))
    if reasons:
        raise Refused(reasons, say("A group of {name} can’t be created yet", name=owner.name))


def _joining(profile: Profile, owner: Profile, role: GroupRole) -> list[Reason]:
    facts = joining_facts(profile, None, clock.today(owner.time_zone))
    most = owner.settings.groups_per_customer
    return rules.joining_refusals(facts, owner.partner_id, owner.partner_name, most, role)


def _begin(actor: Actor, owner: Profile, label: str) -> Group:
    """The new group, with nobody but its Owner in it."""
    worn = label_id(label)
    group_id, _public_id = groups.add_group(owner.partner_id)
    groups.add_member(
        partner_id=owner.partner_id, group_id=group_id, customer_id=owner.id, role=GroupRole.OWNER, label_id=worn
    )
    group = by_id(group_id)
    text = say("A group was created with {name} as its Owner", name=owner.name)
    remember(actor, "group.create", text, owner.id, group)
    mails.tell(actor, group, owner.id, say("You are the Owner of a new group."))
    return group
