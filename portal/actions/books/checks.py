"""What can be posted at all: amounts, dates and texts."""

from __future__ import annotations

from datetime import date
from types import MappingProxyType

from portal.rules.books import EARLIEST, LATEST
from portal.rules.money import LARGEST_MINOR
from portal.rules.sentences import Sentence, say

_LONGEST = MappingProxyType(
    {
        "external_id": (say("external id"), 100),
        "number": (say("number"), 60),
        "description": (say("description"), 10_000),
        "category": (say("category"), 100),
        "reason": (say("reason"), 10_000),
    }
)
"""Texts of an entry: what they are called, and how many characters they may have."""


def amount_problem(minor: int, *, may_be_zero: bool, tax_minor: int) -> dict[str, Sentence]:
    """What is wrong with the amount of a charge, or with the tax in it."""
    problems = {}
    if not 0 <= minor <= LARGEST_MINOR:
        problems["amount"] = say("The amount must be positive; the kind gives it its sign.")
    elif minor == 0 and not may_be_zero:
        problems["amount"] = say("Only an invoice may come to zero.")
    if abs(tax_minor) > LARGEST_MINOR:
        problems["tax"] = say("The tax is larger than any amount we keep.")
    return problems


def date_problem(on: date) -> dict[str, Sentence]:
    """What is wrong with the day of an entry."""
    return {} if EARLIEST <= on <= LATEST else {"date": say("{on} is not a date we keep books for.", on=on)}


def text_problems(**texts: str | None) -> dict[str, Sentence]:
    """What is wrong with the texts of an entry, by the names of its fields."""
    problems = {}
    for name, text in texts.items():
        label, longest = _LONGEST[name]
        if text is not None and len(text) > longest:
            problems[name] = say("The {field} is longer than {longest} characters.", field=label, longest=longest)
        elif text is not None and "\0" in text:
            problems[name] = say("The {field} holds a character that cannot be stored.", field=label)
    return problems
