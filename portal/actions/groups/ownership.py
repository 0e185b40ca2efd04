"""Offering the ownership of a group to a member, who accepts it in the portal (G3)."""

from __future__ import annotations

from portal.actions import access
from portal.actions.groups import mails
from portal.actions.groups.answering import GONE, find_open, hold_open, own_invitation
from portal.actions.groups.inviting import inviter_of
from portal.actions.groups.parts import HeldGroup, Outcome, hold, make_owner, remember, today_of
from portal.db.engine import writes
from portal.db.groups import invitations as group_invitations
from portal.db.groups import members as groups
from portal.db.groups.invitations import Invitation, InvitationState
from portal.db.groups.members import Member
from portal.db.logins import people as logins
from portal.rules.deciding import Actor, GroupDeed
from portal.rules.errors import Conflict, Missing, Reason, Refused
from portal.rules.groups import GroupRole, InvitationKind, Rule, lasts
from portal.rules.scopes import ALL_SCOPES
from portal.rules.sentences import say


@writes(once="group.offer", answer=Outcome)
def offer_ownership(actor: Actor, group: str, member: str, *, once: str | None = None) -> Outcome:
    """Offer a member the ownership (G3); they accept it in the portal. Replaces an offer that waits.

    Raises Refused for a member who cannot sign in, Missing and NotAllowed.
    """
    held = hold(actor, group, GroupDeed.OWN)
    heir = held.member(member)
    reasons = _offer_refusals(held, heir)
    if reasons:
        raise Refused(reasons, say("The ownership can’t be offered to {name}", name=heir.name))
    group_invitations.revoke_offers(held.group.id)
    mails.send_offer(_add(actor, held, heir), held.group)
    text = say("Offered the ownership to {name}", name=heir.name)
    remember(actor, "group.offer", text, heir.customer_id, held.group)
    return Outcome(say("The ownership is offered to {name}", name=heir.name), group, member)


@writes
def accept_offer(actor: Actor, invitation: str) -> Outcome:
    """Take the ownership over: the previous Owner becomes Admin in the same step (G3).

    Raises Missing for anybody else's offer, Conflict when it was taken back or has expired.
    """
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
    group_invitations.close(offer.id, InvitationState.ACCEPTED)
    make_owner(actor, group, old, heir)
    text = say("{name} accepted, and is the Owner now. You are an Admin.", name=heir.name)
    mails.tell(actor, group, old.customer_id, text)
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


def _offer_refusals(held: HeldGroup, heir: Member) -> list[Reason]:
    reasons = []
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
