"""F15: how old is what is owed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.invoices.ageing import COLUMNS, Ageing, aged, column, summed

TODAY = date(2026, 11, 22)
DUE = st.integers(-50, 200).map(lambda days: TODAY - timedelta(days=days))
KEYS = st.sampled_from([("acme", "branch", "EUR"), ("acme", "acme", "EUR"), ("dolly", "dolly", "EUR")])
MINOR = st.integers(-(10**9), 10**9)


def test_f15_open_parts_less_what_is_unallocated_are_the_balance() -> None:
    due = TODAY - timedelta(days=10)
    rows = aged([("acme", due, 6000), ("acme", due, 0)], [("acme", 10000)], TODAY)
    assert rows == {"acme": Ageing(to_30=6000, unallocated=-10000)}
    assert rows["acme"].total == -4000


@pytest.mark.parametrize(
    ("late", "name"),
    [(-1, "not_due"), (0, "not_due"), (1, "1-30"), (30, "1-30"), (31, "31-60"), (60, "31-60"), (61, "61-90"),
     (90, "61-90"), (91, "more"), (4000, "more")],
)  # fmt: skip
def test_f15_columns_are_days_past_due(late: int, name: str) -> None:
    assert list(COLUMNS.values())[column(TODAY - timedelta(days=late), TODAY)] == name


@given(st.lists(st.tuples(KEYS, DUE, MINOR), max_size=30), st.lists(st.tuples(KEYS, MINOR), max_size=30))
def test_f15_ageing_adds_up_to_the_balance(
    parts: list[tuple[tuple[str, str, str], date, int]], unallocated: list[tuple[tuple[str, str, str], int]]
) -> None:
    rows = aged(parts, unallocated, TODAY)
    for key, row in rows.items():
        balance = sum(minor for one, minor in unallocated if one == key) - sum(
            minor for one, _, minor in parts if one == key
        )
        assert row.total == -balance
    total = summed(rows.values())
    assert total.total == sum(row.total for row in rows.values())
    assert [getattr(total, name) for name in Ageing._fields] == [
        sum(getattr(row, name) for row in rows.values()) for name in Ageing._fields
    ]


def test_f15_nothing_comes_to_nothing() -> None:
    assert aged([], [], TODAY) == {}
    assert summed([]) == Ageing()
    assert summed([]).total == 0
