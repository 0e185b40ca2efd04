"""Inviting people into a group by email, and offering its ownership to a member.

The answer to an invitation never says whether the address is known: whoever it is for learns on the invitation's own
page why it cannot be accepted. Opening that page changes nothing (SEC23), and only the invited person may use it
(SEC24).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime

from portal.actions import access
from portal.actions.groups import mails
from portal.actions.groups.deeds import EARLIEST_BIRTH, Done
from portal.actions.groups.parts import (
    Held,
    held,
    is_adult,
    join,
    joining_facts,
    label_id,
    make_owner,
    remember,
    scopes_for,
    today_of,
)
from portal.actions.logins.checks import count_request, email_address, good_password
from portal.db import idempotency as operations
from portal.db.audit import records as audit
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import NewCustomer, Profile
from portal.db.engine import snapshot, writes
from portal.db.groups import invitations as group_invitations
from portal.db.groups import members as groups
from portal.db.groups.invitations import Invitation, InvitationState
from portal.db.groups.members import Group, Member
from portal.db.logins import emailed_tokens, sign_in_tries
from portal.db.logins import people as logins
from portal.db.logins.people import Person
from portal.db.partners import settings as partners
from portal.outside import clock
from portal.rules import groups as rules
from portal.rules.deciding import Actor, GroupDeed
from portal.rules.errors import Conflict, Invalid, Missing, NotAllowed, Reason, Refused
from portal.rules.groups import LONGEST_NAME, GroupRole, InvitationKind, Rule, lasts
from portal.rules.partners import DEFAULTS, PartnerSettings
from portal.rules.scopes import ALL_SCOPES, Scope
from portal.rules.throttle import FREE_FOR_ADDRESS, FREE_REQUESTS

MOST_WAITING = 20
"""So many invitations of a group may wait at once, so that nobody mails the world."""

_LIKE_AN_ADDRESS = re.compile(r"@|://|www\.", re.IGNORECASE)
"""The name stands in a mail to whoever is invited, which is no place for links of the inviter's."""

GONE = "This invitation no longer works. Nothing was changed; ask for a new one."


@dataclass(frozen=True, slots=True)
class Welcome:
    """Whom to invite and as what. `label` is a public id or name; `until` is the last day, None without an end."""

    email: str
    name: str
    role: GroupRole
    label: str = ""
    scopes: frozenset[Scope] = ALL_SCOPES
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Opened:
    """What the page of an invitation shows.

    `owner` is whose group it is, `partner` the operator's name, `settings` its choices, `knows_login` whether the
    invited address signs in to the portal, `profile_name` the profile on file that accepting would open ("" when a new
    one is made).
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

    @property
    def works(self) -> bool:
        return self.state is InvitationState.OPEN


# Inviting -------------------------------------------------------------------------------------------------------------


@writes
def invite(actor: Actor, group: str, wanted: Welcome, *, once: str | None = None) -> Done:
    """Invite somebody into a group by email (G7, UX15). The link in the mail works for fourteen days.

    Raises Invalid for fields and for oneself, a member or somebody invited already; Refused, Missing, NotAllowed.
    """
    address = _check(wanted)
    body = [group, address, wanted.role, wanted.label, sorted(wanted.scopes), str(wanted.until)]
    if (earlier := operations.claim(once, "group.invite", body)) is not None:
        return Done(**earlier)  # type: ignore[arg-type]
    deed = GroupDeed.CHANGE_ADMIN if wanted.role is GroupRole.ADMIN else GroupDeed.ADD_DEPENDENT
    found = held(actor, group, deed)
    _refuse_known(found, address)
    if not lasts(wanted.until, today_of(found.group)):
        raise Invalid({"until": "That day is over. Choose today or a later day."})
    _count_mail(actor, found.group.id, address)
    token, invitation = group_invitations.add(
        kind=InvitationKind.MEMBERSHIP,
        group_id=found.group.id,
        email=address,
        name=_squeezed(wanted.name),
        role=wanted.role,
        label_id=label_id(wanted.label),
        scopes=scopes_for(wanted.role, wanted.scopes),
        until=wanted.until,
        inviter=_inviter(actor, found),
        inviter_id=found.mine.customer_id if found.mine else None,
    )
    mails.send_invitation(invitation, found.group, token)
    remember(actor, "group.invite", f"Invited {address} to the group as {wanted.role.label}",
             found.group.owner_id, found.group, invitation=invitation.public_id)  # fmt: skip
    done = Done(f"The invitation is on its way to {address}", group)
    operations.settle(once, asdict(done))
    return done


@writes
def resend(actor: Actor, group: str, invitation: str, *, once: str | None = None) -> Done:
    """Send an invitation again with a new link and a new term; the old link stops working (UX15).

    Raises Conflict when it was answered or taken back meanwhile.
    """
    if (earlier := operations.claim(once, "group.invite_again", [group, invitation])) is not None:
        return Done(**earlier)  # type: ignore[arg-type]
    found, one = _waiting(actor, group, invitation)
    if one.kind is InvitationKind.OWNERSHIP:
        raise NotAllowed("An offer is taken back and made anew.")
    if not lasts(one.until, today_of(found.group)):
        raise Conflict("The access it offers is over. Take it back and invite them anew with a later end.")
    _count_mail(actor, one.group_id, one.email)
    token, expires_at = group_invitations.renew(one)
    again = group_invitations.by_public_id(one.public_id)
    assert again is not None
    mails.send_invitation(again, found.group, token)
    remember(actor, "group.invite_again", f"Sent the invitation of {one.email} again", found.group.owner_id,
             found.group, invitation=one.public_id, until=expires_at.isoformat())  # fmt: skip
    done = Done(f"The invitation is on its way to {one.email} again", group)
    operations.settle(once, asdict(done))
    return done


@writes
def revoke(actor: Actor, group: str, invitation: str) -> Done:
    """Take an invitation or an offer back; its link stops working. Raises Conflict when it was answered meanwhile."""
    found, one = _waiting(actor, group, invitation)
    group_invitations.close(one.id, InvitationState.REVOKED)
    what = "offer of the ownership to" if one.kind is InvitationKind.OWNERSHIP else "invitation of"
    text = f"Took back the {what} {one.name if one.kind is InvitationKind.OWNERSHIP else one.email}"
    remember(actor, "group.invite_revoke", text, found.group.owner_id, found.group, invitation=one.public_id)
    return Done(text, group)


# Answering ------------------------------------------------------------------------------------------------------------


@snapshot
def look_at(token: str) -> Opened:
    """What an invitation offers, whatever became of it. Changes nothing. Raises Missing for one never sent."""
    one = group_invitations.by_token(token)
    group = groups.by_id(one.group_id) if one is not None else None
    if one is None or one.kind is not InvitationKind.MEMBERSHIP or (group is not None and not group.on):
        raise Missing()
    return _opened(one)


@snapshot
def open_waiting(actor: Actor, invitation: str) -> Opened:
    """An invitation or offer to the signed-in person, opened in the portal. Raises Missing for anybody else's."""
    return _opened(_mine(actor, invitation))


@writes
def renew(token: str, *, address: str) -> None:
    """Send an expired invitation again, to the address it was for (UX15).

    Raises Conflict unless it is expired, TooMany after several requests in a row, Missing for one never sent.
    """
    one = group_invitations.by_token(token)
    if one is None:
        raise Missing()
    count_request("group invitation", one.email, address)
    group = groups.by_id(one.group_id)
    works = group is not None and group.on and lasts(one.until, today_of(group))
    if group is None or not works or one.state is not InvitationState.EXPIRED:
        raise Conflict(GONE)
    groups.hold(group.id)
    group_invitations.hold(one.id)
    again = group_invitations.by_public_id(one.public_id)
    if again is None or again.state is not InvitationState.EXPIRED:
        raise Conflict(GONE)
    fresh, _until = group_invitations.renew(one)
    renewed = group_invitations.by_public_id(one.public_id)
    assert renewed is not None
    mails.send_invitation(renewed, group, fresh)
    text = f"{one.email} had an expired invitation sent again"
    audit.record(_as(None, one), "group.invite_again", text, subject_id=group.owner_id, group=group.public_id)


@writes
def accept(actor: Actor, invitation: str, *, agreed: Iterable[Scope] = ALL_SCOPES, once: str | None = None) -> Done:
    """Join the group that one was invited to. An adult Dependent agrees to being acted for as far as `agreed` (PRI2).

    `invitation` is a public id. Raises Missing when it is for somebody else (SEC24), Conflict when it was answered,
    taken back or has expired, Refused with every unmet condition (G5, G9).
    """
    if (earlier := operations.claim(once, "group.accept", [invitation, actor.customer_id])) is not None:
        return Done(**earlier)  # type: ignore[arg-type]
    access.require_whole_login(actor)
    one = _mine(actor, invitation)
    if one.kind is not InvitationKind.MEMBERSHIP:
        raise Missing()
    assert actor.customer_id is not None
    done = _accept(actor, one, customers.by_id(actor.customer_id), frozenset(agreed))
    operations.settle(once, asdict(done))
    return done


def accept_as_newcomer(
    token: str,
    password: str,
    given_name: str,
    family_name: str,
    born_on: date | None = None,
    agreed: Iterable[Scope] = ALL_SCOPES,
) -> Done:
    """Join by the link in the mail, for somebody who does not sign in yet: opens a login with the chosen password.

    A profile that has the invited address on file and no login is opened; otherwise a new customer is made.
    Raises Invalid for fields, Conflict when the link has stopped working, Refused with every unmet condition.
    """
    opened = look_at(token)
    if not opened.works or opened.knows_login:
        raise Conflict(GONE)
    given, family = _squeezed(given_name), _squeezed(family_name)
    _check_newcomer(opened, given, family, born_on)
    hashed = good_password(password, (opened.email, given, family))
    return _accept_as_newcomer(token, hashed, (given, family), born_on, frozenset(agreed))


@writes
def _accept_as_newcomer(
    token: str, password_hash: str, name: tuple[str, str], born_on: date | None, agreed: frozenset[Scope]
) -> Done:
    one = group_invitations.by_token(token)
    if one is None or logins.by_email(one.email) is not None:
        raise Conflict(GONE)
    emailed_tokens.hold(one.email)
    group = find_open(one)
    profile = _on_file(one.email, group.partner_id) or _new_customer(group, name, born_on, one.email)
    login_id = logins.add_customer_login(
        customer_id=profile.id,
        email=one.email,
        name=" ".join(name).strip() or profile.name,
        password_hash=password_hash,
    )
    person = logins.by_id(login_id)
    assert person is not None
    audit.record(person.actor, "login.invitation", "Opened a sign-in to the portal", subject_id=profile.id)
    return _accept(person.actor, one, profile, agreed)


def decline(actor: Actor | None, invitation_or_token: str) -> None:
    """Say no. By the link in the mail without an actor, by public id when signed in. Raises Conflict and Missing."""
    _decline(actor, invitation_or_token)


@writes
def _decline(actor: Actor | None, named: str) -> None:
    one = _mine(actor, named) if actor is not None else group_invitations.by_token(named)
    if one is None:
        raise Missing()
    group = find_open(one)
    groups.hold(group.id)
    group_invitations.hold(one.id)
    _still_open(one)
    group_invitations.close(one.id, InvitationState.DECLINED, actor.customer_id if actor else None)
    what = "the ownership" if one.kind is InvitationKind.OWNERSHIP else "the invitation"
    text = f"{one.name or one.email} declined {what}"
    audit.record(_as(actor, one), "group.decline", text, subject_id=group.owner_id, group=group.public_id)
    offer = "the ownership" if one.kind is InvitationKind.OWNERSHIP else "your invitation"
    told = f"{one.name or one.email} declined {offer}."
    mails.tell(_as(actor, one), group, _asked_by(one, group), [told])


# Offering the ownership -----------------------------------------------------------------------------------------------


@writes
def offer_ownership(actor: Actor, group: str, member: str, *, once: str | None = None) -> Done:
    """Offer a member the ownership (G3); they accept it in the portal. Replaces an offer that waits.

    Raises Refused for a member who cannot sign in, Missing and NotAllowed.
    """
    if (earlier := operations.claim(once, "group.offer", [group, member])) is not None:
        return Done(**earlier)  # type: ignore[arg-type]
    found = held(actor, group, GroupDeed.OWN)
    one = found.member(member)
    reasons = _offer_refusals(found, one)
    if reasons:
        raise Refused(reasons, f"The ownership can’t be offered to {one.name}")
    group_invitations.revoke_offers(found.group.id)
    _token, offer = group_invitations.add(
        kind=InvitationKind.OWNERSHIP,
        group_id=found.group.id,
        email=_address_of(one),
        name=one.name,
        role=GroupRole.OWNER,
        label_id=one.label_id,
        scopes=ALL_SCOPES,
        until=None,
        inviter=_inviter(actor, found),
        inviter_id=found.mine.customer_id if found.mine else None,
        customer_id=one.customer_id,
    )
    mails.send_offer(offer, found.group)
    remember(actor, "group.offer", f"Offered the ownership to {one.name}", one.customer_id, found.group)
    done = Done(f"The ownership is offered to {one.name}", group, member)
    operations.settle(once, asdict(done))
    return done


@writes
def accept_offer(actor: Actor, invitation: str) -> Done:
    """Take the ownership over: the previous Owner becomes Admin in the same step (G3).

    Raises Missing for anybody else's offer, Conflict when it was taken back or has expired.
    """
    access.require_whole_login(actor)
    one = _mine(actor, invitation)
    if one.kind is not InvitationKind.OWNERSHIP or one.customer_id is None:
        raise Missing()
    group = find_open(one)
    groups.hold(group.id)
    group_invitations.hold(one.id)
    _still_open(one)
    member = groups.member_of(group.id, one.customer_id)
    old = groups.member_of(group.id, group.owner_id)
    if member is None or old is None or not lasts(member.until, today_of(group)):
        raise Conflict(GONE)
    group_invitations.close(one.id, InvitationState.ACCEPTED)
    make_owner(actor, group, old, member)
    mails.tell(actor, group, old.customer_id, [f"{member.name} accepted, and is the Owner now. You are an Admin."])
    return Done("You are the Owner of the group now", group.public_id, member.public_id)


def decline_offer(actor: Actor, invitation: str) -> None:
    """Say no to the ownership. Raises Conflict and Missing."""
    _decline(actor, invitation)


# Steps ----------------------------------------------------------------------------------------------------------------


def find_open(one: Invitation) -> Group:
    """The group of an invitation that works. Raises Conflict when it is gone or answered, Missing while off (G1)."""
    group = groups.by_id(one.group_id)
    if group is not None and not group.on:
        raise Missing()
    if group is None or one.state is not InvitationState.OPEN:
        raise Conflict(GONE)
    return group


def _opened(one: Invitation) -> Opened:
    group = groups.by_id(one.group_id)
    state = one.state
    if state is InvitationState.OPEN and (group is None or not group.on or not lasts(one.until, today_of(group))):
        state = InvitationState.REVOKED
    knows = logins.by_email(one.email) is not None
    on_file = _on_file(one.email, group.partner_id) if group and not knows and state is InvitationState.OPEN else None
    return Opened(
        one.public_id,
        one.kind,
        state,
        one.email,
        one.name,
        one.inviter,
        group.owner_name if group else "",
        group.partner_name if group else "",
        one.role,
        one.label,
        one.scopes,
        one.until,
        one.expires_at,
        knows,
        on_file.name if on_file else "",
        group.settings if group else DEFAULTS,
    )


def _check(wanted: Welcome) -> str:
    """The address to invite. Raises Invalid for all wrong fields at once."""
    wrong = {}
    address = email_address(wanted.email)
    if address is None or len(address) > 254:
        wrong["email"] = "Enter an email address, such as name@example.org."
    if len(_squeezed(wanted.name)) > 2 * LONGEST_NAME:
        wrong["name"] = f"Use at most {2 * LONGEST_NAME} characters for the name."
    elif _LIKE_AN_ADDRESS.search(wanted.name):
        wrong["name"] = "Enter a name only, without addresses."
    if wanted.role is GroupRole.OWNER:
        wrong["role"] = "Invite them as Admin first, and offer them the ownership afterwards."
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


def _check_newcomer(opened: Opened, given: str, family: str, born_on: date | None) -> None:
    wrong = {}
    if not opened.profile_name:
        if not given:
            wrong["given_name"] = "Enter your given name."
        for name, text in (("given_name", given), ("family_name", family)):
            if len(text) > LONGEST_NAME:
                wrong[name] = f"Use at most {LONGEST_NAME} characters here."
        if opened.role is GroupRole.DEPENDENT and born_on is None:
            wrong["born_on"] = "Enter your date of birth."
        if born_on is not None and not EARLIEST_BIRTH <= born_on <= clock.today(opened.settings.time_zone):
            wrong["born_on"] = "A date of birth lies between 1900 and today."
    if wrong:
        raise Invalid(wrong)


def _refuse_known(found: Held, address: str) -> None:
    """A clear word about whom the members know of anyway: themselves, each other, and who is invited already."""
    person = logins.by_email(address)
    if person is not None and person.customer_id is not None:
        if found.mine is not None and person.customer_id == found.mine.customer_id:
            raise Invalid({"email": "That is your own address, and you are in the group already."})
        member = groups.member_of(found.group.id, person.customer_id)
        if member is not None:
            raise Invalid({"email": f"{member.name} is in the group already."})
    waiting = group_invitations.unanswered(found.group.id, InvitationKind.MEMBERSHIP)
    if any(one.email == address for one in waiting):
        raise Invalid({"email": f"{address} is invited already. Send the invitation again, or take it back first."})
    if len(waiting) >= MOST_WAITING:
        raise Refused(
            [Reason(Rule.CONSENT, f"{len(waiting)} invitations wait for an answer.", "Take some back first.")],
            "No more invitations for now",
        )


def _inviter(actor: Actor, found: Held) -> str:
    return found.group.partner_name if actor.is_staff else actor.name


def _squeezed(text: str) -> str:
    return " ".join(text.replace("\0", "").split())


def _waiting(actor: Actor, group: str, invitation: str) -> tuple[Held, Invitation]:
    """An unanswered invitation of a group the actor may change. Raises Missing, NotAllowed and Conflict."""
    found = held(actor, group, GroupDeed.ADD_DEPENDENT)
    one = group_invitations.by_public_id(invitation)
    if one is None or one.group_id != found.group.id:
        raise Missing()
    if one.kind is InvitationKind.OWNERSHIP:
        access.require_group(actor, found.group, GroupDeed.OWN)
    elif one.role is GroupRole.ADMIN:
        access.require_group(actor, found.group, GroupDeed.CHANGE_ADMIN)
    group_invitations.hold(one.id)
    one = group_invitations.by_public_id(invitation) or one
    if one.state not in (InvitationState.OPEN, InvitationState.EXPIRED):
        raise Conflict(f"The invitation was {one.state.value} meanwhile.")
    return found, one


def _mine(actor: Actor | None, invitation: str) -> Invitation:
    """An invitation to the actor: to its own address, or an offer to its own customer (SEC24). Raises Missing."""
    one = group_invitations.by_public_id(invitation)
    if one is None or actor is None or actor.customer_id is None:
        raise Missing()
    offered = one.kind is InvitationKind.OWNERSHIP and one.customer_id == actor.customer_id
    invited = one.kind is InvitationKind.MEMBERSHIP and one.email == logins.normalised(actor.email)
    group = groups.by_id(one.group_id)
    if not (offered or invited) or (group is not None and not group.on):
        raise Missing()
    return one


def _still_open(one: Invitation) -> None:
    again = group_invitations.by_public_id(one.public_id)
    if again is None or again.state is not InvitationState.OPEN:
        raise Conflict(GONE)


def _accept(actor: Actor, one: Invitation, profile: Profile, agreed: frozenset[Scope]) -> Done:
    """Join under the locks of joining: the customer, then the group, then the invitation, which works once."""
    group = find_open(one)
    customers.lock([profile.id], exclusive=True)
    groups.hold(group.id)
    group_invitations.hold(one.id)
    _still_open(one)
    group = find_open(one)
    profile = customers.by_id(profile.id)
    today = today_of(group)
    reasons = rules.joining_refusals(
        joining_facts(profile, group.id, today),
        group.partner_id,
        group.partner_name,
        group.settings.groups_per_customer,
    )
    if not lasts(one.until, today):
        reasons.append(Reason(Rule.ENDS, "The access it offers is over.", "Ask for a new invitation."))
    if reasons:
        raise Refused(_own_words(reasons, profile), "This invitation can’t be accepted")
    group_invitations.close(one.id, InvitationState.ACCEPTED, profile.id)
    member = join(actor, group, profile, one.role, one.label_id, one.scopes, one.until)
    if one.role is GroupRole.DEPENDENT and is_adult(profile.born_on, group):
        joined = groups.member(member)
        assert joined is not None
        if agreed:
            groups.give_consent(joined.id, agreed | {Scope.VIEW}, actor.label)
    mails.tell(actor, group, _asked_by(one, group), [f"{profile.name} accepted your invitation."])
    return Done("You are in the group now", group.public_id, member)


def _asked_by(one: Invitation, group: Group) -> int:
    """Whom an answer concerns: the customer who invited, while it manages the group, else the Owner (SEC5)."""
    inviter = groups.member_of(group.id, one.inviter_id) if one.inviter_id is not None else None
    stays = inviter is not None and inviter.role.manages and lasts(inviter.until, today_of(group))
    return inviter.customer_id if inviter is not None and stays else group.owner_id


def _own_words(reasons: list[Reason], profile: Profile) -> list[Reason]:
    """The reasons as the invited person reads them, without the names of other groups or partners."""
    words = {
        Rule.GROUPS: ("You are in a group already.", "Leave it first, or ask the operator."),
        Rule.SAME_PARTNER: (
            f"Your account is with {profile.partner_name}, and this group is not.",
            "Ask to be invited with another address.",
        ),
    }
    return [
        Reason(reason.rule, *words[Rule(reason.rule)]) if reason.rule in {Rule.GROUPS, Rule.SAME_PARTNER} else reason
        for reason in reasons
    ]


def _on_file(email: str, partner_id: int) -> Profile | None:
    """The one customer of a partner who has this address on file and no login: an individual's own profile."""
    return customers.without_login_by_email(email, partner_id)


def _new_customer(group: Group, name: tuple[str, str], born_on: date | None, email: str) -> Profile:
    defaults = partners.billing_defaults(group.partner_id)
    given, family = name
    customer_id = customers.add_customer(
        NewCustomer(
            partner_id=group.partner_id,
            name=f"{given} {family}".strip(),
            given_name=given,
            family_name=family,
            email=email,
            born_on=born_on,
            billing_type=defaults.billing_type,
            billing_day=defaults.billing_day,
            currency=defaults.currency,
            created_at=clock.now(),
        )
    )
    return customers.by_id(customer_id)


def _offer_refusals(found: Held, one: Member) -> list[Reason]:
    reasons = []
    if one.role is GroupRole.OWNER:
        reasons.append(Reason(Rule.ONE_OWNER, f"{one.name} is the Owner already.", "Choose another member."))
    if not one.logins:
        reasons.append(
            Reason(
                Rule.ONE_OWNER,
                f"{one.name} does not sign in to the portal, so they could not accept.",
                "The operator can invite them to the portal.",
            )
        )
    if not lasts(one.until, today_of(found.group)):
        reasons.append(Reason(Rule.ENDS, f"The membership of {one.name} is over.", "Extend it first."))
    return reasons


def _address_of(member: Member) -> str:
    people: list[Person] = [one for one in logins.of_customer(member.customer_id) if one.may_sign_in]
    return people[0].email if people else member.email


def _as(actor: Actor | None, one: Invitation) -> Actor:
    return actor or Actor(name=one.name or one.email, email=one.email)
