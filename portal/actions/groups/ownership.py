"""Offering the ownership of a group to a member, who accepts it in the portal (G3)."""

from __future__ import annotations

from portal.actions import access
from portal.actions.groups import guardians, mails
from portal.actions.groups.answering import GONE, find_open, hold_open, own_invitation
from portal.actions.groups.guardians import Foresight
from portal.actions.groups.inviting import inviter_of
from portal.actions.groups.parts import (
    HeldGroup,
    Outcome,
    hold,
    look,
    make_owner,
    member_facts,
    remember,
    stepped_down,
    today_of,
)
from portal.actions.groups.refusing import not_of_age, taken_back_from_children
from portal.db.engine import snapshot, writes
from portal.db.groups import invitations as group_invitations
from portal.db.groups import members as groups
from portal.db.groups.invitations import Invitation, InvitationState
from portal.db.groups.members import Group, Member
from portal.db.logins import people as logins
from portal.rules import seen
from portal.rules.deciding import Actor, GroupDeed
from portal.rules.errors import Conflict, Missing, Reason, Refused
from portal.rules.groups import GroupRole, InvitationKind, Rule, lasts, too_young
from portal.rules.groups.guardians import changed
from portal.rules.scopes import ALL_SCOPES
from portal.rules.sentences import say


@snapshot
def foresee_offer(actor: Actor, group: str, member: str) -> Foresight:
    """What accepting an offer to a member would mean for who acts for whom (G15). Raises Missing and NotAllowed."""
    held = look(actor, group, GroupDeed.OWN)
    return _foresee(actor, held, held.member(member))


@writes(once="group.offer", answer=Outcome)
def offer_ownership(
    actor: Actor, group: str, member: str, *, mark: str | None = None, once: str | None = None
) -> Outcome:
    """Offer a member the ownership (G3); they accept it in the portal. Replaces an offer that waits.

    `mark` stands for the consequences that were shown. Raises Conflict when they changed since, Refused for a member
    who cannot sign in or is not of age (G15), Missing and NotAllowed.
    """
    held = hold(actor, group, GroupDeed.OWN)
    heir = held.member(member)
    foreseen = _foresee(actor, held, heir)
    if foreseen.reasons:
        raise Refused(foreseen.reasons, foreseen.headline)
    seen.unchanged(mark, foreseen.mark, guardians.CHANGED)
    group_invitations.revoke_offers(held.group.id)
    mails.send_offer(_add(actor, held, heir), held.group)
    text = say("Offered the ownership to {name}", name=heir.name)
    remember(actor, "group.offer", text, heir.customer_id, held.group)
    return Outcome(say("The ownership is offered to {name}", name=heir.name), group, member)


def accept_offer(actor: Actor, invitation: str, *, mark: str | None = None) -> Outcome:
    """Take the ownership over: the previous Owner becomes Admin in the same step (G3).

    `mark` stands for the consequences that were shown. Raises Missing for anybody else's offer, Conflict when it was
    taken back, has expired or means something else by now. Somebody who is not of age is refused, and the offer taken
    back (G15).
    """
    with taken_back_from_children(actor, invitation):
        return _accept_offer(actor, invitation, mark)


@writes
def _accept_offer(actor: Actor, invitation: str, mark: str | None) -> Outcome:
    access.require_whole_login(actor)
    offer = own_invitation(actor, invitation)
    if offer.kind is not InvitationKind.OWNERSHIP or offer.customer_id is None:
        raise Missing()
    group = find_open(offer)
    hold_open(offer, group)
    heir = groups.member_of(group.id, offer.customer_id)
    old = groups.member_of(group.id, group.owner_id)
    if heir is None or old is None or not lasts(heir.until, today_of(group)):
        raise Conflict(GONE)
    if _too_young(actor, group, heir):
        raise Refused([not_of_age(offer)], say("This offer can’t be accepted"))
    held = HeldGroup(group, heir, groups.members(group.id))
    seen.unchanged(mark, _foresee(actor, held, heir).mark, guardians.CHANGED)
    group_invitations.close(offer.id, InvitationState.ACCEPTED)
    make_owner(actor, group, old, heir)
    text = say("{name} accepted the ownership.", name=heir.name)
    mails.tell(actor, group, old.customer_id, text, stepped_down(old, group, heir.name))
    return Outcome(say("You are the Owner of the group now"), group.public_id, heir.public_id)


def _add(actor: Actor, held: HeldGroup, heir: Member) -> Invitation:
    _token, offer = group_invitations.add(
        kind=InvitationKind.OWNERSHIP,
        group_id=held.group.id,
        email=_address_of(heir),
        name=heir.name,
        role=GroupRole.OWNER,
        label_id=heir.label_id,
        scopes=ALL_SCOPES,
        until=None,
        inviter=inviter_of(actor, held),
        inviter_id=held.mine.customer_id if held.mine else None,
        customer_id=heir.customer_id,
    )
    return offer


def _foresee(actor: Actor, held: HeldGroup, heir: Member) -> Foresight:
    """What it means that a member becomes the Owner; what stands in the way of offering it."""
    before = guardians.places_of(held)
    after = changed(before, heir.id, GroupRole.OWNER)
    headline = say("The ownership can’t be offered to {name}", name=heir.name)
    return guardians.foresee(before, after, held, _offer_refusals(actor, held, heir), headline)


def _too_young(actor: Actor, group: Group, heir: Member) -> list[Reason]:
    return too_young(heir.name, member_facts(heir, group, actor).child_until, GroupRole.OWNER)


def _offer_refusals(actor: Actor, held: HeldGroup, heir: Member) -> list[Reason]:
    reasons = _too_young(actor, held.group, heir)
    if heir.role is GroupRole.OWNER:
        message = say("{name} is the Owner already.", name=heir.name)
        reasons.append(Reason(Rule.ONE_OWNER, message, say("Choose another member.")))
    if not heir.logins:
        message = say("{name} does not sign in to the portal, so they could not accept.", name=heir.name)
        reasons.append(Reason(Rule.ONE_OWNER, message, say("The operator can invite them to the portal.")))
    if not lasts(heir.until, today_of(held.group)):
        message = say("The membership of {name} is over.", name=heir.name)
        reasons.append(Reason(Rule.ENDS, message, say("Extend it first.")))
    return reasons


def _address_of(member: Member) -> str:
    people = [person for person in logins.of_customer(member.customer_id) if person.may_sign_in]
    return people[0].email if people else member.email
