"""Ending memberships: removing a member, leaving, and dissolving a group."""

from __future__ import annotations

from portal.actions import access
from portal.actions.groups import guardians, mails
from portal.actions.groups.parts import (
    HeldGroup,
    Outcome,
    deed_on,
    hold,
    is_adult,
    refuse_frozen,
    remember,
    unchanged,
)
from portal.db.engine import writes
from portal.db.groups import invitations as group_invitations
from portal.db.groups import members as groups
from portal.db.groups.members import Member
from portal.rules.deciding import Actor, GroupDeed
from portal.rules.errors import NotAllowed, Refused
from portal.rules.groups import GroupRole
from portal.rules.sentences import Sentence, say


@writes(once="group.remove", answer=Outcome)
def remove_member(
    actor: Actor, group: str, member: str, *, version: int | None = None, once: str | None = None
) -> Outcome:
    """End a membership: every grant it gave is gone with the next request (G8, SEC5).

    The last member's removal ends the group. Raises as `change_member` does.
    """
    held = hold(actor, group)
    removed = held.member(member)
    access.require_group(actor, held.group, deed_on(removed.role))
    refuse_frozen(actor, removed)
    unchanged(version, removed.version)
    owner = held.group.owner_name
    text = say("{name} was removed from the group of {owner}", name=removed.name, owner=owner)
    outcome = _end(actor, held, removed, "group.remove", text)
    mails.tell(actor, held.group, removed.customer_id, say("You are no longer in the group."))
    return outcome


@writes(once="group.leave", answer=Outcome)
def leave(actor: Actor, group: str, *, once: str | None = None) -> Outcome:
    """Leave a group. Its Owner stays while others remain (G8), and a child does not leave by itself.

    Raises Refused, Missing and NotAllowed.
    """
    access.require_whole_login(actor)
    held = hold(actor, group)
    leaving = held.mine
    if leaving is None:
        raise NotAllowed(say("Staff are in no group. Remove the member instead."))
    if leaving.role is GroupRole.DEPENDENT and not is_adult(leaving.born_on, held.group):
        raise NotAllowed(say("The Owner or an Admin of the group can remove you from it."))
    text = say("{name} left the group of {owner}", name=leaving.name, owner=held.group.owner_name)
    outcome = _end(actor, held, leaving, "group.leave", text)
    mails.tell(actor, held.group, held.owner.customer_id, say("{name} left the group.", name=leaving.name))
    return outcome


@writes(once="group.dissolve", answer=Outcome)
def dissolve(actor: Actor, group: str, *, version: int | None = None, once: str | None = None) -> Outcome:
    """End a group and every membership in it (G6). Customers, their balances and bookings stay as they are.

    `version` is the group's that was shown. Raises Conflict, Missing and NotAllowed.
    """
    held = hold(actor, group, GroupDeed.OWN)
    refuse_frozen(actor, *held.everybody)
    unchanged(version, held.group.version)
    outcome = _dissolve(actor, held)
    text = say("The group of {owner} was dissolved.", owner=held.group.owner_name)
    for member in held.everybody:
        mails.tell(actor, held.group, member.customer_id, text)
    return outcome


def _end(actor: Actor, held: HeldGroup, member: Member, action: str, text: Sentence) -> Outcome:
    """End one membership, and with the last one the group."""
    others = held.others(member)
    reasons = guardians.leaving_refusals(held, member)
    if reasons:
        raise Refused(reasons, say("{name} can’t leave the group yet", name=member.name))
    if not others:
        return _dissolve(actor, held)
    groups.end_member(member)
    group_invitations.revoke_offers(held.group.id, member.customer_id)
    remember(actor, action, text, member.customer_id, held.group)
    sentence = say("{name} is no longer in the group", name=member.name)
    return Outcome(sentence, held.group.public_id, alone=len(others) == 1)


def _dissolve(actor: Actor, held: HeldGroup) -> Outcome:
    group_invitations.revoke_all(held.group.id)
    groups.dissolve(held.group, held.everybody)
    text = say("The group of {owner} was dissolved", owner=held.group.owner_name)
    for member in held.everybody:
        remember(actor, "group.dissolve", text, member.customer_id, held.group)
    return Outcome(say("The group of {owner} is dissolved", owner=held.group.owner_name))
