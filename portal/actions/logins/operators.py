"""What operators do on the command line: administrators, and help for a login."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from portal.actions import access
from portal.actions.logins import mails
from portal.actions.logins.checks import good_password, person_fields
from portal.actions.logins.links import send_reset
from portal.db.audit import records as audit
from portal.db.customers import profiles as customers
from portal.db.engine import snapshot, writes
from portal.db.logins import emailed_tokens, kept_forms, sessions, sign_in_tries
from portal.db.logins import people as logins
from portal.db.logins.people import Person
from portal.db.staff import roles as staff_roles
from portal.outside import clock
from portal.rules.deciding import Actor, AnyRole
from portal.rules.errors import Invalid, Missing, Reason, Refused
from portal.rules.holders import Role
from portal.rules.logins.emailed_links import Purpose
from portal.rules.logins.throttle import FORGOTTEN_AFTER
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say, together, verbatim

log = structlog.get_logger("portal.logins")

KEPT_FOR = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class NewAdministrator:
    """An administrator just made. `link` leads to choosing a password, until `until`; both None if it has one."""

    public_id: str
    email: str
    name: str
    role: AnyRole
    partner: str
    link: str | None
    until: datetime | None


@dataclass(frozen=True, slots=True)
class SentReset:
    """A reset mail in the outbox. `link` is given for administrators only, and only when asked for."""

    email: str
    until: datetime
    link: str | None


@snapshot
def administrator(email: str) -> Actor:
    """The administrator who signs in with `email`, to act in their name. Raises Missing."""
    person = logins.by_email(email)
    if person is None or person.role is None or not person.may_sign_in:
        raise Missing(say("No administrator signs in with {email}.", email=email))
    return person.actor


def somebody(email: str) -> Actor:
    """Whoever signs in with `email`, an administrator or for a customer, to act in their name. Raises Missing."""
    person = logins.by_email(email)
    if person is None or not person.may_sign_in:
        raise Missing(say("Nobody signs in with {email}.", email=email))
    return person.actor


def create_administrator(
    actor: Actor,
    *,
    email: str,
    name: str,
    role: str,
    partner: str | None = None,
    password: str | None = None,
    by_mail: bool = False,
) -> NewAdministrator:
    """Add an administrator, for every partner or for the one called `partner` (name or public id).

    `role` is a default role, or the name or public id of a custom one; it may allow nothing beyond the actor's own.
    Without a password there is a one-time link to choose one, mailed instead of returned `by_mail`.
    Raises NotAllowed, and Invalid for `email`, `name`, `role`, `partner` and `password`.
    """
    access.require(actor, Permission.ADMINISTRATORS_MANAGE)
    address, person_name = person_fields(email, name)
    password_hash = good_password(password, (address, person_name)) if password is not None else None
    return _create(actor, address, person_name, role, partner, password_hash, by_mail)


@writes
def reset_login(actor: Actor, email: str, *, show_link: bool = False) -> SentReset:
    """Mail somebody a link to choose a new password, and end the pause after failed tries.

    With `show_link` the link is returned as well, for an administrator whom no mail reaches; a customer's never is
    (SEC25). Raises Missing, NotAllowed, Refused.
    """
    person = _person(actor, email)
    reasons = []
    if not person.may_sign_in:
        message = say("{email} is disabled or its customer is Inactive.", email=person.email)
        reasons.append(Reason("C1", message, say("Change that first.")))
    if show_link and person.role is None:
        message = say("Only its owner may choose a customer’s password.")
        reasons.append(Reason("C2", message, say("Leave the link to the mail.")))
    if reasons:
        raise Refused(reasons)
    sign_in_tries.forget(sign_in_tries.account_key("sign in", person.email))
    token, until = send_reset(person)
    text = say("Sent {email} a reset link", email=person.email)
    audit.record(actor, "login.reset_sent", text, subject_id=person.customer_id)
    return SentReset(person.email, until, mails.link_address(Purpose.RESET, token) if show_link else None)


@writes
def end_sessions(actor: Actor, email: str | None = None) -> int:
    """Sign one login out everywhere, or everybody; returns how many sessions ended. Raises Missing, NotAllowed."""
    if email is None:
        access.require(actor, Permission.ADMINISTRATORS_MANAGE)
        ended = sessions.end()
        audit.record(actor, "login.end_all_sessions", say("Signed everybody out"))
        return ended
    person = _person(actor, email)
    ended = sessions.end_of_login(person.id)
    text = say("Signed {email} out everywhere", email=person.email)
    audit.record(actor, "login.end_sessions", text, subject_id=person.customer_id)
    return ended


@writes
def forget_old() -> int:
    """Delete tries, links, sessions and kept forms that have served their time, for the worker; returns how many."""
    now = clock.now()
    return (
        sign_in_tries.forget_before(now - FORGOTTEN_AFTER)
        + emailed_tokens.forget_before(now - KEPT_FOR)
        + sessions.forget_before(now - KEPT_FOR)
        + kept_forms.forget_before(now)
    )


@writes
def _create(
    actor: Actor, email: str, name: str, word: str, partner: str | None, password_hash: str | None, by_mail: bool
) -> NewAdministrator:
    if logins.by_email(email) is not None:
        raise Invalid({"email": say("{email} signs in to the portal already.", email=email)})
    partner_id = logins.partner_by_name(partner) if partner else None
    if partner and (partner_id is None or actor.partner_id not in (None, partner_id)):
        raise Invalid({"partner": say("There is no partner called {name}.", name=partner)})
    if partner_id is None and actor.partner_id is not None:
        raise Invalid({"partner": say("Choose your partner: you look after its administrators only.")})
    role = _role(word)
    access.require_no_more(actor, role.permissions, _this_role_allows)
    login_id = logins.add_administrator(
        email=email, name=name, role=role, password_hash=password_hash, partner_id=partner_id
    )
    person = logins.by_id(login_id)
    assert person is not None
    text = say("Added {name} ({email}) as {role}", name=name, email=email, role=role.label)
    audit.record(actor, "administrator.create", text)
    log.info("administrator created", login=person.public_id, role=role.value)
    token, until = (None, None) if password_hash else _invite(person, by_mail)
    link = mails.link_address(Purpose.INVITATION, token) if token and not by_mail else None
    return NewAdministrator(person.public_id, email, name, role, person.partner_name, link, until)


def _this_role_allows(permissions: Sentence) -> Sentence:
    return say("This role allows more than you may do yourself: {permissions}.", permissions=permissions)


def _role(word: str) -> AnyRole:
    """A default role by its word, or a custom one by its name or public id, kept until the transaction ends."""
    if word in {known.value for known in Role}:
        return Role(word)
    found = staff_roles.called(word, keep=True) or staff_roles.find(word, keep=True)
    if found is None:
        words = [*Role, *(one.role.name for one in staff_roles.every())]
        choices = together(*map(verbatim, words), by=", ")
        raise Invalid({"role": say("{word} is no role. Choose one of {roles}.", word=word, roles=choices)})
    return found.role


def _invite(person: Person, by_mail: bool) -> tuple[str, datetime]:
    token, until = emailed_tokens.issue(Purpose.INVITATION, person.email, name=person.name, login_id=person.id)
    if by_mail:
        mails.send_invitation(
            email=person.email,
            name=person.name,
            inviter=person.partner_name or mails.OPERATOR,
            customer=None,
            scopes=frozenset(),
            token=token,
            until=until,
            login_id=person.id,
        )
    return token, until


def _person(actor: Actor, email: str) -> Person:
    """The login that `actor` may look after. Raises Missing and NotAllowed."""
    person = logins.by_email(email)
    if person is None:
        raise Missing(say("Nobody signs in with {email}.", email=email))
    if person.customer_id is not None:
        access.require(actor, Permission.CUSTOMERS_INVITE, customers.by_id(person.customer_id))
    else:
        access.require(actor, Permission.ADMINISTRATORS_MANAGE)
        if actor.partner_id not in (None, person.partner_id):
            raise Missing(say("Nobody signs in with {email}.", email=email))
        access.require_no_more(actor, person.permissions, access.may_do_more(person.name))
    logins.lock(person.id)
    return person
