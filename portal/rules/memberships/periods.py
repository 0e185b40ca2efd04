"""The periods of a membership with the days for which it is frozen (B9, B10).

Periods are counted from an anchor: the membership's first day, or the day after the last freeze that moved them.
A freeze adds its days to the period in which it begins; one that begins on the day after a period adds them to that
one, so that no period begins inside a freeze.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from portal.rules.memberships.lengths import Length
from portal.rules.periods import Period

_DAY = timedelta(days=1)


class Slot(NamedTuple):
    """A period with where it is counted from: `number` is 0 for the one that begins on `anchor`."""

    days: Period
    anchor: date
    number: int


def slot(length: Length, anchor: date, number: int, freezes: Sequence[Period] = ()) -> Slot:
    """A period by its number, with the days of the freezes that begin in it, or on the day after it, added to its end.

    Freezes before it are not looked at: they moved the anchor, or were added to a period that is over.
    """
    days = length.period(anchor, number)
    return Slot(Period(days.first, stretched(days, freezes)), anchor, number)


def following(length: Length, before: Slot, freezes: Sequence[Period] = ()) -> Slot:
    """The period after one: the next number, or a new anchor where a freeze moved the end of the one before (B10).

    `length` is that of the new period; another one than before begins anew, too.
    """
    plain = length.after(before.anchor, before.number + 1)
    first = before.days.last + _DAY
    if plain == first:
        return slot(length, before.anchor, before.number + 1, freezes)
    return slot(length, first, 0, freezes)


def slots(length: Length, first: date, freezes: Sequence[Period] = ()) -> Iterator[Slot]:
    """All periods from a membership's first day on, without end."""
    found = slot(length, first, 0, freezes)
    while True:
        yield found
        found = following(length, found, freezes)


def stretched(days: Period, freezes: Sequence[Period]) -> date:
    """The last day of a period once every freeze that begins in it, or on the day after it, added its days."""
    last = days.last
    for freeze in sorted(freezes, key=lambda one: one.first):
        if days.first <= freeze.first <= last + _DAY:
            last += freeze.last - freeze.first + _DAY
    return last


def frozen_days(days: Period, freezes: Sequence[Period]) -> int:
    """How many days of a stretch are frozen."""
    return sum(_shared(days, one) for one in freezes)


def days_in_use(days: Period, freezes: Sequence[Period]) -> int:
    """How many days of a stretch are not frozen: those for which its price is (F13)."""
    return _shared(days, days) - frozen_days(days, freezes)


def frozen_on(on: date, freezes: Sequence[Period]) -> Period | None:
    """The freeze in which a day is, or None."""
    return next((one for one in freezes if one.first <= on <= one.last), None)


def _shared(one: Period, other: Period) -> int:
    """How many days two stretches have in common."""
    return max((min(one.last, other.last) - max(one.first, other.first)).days + 1, 0)
