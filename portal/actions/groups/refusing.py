"""What becomes of an invitation or offer that somebody cannot accept because they are not of age (G15)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from portal.actions.groups import mails
from portal.actions.groups.parts import remember, today_of
from portal.db.engine import writes
from portal.db.groups import invitations as group_invitations
from portal.db.groups import members as groups
from portal.db.groups.invitations import Invitation, InvitationState
from portal.db.groups.members import Group
from portal.rules.deciding import Actor
from portal.rules.errors import Reason, Refused
from portal.rules.groups import InvitationKind, Rule, lasts
from portal.rules.sentences import say


def not_of_age(invitation: Invitation) -> Reason:
    """Why it cannot be accepted, in the words of whoever it is for."""
    message = say("You are not of age, and the Owner and the Admins of a group are.")
    remedy = say("It is taken back, and {inviter} is told that you cannot accept it.", inviter=invitation.inviter)
    return Reason(Rule.GUARDIANS, message, remedy)


@contextmanager
def taken_back_from_children(actor: Actor | None, invitation: str) -> Iterator[None]:
    """Take an invitation back, and tell whoever made it, when accepting it was refused for the age.

    The refusal undoes the transaction it is raised in, so that this takes one of its own.
    """
    try:
        yield
    except Refused as error:
        if any(reason.rule == Rule.GUARDIANS for reason in error.reasons):
            _take_back(actor, invitation)
        raise


@writes
def _take_back(actor: Actor | None, public_id: str) -> None:
    found = group_invitations.by_public_id(public_id)
    group = groups.by_id(found.group_id) if found is not None else None
    if found is None or group is None:
        return
    groups.hold(group.id)
    group_invitations.hold(found.id)
    found = group_invitations.by_public_id(public_id)
    if found is None or found.state is not InvitationState.OPEN:
        return
    group_invitations.close(found.id, InvitationState.REVOKED)
    who = found.name or found.email
    by = actor or Actor(name=who, email=found.email)
    text = say("The invitation of {name} lapsed: an Admin has to be of age", name=who)
    news = say("{name} cannot accept your invitation: an Admin has to be of age.", name=who)
    if found.kind is InvitationKind.OWNERSHIP:
        text = say("The offer of the ownership to {name} lapsed: an Owner has to be of age", name=who)
        news = say("{name} cannot accept the ownership: an Owner has to be of age.", name=who)
    remember(by, "group.invite_revoke", text, group.owner_id, group, invitation=found.public_id)
    mails.tell(by, group, asked_by(found, group), news)


def asked_by(invitation: Invitation, group: Group) -> int:
    """Whom an answer concerns: the customer who invited, while it manages the group, else the Owner (SEC5)."""
    inviter = groups.member_of(group.id, invitation.inviter_id) if invitation.inviter_id is not None else None
    stays = inviter is not None and inviter.role.manages and lasts(inviter.until, today_of(group))
    return inviter.customer_id if inviter is not None and stays else group.owner_id
