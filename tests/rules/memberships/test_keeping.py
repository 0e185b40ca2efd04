"""B9, B10: memberships are renewed, frozen, ended and changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.errors import Reason
from portal.rules.invoices.prices import Prices
from portal.rules.memberships.changing import change_refusals, downgrade_from, is_upgrade, upgrade
from portal.rules.memberships.ending import end_refusals, last_day, undo_refusals, unused
from portal.rules.memberships.freezing import freeze_of, freeze_refusals, frozen, thaw_refusals, thawed
from portal.rules.memberships.holding import GrantedDays, Membership, Shown
from portal.rules.memberships.plans import Plan, buying_refusals, years_between
from portal.rules.memberships.renewing import ahead, by_hand, by_hand_refusals, due
from portal.rules.memberships.states import MembershipState
from portal.rules.periods import Period
from tests.memberships import day, days, held, plan

YEAR = held("2026-01-01", of=plan(36500, "year"))


def said(reasons: list[Reason]) -> str:
    return " ".join(str(one.message) for one in reasons)


# Renewing -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "length", "today", "period"),
    [
        ("2026-03-01", "30 days", "2026-03-21", "2026-03-31 2026-04-29"),
        ("2026-03-01", "30 days", "2026-03-30", "2026-03-31 2026-04-29"),
        ("2023-01-21", "year", "2026-03-10", "2026-03-10 2027-03-09"),
        ("2023-01-21", "year", "2024-01-21", "2024-01-21 2025-01-20"),
    ],
)
def test_b9_renewing_by_hand_adds_to_the_end_or_begins_anew(first: str, length: str, today: str, period: str) -> None:
    membership = held(first, of=plan(length=length))
    assert by_hand_refusals(membership, day(today)) == []
    assert by_hand(membership, day(today)).days == days(period)


def test_b9_a_renewal_keeps_the_day_of_the_first_one() -> None:
    membership = held("2023-01-31")
    assert membership.until == day("2023-02-27")
    assert [one.days.first for one in due(membership, day("2023-05-31"))] == list(
        map(day, ("2023-02-28", "2023-03-31", "2023-04-30", "2023-05-31"))
    )


@pytest.mark.parametrize(
    ("membership", "on", "periods"),
    [
        (held("2026-01-15"), "2026-02-14", []),
        (held("2026-01-15"), "2026-02-15", ["2026-02-15 2026-03-14"]),
        (held("2026-01-15", ends_on=day("2026-02-14")), "2026-06-01", []),
        (held("2026-01-15", of=plan(renews=False)), "2026-06-01", []),
        (held("2026-01-15", state=MembershipState.ORDERED), "2026-06-01", []),
        (held("2026-01-15", 2), "2026-02-15", []),
        (held("2026-01-15", freezes=(days("2026-02-15 2026-02-20"),)), "2026-02-15", ["2026-02-15 2026-03-20"]),
    ],
)
def test_b10_a_run_renews_what_goes_on(membership: Membership, on: str, periods: list[str]) -> None:
    assert [one.days for one in due(membership, day(on))] == list(map(days, periods))


def test_b10_an_end_within_a_period_to_come_is_charged_by_its_days() -> None:
    ended = held("2026-03-01", of=plan(3000), ends_on=day("2026-04-10"))
    assert [(one.days, one.amount) for one in due(ended, day("2026-05-31"))] == [(days("2026-04-01 2026-04-10"), 1000)]


def test_b9_why_it_cannot_be_renewed_by_hand() -> None:
    today = day("2026-03-05")
    refused = by_hand_refusals(held("2026-03-01", ends_on=day("2026-03-31"), state=MembershipState.ORDERED), today)
    assert "waits for its invoice" in said(refused)
    assert "its last day is 2026-03-31" in said(refused)
    visits = replace(held("2026-03-01"), plan=plan(length="", visits=10))
    assert "no periods" in said(by_hand_refusals(visits, today))
    assert by_hand_refusals(held("2026-02-01", ends_on=day("2026-02-28")), today) == []


def test_b5_what_comes_next_is_said_with_its_price() -> None:
    found = ahead(held("2026-03-01"))
    assert found is not None
    assert (found.days.first, found.amount) == (day("2026-04-01"), 1000)
    assert ahead(held("2026-03-01", ends_on=day("2026-03-31"))) is None
    assert ahead(replace(held("2026-03-01"), plan=plan(length="", visits=3), granted=())) is None


# Freezing -------------------------------------------------------------------------------------------------------------


def test_b10_frozen_days_are_added_and_the_rest_of_them_is_given_back() -> None:
    march = days("2026-03-01 2026-03-31")
    one = frozen(YEAR, march)
    assert (one.until, one.freezes) == (day("2027-01-31"), (march,))
    assert freeze_of(one, day("2026-03-11")) == march
    early = thawed(one, march, day("2026-03-11"))
    assert (early.until, early.freezes) == (day("2027-01-10"), (days("2026-03-01 2026-03-10"),))
    assert thawed(one, march, day("2026-03-01")) == YEAR == thawed(one, march, day("2026-02-01"))


def test_b10_a_freeze_moves_what_is_granted_after_it_and_the_end() -> None:
    membership = replace(held("2026-03-01", 3), ends_on=day("2026-05-31"), next_from=day("2026-06-01"))
    one = frozen(membership, days("2026-04-10 2026-04-14"))
    assert [(each.first, each.last) for each in one.granted] == [
        (day("2026-03-01"), day("2026-03-31")),
        (day("2026-04-01"), day("2026-05-05")),
        (day("2026-05-06"), day("2026-06-05")),
    ]
    assert (one.ends_on, one.next_from) == (day("2026-06-05"), day("2026-06-06"))
    assert thawed(one, one.freezes[0], day("2026-04-10")) == membership


def test_b10_no_renewal_falls_into_a_freeze() -> None:
    one = frozen(held("2026-03-01"), days("2026-04-01 2026-04-10"))
    assert one.until == day("2026-04-10")
    assert [each.days for each in due(one, day("2026-04-11"))] == [days("2026-04-11 2026-05-10")]
    later = frozen(held("2026-03-01"), days("2026-04-05 2026-04-10"))
    assert [each.days for each in due(later, day("2026-04-11"))] == [days("2026-04-01 2026-05-06")]


@given(st.integers(0, 400), st.integers(1, 60), st.integers(0, 80))
def test_b10_ending_a_freeze_early_gives_back_its_rest(begin: int, number: int, used: int) -> None:
    first = YEAR.from_on + timedelta(days=begin % 365)
    freeze = Period(first, first + timedelta(days=number - 1))
    one = frozen(YEAR, freeze)
    assert one.until == YEAR.granted[0].first + timedelta(days=364 + number)
    kept = min(used, number)
    early = thawed(one, freeze, first + timedelta(days=kept))
    assert early.until == YEAR.granted[0].first + timedelta(days=364 + kept)


@pytest.mark.parametrize(
    ("membership", "freeze", "why"),
    [
        (YEAR, "2026-03-10 2026-03-01", "would end on 2026-03-01, before it begins"),
        (YEAR, "2026-02-01 2026-02-02", "2026-02-01 is past"),
        (YEAR, "2027-01-01 2027-01-02", ""),
        (replace(YEAR, ends_on=day("2026-12-31")), "2027-01-01 2027-01-02", "over on 2026-12-31 and is not renewed"),
        (YEAR, "2026-03-01 2026-04-30", "61 days within a year; Plan 1 allows 60"),
        (YEAR, "2026-03-01 2026-04-29", ""),
        (replace(YEAR, freezes=(days("2026-05-01 2026-05-31"),)), "2026-03-01 2026-03-30", "61 days within a year"),
        (replace(YEAR, freezes=(days("2026-05-01 2026-05-31"),)), "2026-05-31 2026-06-01", "from 2026-05-01 to"),
        (held("2026-04-01"), "2026-03-20 2026-04-02", "begins on 2026-04-01"),
        (held("2026-03-01", of=plan(freeze_days=0)), "2026-03-20 2026-03-21", "Plan 1 cannot be frozen"),
        (held("2026-03-01", state=MembershipState.ORDERED), "2026-03-20 2026-03-21", "waits for its invoice"),
        (replace(YEAR, plan=plan(length="")), "2026-03-20 2026-03-21", "no end to which days could be added"),
    ],
)
def test_b10_why_it_cannot_be_frozen(membership: Membership, freeze: str, why: str) -> None:
    reasons = freeze_refusals(membership, days(freeze), day("2026-03-01"), staff=False)
    assert bool(reasons) is bool(why)
    assert why in said(reasons)
    assert {one.rule for one in reasons} <= {"B10"}


def test_b10_staff_freeze_days_that_are_past() -> None:
    assert freeze_refusals(YEAR, days("2026-03-01 2026-03-31"), day("2026-11-30"), staff=True) == []
    one = frozen(YEAR, days("2026-03-01 2026-03-31"))
    assert thaw_refusals(one, day("2026-03-11"), day("2026-11-30"), staff=True) == []
    assert "is past" in said(thaw_refusals(one, day("2026-03-11"), day("2026-03-12"), staff=False))
    assert "is not frozen on 2026-04-01" in said(thaw_refusals(one, day("2026-04-01"), day("2026-03-12"), staff=True))


def test_b10_a_freeze_after_a_change_of_plan_moves_what_is_in_force() -> None:
    """A longer plan began within a month: the freeze is added to it, and what was given back stays as it was."""
    old = held("2026-04-01").granted[0]._replace(ended_on=day("2026-04-15"))
    year, later = plan(24000, "year", 2), ("2026-04-16", "2027-04-15")
    changed = held("2026-04-01", of=year, granted=(old, GrantedDays(2, year, *map(day, later), 24000)))
    freeze = days("2026-04-20 2026-04-25")
    one = frozen(changed, freeze)
    assert [(each.first, each.last) for each in one.granted] == [
        (day("2026-04-01"), day("2026-04-30")),
        (day("2026-04-16"), day("2027-04-21")),
    ]
    assert thawed(one, freeze, day("2026-04-20")) == changed
    same = replace(changed, granted=(old, old._replace(id=2, first=day("2026-04-16"), ended_on=None)))
    assert {each.last for each in frozen(same, freeze).granted} == {day("2026-05-06")}


# Ending ---------------------------------------------------------------------------------------------------------------


def test_b10_what_ends_on_its_last_day_charges_and_gives_back_nothing() -> None:
    membership, today = held("2026-07-15", of=plan(10000)), day("2026-08-15")
    assert last_day(membership, today) == day("2026-08-14")
    assert end_refusals(membership, day("2026-08-14"), today, staff=False) == []
    assert unused(membership, today) == []
    assert list(due(replace(membership, ends_on=day("2026-08-14")), today)) == []


@pytest.mark.parametrize(
    ("on", "number", "amount"), [("2026-04-16", 15, 500), ("2026-04-01", 30, 1000), ("2026-04-30", 1, 33)]
)
def test_f13_what_is_unused_is_the_price_less_the_used_part(on: str, number: int, amount: int) -> None:
    (found,) = unused(held("2026-04-01"), day(on))
    assert (found.number, found.of, found.amount) == (number, 30, amount)


def test_f13_frozen_days_are_no_days_of_use() -> None:
    (found,) = unused(frozen(held("2026-04-01"), days("2026-04-11 2026-04-20")), day("2026-04-21"))
    assert (found.days, found.number, found.of, found.amount) == (days("2026-04-21 2026-05-10"), 20, 30, 667)


CARD = plan(5000, "", visits=2)
VISITS = Membership(
    CARD,
    MembershipState.ACTIVE,
    day("2026-03-01"),
    day("2026-03-01"),
    (GrantedDays(1, CARD, day("2026-03-01"), None, 5000),),
)


def test_f13_visits_for_no_period_are_given_back_as_a_whole_or_not_at_all() -> None:
    assert [(one.days, one.amount) for one in unused(VISITS, day("2026-03-01"))] == [(None, 5000)]
    assert unused(VISITS, day("2026-03-02")) == []


def test_b9_what_is_used_up_is_over_after_the_last_visit() -> None:
    used = replace(VISITS, used_up_on=day("2026-03-10"))
    assert [used.shown_on(day(f"2026-03-{on}")) for on in (10, 11)] == [Shown.ACTIVE, Shown.ENDED]
    assert "are used up" in said(end_refusals(used, day("2026-03-11"), day("2026-03-11"), staff=True))
    assert end_refusals(used, day("2026-03-10"), day("2026-03-10"), staff=True) == []


@pytest.mark.parametrize(
    ("membership", "on", "staff", "why"),
    [
        (held("2026-03-01"), "2026-03-31", False, ""),
        (held("2026-03-01"), "2026-03-20", False, "paid until 2026-03-31"),
        (held("2026-03-01"), "2026-03-20", True, ""),
        (held("2026-03-01"), "2026-02-20", True, "begins on 2026-03-01"),
        (held("2026-03-01", ends_on=day("2026-03-31")), "2026-03-31", False, "was ended already"),
        (held("2026-02-01", ends_on=day("2026-02-28")), "2026-03-31", True, "has ended already, on 2026-02-28"),
        (held("2026-03-01", state=MembershipState.ENDED), "2026-03-31", True, "has ended already"),
        (held("2026-03-01", state=MembershipState.ORDERED), "2026-02-28", False, ""),
    ],
)
def test_b10_why_it_cannot_be_ended(membership: Membership, on: str, staff: bool, why: str) -> None:
    reasons = end_refusals(membership, day(on), day("2026-03-10"), staff=staff)
    assert bool(reasons) is bool(why)
    assert why in said(reasons)


@pytest.mark.parametrize(
    ("ends_on", "granted", "why"),
    [(None, 1, "was not ended"), ("2026-03-31", 1, ""), ("2026-03-09", 1, "ended on"), ("2026-03-31", 2, "given back")],
)
def test_b10_an_end_is_taken_back_until_it_is_there(ends_on: str | None, granted: int, why: str) -> None:
    membership = held("2026-03-01", granted, ends_on=day(ends_on) if ends_on else None)
    reasons = undo_refusals(membership, day("2026-03-10"))
    assert bool(reasons) is bool(why)
    assert why in said(reasons)


# Changing the plan ----------------------------------------------------------------------------------------------------


def test_b10_an_upgrade_is_charged_against_what_is_unused() -> None:
    made = upgrade(held("2026-04-01"), plan(2000, key=2), day("2026-04-16"))
    (back,), (charge,) = made.given_back, made.charged
    assert (back.days, back.number, back.of, back.amount) == (days("2026-04-16 2026-04-30"), 15, 30, 500)
    assert charge == (days("2026-04-16 2026-04-30"), 15, 30, 1000)
    assert made.anchor == day("2026-04-01")


def test_b10_the_second_upgrade_gives_back_what_is_in_force() -> None:
    middle, dearest = plan(2000, key=2), plan(6000, key=3)
    old, new = held("2026-04-01").granted[0], GrantedDays(2, middle, day("2026-04-16"), day("2026-04-30"), 1000)
    changed = held("2026-04-01", of=middle, granted=(old._replace(ended_on=day("2026-04-15")), new))
    made = upgrade(changed, dearest, day("2026-04-21"))
    assert [(one.number, one.of, one.amount) for one in made.given_back] == [(10, 15, 667)]
    assert [(one.number, one.of, one.amount) for one in made.charged] == [(10, 30, 2000)]
    same_day = upgrade(changed, dearest, day("2026-04-16"))
    assert [one.amount for one in same_day.given_back] == [1000]


def test_b10_an_upgrade_to_another_length_begins_a_period() -> None:
    made = upgrade(held("2026-04-01", 2), plan(24000, "year", 2), day("2026-04-16"))
    assert [one.amount for one in made.given_back] == [500, 1000]
    assert [(one.days, one.amount) for one in made.charged] == [(days("2026-04-16 2027-04-15"), 24000)]
    assert made.anchor == day("2026-04-16")


def test_b10_a_downgrade_is_in_force_from_the_next_period_on() -> None:
    membership = held("2023-10-19", of=plan(2000))
    first = downgrade_from(membership, day("2023-11-09"))
    assert first == day("2023-11-19")
    assert downgrade_from(membership, day("2023-11-20")) == day("2023-12-19")
    changed = replace(membership, next_plan=plan(1000, key=2), next_from=first)
    assert [(one.plan.id, one.amount) for one in due(changed, first)] == [(2, 1000)]
    granted = changed.days_of(day("2023-11-18"))
    assert granted is not None
    assert granted.plan.id == 1


@pytest.mark.parametrize(
    ("old", "new", "dearer"),
    [
        (plan(1000), plan(1001, key=2), True),
        (plan(1000), plan(1000, key=2), False),
        (plan(1000), plan(11000, "year", 2), False),
        (plan(1000), plan(13000, "year", 2), True),
        (plan(1000), plan(900, key=2, prices=Prices.NET), True),
        (plan(1000), plan(800, key=2, prices=Prices.NET), False),
    ],
)
def test_b10_dearer_a_day_is_an_upgrade(old: Plan, new: Plan, dearer: bool) -> None:
    assert is_upgrade(old, new, Decimal(21)) is dearer


@pytest.mark.parametrize(
    ("membership", "new", "on", "at_once", "why"),
    [
        (held("2026-03-01"), plan(2000, key=2), "2026-03-10", True, ""),
        (held("2026-03-01"), plan(), "2026-03-10", False, "It is Plan 1 already"),
        (held("2026-03-01"), plan(2000, key=2), "2026-03-20", True, "2026-03-20 is ahead"),
        (held("2026-03-01"), plan(2000, "", 2), "2026-03-10", True, "Plan 2 has no periods"),
        (held("2026-03-05"), plan(2000, key=2), "2026-03-04", True, "is not granted on 2026-03-04"),
        (held("2026-01-01"), plan(2000, key=2), "2026-03-10", True, "is over since 2026-01-31"),
        (held("2026-03-01", ends_on=day("2026-03-31")), plan(500, key=2), "2026-03-10", False, "was ended"),
        (held("2026-03-01", ends_on=day("2026-03-31")), plan(2000, key=2), "2026-03-10", True, ""),
        (held("2026-03-01", ends_on=day("2026-03-31")), plan(24000, "year", 2), "2026-03-10", True, "Plan 1 was ended"),
        (held("2026-03-01", ends_on=day("2026-03-09")), plan(2000, key=2), "2026-03-10", True, "over since 2026-03-09"),
        (held("2026-03-01", ends_on=day("2026-03-05")), plan(500, key=2), "2026-03-06", False, "over since 2026-03-05"),
        (held("2026-03-01", of=plan(renews=False)), plan(500, key=2), "2026-03-10", False, "is not renewed"),
        (held("2026-03-01", state=MembershipState.ORDERED), plan(500, key=2), "2026-03-10", False, "waits for"),
        (
            held("2026-03-01", freezes=(days("2026-03-09 2026-03-12"),)),
            plan(2000, key=2),
            "2026-03-10",
            True,
            "is frozen",
        ),
    ],
)
def test_b10_why_the_plan_cannot_change(membership: Membership, new: Plan, on: str, at_once: bool, why: str) -> None:
    reasons = change_refusals(membership, new, day(on), day("2026-03-10"), at_once=at_once)
    assert bool(reasons) is bool(why)
    assert why in said(reasons)


# What it is, and who may have it --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("membership", "today", "state"),
    [
        (held("2026-03-01"), "2026-03-31", Shown.ACTIVE),
        (held("2026-03-01"), "2026-04-01", Shown.ACTIVE),
        (held("2026-03-01"), "2026-04-02", Shown.ENDED),
        (held("2026-03-01", of=plan(renews=False)), "2026-04-01", Shown.ENDED),
        (held("2026-03-01", ends_on=day("2026-03-31")), "2026-04-01", Shown.ENDED),
        (held("2026-03-01", ends_on=day("2026-03-20")), "2026-03-21", Shown.ENDED),
        (held("2026-03-01", freezes=(days("2026-03-09 2026-03-12"),)), "2026-03-12", Shown.FROZEN),
        (held("2026-03-01", state=MembershipState.ORDERED), "2026-03-12", Shown.ORDERED),
    ],
)
def test_b9_what_a_membership_is_on_a_day(membership: Membership, today: str, state: Shown) -> None:
    assert membership.shown_on(day(today)) is state


@pytest.mark.parametrize(
    ("born", "why"),
    [
        ("2014-03-11", "is 11 years old"),
        ("2014-03-10", ""),
        ("2009-03-10", "is 17 years old"),
        ("2009-03-11", ""),
        (None, "no date of birth"),
    ],
)
def test_b5_ages_are_whole_years_on_the_first_day(born: str | None, why: str) -> None:
    youth = plan(age_from=12, age_to=16)
    reasons = buying_refusals(youth, "Mia", day(born) if born else None, day("2026-03-10"))
    assert bool(reasons) is bool(why)
    assert why in said(reasons)


def test_b5_what_is_not_sold_is_said_and_leap_days_have_birthdays() -> None:
    assert "not sold any more" in said(buying_refusals(plan(retired=True), "Mia", None, day("2026-03-10")))
    ages = [years_between(date(2012, 2, 29), day(text)) for text in ("2026-02-28", "2026-03-01", "2028-02-29")]
    assert ages == [13, 14, 16]


@pytest.mark.parametrize(
    ("values", "counted", "in_all", "text"),
    [
        ({}, None, None, "any number of visits"),
        ({"included": 4}, 4, None, "4 visits in each period"),
        ({"visits": 3, "included": 4}, 3, None, "3 visits in each period"),
        ({"discount": Decimal("12.50")}, 0, None, "12.5 % off"),
        ({"discount": Decimal(10), "included": 1}, 1, None, "1 visit in each period, then 10 % off"),
        ({"visits": 10, "length": None}, None, 10, "10 visits"),
    ],
)
def test_b5_what_a_plan_includes(values: dict[str, object], counted: int | None, in_all: int | None, text: str) -> None:
    one = plan(**values)  # type: ignore[arg-type]
    one = replace(one, length=None) if "length" in values else one
    assert (one.counted, one.visits_in_all, str(one.includes)) == (counted, in_all, text)


def test_b10_a_day_costs_its_share_with_tax() -> None:
    assert plan(3000, "30 days").per_day(Decimal(21)) == 100
    assert plan(3000, "30 days", prices=Prices.NET).per_day(Decimal(21)) == Fraction(121)
