"""How old is what is owed (F15): open parts by days past due, less what is unallocated."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from datetime import date
from typing import NamedTuple, TypeVar

K_ = TypeVar("K_", bound=Hashable)
LAST_DAYS = (0, 30, 60, 90)
"""The most days past due of each column but the last one."""


class Ageing(NamedTuple):
    """One row, in minor units: what is owed is positive, `unallocated` is not. The total is the House Account with the
    sign turned.
    """

    not_due: int = 0
    to_30: int = 0
    to_60: int = 0
    to_90: int = 0
    more: int = 0
    unallocated: int = 0

    @property
    def total(self) -> int:
        return sum(self)


COLUMNS: Mapping[str, str] = dict(
    zip(Ageing._fields, ("not_due", "1-30", "31-60", "61-90", "more", "unallocated"), strict=True)
)
"""What files and JSON call the columns."""


def column(due: date, on: date) -> int:
    """The place in a row of something that is due on a day."""
    late = (on - due).days
    return next((place for place, last in enumerate(LAST_DAYS) if late <= last), len(LAST_DAYS))


def aged(
    open_parts: Iterable[tuple[K_, date, int]], unallocated: Iterable[tuple[K_, int]], on: date
) -> dict[K_, Ageing]:
    """Rows in the order in which their keys first come (F15).

    A key is whatever a row is for (payer, account and currency). Open parts come with the day on which they are due,
    and unallocated payments and credits with what is left of them, positive, both in minor units and as of `on`.
    """
    rows: dict[K_, list[int]] = {}
    for key, due, minor in open_parts:
        rows.setdefault(key, [0] * len(Ageing._fields))[column(due, on)] += minor
    for key, minor in unallocated:
        rows.setdefault(key, [0] * len(Ageing._fields))[-1] -= minor
    return {key: Ageing(*row) for key, row in rows.items()}


def summed(rows: Iterable[Ageing]) -> Ageing:
    """The sums of rows of one currency."""
    return Ageing(*(sum(figures) for figures in zip(Ageing(), *rows, strict=True)))
