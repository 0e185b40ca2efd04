"""A stretch of days with a first and a last one, both included; and months."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta


@dataclass(frozen=True, slots=True)
class Period:
    """Two inclusive days and all between them."""

    first: date
    last: date

    @property
    def is_day(self) -> bool:
        return self.first == self.last

    @property
    def is_month(self) -> bool:
        """Whether these are all days of one month."""
        return (self.first, self.last) == (month_of(self.first), month_end(self.first))

    @property
    def is_year(self) -> bool:
        """Whether these are all days of one year."""
        return (self.first, self.last) == (date(self.first.year, 1, 1), date(self.first.year, 12, 31))


def month_of(on: date) -> date:
    """The first day of the month of a day."""
    return on.replace(day=1)


def month_end(on: date) -> date:
    """The last day of the month of a day."""
    return on.replace(day=monthrange(on.year, on.month)[1])


def month_with(on: date) -> Period:
    """The month of a day, whole."""
    return Period(month_of(on), month_end(on))


def month_after(on: date) -> date:
    """The first day of the month after that of a day, which is not the last of all."""
    return month_end(on) + timedelta(days=1)


def month_before(on: date) -> date:
    """The first day of the month before that of a day, which is not the first of all."""
    return month_of(month_of(on) - timedelta(days=1))
