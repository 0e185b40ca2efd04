"""F14: reminders of what is overdue."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.billing.reminding import (
    Level,
    Overdue,
    Reminder,
    levels_text,
    next_level,
    read_levels,
    reminders,
)
from portal.rules.errors import Invalid

THREE = (Level(5), Level(20), Level(40, 1000))
JANUARY = date(2026, 1, 1)


def january(day: int) -> date:
    return date(2026, 1, day)


class Payer:
    """A payer whose invoices are reminded by one run after the other."""

    def __init__(self, levels: tuple[Level, ...], minimum: int, *invoices: Overdue[str]) -> None:
        self.levels, self.minimum = levels, minimum
        self.invoices = {invoice.key: invoice for invoice in invoices}

    def run(self, on: date, *, exempt: bool = False) -> list[tuple[str, int]]:
        told = reminders(self.levels, list(self.invoices.values()), self.minimum, on, exempt=exempt)
        for one in told:
            self.invoices[one.key] = self.invoices[one.key]._replace(level=one.level, reminded_on=on)
        return [(one.key, one.level) for one in told]

    def pay(self, key: str) -> None:
        self.invoices[key] = self.invoices[key]._replace(open=0)


def test_f14_each_level_is_told_once_and_none_after_payment() -> None:
    payer = Payer(THREE, 0, Overdue("one", JANUARY, 10000))
    assert [payer.run(january(day)) for day in (5, 6, 6, 31, 31)] == [[], [("one", 1)], [], [("one", 2)], []]
    payer.pay("one")
    assert payer.run(date(2026, 2, 20)) == []


def test_f14_an_invoice_climbs_one_level_a_run_and_at_most_one_a_day() -> None:
    payer = Payer(THREE, 0, Overdue("late", JANUARY, 10000))
    assert [payer.run(january(31)), payer.run(january(31))] == [[("late", 1)], []]
    assert payer.run(date(2026, 2, 1)) == [("late", 2)]
    assert payer.run(date(2026, 2, 2)) == []
    assert payer.run(date(2026, 2, 10)) == [("late", 3)]
    assert payer.run(date(2027, 1, 1)) == []


def test_f14_who_is_exempt_is_told_nothing() -> None:
    payer = Payer(THREE, 0, Overdue("one", JANUARY, 10000))
    assert payer.run(january(31), exempt=True) == []
    assert payer.run(january(31)) == [("one", 1)]


def test_f14_the_minimum_is_of_all_that_is_overdue() -> None:
    payer = Payer((Level(1), Level(7)), 15000, Overdue("first", january(3), 14900), Overdue("second", january(6), 600))
    assert [payer.run(january(day)) for day in (4, 7, 8, 9, 10)] == [
        [], [("first", 1), ("second", 1)], [], [], [("first", 2)],
    ]  # fmt: skip


def test_f14_what_is_overdue_is_at_least_the_minimum() -> None:
    invoice = Overdue("one", JANUARY, 15000)
    assert reminders(THREE, [invoice], 15000, january(6)) == [Reminder("one", 1, 15000, 0)]
    assert reminders(THREE, [invoice], 15001, january(6)) == []


def test_f14_the_fee_is_that_of_the_level() -> None:
    told = reminders(THREE, [Overdue("one", JANUARY, 15000, 2, january(21))], 0, date(2026, 3, 1))
    assert told == [Reminder("one", 3, 15000, 1000)]


def test_f14_the_oldest_due_is_named_first() -> None:
    told = reminders(THREE, [Overdue("new", january(3), 1), Overdue("old", january(2), 1)], 0, january(20))
    assert [one.key for one in told] == ["old", "new"]


@pytest.mark.parametrize(
    ("text", "levels"),
    [
        ("5,20,40:10.00", THREE),
        (" 5 , 20 ,40 : 10 ", THREE),
        ("1", (Level(1),)),
        ("7:0", (Level(7),)),
        ("", ()),
        (" ", ()),
    ],
)
def test_f14_levels_of_a_setting(text: str, levels: tuple[Level, ...]) -> None:
    assert read_levels(text, "EUR") == levels
    assert read_levels(levels_text(levels, "EUR"), "EUR") == levels


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0", "“0” is no reminder. Write the days after due, 1 to 999"),
        ("1000", "is no reminder"),
        ("5,,20", "“” is no reminder"),
        ("five", "is no reminder"),
        ("٥", "is no reminder"),
        ("5:", "“” is not an amount"),
        ("5:1.999", "more decimal places than EUR has"),
        ("5:-1", "“5:-1” has a fee below zero."),
        ("20,5", "Level 2 comes 5 days after due, and the one before it after 20."),
        ("5,5", "Put them in the order of their days."),
        ("1,2,3,4,5,6,7,8,9,10", "There are 10 levels, and at most 9."),
    ],
)
def test_f14_what_are_no_levels_is_refused(text: str, said: str) -> None:
    with pytest.raises(Invalid) as error:
        read_levels(text, "EUR")
    assert said in str(error.value)
    assert set(error.value.fields) == {"reminders"}


@given(st.lists(st.integers(0, 80), min_size=1, max_size=40).map(sorted), st.integers(-3, 3))
def test_f14_each_level_is_told_at_most_once_in_order_and_never_early(runs: list[int], offset: int) -> None:
    due = JANUARY + timedelta(days=offset)
    payer, told = Payer(THREE, 1, Overdue("one", due, 100)), []
    for day in runs:
        on = JANUARY + timedelta(days=day)
        for _, level in payer.run(on):
            assert (on - due).days >= THREE[level - 1].days
            told.append((on, level))
    assert [level for _, level in told] == list(range(1, len(told) + 1))
    assert len({on for on, _ in told}) == len(told)


def test_f14_a_run_for_an_earlier_day_tells_nothing_new() -> None:
    assert next_level(THREE, Overdue("one", JANUARY, 100, 1, date(2026, 3, 1)), date(2026, 2, 20)) is None
