"""Answering an invitation: looking at it, having it sent again, accepting and declining.

Opening the page of an invitation changes nothing (SEC23), and only the invited person may use it (SEC24).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from portal.actions import access
from portal.actions.groups import guardians, mails
from portal.actions.groups.guardians import Foresight
from portal.actions.groups.parts import HeldGroup, Outcome, is_adult, join, joining_refusals, member_by_id, today_of
from portal.actions.groups.refusing import asked_by, not_of_age, taken_back_from_children
from portal.actions.logins.checks import count_request
from portal.db.audit import records as audit
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.db.groups import invitations as group_invitations
from portal.db.groups import members as groups
from portal.db.groups.invitations import Invitation, InvitationState
from portal.db.groups.members import Group
from portal.db.logins import people as logins
from portal.rules.customers.status import Kind
from portal.rules.deciding import Actor
from portal.rules.errors import Conflict, Missing, Reason, Refused
from portal.rules.groups import GroupRole, InvitationKind, Rule, lasts
from portal.rules.groups.guardians import age_unknown, changed
from portal.rules.partners import DEFAULTS, PartnerSettings
from portal.rules.scopes import ALL_SCOPES, Scope
from portal.rules.sentences import NOTHING, Sentence, say

GONE = say("This invitation no longer works. Nothing was changed; ask for a new one.")


@dataclass(frozen=True, slots=True)
class Opened:
    """What the page of an invitation shows.

    `owner` is whose group it is, `partner` the operator's name, `settings` its choices, `knows_login` whether the
    invited address signs in to the portal, `profile_name` the profile on file that accepting would open ("" when a new
    one is made). `foreseen` is what taking the ownership over would mean; `age_unknown` says that whoever accepts
    counts as an adult (G15).
    """

    public_id: str
    kind: InvitationKind
    state: InvitationState
    email: str
    name: str
    inviter: str
    owner: str
    partner: str
    role: GroupRole
    label: str
    scopes: frozenset[Scope]
    until: date | None
    expires_at: datetime
    knows_login: bool
    profile_name: str
    settings: PartnerSettings
    foreseen: Foresight | None = None
    age_unknown: Sentence = NOTHING

    @property
    def works(self) -> bool:
        return self.state is InvitationState.OPEN


@snapshot
def look_at(token: str) -> Opened:
    """What an invitation offers, whatever became of it. Changes nothing. Raises Missing for one never sent."""
    invitation = group_invitations.by_token(token)
    group = groups.by_id(invitation.group_id) if invitation is not None else None
    if invitation is None or invitation.kind is not InvitationKind.MEMBERSHIP or (group is not None and not group.on):
        raise Missing()
    return _opened(invitation)


@snapshot
def open_waiting(actor: Actor, invitation: str) -> Opened:
    """An invitation or offer to the signed-in person, opened in the portal. Raises Missing for anybody else's."""
    return _opened(own_invitation(actor, invitation))


@writes
def renew(token: str, *, address: str) -> None:
    """Send an expired invitation again, to the address it was for (UX15).

    Raises Conflict unless it is expired, TooMany after several requests in a row, Missing for one never sent.
    """
    invitation = group_invitations.by_token(token)
    if invitation is None:
        raise Missing()
    count_request("group invitation", invitation.email, address)
    group = groups.by_id(invitation.group_id)
    works = group is not None and group.on and lasts(invitation.until, today_of(group))
    if group is None or not works or invitation.state is not InvitationState.EXPIRED:
        raise Conflict(GONE)
    _hold(invitation, group, InvitationState.EXPIRED)
    fresh, _until = group_invitations.renew(invitation)
    renewed = group_invitations.by_public_id(invitation.public_id)
    assert renewed is not None
    mails.send_invitation(renewed, group, fresh)
    text = say("{email} had an expired invitation sent again", email=invitation.email)
    actor = _as(None, invitation)
    audit.record(actor, "group.invite_again", text, subject_id=group.owner_id, group=group.public_id)


def accept(actor: Actor, invitation: str, *, agreed: Iterable[Scope] = ALL_SCOPES, once: str | None = None) -> Outcome:
    """Join the group that one was invited to. An adult Dependent agrees to being acted for as far as `agreed` (PRI2).

    `invitation` is a public id. Raises Missing when it is for somebody else (SEC24), Conflict when it was answered,
    taken back or has expired, Refused with every unmet condition (G5, G9). Somebody who is not of age and was to
    become an Admin is refused, and the invitation taken back (G15).
    """
    with taken_back_from_children(actor, invitation):
        return _accept(actor, invitation, agreed=agreed, once=once)


@writes(once="group.accept", answer=Outcome)
def _accept(actor: Actor, invitation: str, *, agreed: Iterable[Scope], once: str | None) -> Outcome:
    access.require_whole_login(actor)
    own = own_invitation(actor, invitation)
    if own.kind is not InvitationKind.MEMBERSHIP:
        raise Missing()
    assert actor.customer_id is not None
    return join_by(actor, own, customers.by_id(actor.customer_id), frozenset(agreed))


@writes
def decline(actor: Actor | None, invitation_or_token: str) -> None:
    """Say no to an invitation or an offer of the ownership, by public id when signed in.

    By the link in the mail there is no actor. Raises Conflict and Missing.
    """
    invitation = own_invitation(actor, invitation_or_token) if actor else _by_token(invitation_or_token)
    group = find_open(invitation)
    hold_open(invitation, group)
    group_invitations.close(invitation.id, InvitationState.DECLINED, actor.customer_id if actor else None)
    who = invitation.name or invitation.email
    if invitation.kind is InvitationKind.OWNERSHIP:
        text, news = say("{name} declined the ownership", name=who), say("{name} declined the ownership.", name=who)
    else:
        text, news = say("{name} declined the invitation", name=who), say("{name} declined your invitation.", name=who)
    actor = _as(actor, invitation)
    audit.record(actor, "group.decline", text, subject_id=group.owner_id, group=group.public_id)
    mails.tell(actor, group, asked_by(invitation, group), news)


# Steps ----------------------------------------------------------------------------------------------------------------


def find_open(invitation: Invitation) -> Group:
    """The group of an invitation that works. Raises Conflict when it is gone or answered, Missing while off (G1)."""
    group = groups.by_id(invitation.group_id)
    if group is not None and not group.on:
        raise Missing()
    if group is None or invitation.state is not InvitationState.OPEN:
        raise Conflict(GONE)
    return group


def hold_open(invitation: Invitation, group: Group) -> None:
    """Hold an invitation with its group, so that it is answered once. Raises Conflict when it was meanwhile."""
    _hold(invitation, group, InvitationState.OPEN)


def _hold(invitation: Invitation, group: Group, state: InvitationState) -> None:
    groups.hold(group.id)
    group_invitations.hold(invitation.id)
    now = group_invitations.by_public_id(invitation.public_id)
    if now is None or now.state is not state:
        raise Conflict(GONE)


def own_invitation(actor: Actor, invitation: str) -> Invitation:
    """An invitation to the actor: to its own address, or an offer to its own customer (SEC24). Raises Missing."""
    found = group_invitations.by_public_id(invitation)
    if found is None or actor.customer_id is None:
        raise Missing()
    offered = found.kind is InvitationKind.OWNERSHIP and found.customer_id == actor.customer_id
    invited = found.kind is InvitationKind.MEMBERSHIP and found.email == logins.normalised(actor.email)
    group = groups.by_id(found.group_id)
    if not (offered or invited) or (group is not None and not group.on):
        raise Missing()
    return found


def _by_token(token: str) -> Invitation:
    found = group_invitations.by_token(token)
    if found is None:
        raise Missing()
    return found


def join_by(actor: Actor, invitation: Invitation, profile: Profile, agreed: frozenset[Scope]) -> Outcome:
    """Join under the locks of joining: the customer, then the group, then the invitation, which works once."""
    group = find_open(invitation)
    customers.lock([profile.id], exclusive=True)
    hold_open(invitation, group)
    group = find_open(invitation)
    profile = customers.by_id(profile.id)
    _refuse_joining(invitation, group, profile)
    group_invitations.close(invitation.id, InvitationState.ACCEPTED, profile.id)
    member = join(actor, group, profile, invitation.role, invitation.label_id, invitation.scopes, invitation.until)
    if agreed and invitation.role is GroupRole.DEPENDENT and is_adult(profile.born_on, group):
        groups.give_consent(member_by_id(member).id, agreed | {Scope.VIEW}, actor.label)
    text = say("{name} accepted your invitation.", name=profile.name)
    mails.tell(actor, group, asked_by(invitation, group), text)
    return Outcome(say("You are in the group now"), group.public_id, member)


def _refuse_joining(invitation: Invitation, group: Group, profile: Profile) -> None:
    reasons = joining_refusals(profile, group, invitation.role)
    if not lasts(invitation.until, today_of(group)):
        message = say("The access it offers is over.")
        reasons.append(Reason(Rule.ENDS, message, say("Ask for a new invitation.")))
    if reasons:
        own = [_own_words(reason, profile, invitation) for reason in reasons]
        raise Refused(own, say("This invitation can’t be accepted"))


def _own_words(reason: Reason, profile: Profile, invitation: Invitation) -> Reason:
    """A reason as the invited person reads it, without the names of other groups or partners."""
    if reason.rule == Rule.GUARDIANS:
        return not_of_age(invitation)
    if reason.rule == Rule.GROUPS:
        return Reason(reason.rule, say("You are in a group already."), say("Leave it first, or ask the operator."))
    if reason.rule == Rule.SAME_PARTNER:
        message = say("Your account is with {partner}, and this group is not.", partner=profile.partner_name)
        return Reason(reason.rule, message, say("Ask to be invited with another address."))
    return reason


def _opened(invitation: Invitation) -> Opened:
    group = groups.by_id(invitation.group_id)
    state = invitation.state
    works = group is not None and group.on and lasts(invitation.until, today_of(group))
    if state is InvitationState.OPEN and not works:
        state = InvitationState.REVOKED
    knows = logins.by_email(invitation.email) is not None
    asks = group is not None and not knows and state is InvitationState.OPEN
    on_file = profile_on_file(invitation.email, group.partner_id) if group is not None and asks else None
    return Opened(
        public_id=invitation.public_id,
        kind=invitation.kind,
        state=state,
        email=invitation.email,
        name=invitation.name,
        inviter=invitation.inviter,
        owner=group.owner_name if group else "",
        partner=group.partner_name if group else "",
        role=invitation.role,
        label=invitation.label,
        scopes=invitation.scopes,
        until=invitation.until,
        expires_at=invitation.expires_at,
        knows_login=knows,
        profile_name=on_file.name if on_file else "",
        settings=group.settings if group else DEFAULTS,
        foreseen=_foresee(invitation, group) if group is not None and state is InvitationState.OPEN else None,
        age_unknown=_age_unknown(invitation, on_file),
    )


def _foresee(invitation: Invitation, group: Group) -> Foresight | None:
    """What accepting an offer of the ownership would mean; None for an invitation."""
    heir = groups.member_of(group.id, invitation.customer_id) if invitation.customer_id is not None else None
    if invitation.kind is not InvitationKind.OWNERSHIP or heir is None:
        return None
    held = HeldGroup(group, heir, groups.members(group.id))
    before = guardians.places_of(held)
    return guardians.foresee(before, changed(before, heir.id, GroupRole.OWNER), held, (), NOTHING)


def _age_unknown(invitation: Invitation, on_file: Profile | None) -> Sentence:
    """Whoever accepts an invitation to manage a group counts as an adult without a date of birth."""
    if not invitation.role.manages or invitation.kind is not InvitationKind.MEMBERSHIP:
        return NOTHING
    person = logins.by_email(invitation.email)
    customer_id = person.customer_id if person is not None else None
    profile = customers.by_id(customer_id) if customer_id is not None else on_file
    known = profile is None or profile.born_on is not None or profile.kind is Kind.BUSINESS
    return NOTHING if known or profile is None else age_unknown(profile.name)


def profile_on_file(email: str, partner_id: int) -> Profile | None:
    """The one customer of a partner who has this address on file and no login: an individual's own profile."""
    return customers.without_login_by_email(email, partner_id)


def _as(actor: Actor | None, invitation: Invitation) -> Actor:
    return actor or Actor(name=invitation.name or invitation.email, email=invitation.email)
