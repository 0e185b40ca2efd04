"""Hashing passwords with Argon2id, and the list of common ones."""

from __future__ import annotations

import functools

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError
from flask import current_app
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from portal.rules import texts
from portal.rules.logins.passwords import too_long

MEMORY_KIB = 19456
PASSES = 2
LANES = 1
"""SEC15. What is stored with weaker parameters is hashed again at the next sign-in."""


def hashed(password: str) -> str:
    """The hash to store, with its parameters and salt."""
    return _hasher().hash(texts.password(password))


def verify(stored: str | None, password: str) -> bool:
    """Whether `password` belongs to `stored`. Takes as long for a stored hash that does not exist (SEC16).

    What was hashed before passwords were composed still counts, as it was typed then.
    """
    typed = texts.password(password)
    forms = (typed,) if typed == password else (typed, password)
    return any(_is_right(stored, form) for form in forms)


def _is_right(stored: str | None, password: str) -> bool:
    usable = bool(stored) and not too_long(password)
    try:
        _hasher().verify(stored if stored and usable else _nobodys(), password if usable else "")
    except (VerificationError, InvalidHashError):
        return False
    return usable


def is_outdated(stored: str) -> bool:
    """Whether `stored` was made with other parameters than today's."""
    return _hasher().check_needs_rehash(stored)


def is_common(password: str) -> bool:
    """Whether `password`, in lower case, is one of the 30 000 most used in known breaches."""
    return password in _common()


@functools.cache
def _common() -> frozenset[str]:
    return frozenset(FREQUENCY_LISTS["passwords"])


def _hasher() -> PasswordHasher:
    return _prepared(_is_test())[0]


def _nobodys() -> str:
    return _prepared(_is_test())[1]


def _is_test() -> bool:
    return bool(current_app.config["PORTAL_SETTINGS"].env == "test")


@functools.cache
def _prepared(cheap: bool) -> tuple[PasswordHasher, str]:
    """The hasher, and a hash that stands in for those that do not exist; both made at the first use of either.

    Tests hash thousands of passwords and protect nobody; nothing else may be cheap.
    """
    memory, passes = (8, 1) if cheap else (MEMORY_KIB, PASSES)
    hasher = PasswordHasher(time_cost=passes, memory_cost=memory, parallelism=LANES, type=Type.ID)
    return hasher, hasher.hash("nobody has this password")
