"""B9, B10: the periods of memberships, and the days for which they are frozen."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.memberships.lengths import Length, NoLength, read_length
from portal.rules.memberships.periods import days_in_use, frozen_days, frozen_on, periods, stretched
from portal.rules.periods import Period

LENGTHS = st.sampled_from([Length(1), Length(12), Length(0, 30), Length(1, 2), Length(0, 1)])


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("first", "length", "last"),
    [
        ("2021-02-01", "1 month", "2021-02-28"),
        ("2021-02-28", "1 month", "2021-03-27"),
        ("2021-04-10", "3 days", "2021-04-12"),
        ("2021-02-01", "1 month 2 days", "2021-03-02"),
        ("2021-02-28", "1 month 2 days", "2021-03-29"),
        ("2026-01-01", "year", "2026-12-31"),
        ("2023-01-21", "1 year", "2024-01-20"),
    ],
)
def test_b9_a_period_has_a_last_day(first: str, length: str, last: str) -> None:
    assert read_length(length).period(day(first)) == Period(day(first), day(last))


THE_31ST = """
2022-12-31 2023-01-31 2023-02-28 2023-03-31 2023-04-30 2023-05-31 2023-06-30 2023-07-31 2023-08-31 2023-09-30
2023-10-31 2023-11-30 2023-12-31 2024-01-31 2024-02-29 2024-03-31
"""


@pytest.mark.parametrize("begin", [THE_31ST, "2024-01-30 2024-02-29 2024-03-30 2024-04-30"])
def test_b9_periods_are_counted_from_the_first_day(begin: str) -> None:
    wanted = list(map(day, begin.split()))
    found = list(islice(periods(Length(1), wanted[0]), len(wanted)))
    assert [one.first for one in found] == wanted
    assert all(one.last + timedelta(days=1) == after.first for one, after in pairwise(found))


@pytest.mark.parametrize(
    ("first", "length", "freezes", "last", "after"),
    [
        ("2026-01-01", "year", ["2026-03-01 2026-03-31"], "2027-01-31", "2028-01-31"),
        ("2026-01-01", "year", ["2026-03-01 2026-03-10"], "2027-01-10", "2028-01-10"),
        ("2026-03-01", "month", ["2026-03-20 2026-04-10"], "2026-04-22", "2026-05-22"),
        ("2026-03-01", "month", ["2026-04-01 2026-04-05"], "2026-04-05", "2026-05-05"),
        ("2026-03-01", "month", ["2026-04-10 2026-04-20"], "2026-03-31", "2026-05-11"),
        ("2026-03-01", "month", ["2026-03-02 2026-03-03", "2026-04-02 2026-04-02"], "2026-04-03", "2026-05-03"),
        ("2026-03-01", "30 days", ["2026-02-01 2026-02-10"], "2026-03-30", "2026-04-29"),
    ],
)
def test_b10_a_freeze_adds_its_days_to_the_end_and_no_period_begins_in_it(
    first: str, length: str, freezes: list[str], last: str, after: str
) -> None:
    frozen = [Period(*map(day, one.split())) for one in freezes]
    one, two = islice(periods(read_length(length), day(first), frozen), 2)
    assert (one.last, two.last) == (day(last), day(after))
    assert two.first == one.last + timedelta(days=1)
    assert frozen_on(two.first, frozen) is None


def test_b10_the_price_is_for_the_days_in_use() -> None:
    april, frozen = Period(day("2026-04-01"), day("2026-05-05")), [Period(day("2026-04-10"), day("2026-04-14"))]
    assert stretched(Period(april.first, day("2026-04-30")), frozen) == april.last
    assert (frozen_days(april, frozen), days_in_use(april, frozen)) == (5, 30)
    assert [frozen_on(day(text), frozen) for text in ("2026-04-09", "2026-04-15")] == [None, None]


@given(
    st.dates(date(2000, 1, 1), date(2040, 1, 1)), LENGTHS, st.lists(st.tuples(st.integers(0, 90), st.integers(0, 40)))
)
def test_b9_no_day_is_in_two_periods_or_in_none(first: date, length: Length, some: list[tuple[int, int]]) -> None:
    freezes, begin = [], first
    for later, more in some:
        begin += timedelta(days=later)
        freezes.append(Period(begin, begin + timedelta(days=more)))
        begin = freezes[-1].last + timedelta(days=2)
    found = list(islice(periods(length, first, freezes), 12))
    assert all(one.last + timedelta(days=1) == after.first for one, after in pairwise(found))
    assert not any(frozen_on(one.first, freezes) for one in found[1:])


@pytest.mark.parametrize(
    ("text", "length", "written"),
    [
        ("month", Length(1), "month"),
        ("Week", Length(0, 7), "week"),
        ("1  quarter", Length(3), "quarter"),
        ("30 days", Length(0, 30), "30 days"),
        ("1 day", Length(0, 1), "1 day"),
        ("2 months", Length(2), "2 months"),
        ("1 month 2 days", Length(1, 2), "1 month 2 days"),
        ("2 years", Length(24), "24 months"),
        ("2 weeks", Length(0, 14), "14 days"),
    ],
)
def test_b9_lengths_are_read_and_written(text: str, length: Length, written: str) -> None:
    assert read_length(text) == length == read_length(str(length))
    assert str(length) == written


@pytest.mark.parametrize("text", ["", "0 days", "month 2", "1 month 1 month", "-1 days", "2 fortnights", "9999 days"])
def test_b9_what_is_no_length_is_said(text: str) -> None:
    with pytest.raises(NoLength, match="is not a length"):
        read_length(text)


@pytest.mark.parametrize(
    ("length", "said"), [("year", "1 year"), ("18 months", "18 months"), ("1 month 2 days", "1 month 2 days")]
)
def test_a_length_is_said_in_words(length: str, said: str) -> None:
    assert str(read_length(length).label) == said
