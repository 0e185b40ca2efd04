"""Doing a thing once: an idempotency key is stored with the effect it had (R10 to R12)."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import inspect
import json
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from portal.db import answers
from portal.db.customers.erasing import Person, clean
from portal.db.engine import db, executed, is_sqlite
from portal.db.tables import Operation
from portal.outside import clock
from portal.rules.deciding import Actor
from portal.rules.errors import Mismatch
from portal.rules.sentences import say


def fingerprint(body: object) -> str:
    """A digest of a request; equal requests have equal digests."""
    text = json.dumps(body, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def remembered(action: Callable[..., Any], name: str, answer: Callable[..., Any] | None) -> Callable[..., Any]:
    """`action`, which runs inside a transaction, with one effect for each key in its argument `once`.

    `answer` is the type of what it returns: a dataclass, a simple type, or None for nothing.
    """
    signature = inspect.signature(action)

    @functools.wraps(action)
    def run(*args: Any, **kwargs: Any) -> Any:
        given = signature.bind(*args, **kwargs)
        given.apply_defaults()
        key = given.arguments["once"]
        if key is None:
            return action(*args, **kwargs)
        if (before := claim(key, name, _request(given.arguments))) is not None:
            return None if answer is None else answers.read(answer, before)
        result = action(*args, **kwargs)
        settle(key, answers.kept(result))
        return result

    return run


def _request(arguments: Mapping[str, object]) -> list[object]:
    """What makes a call the same as another one: who asks for what, but not what was on the screen."""
    return [_named(value) for name, value in arguments.items() if name not in ("once", "mark") and not callable(value)]


def _named(value: object) -> object:
    """An argument by what stays the same about it: a customer that was loaded is the same one after it changed.

    Somebody who may less or more than before asks for something else, so a kept answer is only for who still may.
    """
    if isinstance(value, Actor):
        may = sorted(str(one.value) for one in (*value.permissions, *value.scopes))
        return [value.login_id, value.customer_id, value.label, value.partner_id, may]
    if isinstance(value, set | frozenset):
        return sorted(map(repr, value))  # another process puts the same words of a set in another order
    if dataclasses.is_dataclass(value) and not hasattr(value, "public_id"):
        return [[field.name, _named(getattr(value, field.name))] for field in dataclasses.fields(value)]
    return getattr(value, "public_id", None) or repr(value)


def claim(key: str | None, action: str, body: object) -> dict[str, object] | None:
    """Take `key` for this transaction. The earlier answer if it was used before, None if it is ours to carry out.

    A second request with the same key waits for the first to commit. Raises Mismatch when the key was used for
    a different request. Without a key, nothing is remembered.
    """
    if key is None:
        return None
    digest = fingerprint(body)
    row = {"key": key, "action": action, "fingerprint": digest, "answer": {}, "at": clock.now()}
    if executed(_taking(is_sqlite()), row).first() is not None:
        return None
    before = db.session.execute(
        select(Operation.action, Operation.fingerprint, Operation.answer).where(Operation.key == key)
    ).one()
    if (before.action, before.fingerprint) != (action, digest):
        raise Mismatch(say("This form was already sent with other contents. Open it again to send it once more."))
    answer: dict[str, object] = before.answer
    return answer


def earlier(key: str | None, action: str) -> dict[str, object] | None:
    """The answer that an action gave under this key; None where there is none yet."""
    if key is None:
        return None
    answer: dict[str, object] | None = db.session.scalar(
        select(Operation.answer).where(Operation.key == key, Operation.action == action)
    )
    return answer or None


@cache
def _taking(lite: bool) -> Any:
    """Insert a key and return it, or nothing if it is there already."""
    table: Any = Operation.__table__
    row = (sqlite if lite else postgresql).insert(table)
    return row.on_conflict_do_nothing(index_elements=["key"]).returning(table.c.key)


_OPERATIONS: Any = Operation.__table__
_SETTLE = update(_OPERATIONS).where(_OPERATIONS.c.key == bindparam("settled")).values(answer=bindparam("told"))


def settle(key: str | None, answer: dict[str, object]) -> None:
    """Store the answer that later requests with the same key receive."""
    if key is not None:
        executed(_SETTLE, {"settled": key, "told": answer})


# Erasing --------------------------------------------------------------------------------------------------------------


def _erase(person: Person, _at: datetime) -> Collection[int]:
    """The answers of earlier requests, which a repeated one would get again."""
    clean(Operation, (Operation.answer,), person, key=Operation.key)
    return ()


ERASES = _erase
