"""How long a period of a membership is: months and days, counted from a first day (B9)."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from portal.rules.periods import Period
from portal.rules.sentences import NOTHING, Sentence, say, together

_DAY = timedelta(days=1)
_WORDS = {"week": (0, 7), "month": (1, 0), "quarter": (3, 0), "year": (12, 0), "day": (0, 1)}
_PART = re.compile(r"(?P<number>\d{1,3}) (?P<word>day|week|month|quarter|year)s?", re.ASCII)
_MOST_MONTHS, _MOST_DAYS = 120, 3660
_MONTH_DAYS = Fraction(146_097, 4_800)
"""The days of a month on average: 400 years of the calendar have 146 097."""


class NoLength(ValueError):
    """A text that is no length; `sentence` says what one looks like."""

    def __init__(self, text: str) -> None:
        self.sentence = say(
            "“{text}” is not a length. Write month, or a number with days, weeks, months or years, such as 30 days or "
            "1 month 2 days.",
            text=text[:40],
        )
        super().__init__(str(self.sentence))


@dataclass(frozen=True, slots=True)
class Length:
    """So many months, and so many days more; at least a day altogether."""

    months: int = 0
    days: int = 0

    def __post_init__(self) -> None:
        if self.months < 0 or self.days < 0 or not (self.months or self.days):
            raise ValueError("a length is a day or more")

    def __str__(self) -> str:
        """As files have it, and as `read_length` reads it."""
        if (self.months, self.days) in _WORDS.values() and self.days != 1:
            return next(word for word, parts in _WORDS.items() if parts == (self.months, self.days))
        parts = ((self.months, "month"), (self.days, "day"))
        return " ".join(f"{number} {word}{'s' * (number != 1)}" for number, word in parts if number)

    @property
    def label(self) -> Sentence:
        """The length as people say it: "1 month", "30 days", "1 year"."""
        years, months = divmod(self.months, 12)
        if months:
            years, months = 0, self.months
        said = (
            say("{count} year", "{count} years", count=years) if years else NOTHING,
            say("{count} month", "{count} months", count=months) if months else NOTHING,
            say("{count} day", "{count} days", count=self.days) if self.days else NOTHING,
        )
        return together(*said)

    @property
    def average_days(self) -> Fraction:
        """How many days it has on average, so that prices of different lengths can be compared."""
        return self.months * _MONTH_DAYS + self.days

    def after(self, first: date, number: int) -> date:
        """The day on which period `number` begins where period 0 begins on `first`: always counted from `first`, in a
        shorter month on its last day (B9).
        """
        year, month = divmod(first.year * 12 + first.month - 1 + self.months * number, 12)
        day = min(first.day, monthrange(year, month + 1)[1])
        return date(year, month + 1, day) + timedelta(days=self.days * number)

    def period(self, first: date, number: int = 0) -> Period:
        """Period `number` of those that begin on `first`; both days included, so that no day is in two or in none."""
        return Period(self.after(first, number), self.after(first, number + 1) - _DAY)


def read_length(text: str) -> Length:
    """The length of "month", "30 days", "2 months", "1 month 2 days". Raises NoLength."""
    plain = " ".join(text.casefold().split())
    if plain in _WORDS:
        return Length(*_WORDS[plain])
    parts = list(_PART.finditer(plain))
    if not parts or " ".join(part[0] for part in parts) != plain or len({part["word"] for part in parts}) < len(parts):
        raise NoLength(text)
    months = sum(int(part["number"]) * _WORDS[part["word"]][0] for part in parts)
    days = sum(int(part["number"]) * _WORDS[part["word"]][1] for part in parts)
    if not (months or days) or months > _MOST_MONTHS or days > _MOST_DAYS:
        raise NoLength(text)
    return Length(months, days)
