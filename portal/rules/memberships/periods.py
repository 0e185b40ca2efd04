"""The periods of a membership, with the days for which it is frozen (B9, B10).

Periods are counted from an anchor, the first day or that on which it began anew, for as long as they follow from it: a
freeze adds its days to the period in which it begins, and from there on they are counted anew. A freeze that begins on
the day after a period is added to that one, so that no period begins inside a freeze.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from portal.rules.memberships.lengths import Length
from portal.rules.periods import Period

_DAY = timedelta(days=1)


class Next(NamedTuple):
    """The next period, and the anchor from which it is counted."""

    days: Period
    anchor: date


def next_period(length: Length, anchor: date, after: date, freezes: Sequence[Period] = ()) -> Next:
    """The period that follows a day: counted from the anchor where that comes out on the next day, else anew from there
    (B9, B10).
    """
    first = after + _DAY
    number = _number(length, anchor, first)
    if number is None:
        anchor, number = first, 0
    days = length.period(anchor, number)
    return Next(Period(days.first, stretched(days, freezes)), anchor)


def periods(length: Length, first: date, freezes: Sequence[Period] = ()) -> Iterator[Period]:
    """All periods from a first day on, without end."""
    found = next_period(length, first, first - _DAY, freezes)
    while True:
        yield found.days
        found = next_period(length, found.anchor, found.days.last, freezes)


def stretched(days: Period, freezes: Sequence[Period]) -> date:
    """The last day of a period once every freeze that begins in it, or on the day after it, added its days."""
    last = days.last
    for freeze in sorted(freezes, key=lambda one: one.first):
        if days.first <= freeze.first <= last + _DAY:
            last += freeze.last - freeze.first + _DAY
    return last


def days_in_use(days: Period, freezes: Sequence[Period]) -> int:
    """How many days of a stretch are not frozen: those for which its price is (F13)."""
    return shared(days, days) - frozen_days(days, freezes)


def frozen_days(days: Period, freezes: Sequence[Period]) -> int:
    """How many days of a stretch are frozen."""
    return sum(shared(days, one) for one in freezes)


def frozen_on(on: date, freezes: Sequence[Period]) -> Period | None:
    """The freeze in which a day is, or None."""
    return next((one for one in freezes if one.first <= on <= one.last), None)


def shared(one: Period, other: Period) -> int:
    """How many days two stretches have in common."""
    return max((min(one.last, other.last) - max(one.first, other.first)).days + 1, 0)


def _number(length: Length, anchor: date, first: date) -> int | None:
    """The number of the period that begins on a day, counted from an anchor; None where none begins then."""
    about = int((first - anchor).days / length.average_days)
    return next((n for n in range(max(about - 1, 0), about + 3) if length.after(anchor, n) == first), None)
