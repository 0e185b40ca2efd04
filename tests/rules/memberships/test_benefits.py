"""B5, B9: which membership counts for a session, and what the session costs then."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from portal.rules.memberships.benefits import Benefit, Held, Stretch, Wanted, benefit, benefit_of, benefits
from portal.rules.memberships.states import MembershipState
from portal.rules.periods import Period

APRIL = Stretch(date(2021, 4, 1), date(2021, 4, 30), "yoga", 2, 2)
HELD = Held("m", "Yoga", MembershipState.ACTIVE, (APRIL,))


def session(on: date = date(2021, 4, 20), hour: int = 18, klass: str = "yoga", price: int = 1000) -> Wanted:
    begins = datetime(on.year, on.month, on.day, hour, tzinfo=UTC)
    return Wanted(on, klass, price, begins, begins + timedelta(hours=1))


def left(number: int | None, **values: object) -> Held:
    return replace(HELD, stretches=(APRIL._replace(left=number, **values),))


def test_b9_the_last_included_visit_is_used_once() -> None:
    assert benefits([left(1)], [session()]) == [Benefit(0, "m", True)]
    one, other = benefits([left(1)], [session(), session(hour=20)])
    assert (one.price, one.included) == (0, True)
    assert (other.price, other.membership) == (1000, None)
    assert "The 2 included visits of Yoga from 2021-04-01 to 2021-04-30 are used up." in str(
        other.why_not[0][1].message
    )


@pytest.mark.parametrize(
    ("on", "hour", "price"), [(date(2021, 4, 30), 23, 0), (date(2021, 5, 1), 0, 1000), (date(2021, 3, 31), 23, 1000)]
)
def test_b9_the_day_of_the_session_decides(on: date, hour: int, price: int) -> None:
    assert benefit([HELD], session(on, hour)).price == price


@pytest.mark.parametrize(
    ("held", "wanted", "said"),
    [
        (HELD, session(klass="swim"), "Yoga is for “yoga” only."),
        (HELD, session(date(2021, 5, 1)), "Yoga counts until 2021-04-30, and the session is on 2021-05-01."),
        (HELD, session(date(2021, 3, 1)), "Yoga begins on 2021-04-01, and the session is on 2021-03-01."),
        (replace(HELD, state=MembershipState.ORDERED), session(), "Yoga waits for its invoice to be paid."),
        (replace(HELD, stretches=()), session(), "Yoga has ended."),
        (
            replace(HELD, freezes=(Period(date(2021, 4, 20), date(2021, 4, 20)),)),
            session(),
            "Yoga is frozen from 2021-04-20 to 2021-04-20.",
        ),
        (
            replace(HELD, busy=((session().starts_at, session().ends_at),)),
            session(),
            "Yoga is used for another session at the same time.",
        ),
        (left(0, included=1), session(), "The included visit of Yoga from 2021-04-01 to 2021-04-30 is used up."),
        (left(0, included=0), session(), "Yoga includes no visits."),
        (replace(HELD, visits_left=0), session(), "The visits of Yoga are used up."),
        (left(0, last=None), session(), "The included visits of Yoga are used up."),
    ],
)
def test_b9_why_a_membership_does_not_count(held: Held, wanted: Wanted, said: str) -> None:
    found = benefit_of(held, wanted)
    assert (found.price, found.membership) == (1000, None)
    ((key, reason),) = found.why_not
    assert (key, reason.rule, str(reason.message)) == ("m", "B9", said)


def test_b9_touching_sessions_are_not_at_the_same_time() -> None:
    before, after = session(hour=17), session(hour=19)
    held = replace(HELD, busy=((before.starts_at, before.ends_at), (after.starts_at, after.ends_at)))
    assert benefit([held], session()).membership == "m"
    assert benefit([held], session(hour=17)).membership is None


@pytest.mark.parametrize(
    ("discount", "price", "costs"), [("20", 1000, 800), ("33.333", 1000, 667), ("50", 1, 1), ("100", 1250, 0)]
)
def test_b5_a_discount_is_rounded_half_away_from_zero(discount: str, price: int, costs: int) -> None:
    found = benefit([left(0, discount=Decimal(discount))], session(price=price))
    assert found == Benefit(costs, "m", False)


def test_b5_a_discount_follows_what_is_included_and_ends_with_the_last_visit() -> None:
    both = left(1, discount=Decimal(10))
    assert [one.price for one in benefits([both], [session(), session(hour=20)])] == [0, 900]
    passes = replace(left(None, last=None, discount=Decimal(10)), visits_left=1)
    assert [one.price for one in benefits([passes], [session(), session(hour=20)])] == [0, 1000]


def test_b9_the_cheapest_is_taken_and_of_two_the_one_that_is_over_first() -> None:
    endless = replace(HELD, key="a", stretches=(APRIL._replace(last=None),))
    dearer = replace(left(0, discount=Decimal(10)), key="b")
    found = benefit([endless, dearer, HELD], session())
    assert (found.membership, found.price, found.why_not) == ("m", 0, ())
    assert benefit([dearer, left(0)], session()).membership == "b"


def test_b9_visits_of_a_period_and_of_the_whole_are_both_counted() -> None:
    held = replace(left(5), visits_left=1)
    assert [one.price for one in benefits([held], [session(), session(hour=20)])] == [0, 1000]


def test_b9_a_plan_without_a_class_counts_for_every_session() -> None:
    assert benefit([left(1, klass="")], session(klass="")).price == 0
    assert benefit([left(1)], session(klass="")).price == 1000


def test_b5_a_plan_that_counts_nothing_includes_any_number() -> None:
    assert [one.price for one in benefits([left(None)], [session(hour=hour) for hour in range(12)])] == [0] * 12
