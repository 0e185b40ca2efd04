"""The periods for which services are billed (F5, F13).

A period of a month or longer begins on the payer's billing day; where a month is shorter its last day serves, and the
day stays what it was. Every period is derived from the anchor, never from the end of the one before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NamedTuple

from portal.rules.periods import Period, month_end
from portal.rules.services import Period as Every

_MONTHS = {Every.MONTH: 1, Every.QUARTER: 3, Every.YEAR: 12}
_DAY = timedelta(days=1)
_WEEK = 7


class Part(NamedTuple):
    """Days that are billed together, and the period whose days the price is for. They are the same for a whole one."""

    days: Period
    of: Period

    @property
    def whole(self) -> bool:
        return self.days == self.of


def day_in(year: int, month: int, day: int) -> date:
    """The billing day of a month: its last day where it has fewer days (F5)."""
    return date(year, month, min(day, month_end(date(year, month, 1)).day))


def billing_day_from(on: date, day: int) -> date:
    """The first billing day on or after a day (F5)."""
    found = day_in(on.year, on.month, day)
    return found if found >= on else _months_on(on, 1, day)


@dataclass(frozen=True, slots=True)
class Schedule:
    """Periods of one length without end. `anchor` is the first day of one of them; `day` is the billing day, 1 to 31,
    which weeks do not look at.

    A service keeps its anchor: `beginning` gives that of a new one, and `moved` that after the billing day changed.
    """

    every: Every
    day: int
    anchor: date

    @classmethod
    def beginning(cls, every: Every, day: int, started_on: date) -> Schedule:
        """That of something that starts on a day: its first period begins on the first billing day on or after it, and
        longer ones count their months from there. Weeks begin on the weekday of the start.
        """
        return cls(every, day, started_on if every is Every.WEEK else billing_day_from(started_on, day))

    def moved(self, day: int, paid_until: date) -> Schedule:
        """The schedule once the billing day is another one: periods begin anew on the first such day after the last day
        that is billed, and the days until then are a part (F5). Weeks stay as they are.
        """
        if self.every is Every.WEEK or day == self.day:
            return self
        return Schedule(self.every, day, billing_day_from(paid_until + _DAY, day))

    def first_day(self, number: int) -> date:
        """The first day of a period: number 0 begins on the anchor, −1 is the one before."""
        if self.every is Every.WEEK:
            return self.anchor + timedelta(days=_WEEK * number)
        return _months_on(self.anchor, number * _MONTHS[self.every], self.day)

    def period(self, number: int) -> Period:
        """A period by its number."""
        return Period(self.first_day(number), self.first_day(number + 1) - _DAY)

    def number_of(self, on: date) -> int:
        """The number of the period in which a day is."""
        if self.every is Every.WEEK:
            return (on - self.anchor).days // _WEEK
        months = (on.year - self.anchor.year) * 12 + on.month - self.anchor.month
        number = months // _MONTHS[self.every]
        return number if self.first_day(number) <= on else number - 1

    def period_of(self, on: date) -> Period:
        """The period in which a day is."""
        return self.period(self.number_of(on))

    def part_from(self, first: date, end: date | None = None) -> Part:
        """What is billed next from a day on: to the end of the period in which it is, or to the last day before `end`.

        `end` is the first day without the service, and after `first`.
        """
        whole = self.period_of(first)
        last = whole.last if end is None else min(whole.last, end - _DAY)
        return Part(Period(first, last), whole)

    def parts_due(self, first: date, on: date, end: date | None = None) -> Iterator[Part]:
        """All that a run for a day bills, oldest first (F5): parts from the first day that is not billed on, in advance
        from their first day, and none after the end.
        """
        while first <= on and (end is None or first < end):
            part = self.part_from(first, end)
            yield part
            first = part.days.last + _DAY


def _months_on(on: date, months: int, day: int) -> date:
    """The billing day so many months after the month of a day."""
    year, month = divmod(on.year * 12 + on.month - 1 + months, 12)
    return day_in(year, month + 1, day)
