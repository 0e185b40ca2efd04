"""Doing a thing once: an idempotency key is stored with the effect it had (R10 to R12)."""

from __future__ import annotations

import hashlib
import json

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from portal.db.engine import db, is_sqlite
from portal.db.tables import Operation
from portal.outside import clock
from portal.rules.errors import Mismatch


def fingerprint(body: object) -> str:
    """A digest of a request; equal requests have equal digests."""
    text = json.dumps(body, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def claim(key: str | None, action: str, body: object) -> dict[str, object] | None:
    """Take `key` for this transaction. The earlier answer if it was used before, None if it is ours to carry out.

    A second request with the same key waits for the first to commit. Raises Mismatch when the key was used for
    a different request. Without a key, nothing is remembered.
    """
    if key is None:
        return None
    digest = fingerprint(body)
    dialect = sqlite if is_sqlite() else postgresql
    row = dialect.insert(Operation).values(key=key, action=action, fingerprint=digest, answer={}, at=clock.now())
    taken = db.session.execute(row.on_conflict_do_nothing(index_elements=["key"]).returning(Operation.key)).first()
    if taken is not None:
        return None
    earlier = db.session.execute(
        select(Operation.action, Operation.fingerprint, Operation.answer).where(Operation.key == key)
    ).one()
    if (earlier.action, earlier.fingerprint) != (action, digest):
        raise Mismatch("This form was already sent with other contents. Open it again to send it once more.")
    answer: dict[str, object] = earlier.answer
    return answer


def settle(key: str | None, answer: dict[str, object]) -> None:
    """Store the answer that later requests with the same key receive."""
    if key is not None:
        db.session.execute(update(Operation).where(Operation.key == key).values(answer=answer))
