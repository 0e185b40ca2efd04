"""What staff do about other people's logins. They never see or choose a password (SEC25)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import structlog

from portal.actions import access
from portal.actions.logins import mails
from portal.actions.logins.checks import person_fields
from portal.actions.logins.links import send_again
from portal.db.audit import records as audit
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.db.groups import guardians
from portal.db.groups import members as groups
from portal.db.logins import emailed_tokens, sessions
from portal.db.logins import people as logins
from portal.db.logins.emailed_tokens import Link
from portal.db.logins.people import Person
from portal.outside import clock
from portal.rules.deciding import Actor, Grant
from portal.rules.errors import Conflict, Invalid, Missing, Reason, Refused
from portal.rules.logins.emailed_links import LinkState, Purpose
from portal.rules.permissions import Permission
from portal.rules.scopes import ALL_SCOPES, Scope
from portal.rules.sentences import Sentence, say

log = structlog.get_logger("portal.logins")


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation that waits, or has expired without an answer. `powers` say what it allows, without a full stop."""

    public_id: str
    email: str
    name: str
    scopes: frozenset[Scope]
    powers: Sentence
    sent_at: datetime
    until: datetime
    expired: bool


@dataclass(frozen=True, slots=True)
class LoginLine:
    """One person who signs in for a customer. `powers` say what they may do, without a full stop."""

    public_id: str
    email: str
    name: str
    scopes: frozenset[Scope]
    powers: Sentence
    created_at: datetime
    disabled_at: datetime | None


@writes(once="login.invite", answer=Invitation)
def invite_login(
    actor: Actor,
    customer_public_id: str,
    email: str,
    name: str,
    scopes: Iterable[Scope] = ALL_SCOPES,
    *,
    once: str | None = None,
) -> Invitation:
    """Invite somebody to sign in for a customer (C2). The link in the mail works for seven days.

    The same `once` again gives the same invitation and sends nothing more.
    Raises Missing, NotAllowed, Invalid for fields (`email`, `name`, `scopes`), Refused for an Inactive customer.
    """
    customer, grant = _customer(actor, customer_public_id)
    address, person_name = person_fields(email, name)
    wanted = frozenset(scopes)
    if not wanted:
        raise Invalid({"scopes": say("Choose at least one thing that this person may do.")})
    if logins.by_email(address) is not None:
        text = say("{email} signs in to the portal already. Each login needs an address of its own.", email=address)
        raise Invalid({"email": text})
    _refuse_inactive(customer)
    token, until = emailed_tokens.issue(
        Purpose.INVITATION, address, name=person_name, scopes=wanted, customer_id=customer.id
    )
    mails.send_invitation(
        email=address,
        name=person_name,
        inviter=customer.partner_name,
        customer=customer,
        scopes=wanted,
        token=token,
        until=until,
    )
    text = say("Invited {name} ({email}) to the portal", name=person_name, email=address)
    _record(actor, grant, "login.invite", text, customer.id)
    return _waiting(customer.id, address)


@writes
def resend_invitation(actor: Actor, invitation_public_id: str) -> Invitation:
    """Send an invitation again, with a new link and seven more days; the old link stops working.

    Raises Missing, NotAllowed, Refused, and Conflict when it was accepted or revoked meanwhile.
    """
    link, customer, grant = _invitation(actor, invitation_public_id)
    _refuse_inactive(customer)
    send_again(link, None, customer)
    text = say("Sent the invitation of {email} again", email=link.email)
    _record(actor, grant, "login.invite_again", text, customer.id)
    return _waiting(customer.id, link.email)


@writes
def revoke_invitation(actor: Actor, invitation_public_id: str) -> None:
    """Take an invitation back; its link stops working. Raises Missing, NotAllowed, Conflict if it was accepted."""
    link, customer, grant = _invitation(actor, invitation_public_id)
    emailed_tokens.revoke_one(link.id)
    text = say("Took back the invitation of {email}", email=link.email)
    _record(actor, grant, "login.invite_revoke", text, customer.id)


@snapshot
def invitations_of(actor: Actor, customer_public_id: str) -> list[Invitation]:
    """The invitations of a customer that are not accepted, latest first."""
    customer, _grant = _customer(actor, customer_public_id)
    return _unanswered(customer.id)


@snapshot
def logins_of(actor: Actor, customer_public_id: str) -> list[LoginLine]:
    """Who signs in for a customer, oldest login first."""
    customer, _grant = _customer(actor, customer_public_id)
    return [
        LoginLine(p.public_id, p.email, p.name, p.scopes, mails.powers_line(p.scopes), p.created_at, p.disabled_at)
        for p in logins.of_customer(customer.id)
    ]


@writes
def end_sessions_of(actor: Actor, login_public_id: str) -> int:
    """Sign a customer's login out everywhere (SEC32); returns how many sessions ended."""
    person, grant = _login(actor, login_public_id)
    ended = sessions.end_of_login(person.id)
    text = say("Signed {email} out everywhere", email=person.email)
    _record(actor, grant, "login.end_sessions", text, person.customer_id)
    return ended


@writes
def disable_login(actor: Actor, login_public_id: str) -> None:
    """Stop a customer's login from signing in, and end its sessions (SEC29).

    Raises Refused where somebody would be left with nobody who acts for them (G15), Missing and NotAllowed.
    """
    _hold_groups(login_public_id)
    person, grant = _login(actor, login_public_id)
    if reasons := _disabling_refusals(person):
        raise Refused(reasons, say("{email} can’t be disabled yet", email=person.email))
    logins.set_disabled(person.id, clock.now())
    sessions.end_of_login(person.id)
    emailed_tokens.revoke_of_login(person.id, person.email)
    text = say("Disabled the login {email}", email=person.email)
    _record(actor, grant, "login.disable", text, person.customer_id)


def _hold_groups(login_public_id: str) -> None:
    """Hold the customer of a login and every group it is in, before the login itself (G15)."""
    person = logins.by_public_id(login_public_id)
    if person is not None and person.customer_id is not None:
        customers.lock([person.customer_id], exclusive=True)
        groups.hold_of([person.customer_id])


def _disabling_refusals(person: Person) -> list[Reason]:
    """G15, for the last login of a customer that can sign in."""
    assert person.customer_id is not None
    assert person.customer_public_id is not None
    others = (one for one in logins.of_customer(person.customer_id) if one.id != person.id)
    if not person.may_sign_in or any(one.may_sign_in for one in others):
        return []
    return guardians.staying_away([person.customer_public_id], inactive=False)


@writes
def enable_login(actor: Actor, login_public_id: str) -> None:
    """Let a disabled login sign in again, with the password it had."""
    person, grant = _login(actor, login_public_id)
    logins.set_disabled(person.id, None)
    text = say("Enabled the login {email}", email=person.email)
    _record(actor, grant, "login.enable", text, person.customer_id)


def _customer(actor: Actor, public_id: str) -> tuple[Profile, Grant]:
    customer = access.load_subject(actor, public_id)
    return customer, access.require(actor, Permission.CUSTOMERS_INVITE, customer)


def _login(actor: Actor, public_id: str) -> tuple[Person, Grant]:
    """A customer's login that `actor` may look after. Raises Missing for an administrator's."""
    person = logins.by_public_id(public_id)
    if person is None or person.customer_public_id is None:
        raise Missing()
    _, grant = _customer(actor, person.customer_public_id)
    logins.lock(person.id)
    return person, grant


def _invitation(actor: Actor, public_id: str) -> tuple[Link, Profile, Grant]:
    link = emailed_tokens.invitation(public_id)
    if link is None or link.customer_id is None:
        raise Missing()
    customer = customers.by_id(link.customer_id)
    grant = access.require(actor, Permission.CUSTOMERS_INVITE, customer)
    emailed_tokens.hold(link.email)
    link = emailed_tokens.invitation(public_id) or link
    if link.state in (LinkState.USED, LinkState.REPLACED):
        text = say("The invitation of {email} was accepted, revoked or sent again meanwhile.", email=link.email)
        raise Conflict(text)
    return link, customer, grant


def _refuse_inactive(customer: Profile) -> None:
    if not customer.status.status.signs_in:
        message = say("{name} is Inactive, so nobody can sign in for it.", name=customer.name)
        if customer.status.imposed:
            message = say(
                "{name} is Inactive because {main} is, so nobody can sign in for it.",
                name=customer.name,
                main=customer.main_name or "",
            )
        remedy = say("Activate the customer first.")
        raise Refused([Reason("C1", message, remedy, "customer", customer.public_id)])


def _record(actor: Actor, grant: Grant, action: str, text: Sentence, customer_id: int | None) -> None:
    audit.record(actor, action, text, subject_id=customer_id, grant=grant.source)
    log.info(action, actor=actor.login_id, customer_id=customer_id)


def _waiting(customer_id: int, email: str) -> Invitation:
    for invitation in _unanswered(customer_id):
        if invitation.email == email:
            return invitation
    raise Conflict(say("The invitation of {email} was accepted or taken back meanwhile.", email=email))


def _unanswered(customer_id: int) -> list[Invitation]:
    return [
        Invitation(
            public_id=link.public_id,
            email=link.email,
            name=link.name,
            scopes=link.scopes,
            powers=mails.powers_line(link.scopes),
            sent_at=link.created_at,
            until=link.expires_at,
            expired=link.state is LinkState.EXPIRED,
        )
        for link in emailed_tokens.invitations(customer_id)
        if link.state in (LinkState.OPEN, LinkState.EXPIRED)
    ]
