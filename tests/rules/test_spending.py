"""O10: spending by month, and the largest first."""

from __future__ import annotations

from datetime import date

import pytest

from portal.rules.statements.spending import by_month, largest_first, last_months, months_of


def test_o10_every_month_stands_there_with_its_bar() -> None:
    months = last_months(date(2026, 2, 28))
    assert [f"{one.first:%Y-%m}" for one in months[:2] + months[-1:]] == ["2025-03", "2025-04", "2026-02"]
    found = by_month(months, {date(2025, 3, 1): 500, date(2026, 2, 1): 1000, date(2025, 5, 1): -40})
    assert [(one.minor, one.length) for one in found[:3]] == [(500, 500), (0, 0), (-40, 0)]
    assert (found[-1].minor, found[-1].length) == (1000, 1000)
    assert [one.last.day for one in months_of(2028)][1] == 29


@pytest.mark.parametrize(
    ("sums", "most", "shown"),
    [
        ({}, 3, []),
        ({"a": 0, "b": 5}, 3, [("b", 5, 0)]),
        ({"a": 1, "b": 3, "c": 2}, 3, [("b", 3, 0), ("c", 2, 0), ("a", 1, 0)]),
        ({"a": 1, "b": 3, "c": 2, "d": 1}, 3, [("b", 3, 0), ("c", 2, 0), (None, 2, 2)]),
        ({"a": -5, "b": 3}, 3, [("b", 3, 0), ("a", -5, 0)]),
    ],
)
def test_o10_the_largest_come_first_and_the_rest_is_one_row(
    sums: dict[str, int], most: int, shown: list[tuple[str | None, int, int]]
) -> None:
    found = largest_first(sums, most)
    assert [(one.key, one.minor, one.others) for one in found] == shown
    assert sum(one.minor for one in found) == sum(sums.values())
