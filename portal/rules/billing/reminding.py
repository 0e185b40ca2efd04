"""Reminders of what is overdue (F14): levels by days after due, each told once for an invoice, one at a time."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from datetime import date
from typing import Generic, NamedTuple, TypeVar

from portal.rules.amounts import NoAmount, parse_amount
from portal.rules.errors import Invalid
from portal.rules.invoices.due import days_overdue
from portal.rules.money import format_minor
from portal.rules.sentences import Sentence, say

K_ = TypeVar("K_", bound=Hashable)
MOST_LEVELS, MOST_DAYS = 9, 999


class Level(NamedTuple):
    """A reminder: so many days after due, with a fee in minor units where there is one."""

    days: int
    fee: int = 0


class Overdue(NamedTuple, Generic[K_]):
    """An invoice with what is open of it (minor units) and how far it was reminded: `level` is the last one, 0 none."""

    key: K_
    due: date
    open: int
    level: int = 0
    reminded_on: date | None = None


class Reminder(NamedTuple, Generic[K_]):
    """A level that is told of an invoice, with what is open of it and the fee, in minor units."""

    key: K_
    level: int
    amount: int
    fee: int


def read_levels(text: str, currency: str) -> tuple[Level, ...]:
    """The levels of a setting such as "5,20,40:10.00" (F14); none where it is empty. Raises Invalid."""
    if not text.strip():
        return ()
    words = [word.strip() for word in text.split(",")]
    if len(words) > MOST_LEVELS:
        raise _invalid(say("There are {number} levels, and at most {most}.", number=len(words), most=MOST_LEVELS))
    levels: list[Level] = []
    for word in words:
        level = _level(word, currency)
        if levels and level.days <= levels[-1].days:
            sentence = say(
                "Level {number} comes {days} days after due, and the one before it after {before}. "
                "Put them in the order of their days.",
                number=len(levels) + 1,
                days=level.days,
                before=levels[-1].days,
            )
            raise _invalid(sentence)
        levels.append(level)
    return tuple(levels)


def _level(word: str, currency: str) -> Level:
    days, colon, fee = (part.strip() for part in word.partition(":"))
    if not (days.isascii() and days.isdigit() and len(days) <= 3 and 1 <= int(days) <= MOST_DAYS):
        sentence = say(
            "“{text}” is no reminder. Write the days after due, 1 to {most}, and a fee where there is one: "
            "5,20,40:10.00.",
            text=word[:40],
            most=MOST_DAYS,
        )
        raise _invalid(sentence)
    try:
        amount = parse_amount(fee, currency) if colon else 0
    except NoAmount as fault:
        raise _invalid(fault.sentence) from None
    if amount < 0:
        raise _invalid(say("“{text}” has a fee below zero.", text=word[:40]))
    return Level(int(days), amount)


def _invalid(sentence: Sentence) -> Invalid:
    return Invalid({"reminders": sentence})


def levels_text(levels: Sequence[Level], currency: str) -> str:
    """Levels as the setting has them."""
    return ",".join(
        f"{level.days}:{format_minor(level.fee, currency)}" if level.fee else str(level.days) for level in levels
    )


def next_level(levels: Sequence[Level], invoice: Overdue[K_], on: date) -> int | None:
    """The level that is told of an invoice by a run for a day, counted from 1; None where none is.

    It is the one after the last that was told, whatever came in between, and at most one a day.
    """
    if invoice.level >= len(levels) or (invoice.reminded_on is not None and invoice.reminded_on >= on):
        return None
    late = days_overdue(invoice.due, on)
    return invoice.level + 1 if invoice.open > 0 and late >= levels[invoice.level].days else None


def reminders(
    levels: Sequence[Level], invoices: Sequence[Overdue[K_]], minimum: int, on: date, *, exempt: bool = False
) -> list[Reminder[K_]]:
    """What a payer is told by a run for a day, the oldest due first, in one message (F14).

    `invoices` are all that the payer has open; they are of one currency. Nothing is told below the minimum, which is of
    all that is overdue, and to who is exempt.
    """
    overdue = sum(invoice.open for invoice in invoices if days_overdue(invoice.due, on))
    if exempt or overdue < minimum:
        return []
    told = []
    for invoice in sorted(invoices, key=lambda invoice: invoice.due):
        level = next_level(levels, invoice, on)
        if level is not None:
            told.append(Reminder(invoice.key, level, invoice.open, levels[level - 1].fee))
    return told
