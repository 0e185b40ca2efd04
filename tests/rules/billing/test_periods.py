"""F5, F13: the periods for which services are billed."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.billing.periods import Part, Schedule, billing_day_from
from portal.rules.billing.proration import charge, length
from portal.rules.periods import Period
from portal.rules.services import Period as Every

DAY = timedelta(days=1)
DAYS = st.dates(date(1999, 1, 1), date(2050, 12, 31))
EVERY = st.sampled_from(Every)
BILLING_DAYS = st.integers(1, 31)
SCHEDULES = st.builds(Schedule.beginning, EVERY, BILLING_DAYS, DAYS)


def days(first: str, last: str) -> Period:
    return Period(date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    ("on", "day", "found"),
    [
        ("2026-01-15", 15, "2026-01-15"),
        ("2026-01-16", 15, "2026-02-15"),
        ("2026-02-28", 31, "2026-02-28"),
        ("2024-02-28", 31, "2024-02-29"),
        ("2026-03-01", 31, "2026-03-31"),
        ("2026-12-16", 15, "2027-01-15"),
    ],
)
def test_f5_the_last_day_serves_in_a_shorter_month(on: str, day: int, found: str) -> None:
    assert billing_day_from(date.fromisoformat(on), day) == date.fromisoformat(found)


def test_f5_the_anchor_stays_through_a_shorter_month() -> None:
    schedule = Schedule.beginning(Every.MONTH, 31, date(2026, 1, 31))
    assert [schedule.period(number) for number in range(3)] == [
        days("2026-01-31", "2026-02-27"),
        days("2026-02-28", "2026-03-30"),
        days("2026-03-31", "2026-04-29"),
    ]


@pytest.mark.parametrize(
    ("every", "second"), [(Every.MONTH, "2026-03-31"), (Every.QUARTER, "2026-05-31"), (Every.YEAR, "2027-02-28")]
)
def test_f5_the_day_stays_where_the_first_period_begins_in_a_shorter_month(every: Every, second: str) -> None:
    schedule = Schedule.beginning(every, 31, date(2026, 2, 10))
    assert schedule.anchor == date(2026, 2, 28)
    assert schedule.first_day(1) == date.fromisoformat(second)
    assert schedule.part_from(date(2026, 2, 10)).days == days("2026-02-10", "2026-02-27")


@pytest.mark.parametrize(
    ("every", "started", "anchor", "second"),
    [
        (Every.MONTH, "2026-01-10", "2026-01-15", "2026-02-15"),
        (Every.QUARTER, "2026-01-16", "2026-02-15", "2026-05-15"),
        (Every.YEAR, "2024-02-15", "2024-02-15", "2025-02-15"),
        (Every.WEEK, "2026-01-10", "2026-01-10", "2026-01-17"),
    ],
)
def test_f5_longer_periods_count_from_the_first_billing_day(
    every: Every, started: str, anchor: str, second: str
) -> None:
    schedule = Schedule.beginning(every, 15, date.fromisoformat(started))
    assert (schedule.first_day(0).isoformat(), schedule.first_day(1).isoformat()) == (anchor, second)


def test_f5_f13_the_part_before_the_first_billing_day_and_the_last_part() -> None:
    """310.00 a month on day 15 from 1 January 2011, stopped from 27 February: what each run charges in all."""
    schedule, billed, charged, in_all = Schedule.beginning(Every.MONTH, 15, date(2011, 1, 1)), date(2011, 1, 1), [], []
    for month, day in ((1, 1), (1, 7), (1, 15), (2, 15), (3, 7)):
        for part in schedule.parts_due(billed, date(2011, month, day), end=date(2011, 2, 27)):
            billed = part.days.last + DAY
            charged.append(charge(31000, part))
        in_all.append(sum(charged))
    assert charged == [14000, 31000, 13286]
    assert in_all == [14000, 14000, 45000, 58286, 58286]


def test_f5_a_run_bills_all_that_is_due_and_was_not_billed() -> None:
    schedule = Schedule.beginning(Every.QUARTER, 1, date(2026, 1, 1))
    parts = list(schedule.parts_due(date(2026, 1, 1), date(2026, 7, 1)))
    assert [part.days for part in parts] == [
        days("2026-01-01", "2026-03-31"),
        days("2026-04-01", "2026-06-30"),
        days("2026-07-01", "2026-09-30"),
    ]
    assert all(part.whole for part in parts)
    assert list(schedule.parts_due(date(2026, 10, 1), date(2026, 9, 30))) == []


def test_f5_another_billing_day_bills_a_first_part_from_what_is_paid() -> None:
    schedule = Schedule.beginning(Every.MONTH, 15, date(2026, 1, 15)).moved(1, paid_until=date(2026, 2, 14))
    part = schedule.part_from(date(2026, 2, 15))
    assert part == Part(days("2026-02-15", "2026-02-28"), days("2026-02-01", "2026-02-28"))
    assert schedule.part_from(date(2026, 3, 1)).days == days("2026-03-01", "2026-03-31")


def test_f5_longer_periods_count_their_months_from_the_new_billing_day() -> None:
    schedule = Schedule.beginning(Every.QUARTER, 15, date(2026, 1, 15)).moved(1, paid_until=date(2026, 4, 14))
    assert schedule.part_from(date(2026, 4, 15)) == Part(
        days("2026-04-15", "2026-04-30"), days("2026-02-01", "2026-04-30")
    )
    assert schedule.part_from(date(2026, 5, 1)).days == days("2026-05-01", "2026-07-31")


def test_f5_weeks_keep_their_weekday_whatever_the_billing_day() -> None:
    schedule = Schedule.beginning(Every.WEEK, 15, date(2026, 1, 7))
    assert schedule.moved(1, date(2026, 1, 13)) == schedule
    assert schedule.period_of(date(2026, 1, 20)) == days("2026-01-14", "2026-01-20")


@given(SCHEDULES, st.integers(-40, 40))
def test_f13_periods_neither_overlap_nor_leave_a_day_out(schedule: Schedule, number: int) -> None:
    period, following = schedule.period(number), schedule.period(number + 1)
    assert period.first <= period.last
    assert period.last + DAY == following.first
    for on in (period.first, period.last):
        assert schedule.number_of(on) == number
        assert schedule.period_of(on) == period
    if schedule.every is not Every.WEEK:
        assert period.first.day == schedule.day or (period.first + DAY).month != period.first.month


@given(EVERY, BILLING_DAYS, DAYS, st.integers(0, 900), st.none() | st.integers(0, 900))
def test_f5_runs_bill_every_day_once_and_none_after_the_end(
    every: Every, day: int, started: date, later: int, lasted: int | None
) -> None:
    schedule, on = Schedule.beginning(every, day, started), started + timedelta(days=later)
    end = None if lasted is None else started + timedelta(days=lasted)
    parts, nextly = list(schedule.parts_due(started, on, end)), started
    for part in parts:
        assert part.days.first == nextly <= part.days.last
        assert part.of.first <= part.days.first
        assert part.days.last <= part.of.last
        assert part.of == schedule.period_of(part.days.first)
        nextly = part.days.last + DAY
    assert nextly > on or nextly == end
    assert sum(length(part.days) for part in parts) == (nextly - started).days


@given(EVERY, BILLING_DAYS, BILLING_DAYS, DAYS, st.integers(0, 30))
def test_f5_a_moved_billing_day_leaves_no_day_out(
    every: Every, day: int, other: int, started: date, number: int
) -> None:
    schedule = Schedule.beginning(every, day, started)
    paid_until = schedule.period(number).last
    moved = schedule.moved(other, paid_until)
    first = moved.part_from(paid_until + DAY)
    assert first.days.first == paid_until + DAY
    assert first.days.last <= first.of.last
    assert moved.part_from(first.days.last + DAY).whole
