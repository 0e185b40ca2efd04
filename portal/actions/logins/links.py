"""Links sent by mail: asking for one, looking at it, and choosing a password with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy.exc import IntegrityError

from portal.actions.logins import mails
from portal.actions.logins.checks import count_request, good_password
from portal.actions.logins.sharing import may_join
from portal.actions.logins.signing_in import SignedIn
from portal.db.audit import records as audit
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import db, snapshot, writes
from portal.db.logins import emailed_tokens, sessions, sign_in_tries
from portal.db.logins import people as logins
from portal.db.logins.emailed_tokens import Link
from portal.db.logins.people import Person
from portal.outside import clock
from portal.rules import texts
from portal.rules.customers.status import EffectiveStatus, Status
from portal.rules.deciding import Actor
from portal.rules.errors import Conflict, Missing, Reason, Refused
from portal.rules.logins.emailed_links import LinkState, Purpose
from portal.rules.partners import DEFAULTS
from portal.rules.partners.branding import Brand
from portal.rules.scopes import ALL_SCOPES
from portal.rules.sentences import Sentence, say

log = structlog.get_logger("portal.logins")

GONE = say("This link no longer works. Nothing was changed; ask for a new one.")


@dataclass(frozen=True, slots=True)
class OpenedLink:
    """What the page behind a link shows before anybody presses its button.

    `inviter` is the partner, `customer` whom the login is for ("" for staff), `powers` what it may do there.
    """

    purpose: Purpose
    state: LinkState
    email: str
    name: str
    inviter: str
    customer: str
    powers: tuple[Sentence, ...]

    @property
    def works(self) -> bool:
        return self.state is LinkState.OPEN


@writes
def request_reset(email: str, *, address: str) -> None:
    """Mail a link to choose a new password to whoever signs in with `email`, and do as much for nobody (SEC16).

    The link works once, for an hour, and replaces earlier ones. Raises TooMany after several requests in a row.
    """
    count_request("reset", email, address)
    person = logins.by_email(email)
    known = person is not None and person.may_sign_in
    _or_as_if(known, lambda: send_reset(person if person and known else _nobody()))
    log.info("reset requested", login=person.public_id if person else None, address=address)


@writes
def request_activation(customer_number: str, email: str, *, address: str) -> None:
    """Mail an activation link if the customer has this number and address and no login (C2); tell nobody (SEC16).

    Where somebody else signs in with that address already, the mail says what to do instead.
    Raises TooMany after several requests in a row.
    """
    count_request("activation", email, address)
    number = texts.identifier(customer_number)
    customer = customers.by_reference(number)
    other = logins.by_email(email)
    taken = bool(logins.of_customer(customer.id if customer else 0))
    if customer is None or taken or not _is_on_file(customer, number, email):
        customer = None
    _or_as_if(customer is not None, lambda: _activate(customer, other) if customer else send_reset(_nobody()))
    log.info("activation requested", customer=customer.public_id if customer else None, address=address)


@snapshot
def look_at(purpose: str, token: str) -> OpenedLink:
    """What a link is about, whatever became of it. Changes nothing (SEC23). Raises Missing for one never sent."""
    link = _link(purpose, token)
    person = logins.by_id(link.login_id) if link.login_id else None
    customer = customers.by_id(link.customer_id) if link.customer_id else None
    inviter = customer.partner_name if customer else person.partner_name if person else ""
    return OpenedLink(
        purpose=link.purpose,
        state=link.state if _still_welcome(person, customer) else LinkState.REPLACED,
        email=link.email,
        name=link.name or (person.name if person else ""),
        inviter=inviter or mails.OPERATOR,
        customer=customer.name if customer else "",
        powers=tuple(mails.powers(link.scopes)),
    )


def reset_password(token: str, password: str) -> None:
    """Set a new password with a reset link: every session ends, none begins (SEC21), and the owner is told.

    Raises Invalid for a password that cannot be taken, Conflict when the link has stopped working.
    """
    opened = look_at(Purpose.RESET, token)
    password_hash = good_password(password, (opened.email, opened.name, opened.customer))
    _reset(token, password_hash)


def accept(purpose: str, token: str, password: str, *, signed_in: SignedIn | None = None) -> None:
    """Make the login that an invitation or activation promises, with the password its person chose (C2).

    Raises Refused when somebody else is signed in (SEC24), Invalid for a password that cannot be taken, and Conflict
    when the link has stopped working.
    """
    opened = look_at(purpose, token)
    if signed_in is not None:
        raise Refused([_somebody_else(opened, signed_in)])
    password_hash = good_password(password, (opened.email, opened.name, opened.customer))
    _accept(purpose, token, password_hash)


@writes
def renew_invitation(token: str, *, address: str) -> None:
    """Send an expired invitation again, to the address it first went to (UX15).

    Raises Conflict unless it is expired, and TooMany after several requests in a row.
    """
    link = _held(Purpose.INVITATION, token)
    count_request("invitation", link.email, address)
    person = logins.by_id(link.login_id) if link.login_id else None
    customer = customers.by_id(link.customer_id) if link.customer_id else None
    if link.state is not LinkState.EXPIRED or not _still_welcome(person, customer):
        raise Conflict(GONE)
    send_again(link, person, customer)


def send_again(link: Link, person: Person | None, customer: Profile | None) -> None:
    """A fresh link in the place of `link`, with the same promise; in the running transaction."""
    token, until = emailed_tokens.issue(
        Purpose.INVITATION,
        link.email,
        name=link.name,
        scopes=link.scopes,
        login_id=link.login_id,
        customer_id=link.customer_id,
    )
    partner = customer.partner_name if customer else person.partner_name if person else ""
    mails.send_invitation(
        email=link.email,
        name=link.name,
        inviter=partner or mails.OPERATOR,
        customer=customer,
        scopes=link.scopes,
        token=token,
        until=until,
        login_id=link.login_id,
    )


@writes
def _reset(token: str, password_hash: str) -> None:
    link = _held(Purpose.RESET, token)
    person = logins.by_id(link.login_id) if link.login_id else None
    if link.state is not LinkState.OPEN or person is None or not person.may_sign_in:
        raise Conflict(GONE)
    emailed_tokens.use(link.id)
    set_new_password(person, password_hash)
    sessions.end_of_login(person.id)
    audit.record(person.actor, "login.reset", say("Chose a new password by email"), subject_id=person.customer_id)
    log.info("password reset", login=person.public_id)


def set_new_password(person: Person, password_hash: str) -> None:
    """Store it, close every other way to set it, forget failed tries, and tell its owner; sessions are left.

    The login is held already.
    """
    logins.set_password(person.id, password_hash)
    emailed_tokens.revoke_of_login(person.id, person.email)
    sign_in_tries.forget(sign_in_tries.account_key("sign in", person.email))
    mails.send_password_changed(person)


@writes
def _accept(purpose: str, token: str, password_hash: str) -> None:
    link = _held(purpose, token)
    person = logins.by_id(link.login_id) if link.login_id else None
    customer = customers.by_id(link.customer_id) if link.customer_id else None
    if link.state is not LinkState.OPEN or not _still_welcome(person, customer):
        raise Conflict(GONE)
    emailed_tokens.use(link.id)
    if person is not None:
        logins.set_password(person.id, password_hash)
        login_id = person.id
    else:
        login_id = _new_login(link, password_hash)
    emailed_tokens.revoke_of_login(login_id, link.email)
    actor = _actor(login_id)
    text = say("Opened a sign-in to the portal")
    audit.record(actor, f"login.{link.purpose.value}", text, subject_id=link.customer_id)
    log.info("login made", login_id=login_id, purpose=link.purpose.value)


def _new_login(link: Link, password_hash: str) -> int:
    if link.customer_id is None:
        raise Conflict(GONE)
    try:
        return logins.add_customer_login(
            customer_id=link.customer_id,
            email=link.email,
            name=link.name,
            password_hash=password_hash,
            scopes=link.scopes,
        )
    except IntegrityError as error:
        text = say(
            "{email} signs in to the portal already. If that is you, sign in or ask for a new password. If it is "
            "somebody you share the address with, ask for an invitation to an address of your own: one address is one "
            "login.",
            email=link.email,
        )
        raise Conflict(text) from error


def _actor(login_id: int) -> Actor:
    person = logins.by_id(login_id)
    assert person is not None
    return person.actor


def _link(purpose: str, token: str) -> Link:
    link = emailed_tokens.find(token)
    if link is None or link.purpose.value != purpose:
        raise Missing()
    return link


def _held(purpose: str, token: str) -> Link:
    """The link as it is once nobody else can use it any more: its login is held first, then all for its address."""
    link = _link(purpose, token)
    if link.login_id is not None:
        logins.lock(link.login_id)
    emailed_tokens.hold(link.email)
    return _link(purpose, token)


def _still_welcome(person: Person | None, customer: Profile | None) -> bool:
    """Whether whom a link leads to may sign in as things are now (C1)."""
    if person is not None and not person.may_sign_in:
        return False
    return customer is None or customer.status.status.signs_in


def _somebody_else(opened: OpenedLink, signed_in: SignedIn) -> Reason:
    message = say(
        "This link is for {email}, and you are signed in as {other}.", email=opened.email, other=signed_in.email
    )
    return Reason("C2", message, say("Sign out first, then open the link again."))


def _or_as_if(known: bool, send: Callable[[], object]) -> None:
    """Send; for somebody we do not know do the same work and take it back, so that it takes as long."""
    savepoint = db.session.begin_nested()
    send()
    if known:
        savepoint.commit()
    else:
        savepoint.rollback()


def send_reset(person: Person) -> tuple[str, datetime]:
    """Mail `person` a reset link; returns its token and how long it works. In the running transaction."""
    token, until = emailed_tokens.issue(Purpose.RESET, person.email, login_id=person.id or None)
    mails.send_reset(person, token, until)
    return token, until


def _activate(customer: Profile, other: Person | None) -> None:
    """A link to the customer, or what to do where its address is `other`'s login; after the same work."""
    savepoint = db.session.begin_nested()
    _send_activation(customer)
    if other is None:
        savepoint.commit()
        return
    savepoint.rollback()
    mails.send_shared_address(customer, other, may_join=may_join(customer, other))


def _send_activation(customer: Profile) -> None:
    token, until = emailed_tokens.issue(
        Purpose.ACTIVATION, customer.email, name=customer.name, scopes=ALL_SCOPES, customer_id=customer.id
    )
    mails.send_activation(customer, token, until)


def _is_on_file(customer: Profile, number: str, email: str) -> bool:
    on_file = logins.normalised(customer.email)
    right = customer.external_id == number and on_file == logins.normalised(email)
    return right and on_file != "" and customer.status.status.signs_in


def _nobody() -> Person:
    """Stands in for a person who does not exist, for work that is taken back."""
    return Person(
        id=0,
        public_id="",
        email="nobody@example.org",
        name="Nobody",
        password_hash=None,
        created_at=clock.now(),
        disabled_at=None,
        customer_id=None,
        customer_public_id=None,
        customer_name=None,
        status=EffectiveStatus(Status.ACTIVE),
        scopes=frozenset(),
        role=None,
        permissions=frozenset(),
        partner_id=None,
        partner_name="",
        brand=Brand("", ""),
        settings=DEFAULTS,
    )
