"""Cells of import files: what each kind of them may hold. Whatever is wrong is reported by column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import TypeVar

from portal.rules import texts
from portal.rules.books import EARLIEST, LATEST
from portal.rules.sentences import Sentence, say

LONGEST_ID = 100
E_ = TypeVar("E_", bound=StrEnum)
Values = Sequence[str | None]
Wrong = Callable[[str, Sentence], None]
"""Takes a column and a sentence."""


def plain(text: str) -> str:
    """One of a set of words, as it is compared."""
    return "_".join(text.casefold().replace("-", " ").replace("_", " ").split())


def missing(column: str, wrong: Wrong) -> str:
    """Report a cell that must not be empty; ""."""
    wrong(column, say("A value is needed here."))
    return ""


def identifier(text: str | None, column: str, wrong: Wrong) -> str:
    """An id of somebody's own: printable, and not too long."""
    text = texts.identifier(text or "")
    if not text:
        return missing(column, wrong)
    if not text.isprintable():
        wrong(column, say("The id holds a character that cannot be seen, such as a line break."))
    return limited(text, LONGEST_ID, column, wrong)


def limited(text: str, longest: int, column: str, wrong: Wrong) -> str:
    """A text of at most so many characters."""
    if len(text) > longest:
        wrong(
            column,
            say("The value has {length} characters; at most {longest} can be kept.", length=len(text), longest=longest),
        )
    return text


def optional(text: str | None, longest: int, column: str, wrong: Wrong) -> str | None:
    """The same where the file may not have the column."""
    return text if text is None else limited(text, longest, column, wrong)


def one_of(kind: type[E_], text: str | None, column: str, wrong: Wrong) -> E_ | None:
    """One of the words of `kind`; None where the cell is empty."""
    if not text:
        return None
    try:
        return kind(plain(text))
    except ValueError:
        wrong(
            column,
            say("“{text}” is not one of {words}.", text=text[:40], words=", ".join(member.value for member in kind)),
        )
        return None


@lru_cache(maxsize=10_000)
def day(text: str) -> date | None:
    """The date of YYYY-MM-DD within what the books keep, or None."""
    if len(text) != 10 or text[4] != "-" or text[7] != "-":
        return None
    try:
        on = date.fromisoformat(text)
    except ValueError:
        return None
    return on if EARLIEST <= on <= LATEST else None


def day_fault(text: str) -> Sentence:
    """What is wrong with a text that is no day."""
    try:
        on = date.fromisoformat(text)
    except ValueError:
        return say("“{text}” is not a date. Write it like 2026-01-31, year first.", text=text[:40])
    if EARLIEST <= on <= LATEST:
        return say("“{text}” is not written like 2026-01-31.", text=text[:40])
    return say(
        "{text} is not a date we keep books for ({earliest} to {latest}).", text=text, earliest=EARLIEST, latest=LATEST
    )


def a_day(text: str | None, column: str, wrong: Wrong) -> date | None:
    """A day, reported where it is none; None where the cell is empty."""
    if not text:
        return None
    found = day(text)
    if found is None:
        wrong(column, day_fault(text))
    return found
