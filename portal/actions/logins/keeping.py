"""Keeping what was typed while somebody signs in again, and saying why they have to (I2)."""

from __future__ import annotations

from collections.abc import Iterable

from portal.actions.logins.signing_in import SignedIn, settings
from portal.db.engine import snapshot, writes
from portal.db.logins import kept_forms as rows
from portal.db.logins import people as logins
from portal.db.logins import sessions
from portal.db.logins.kept_forms import Kept as Kept
from portal.outside import clock
from portal.rules.logins.kept_forms import Over, worth_keeping


@writes
def keep_form(login_public_id: str, path: str, fields: Iterable[tuple[str, str]], *, files: bool = False) -> str | None:
    """Keep a form for the login it was shown to, for an hour; its public id, or None where nothing is kept.

    Passwords and codes never are, nor are files, of which `files` says that there were some.
    """
    person = logins.by_public_id(login_public_id)
    kept, secret = worth_keeping(fields)
    if person is None or not person.may_sign_in or not kept:
        return None
    return rows.keep(person.id, rows.Kept(path, kept, secret or files))


@snapshot
def kept_form(me: SignedIn, public_id: str) -> Kept | None:
    """A form that is kept for whoever is signed in; None for anybody else's, and for one that is too old."""
    return rows.find(me.actor.login_id, public_id) if me.actor.login_id is not None else None


@snapshot
def why_over(token: str | None, *, left: bool = False) -> Over:
    """Why the session of `token` is over; `left` says that the browser's owner signed out."""
    found = sessions.by_token(token) if token else None
    if found is None:
        return Over.LEFT if left else Over.LOST
    session, _person = found
    ended = session.ended_at or clock.now()
    if session.expires_at <= ended:
        return Over.EXPIRED
    return Over.IDLE if session.seen_at + settings().session_idle <= ended else Over.ENDED
