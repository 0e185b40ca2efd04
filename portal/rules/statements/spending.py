"""Spending as it is shown: every month of a stretch, and the largest first of the rest (O10)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from portal.rules.periods import Period, month_before, month_with

K_ = TypeVar("K_")
MONTHS = 12
MOST_SHARES = 12
"""So many accounts or categories stand by themselves; the rest is one row."""


@dataclass(frozen=True, slots=True)
class Share(Generic[K_]):
    """What stands beside a bar: minor units, and how long the bar is, in thousandths of the longest. `key` is None for
    the rest of those that do not stand by themselves, of which there are `others`.
    """

    key: K_ | None
    minor: int
    length: int
    others: int = 0


def last_months(today: date, count: int = MONTHS) -> list[Period]:
    """So many months up to that of a day."""
    months = [month_with(today)]
    while len(months) < count:
        months.insert(0, month_with(month_before(months[0].first)))
    return months


def months_of(year: int) -> list[Period]:
    """The months of a year."""
    return [month_with(date(year, month, 1)) for month in range(1, 13)]


def by_month(months: Sequence[Period], sums: Mapping[date, int]) -> list[Share[Period]]:
    """Every month, with nothing where nothing was charged."""
    return _shares((month, sums.get(month.first, 0)) for month in months)


def largest_first(sums: Mapping[K_, int], most: int = MOST_SHARES) -> list[Share[K_]]:
    """The largest first; with more than `most`, the smallest are one row at the end. What is none is left out."""
    ordered = sorted(((key, minor) for key, minor in sums.items() if minor), key=lambda one: (-one[1], str(one[0])))
    if len(ordered) <= most:
        return _shares(ordered)
    kept, rest = ordered[: most - 1], ordered[most - 1 :]
    everything: list[tuple[K_ | None, int]] = [*kept, (None, sum(minor for _, minor in rest))]
    shares = _shares(everything)
    return [*shares[:-1], Share(None, shares[-1].minor, shares[-1].length, len(rest))]


def _shares(pairs: Iterable[tuple[K_ | None, int]]) -> list[Share[K_]]:
    found = list(pairs)
    longest = max((minor for _, minor in found), default=0)
    return [Share(key, minor, max(0, minor) * 1000 // longest if longest > 0 else 0) for key, minor in found]
