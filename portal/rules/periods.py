"""A stretch of days with a first and a last one, both included."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date


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
        same = (self.first.year, self.first.month) == (self.last.year, self.last.month)
        return same and self.first.day == 1 and self.last.day == monthrange(self.first.year, self.first.month)[1]

    @property
    def is_year(self) -> bool:
        """Whether these are all days of one year."""
        return (self.first, self.last) == (date(self.first.year, 1, 1), date(self.first.year, 12, 31))
