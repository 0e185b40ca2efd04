"""Why somebody cannot have a place, and until when it can be cancelled: tables of cases (B1 to B4, B12)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from portal.rules.bookings import fitting
from portal.rules.bookings.facts import Held, PersonFacts, SessionFacts
from portal.rules.bookings.states import BookingState, SessionState
from portal.rules.bookings.times import span
from portal.rules.customers.status import Status
from portal.rules.sentences import say

PERSON = PersonFacts(1, "Mia", "p1", Status.ACTIVE)


def session(wall: str, minutes: int = 60, zone: str = "Europe/Berlin", **more: object) -> SessionFacts:
    at = span(datetime.fromisoformat(wall), minutes, zone)
    values = {"capacity": 3, "taken": 0, "whole_day": False, "state": SessionState.OPEN, "id": 7, **more}
    return SessionFacts(
        name="Swimming",
        starts_wall=at.starts,
        zone=zone,
        starts_at=at.starts_at,
        ends_at=at.ends_at,
        starts_on=at.starts.date(),
        **values,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize(
    ("first", "last", "clash"),
    [
        ("00:00", "01:00", False),
        ("01:00", "02:00", False),
        ("01:00", "03:00", True),
        ("01:00", "05:00", True),
        ("02:00", "04:00", True),
        ("03:00", "05:00", True),
        ("04:00", "05:00", False),
        ("05:00", "06:00", False),
    ],
)
def test_b3_touching_is_no_clash(first: str, last: str, clash: bool) -> None:
    mine = session("2026-03-02T02:00", 120, id=1)
    hours = int(last[:2]) - int(first[:2])
    other = session(f"2026-03-02T{first}", hours * 60, id=2)
    assert bool(fitting.clash_reasons(PERSON, other, [mine])) is clash
    assert fitting.clash_reasons(PERSON, mine, [mine]) == [], "a session does not clash with itself"


@pytest.mark.parametrize(
    ("wall", "zone", "lead", "deadline"),
    [
        ("2020-03-29T18:00", "Europe/Berlin", "1 day", datetime(2020, 3, 28, 17, tzinfo=UTC)),
        ("2020-10-25T18:00", "Europe/Berlin", "1 day", datetime(2020, 10, 24, 16, tzinfo=UTC)),
        ("2017-12-27T05:00", "Asia/Tokyo", "60 minutes", datetime(2017, 12, 26, 19, tzinfo=UTC)),
        ("2026-03-02T18:00", "Europe/Berlin", "", datetime(2026, 3, 2, 17, tzinfo=UTC)),
    ],
)
def test_b4_until_when_one_may_cancel(wall: str, zone: str, lead: str, deadline: datetime) -> None:
    found = session(wall, zone=zone, cancel_until=lead)
    assert found.deadline == deadline
    late = deadline.replace(second=1)
    for now, refused in ((deadline.replace(minute=deadline.minute), False), (late, True)):
        reasons = fitting.cancel_reasons(found, "Mia", BookingState.BOOKED, now, late=False)
        assert bool(reasons) is refused
        assert not fitting.cancel_reasons(found, "Mia", BookingState.BOOKED, now, late=True)
    assert zone in str(fitting.cancel_reasons(found, "Mia", BookingState.BOOKED, late, late=False)[0].message)


@pytest.mark.parametrize("state", [BookingState.CANCELLED, BookingState.ATTENDED, BookingState.MISSED])
def test_b4_what_is_over_is_not_cancelled(state: BookingState) -> None:
    found = session("2026-03-02T18:00")
    assert fitting.cancel_reasons(found, "Mia", state, datetime(2026, 1, 1, tzinfo=UTC), late=True)


@pytest.mark.parametrize(
    ("born", "least", "most", "fits"),
    [
        (date(2016, 3, 2), 10, 12, True),
        (date(2016, 3, 3), 10, 12, False),
        (date(2013, 3, 3), 10, 12, True),
        (date(2013, 3, 2), 10, 12, False),
        (date(2008, 2, 29), 18, None, True),
        (None, 16, None, True),
        (None, 18, 65, True),
        (None, 6, 10, False),
        (None, 21, None, False),
        (None, None, 17, False),
        (date(2025, 1, 1), None, None, True),
    ],
)
def test_b1_ages_are_those_of_the_day_of_the_session(
    born: date | None, least: int | None, most: int | None, fits: bool
) -> None:
    person = replace(PERSON, born_on=born)
    reasons = fitting.age_reasons(person, least, most, date(2026, 3, 2), 18, say("Swimming"))
    assert [one.rule for one in reasons] == ([] if fits else ["B1"])


@pytest.mark.parametrize(
    ("now", "more", "rule"),
    [
        ("2026-03-02T16:59:59+00:00", {}, None),
        ("2026-03-02T17:00:00+00:00", {}, "B2"),
        ("2026-02-28T16:59:59+00:00", {"book_from": "2 days"}, "B1"),
        ("2026-02-28T17:00:00+00:00", {"book_from": "2 days"}, None),
        ("2026-03-02T15:30:00+00:00", {"book_until": "90 minutes"}, None),
        ("2026-03-02T15:30:01+00:00", {"book_until": "90 minutes"}, "B1"),
        ("2026-03-01T00:00:00+00:00", {"state": SessionState.CANCELLED}, "B2"),
    ],
)
def test_b1_b2_when_it_can_be_booked(now: str, more: dict[str, object], rule: str | None) -> None:
    found = fitting.time_reasons(session("2026-03-02T18:00", **more), datetime.fromisoformat(now))
    assert [one.rule for one in found] == ([rule] if rule else [])


@pytest.mark.parametrize(
    ("taken", "held", "offered", "waiting", "wanted", "fits"),
    [
        (2, 0, 0, 0, 1, True),
        (2, 0, 0, 0, 2, False),
        (3, 0, 0, 0, 1, False),
        (2, 1, 0, 0, 1, False),
        (2, 0, 1, 0, 1, False),
        (1, 0, 0, 1, 1, True),
        (2, 0, 0, 1, 1, False),
        (5, 0, 0, 0, 1, False),
    ],
)
def test_b2_places_that_are_held_or_waited_for_are_not_free(
    taken: int, held: int, offered: int, waiting: int, wanted: int, fits: bool
) -> None:
    found = session("2026-03-02T18:00", taken=taken, held=held, offered=offered, waiting=waiting)
    assert [one.rule for one in fitting.place_reasons(found, wanted)] == ([] if fits else ["B2"])
    assert found.free >= 0, "also where the capacity was lowered below what is taken"


@pytest.mark.parametrize(
    ("minutes_before", "cut_off", "passes"), [(60, 0, True), (60, 60, True), (59, 60, False), (0, 0, False)]
)
def test_b2_places_are_passed_on_until_the_cut_off(minutes_before: int, cut_off: int, passes: bool) -> None:
    found = session("2026-03-02T18:00")
    now = datetime(2026, 3, 2, 17 - minutes_before // 60, -minutes_before % 60, tzinfo=UTC)
    assert fitting.promotes(found, now, cut_off) is passes


def test_b12_c1_everybody_concerned_is_active_and_each_is_named_once() -> None:
    people = [
        replace(PERSON, status=Status.BLOCKED, because="Acme"),
        replace(PERSON, id=2, name="Olga", status=Status.NEW),
        replace(PERSON, id=2, name="Olga", status=Status.NEW),
        replace(PERSON, id=3, name="Adam"),
    ]
    found = fitting.status_reasons(people)
    assert [one.rule for one in found] == ["B12", "C1"]
    assert str(found[0].message) == "Mia is Blocked because Acme is, so nothing is booked."


def test_b3_who_is_in_it_already_is_told_so() -> None:
    found = session("2026-03-02T18:00")
    for state, said in (
        (BookingState.BOOKED, "booked into"),
        (BookingState.WAITING, "3rd"),
        (BookingState.OFFERED, "held"),
    ):
        (reason,) = fitting.own_reasons(PERSON, found, [Held(found, state, 3)])
        assert (reason.rule, said in str(reason.message)) == ("B3", True)
    assert fitting.own_reasons(PERSON, found, [Held(replace(found, id=9), BookingState.BOOKED)]) == []
