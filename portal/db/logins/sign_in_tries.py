"""Counting tries, so that guessing takes for ever and a slip of the finger does not (SEC17)."""

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
from portal.rules.logins.throttle import FORGOTTEN_AFTER, network, pause_after
from portal.rules.sentences import Sentence, say


def account_key(kind: str, email: str) -> str:
    """The key of one account's tries of one kind; it does not show the address."""
    return _key(f"{kind} account", email.strip().lower())


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
        if now - row.last_at > FORGOTTEN_AFTER:
            row.failures = 0
        row.failures += 1
        row.last_at = now
        pause = pause_after(row.failures, limits[row.key])
        row.blocked_until = now + pause if pause else None
    db.session.flush()


def forget(key: str) -> None:
    """Forget every try of an account: its owner has come in."""
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
