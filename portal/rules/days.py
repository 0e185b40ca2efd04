"""Reading days that people write (UX16, F17)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from portal.rules.books import EARLIEST, LATEST
from portal.rules.cells import day, day_fault
from portal.rules.digits import tidied
from portal.rules.sentences import Sentence, say

_NUMBERS = re.compile(r"(\d{1,4})\s*[-./\s]\s*(\d{1,2})\s*[-./\s]\s*(\d{1,4})\.?")
_DAY_FIRST = re.compile(r"(\d{1,2})\.?(?:st|nd|rd|th)?\s+([^\W\d_]+)\.?,?\s+(\d{4})")
_MONTH_FIRST = re.compile(r"([^\W\d_]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})")
_LONGEST = 60

EARLIEST_BIRTH = date(1900, 1, 1)
"""Nobody is born before."""


class NoDay(ValueError):
    """What was written is no day; `sentence` says why."""

    def __init__(self, sentence: Sentence) -> None:
        self.sentence = sentence
        super().__init__(str(sentence))


@dataclass(frozen=True, slots=True)
class DayNotation:
    """How days are printed for somebody.

    `month_first` says what 06/12/2026 begins with. `months` are the names of months, casefolded and without a full
    stop. `printed` are the forms of the locale, with the groups `year`, `month` (a number or name) and `day`.
    """

    month_first: bool = False
    months: Mapping[str, int] = field(default_factory=dict)
    printed: Sequence[re.Pattern[str]] = ()


def read_day(text: str, notation: DayNotation, earliest: date = EARLIEST) -> date:
    """A day as people write it (UX16): as it is printed for them, and 2026-11-01, 1.11.2026, 01/11/2026, "1 Nov 2026",
    "November 1, 2026".

    With strokes the notation says whether the day or the month comes first, unless only one of them can be right.
    Raises NoDay for anything else, for a year of two digits, and for a day before the `earliest` or after what the
    books keep.
    """
    plain = tidied(text)
    folded = plain.casefold() if len(plain) <= _LONGEST else ""
    found = _as_printed(folded, notation) or _from_numbers(folded, notation) or _from_words(folded, notation)
    if found is None:
        raise NoDay(say("“{text}” is not a date. Write it like 2026-11-01 or 1 Nov 2026.", text=plain[:40]))
    try:
        on = date(*found)
    except ValueError:
        raise NoDay(say("There is no {text} in the calendar.", text=plain[:40])) from None
    if not earliest <= on <= LATEST:
        raise NoDay(say("Enter a date from {earliest} to {latest}.", earliest=earliest, latest=LATEST))
    return on


def parse_day(text: str) -> date:
    """The day of YYYY-MM-DD, as files and commands write it, within what the books keep. Raises NoDay."""
    on = day(text)
    if on is None:
        raise NoDay(day_fault(text))
    return on


def _as_printed(text: str, notation: DayNotation) -> tuple[int, int, int] | None:
    """Year, month and day, or None."""
    for form in notation.printed:
        if (match := form.fullmatch(text)) and (month := _month(match["month"], notation)):
            return int(match["year"]), month, int(match["day"])
    return None


def _from_numbers(text: str, notation: DayNotation) -> tuple[int, int, int] | None:
    match = _NUMBERS.fullmatch(text)
    if match is None:
        return None
    a, b, c = (int(part) for part in match.groups())
    if len(match[1]) == 4 and len(match[3]) <= 2:
        return a, b, c
    if len(match[3]) != 4 or len(match[1]) > 2:
        raise NoDay(say("Write the year of “{text}” with four digits, like 2026-11-01.", text=text[:40]))
    month_first = notation.month_first and "." not in text
    if month_first and a > 12 >= b:
        month_first = False
    elif not month_first and b > 12 >= a:
        month_first = True
    return (c, a, b) if month_first else (c, b, a)


def _from_words(text: str, notation: DayNotation) -> tuple[int, int, int] | None:
    if (match := _DAY_FIRST.fullmatch(text)) and (month := _month(match[2], notation)):
        return int(match[3]), month, int(match[1])
    if (match := _MONTH_FIRST.fullmatch(text)) and (month := _month(match[1], notation)):
        return int(match[3]), month, int(match[2])
    return None


def _month(text: str, notation: DayNotation) -> int | None:
    if text.isdecimal():
        return int(text) if 1 <= int(text) <= 12 else None
    return notation.months.get(text.strip(". "))
