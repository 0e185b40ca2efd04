"""The Account page: one's own sessions, password, and who did what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from portal.actions import access
from portal.actions.logins.checks import good_password
from portal.actions.logins.links import set_new_password
from portal.actions.logins.signing_in import FAILED, SignedIn, new_session, settings
from portal.db.audit import records as audit
from portal.db.audit import viewings
from portal.db.audit.records import Remembered
from portal.db.audit.viewings import Seen
from portal.db.engine import snapshot, writes
from portal.db.logins import people as logins
from portal.db.logins import sessions, sign_in_tries
from portal.db.logins.people import Person
from portal.outside import clock, passwords
from portal.rules.deciding import Actor
from portal.rules.errors import Invalid, Missing
from portal.rules.logins.throttle import FREE_FOR_ACCOUNT
from portal.rules.permissions import Permission
from portal.rules.sentences import say, without_figures

log = structlog.get_logger("portal.logins")

LOG_PAGE = 50


@dataclass(frozen=True, slots=True)
class SessionLine:
    """One browser that is signed in. `is_this` marks the one that asks."""

    public_id: str
    started_at: datetime
    seen_at: datetime
    expires_at: datetime
    address: str
    browser: str
    is_this: bool


@dataclass(frozen=True, slots=True)
class LogPage:
    """Up to 50 lines of what was done for a customer, newest first; `older` leads to the next page, "" at the end.

    `seen` says who looked at its pages, on the first page only.
    """

    lines: Sequence[Remembered]
    older: str
    seen: Sequence[Seen] = ()


@snapshot
def my_sessions(me: SignedIn) -> list[SessionLine]:
    """Every browser this person is signed in with, the latest used first (SEC32)."""
    seen_after = clock.now() - settings().session_idle
    return [
        SessionLine(s.public_id, s.started_at, s.seen_at, s.expires_at, s.address, s.browser, _is_this(me, s.public_id))
        for s in sessions.open_ones(_login_id(me), seen_after=seen_after)
    ]


@writes
def end_session(me: SignedIn, public_id: str) -> bool:
    """End one of one's own sessions; whether it is the one that asks. Raises Missing for anybody else's."""
    if not sessions.belongs(_login_id(me), public_id):
        raise Missing()
    sessions.end_of_login(_login_id(me), only=public_id)
    log.info("session ended", login=me.login_public_id)
    return _is_this(me, public_id)


@writes
def end_other_sessions(me: SignedIn) -> int:
    """End all of one's own sessions but the one that asks; returns how many ended."""
    ended = sessions.end_of_login(_login_id(me), besides=me.session_public_id)
    log.info("other sessions ended", login=me.login_public_id, count=ended)
    return ended


def change_password(me: SignedIn, current: str, password: str, *, address: str, browser: str) -> str:
    """Change one's own password; every session ends and a new one starts, whose token is returned.

    The owner is told by mail (SEC26). Raises Invalid when the current password is wrong or the new one cannot be
    taken, TooMany after several wrong ones.
    """
    _count_try(me.email)
    person = _person(me)
    if not passwords.verify(person.password_hash, current):
        log.warning("password change refused", login=me.login_public_id, address=address)
        raise Invalid({"current_password": say("This is not your current password.")})
    password_hash = good_password(password, (me.email, me.name, me.customer_name))
    return _change(person, password_hash, address, browser)


@snapshot
def my_log(actor: Actor, *, before: str | None = None) -> LogPage:
    """Who did what for this customer (O8, PRI4); `before` is the `older` of the page above."""
    profile = access.load_subject(actor, None)
    access.require(actor, Permission.ACCOUNT, profile)
    lines = audit.for_subject(profile.id, limit=LOG_PAGE + 1, before=before)
    if not access.weigh(actor, Permission.STATEMENTS_VIEW, profile):
        lines = [replace(line, text=without_figures(line.text)) for line in lines]
    older = lines[LOG_PAGE - 1].public_id if len(lines) > LOG_PAGE else ""
    seen = viewings.of_subject(profile.id, limit=LOG_PAGE) if before is None else []
    return LogPage(lines[:LOG_PAGE], older, seen)


@writes
def _count_try(email: str) -> None:
    sign_in_tries.count({_tries(email): FREE_FOR_ACCOUNT})


@snapshot
def _person(me: SignedIn) -> Person:
    person = logins.by_id(_login_id(me))
    if person is None:
        raise Missing()
    return person


@writes
def _change(person: Person, password_hash: str, address: str, browser: str) -> str:
    logins.lock(person.id)
    now = logins.by_id(person.id)
    if now is None or now.password_hash != person.password_hash or not now.may_sign_in:
        raise Invalid({"": FAILED})
    set_new_password(now, password_hash)
    sign_in_tries.forget(_tries(now.email))
    sessions.end_of_login(now.id)
    audit.record(now.actor, "login.password", say("Changed the password"), subject_id=now.customer_id)
    log.info("password changed", login=now.public_id, address=address)
    return new_session(now.id, address=address, browser=browser)


def _tries(email: str) -> str:
    return sign_in_tries.account_key("password change", email)


def _is_this(me: SignedIn, public_id: str) -> bool:
    return public_id == me.session_public_id


def _login_id(me: SignedIn) -> int:
    assert me.actor.login_id is not None
    return me.actor.login_id
