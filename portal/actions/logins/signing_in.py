"""Signing in and out, and knowing who is signed in."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from flask import current_app

from portal.config import Settings
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.db.logins import people as logins
from portal.db.logins import sessions, sign_in_tries
from portal.db.logins.people import Person
from portal.db.logins.sessions import Session
from portal.outside import clock, passwords
from portal.rules.deciding import Actor, SubjectFacts, decide
from portal.rules.errors import Invalid
from portal.rules.logins.throttle import FREE_FOR_ACCOUNT, FREE_FOR_ADDRESS, network
from portal.rules.partners.branding import Brand
from portal.rules.permissions import Permission
from portal.rules.scopes import Scope
from portal.rules.sentences import say

log = structlog.get_logger("portal.logins")

FAILED = say("The email address or the password is not right. Check both and try again.")
"""The one answer (SEC16), whichever of the two it was and whatever else stands in the way."""

SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Viewing:
    """That an administrator looks at the portal as a customer sees it: who looks, and until when (O7)."""

    by: str
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is signed in, in which session. The customer's fields are None for staff. With `viewing` it is staff who look
    as that customer and may change nothing.

    `ends_at` is when the session ends by itself; using it before puts that off where it `may_stay`.
    """

    actor: Actor
    session_public_id: str
    login_public_id: str
    name: str
    email: str
    customer_name: str | None
    customer_public_id: str | None
    is_staff: bool
    time_zone: str
    locale: str
    partner_name: str
    brand: Brand
    ends_at: datetime
    may_stay: bool
    viewing: Viewing | None = None


@dataclass(frozen=True, slots=True)
class KnownBrowser:
    """A browser in which people signed in before: its own random name, and their logins' public ids."""

    name: str
    logins: frozenset[str]


NO_BROWSER = KnownBrowser("", frozenset())


def sign_in(
    email: str,
    password: str,
    *,
    address: str,
    browser: str,
    replacing: str | None = None,
    known: KnownBrowser = NO_BROWSER,
) -> str:
    """Start a session; returns the token for the cookie. The session of the token `replacing` ends (SEC27).

    Raises Invalid with one and the same sentence whatever is wrong, after the same work (SEC16), and TooMany during
    the pause that follows several tries (SEC17). Tries in a browser that is `known` to belong to the account are
    counted by themselves, so that nobody else's keep its owner out (SEC59).
    """
    person = _find(email)
    own = person is not None and person.public_id in known.logins
    limits = _limits(email, address, known.name if own else "")
    _count_try(limits)
    stored = person.password_hash if person else None
    matches = passwords.verify(stored, password)
    if person is None or stored is None or not matches or not person.may_sign_in:
        log.warning("sign-in failed", login=person.public_id if person else None, address=address)
        raise Invalid({"": FAILED})
    better = passwords.hashed(password) if passwords.is_outdated(stored) else None
    token = _admit(person, stored, better, limits, address=address, browser=browser, replacing=replacing)
    log.info("signed in", login=person.public_id, address=address)
    return token


def sign_out(token: str) -> None:
    """End the session of `token` for good (SEC29); nothing happens when it has ended already."""
    if _end(token):
        log.info("signed out")


def resume(token: str) -> SignedIn | None:
    """Who holds `token`, or None when its session has ended, expired, or its person may not sign in any more.

    One query; once a minute the session is noted as seen, and one found to be over is ended (SEC28, SEC29).
    """
    found = sessions.by_token(token)
    if found is None or found[0].ended_at is not None:
        return None
    session, person = found
    now = clock.now()
    if not person.may_sign_in or not is_alive(session, now):
        sessions.close(session.id, now)
        log.info("session over", login=person.public_id)
        return None
    if now - session.seen_at >= min(SEEN_EVERY, settings().session_idle / 10) and sessions.touch(session.id, now):
        session = replace(session, seen_at=now)
    found_in = signed_in(session, person)
    return _looking(found_in, session, person) if session.viewing_id is not None else found_in


def _looking(found: SignedIn, session: Session, person: Person) -> SignedIn:
    """Who is signed in, as the customer whose pages they look at; themselves again when the time is over, and when
    they may not look (any more).
    """
    if session.viewing_id is None or session.viewing_until is None or session.viewing_until <= clock.now():
        return found
    profile = customers.by_id(session.viewing_id)
    if not decide(person.actor, Permission.CUSTOMERS_VIEW_AS, _facts_of(person.actor, profile)) or profile.removed_at:
        return found
    return replace(
        found,
        actor=Actor(
            name=person.name,
            login_id=person.id,
            email=person.email,
            customer_id=profile.id,
            partner_id=profile.partner_id,
            scopes=_seen_by(person.actor),
        ),
        customer_name=profile.name,
        customer_public_id=profile.public_id,
        is_staff=False,
        time_zone=profile.time_zone,
        locale=profile.locale,
        partner_name=profile.partner_name,
        viewing=Viewing(person.name, session.viewing_until),
    )


def _seen_by(actor: Actor) -> frozenset[Scope]:
    """What staff see as a customer: no more than they may see in the back office."""
    hidden = {
        Scope.FINANCE: Permission.CUSTOMERS_FINANCE,
        Scope.TICKETS: Permission.TICKETS_ANSWER,
    }
    return frozenset(scope for scope in Scope if scope not in hidden or actor.has(hidden[scope]))


def _facts_of(actor: Actor, profile: Profile) -> SubjectFacts:
    """What deciding about staff needs to know of a customer."""
    return SubjectFacts(profile.id, profile.public_id, profile.name, profile.partner_id)


def is_alive(session: Session, now: datetime) -> bool:
    """Whether neither the idle nor the absolute limit is reached."""
    return session.expires_at > now and session.seen_at + settings().session_idle > now


def signed_in(session: Session, person: Person) -> SignedIn:
    """What pages need to know of a session and its person."""
    idle_end = session.seen_at + settings().session_idle
    return SignedIn(
        actor=person.actor,
        session_public_id=session.public_id,
        login_public_id=person.public_id,
        name=person.name,
        email=person.email,
        customer_name=person.customer_name,
        customer_public_id=person.customer_public_id,
        is_staff=person.role is not None,
        time_zone=person.settings.time_zone,
        locale=person.settings.locale,
        partner_name=person.partner_name,
        brand=person.brand,
        ends_at=min(idle_end, session.expires_at),
        may_stay=idle_end < session.expires_at,
    )


def settings() -> Settings:
    """What the portal was told at its start."""
    found: Settings = current_app.config["PORTAL_SETTINGS"]
    return found


def new_session(login_id: int, *, address: str, browser: str) -> str:
    """Add a session in the running transaction; returns its token, 256 random bits."""
    token = secrets.token_urlsafe(32)
    sessions.start(login_id, token, lifetime=settings().session_lifetime, address=address, browser=browser)
    return token


def _limits(email: str, address: str, browser: str) -> dict[str, int]:
    """What the try counts under, each with how many tries are free; `browser` is the name of a known one."""
    if browser:
        return {sign_in_tries.account_key("sign in", email, f"browser {browser}"): FREE_FOR_ACCOUNT}
    return {
        sign_in_tries.account_key("sign in", email, f"network {network(address)}"): FREE_FOR_ACCOUNT,
        sign_in_tries.address_key("sign in", address): FREE_FOR_ADDRESS,
    }


@writes
def _count_try(limits: dict[str, int]) -> None:
    sign_in_tries.count(limits)


@snapshot
def _find(email: str) -> Person | None:
    return logins.by_email(email)


@writes
def _admit(
    person: Person,
    stored: str,
    better: str | None,
    limits: dict[str, int],
    *,
    address: str,
    browser: str,
    replacing: str | None,
) -> str:
    """Start the session, unless the login changed while its password was being checked."""
    logins.lock(person.id)
    now = logins.by_id(person.id)
    if now is None or now.password_hash != stored or not now.may_sign_in:
        raise Invalid({"": FAILED})
    if better is not None:
        logins.set_password(person.id, better, now_changed=False)
    network_wide = sign_in_tries.address_key("sign in", address)
    for key in sorted(limits):
        if key == network_wide:
            sign_in_tries.forgive(key)
        else:
            sign_in_tries.forget_here(key)
    if replacing is not None:
        sessions.end_of_token(replacing)
    return new_session(person.id, address=address, browser=browser)


@writes
def _end(token: str) -> int:
    return sessions.end_of_token(token)
