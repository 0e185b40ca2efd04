"""What a password must be (SEC13, SEC14): long enough and hard to guess; nothing about digits or capitals."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from portal.rules.sentences import Sentence, say

SHORTEST = 8
"""Characters."""

LONGEST_BYTES = 1024
"""In UTF-8. Far above anything typed; it only keeps a request from costing us minutes of hashing."""

OUR_WORDS = ("kith", "portal")
_SHORTEST_WORD = 3
_LONGEST_TAIL = 4


def weaknesses(password: str, *, about: Iterable[str], is_common: Callable[[str], bool]) -> list[Sentence]:
    """Why `password` cannot be taken, as sentences; empty when it can.

    `about` are texts that somebody who knows the person would try: names, the email address.
    `is_common` says whether a text in lower case is in the list of common and breached passwords.
    """
    if len(password) < SHORTEST:
        return [
            say(
                "Use at least {count} character. A few words that you can remember make a good password.",
                "Use at least {count} characters. A few words that you can remember make a good password.",
                count=SHORTEST,
            )
        ]
    if too_long(password):
        return [
            say(
                "Use fewer characters: a password can be {count} byte long.",
                "Use fewer characters: a password can be {count} bytes long.",
                count=LONGEST_BYTES,
            )
        ]
    if is_common(password.lower()) or _is_common_with_tail(password.lower(), is_common):
        return [say("This password is among those that are tried first. Choose one that nobody else would think of.")]
    if _is_built_on(password, _words(about)):
        return [say("This password is built on your name, your address or the name of this site. Choose another one.")]
    return []


def too_long(password: str) -> bool:
    """Whether it is longer than we hash. Nothing is ever cut off."""
    return len(password.encode("utf-8", "surrogatepass")) > LONGEST_BYTES


def _is_common_with_tail(password: str, is_common: Callable[[str], bool]) -> bool:
    """ "Sunshine2026!" is "sunshine" with something short behind it."""
    core = re.sub(r"[\W\d_]+$", "", password)
    return len(core) >= len(password) - _LONGEST_TAIL - 1 and core != password and is_common(core)


def _words(about: Iterable[str]) -> list[str]:
    """The words to look for, longest first, so that "marianovak" goes before "maria"."""
    words = set(OUR_WORDS)
    for text in about:
        parts = re.findall(r"\w+", text.lower().partition("@")[0])
        words.update(parts)
        words.add("".join(parts))
    return sorted((word for word in words if len(word) >= _SHORTEST_WORD), key=len, reverse=True)


def _is_built_on(password: str, words: Iterable[str]) -> bool:
    """Whether it contains some of `words`, and too little besides them to be a password of its own."""
    whole = rest = re.sub(r"[\W_]+", "", password.lower())
    for word in words:
        rest = rest.replace(word.replace("_", ""), "")
    return rest != whole and len(rest) < SHORTEST
