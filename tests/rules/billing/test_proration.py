"""F13: what parts of a period cost."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.billing.periods import Part, Schedule
from portal.rules.billing.proration import Change, Split, change, charge, length, price_of, split
from portal.rules.invoices.lines import Line, computed
from portal.rules.invoices.prices import Prices
from portal.rules.periods import Period
from portal.rules.services import Period as Every

MARCH = Period(date(2024, 3, 1), date(2024, 3, 31))
APRIL = Period(date(2026, 4, 1), date(2026, 4, 30))
PRICES = st.integers(-(10**12), 10**12)
PERIODS = st.builds(
    lambda first, more: Period(first, first + timedelta(days=more)),
    st.dates(date(2000, 1, 1), date(2040, 1, 1)),
    st.integers(0, 366),
)


@pytest.mark.parametrize(
    ("price", "parts", "tax", "gross"),
    [(20000, Split(667, 19333), 4833, 24166), (16000, Split(533, 15467), 3867, 19334)],
)
def test_f13_the_unused_part_is_the_price_less_the_used_one(price: int, parts: Split, tax: int, gross: int) -> None:
    assert split(price, APRIL, date(2026, 4, 2)) == parts
    credited = computed([Line("Unused", Decimal(1), parts.unused, Decimal(25))], Prices.NET, "EUR")
    assert (credited.tax, credited.total) == (tax, gross)


def test_f13_half_a_cent_of_the_used_part_is_rounded_up() -> None:
    february = Period(date(2017, 2, 1), date(2017, 2, 28))
    assert split(2995, february, date(2017, 2, 15)) == Split(1498, 1497)
    assert change(0, february, date(2017, 2, 15), 2995, february) == Change(0, 1498)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ((1, 1000), (1, 2000), Change(548, 1097)),
        ((5, 1000), (10, 1000), Change(2742, 5484)),
        ((0, 0), (1, 2500), Change(0, 1371)),
        ((1, 4000), (0, 0), Change(2194, 0)),
        ((2, 5000), (1, 3000), Change(5484, 1645)),
    ],
)
def test_f13_a_change_gives_back_and_charges(old: tuple[int, int], new: tuple[int, int], expected: Change) -> None:
    charged, price = (price_of(unit, Decimal(number)) for number, unit in (old, new))
    assert change(charged, MARCH, date(2024, 3, 15), price, MARCH) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected", "due"),
    [
        (1000, 2000, Change(500, 1000), 500),
        (2000, 5000, Change(1000, 2500), 1500),
        (2000, 1000, Change(1000, 500), -500),
    ],
)
def test_f13_what_a_change_comes_to(old: int, new: int, expected: Change, due: int) -> None:
    done = change(old, APRIL, date(2026, 4, 16), new, APRIL)
    assert (done, done.due) == (expected, due)


def test_f13_a_second_change_gives_back_the_price_in_force() -> None:
    assert change(3000, APRIL, date(2026, 4, 11), 6000, APRIL) == Change(2000, 4000)
    rest = Period(date(2026, 4, 11), APRIL.last)
    assert change(4000, rest, date(2026, 4, 21), 9000, APRIL) == Change(2000, 3000)


def test_f13_a_change_that_lasted_no_day_leaves_nothing() -> None:
    first = change(3000, APRIL, date(2026, 4, 16), 6000, APRIL)
    second = change(first.charged, Period(date(2026, 4, 16), APRIL.last), date(2026, 4, 16), 9000, APRIL)
    assert (first, second) == (Change(1500, 3000), Change(3000, 4500))
    assert 3000 + first.due + second.due == 6000


def test_f13_where_a_part_was_charged_its_charge_takes_the_place_of_the_price() -> None:
    part = Schedule.beginning(Every.MONTH, 1, date(2025, 2, 8)).part_from(date(2025, 2, 8))
    assert (length(part.days), length(part.of), charge(10000, part)) == (21, 28, 7500)
    assert split(7500, part.days, date(2025, 2, 22)) == Split(5000, 2500)


def test_f13_ending_on_the_last_day_gives_nothing_back() -> None:
    november = Period(date(2015, 11, 1), date(2015, 11, 30))
    assert change(2995, november, date(2015, 12, 1), 0, november) == Change(0, 0)
    assert split(2995, november, date(2016, 5, 1)) == Split(2995, 0)


def test_f13_what_never_began_is_given_back_whole() -> None:
    assert split(2995, APRIL, APRIL.first) == split(2995, APRIL, date(2026, 1, 1)) == Split(0, 2995)
    assert change(2995, APRIL, date(2026, 1, 1), 5000, APRIL) == Change(2995, 5000)


@given(PRICES, PERIODS, st.integers(-10, 400))
def test_f13_used_and_unused_are_the_price(price: int, days: Period, later: int) -> None:
    parts = split(price, days, days.first + timedelta(days=later))
    assert parts.used + parts.unused == price
    assert 0 <= parts.used * price <= price * price


@given(st.integers(0, 10**9), PERIODS, st.integers(0, 400))
def test_f13_the_same_price_again_comes_to_a_cent_at_most(price: int, days: Period, later: int) -> None:
    assert abs(change(price, days, days.first + timedelta(days=later), price, days).due) <= 1


@pytest.mark.parametrize(
    ("unit", "number", "price"), [(999, "1.5", 1499), (-999, "1.5", -1499), (1, "0.5", 1), (333, "3", 999)]
)
def test_f13_the_price_of_several_is_rounded_once(unit: int, number: str, price: int) -> None:
    assert price_of(unit, Decimal(number)) == price


def test_f13_a_whole_period_costs_its_price() -> None:
    assert charge(31000, Part(MARCH, MARCH)) == 31000
