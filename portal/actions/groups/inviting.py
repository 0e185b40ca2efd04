"""Inviting people into a group by email: sending an invitation, sending it again, taking it back.

The answer to an invitation never says whether the address is known: whoever it is for learns on the invitation's own
page why it cannot be accepted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from portal.actions import access
from portal.actions.groups import mails
from portal.actions.groups.checks import DAY_IS_OVER, squeezed
from portal.actions.groups.parts import HeldGroup, Outcome, hold, label_id, remember, scopes_for, today_of
from portal.actions.logins.checks import email_address
from portal.db.engine import writes
from portal.db.groups import invitations as group_invitations
from portal.db.groups import members as groups
from portal.db.groups.invitations import Invitation, InvitationState
from portal.db.logins import people as logins
from portal.db.logins import sign_in_tries
from portal.rules.deciding import Actor, GroupDeed
from portal.rules.errors import Conflict, Invalid, Missing, NotAllowed, Reason, Refused
from portal.rules.groups import LONGEST_NAME, GroupRole, InvitationKind, Rule, lasts
from portal.rules.groups.ends import NO_END, End, last_day
from portal.rules.logins.throttle import FREE_FOR_ADDRESS, FREE_REQUESTS
from portal.rules.scopes import ALL_SCOPES, Scope
from portal.rules.sentences import Sentence, say

MOST_WAITING = 20
"""So many invitations of a group may wait at once, so that nobody mails the world."""

_LIKE_AN_ADDRESS = re.compile(r"@|://|www\.", re.IGNORECASE)
"""The name stands in a mail to whoever is invited, which is no place for links of the inviter's."""


@dataclass(frozen=True, slots=True)
class Welcome:
    """Whom to invite and as what. `label` is a public id or name; `until` is the last day."""

    email: str
    name: str
    role: GroupRole
    label: str = ""
    scopes: frozenset[Scope] = ALL_SCOPES
    until: End = NO_END


@writes(once="group.invite", answer=Outcome)
def invite(actor: Actor, group: str, wanted: Welcome, *, once: str | None = None) -> Outcome:
    """Invite somebody into a group by email (G7, UX15). The link in the mail works for fourteen days.

    Raises Invalid for fields and for oneself, a member or somebody invited already; Refused, Missing, NotAllowed.
    """
    address = _check(wanted)
    deed = GroupDeed.CHANGE_ADMIN if wanted.role is GroupRole.ADMIN else GroupDeed.ADD_DEPENDENT
    held = hold(actor, group, deed)
    _refuse_known(held, address)
    if not lasts(last_day(wanted.until), today_of(held.group)):
        raise Invalid({"until": DAY_IS_OVER})
    _count_mail(actor, held.group.id, address)
    token, invitation = _add(actor, held, address, wanted)
    mails.send_invitation(invitation, held.group, token)
    text = say("Invited {email} to the group as {role}", email=address, role=wanted.role.label)
    _remember(actor, "group.invite", text, held, invitation)
    return Outcome(say("The invitation is on its way to {email}", email=address), group)


@writes(once="group.invite_again", answer=Outcome)
def resend(actor: Actor, group: str, invitation: str, *, once: str | None = None) -> Outcome:
    """Send an invitation again with a new link and a new term; the old link stops working (UX15).

    Raises Conflict when it was answered or taken back meanwhile.
    """
    held, waiting = _waiting(actor, group, invitation)
    if waiting.kind is InvitationKind.OWNERSHIP:
        raise NotAllowed(say("An offer is taken back and made anew."))
    if not lasts(waiting.until, today_of(held.group)):
        raise Conflict(say("The access it offers is over. Take it back and invite them anew with a later end."))
    _count_mail(actor, waiting.group_id, waiting.email)
    token, expires_at = group_invitations.renew(waiting)
    renewed = group_invitations.by_public_id(waiting.public_id)
    assert renewed is not None
    mails.send_invitation(renewed, held.group, token)
    text = say("Sent the invitation of {email} again", email=waiting.email)
    _remember(actor, "group.invite_again", text, held, waiting, until=expires_at.isoformat())
    return Outcome(say("The invitation is on its way to {email} again", email=waiting.email), group)


@writes
def revoke(actor: Actor, group: str, invitation: str) -> Outcome:
    """Take an invitation or an offer back; its link stops working. Raises Conflict when it was answered meanwhile."""
    held, waiting = _waiting(actor, group, invitation)
    group_invitations.close(waiting.id, InvitationState.REVOKED)
    if waiting.kind is InvitationKind.OWNERSHIP:
        text = say("Took back the offer of the ownership to {name}", name=waiting.name)
    else:
        text = say("Took back the invitation of {email}", email=waiting.email)
    _remember(actor, "group.invite_revoke", text, held, waiting)
    return Outcome(text, group)


# Steps ----------------------------------------------------------------------------------------------------------------


def inviter_of(actor: Actor, held: HeldGroup) -> str:
    """Who invites, as the mail names them."""
    return held.group.partner_name if actor.is_staff else actor.name


def _add(actor: Actor, held: HeldGroup, address: str, wanted: Welcome) -> tuple[str, Invitation]:
    return group_invitations.add(
        kind=InvitationKind.MEMBERSHIP,
        group_id=held.group.id,
        email=address,
        name=squeezed(wanted.name),
        role=wanted.role,
        label_id=label_id(wanted.label),
        scopes=scopes_for(wanted.role, wanted.scopes),
        until=last_day(wanted.until),
        inviter=inviter_of(actor, held),
        inviter_id=held.mine.customer_id if held.mine else None,
    )


def _remember(
    actor: Actor, action: str, text: Sentence, held: HeldGroup, invitation: Invitation, **details: object
) -> None:
    remember(actor, action, text, held.group.owner_id, held.group, invitation=invitation.public_id, **details)


def _check(wanted: Welcome) -> str:
    """The address to invite. Raises Invalid for all wrong fields at once."""
    wrong = {}
    address = email_address(wanted.email)
    if address is None or len(address) > 254:
        wrong["email"] = say("Enter an email address, such as name@example.org.")
    if len(squeezed(wanted.name)) > 2 * LONGEST_NAME:
        wrong["name"] = say(
            "Use at most {count} character for the name.",
            "Use at most {count} characters for the name.",
            count=2 * LONGEST_NAME,
        )
    elif _LIKE_AN_ADDRESS.search(wanted.name):
        wrong["name"] = say("Enter a name only, without addresses.")
    if wanted.role is GroupRole.OWNER:
        wrong["role"] = say("Invite them as Admin first, and offer them the ownership afterwards.")
    if wrong or address is None:
        raise Invalid(wrong)
    return address


def _count_mail(actor: Actor, group_id: int, email: str) -> None:
    """Count a mail that a customer has sent, by whom it goes to and by who sends it. Raises TooMany (SEC17).

    Each group counts for itself: a pause must not tell one family that another invited somebody, too (SEC16).
    """
    if not actor.is_staff:
        sign_in_tries.count(
            {
                sign_in_tries.account_key(f"invitation to group {group_id}", email): FREE_REQUESTS,
                sign_in_tries.account_key("group invitations from", str(actor.login_id)): FREE_FOR_ADDRESS,
            }
        )


def _refuse_known(held: HeldGroup, address: str) -> None:
    """A clear word about whom the members know of anyway: themselves, each other, and who is invited already."""
    _refuse_member(held, address)
    waiting = group_invitations.unanswered(held.group.id, InvitationKind.MEMBERSHIP)
    if any(invitation.email == address for invitation in waiting):
        text = say("{email} is invited already. Send the invitation again, or take it back first.", email=address)
        raise Invalid({"email": text})
    if len(waiting) >= MOST_WAITING:
        message = say(
            "{count} invitation waits for an answer.", "{count} invitations wait for an answer.", count=len(waiting)
        )
        raise Refused([Reason(Rule.CONSENT, message, say("Take some back first."))], say("No more invitations for now"))


def _refuse_member(held: HeldGroup, address: str) -> None:
    person = logins.by_email(address)
    if person is None or person.customer_id is None:
        return
    if held.mine is not None and person.customer_id == held.mine.customer_id:
        raise Invalid({"email": say("That is your own address, and you are in the group already.")})
    member = groups.member_of(held.group.id, person.customer_id)
    if member is not None:
        raise Invalid({"email": say("{name} is in the group already.", name=member.name)})


def _waiting(actor: Actor, group: str, invitation: str) -> tuple[HeldGroup, Invitation]:
    """An unanswered invitation of a group the actor may change. Raises Missing, NotAllowed and Conflict."""
    held = hold(actor, group, GroupDeed.ADD_DEPENDENT)
    waiting = group_invitations.by_public_id(invitation)
    if waiting is None or waiting.group_id != held.group.id:
        raise Missing()
    if waiting.kind is InvitationKind.OWNERSHIP:
        access.require_group(actor, held.group, GroupDeed.OWN)
    elif waiting.role is GroupRole.ADMIN:
        access.require_group(actor, held.group, GroupDeed.CHANGE_ADMIN)
    group_invitations.hold(waiting.id)
    waiting = group_invitations.by_public_id(invitation) or waiting
    if waiting.state in _ANSWERED:
        raise Conflict(_ANSWERED[waiting.state])
    return held, waiting


_ANSWERED = {
    InvitationState.ACCEPTED: say("The invitation was accepted meanwhile."),
    InvitationState.DECLINED: say("The invitation was declined meanwhile."),
    InvitationState.REVOKED: say("The invitation was revoked meanwhile."),
}
