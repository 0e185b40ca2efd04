"""Counting tries, so that guessing takes for ever and a slip of the finger does not (SEC17, SEC59)."""

from __future__ import annotations

import hashlib
import hmac
import math
from datetime import datetime

from flask import current_app
from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from portal.db.engine import db, is_sqlite
from portal.db.tables import SignInTry
from portal.outside import clock
from portal.rules.errors import TooMany
from portal.rules.logins.throttle import faded, network, pause_after
from portal.rules.sentences import Sentence, say
from portal.rules.texts import email_key

_HALF = 32
"""Hexadecimal digits of a key that stand for the account; the others stand for the place."""


def account_key(kind: str, email: str, place: str = "") -> str:
    """The key of one account's tries of one kind, from one `place` where one is named; it does not show the address.

    `forget` takes the key without a place for all of them.
    """
    account = _key(f"{kind} account", email_key(email))
    return account[:_HALF] + _key(f"{kind} place", place)[:_HALF] if place else account


def address_key(kind: str, address: str) -> str:
    """The key of the tries from one network address."""
    return _key(f"{kind} address", network(address))


def count(limits: dict[str, int]) -> None:
    """Count a try under every key of `limits`, each with how many tries are free. Raises TooMany during a pause.

    The try counts before it is judged, so that many at once are no way around the pauses; `forgive` takes it back.
    """
    rows = [_held(key) for key in sorted(limits)]
    now = clock.now()
    blocked = [row.blocked_until for row in rows if row.blocked_until and row.blocked_until > now]
    if blocked:
        raise TooMany(math.ceil((max(blocked) - now).total_seconds()), _sentence(max(blocked), now))
    for row in rows:
        left, rest = faded(row.failures, now - row.last_at)
        row.failures = left + 1
        row.last_at = now - rest if left else now
        pause = pause_after(row.failures, limits[row.key])
        row.blocked_until = now + pause if pause else None
    db.session.flush()


def forget(key: str) -> None:
    """Forget every try of an account, from wherever: somebody who may has said that it is to begin anew."""
    db.session.execute(delete(SignInTry).where(SignInTry.key.startswith(key[:_HALF])))


def forget_here(key: str) -> None:
    """Forget the tries under `key` alone: its owner came in there. Those from elsewhere may be somebody else's."""
    db.session.execute(delete(SignInTry).where(SignInTry.key == key))


def forgive(key: str) -> None:
    """Take back the last try under `key`: it was a good one."""
    fewer = SignInTry.failures - 1
    db.session.execute(
        update(SignInTry).where(SignInTry.key == key, SignInTry.failures > 0).values(failures=fewer, blocked_until=None)
    )


def forget_before(instant: datetime) -> int:
    """Delete what was last tried before `instant`; returns how many rows."""
    gone = db.session.execute(delete(SignInTry).where(SignInTry.last_at < instant).returning(SignInTry.key))
    return len(gone.all())


def _key(kind: str, value: str) -> str:
    secret = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(secret, f"{kind}:{value}".encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def _held(key: str) -> SignInTry:
    dialect = sqlite if is_sqlite() else postgresql
    fresh = dialect.insert(SignInTry).values(key=key, failures=0, last_at=clock.now())
    db.session.execute(fresh.on_conflict_do_nothing(index_elements=["key"]))
    return db.session.scalars(select(SignInTry).where(SignInTry.key == key).with_for_update()).one()


def _sentence(until: datetime, now: datetime) -> Sentence:
    return say(
        "There were several tries in a row, so this has to rest for a moment. Please try again in a minute.",
        "There were several tries in a row, so this has to rest for a moment. Please try again in {count} minutes.",
        count=max(1, math.ceil((until - now).total_seconds() / 60)),
    )
