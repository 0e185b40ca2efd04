"""Whose turn it is on waiting lists, what is held for whom and until when, and bookings that go elsewhere (B2, B6)."""

from __future__ import annotations

from datetime import date, datetime, time

import pytest
import time_machine

from portal.actions.bookings import attending, booking, cancelling, desk, series, timetable, upkeep, waiting
from portal.actions.bookings.planning import Wish
from portal.db.bookings import bookings as rows
from portal.db.bookings import checks
from portal.db.bookings import timetable as lessons
from portal.rules.bookings.files import timing_of
from portal.rules.bookings.states import BookingPayer, BookingState
from portal.rules.deciding import SYSTEM
from portal.rules.errors import Refused
from tests import families, people, sessions
from tests.families import DEPENDENT, posted
from tests.logins import mails

pytestmark = pytest.mark.usefixtures("app")


def at(text: str) -> datetime:
    """An instant in UTC."""
    return datetime.fromisoformat(f"{text}+00:00")


def state(booking_id: str) -> BookingState:
    found = rows.find(booking_id)
    assert found is not None
    return found.state


def offered(frozen: time_machine.Traveller, **more: str) -> str:
    """Zoe has the place in swim/1 offered for a day, since 2 March at ten; her booking."""
    for name in ("zoe", "other"):
        people.customer(name)
    families.choose(waiting_hold=24)
    frozen.move_to(at("2026-03-01T10:00"))
    swim = sessions.session("swim/1", "2026-03-02T18:00", capacity=1, **more)
    first = booking.book(SYSTEM, [Wish(swim, "other")]).bookings[0]
    wish = booking.book(SYSTEM, [Wish(swim, "zoe", wait=True)]).bookings[0]
    frozen.move_to(at("2026-03-02T10:00"))
    cancelling.cancel(SYSTEM, first.booking, late=True)
    assert state(wish.booking) is BookingState.OFFERED
    return wish.booking


def test_b6_b11_a_move_at_the_desk_leaves_payer_and_booker() -> None:
    families.switch()
    olga, _ = families.person("olga"), families.child("mia")
    families.family("olga", mia=DEPENDENT)
    one, two = (sessions.session(f"swim/{day}", f"2026-12-0{day}T17:00") for day in (1, 2))
    kept = booking.book(olga, [Wish(one, "mia", payer=BookingPayer.BOOKER)]).bookings[0]
    assert desk.move_booking(SYSTEM, kept.booking, two, "Pool is cold") == "Mia"
    (there,) = rows.live_in([2])
    before = rows.find(kept.booking)
    assert before is not None
    assert (before.state, there.state) == (BookingState.CANCELLED, BookingState.BOOKED)
    assert (there.payer_reference, there.payer) == ("olga", BookingPayer.BOOKER)
    assert there.booker_id == before.booker_id == families.profile("olga").id


def test_b7_who_takes_a_place_is_planned_before_who_would_wait() -> None:
    for name in ("a", "b", "c"):
        people.customer(name)
    swim = sessions.session("swim/1", "2026-12-01T17:00", capacity=2)
    done = booking.book(SYSTEM, [Wish(swim, "a", wait=True), Wish(swim, "b"), Wish(swim, "c")]).bookings
    assert [(one.customer, one.state) for one in done] == [("a", "waiting"), ("b", "booked"), ("c", "booked")]


def test_b2_a_closed_window_keeps_nobody_from_their_turn(frozen: time_machine.Traveller) -> None:
    kept = offered(frozen, book_until="9 hours")
    with pytest.raises(Refused, match="could be booked until"):
        booking.book(SYSTEM, [Wish("swim/1", "other", wait=True)])
    assert waiting.accept(SYSTEM, "swim/1", "zoe").booking == kept


def test_b2_nothing_is_accepted_once_it_has_begun_nor_passed_on(frozen: time_machine.Traveller) -> None:
    kept = offered(frozen)
    timetable.move_session(SYSTEM, "swim/1", datetime.fromisoformat("2026-03-02T13:00"))
    found = rows.find(kept)
    assert found is not None
    assert found.offered_until == at("2026-03-02T12:00"), "nobody has longer than until it begins"
    booking.book(SYSTEM, [Wish("swim/1", "other", wait=True)])
    frozen.move_to(at("2026-03-02T12:00"))
    with pytest.raises(Refused, match="has begun") as late:
        waiting.accept(SYSTEM, "swim/1", "zoe")
    assert [reason.rule for reason in late.value.reasons] == ["B2"]
    before = len(mails())
    assert upkeep.run_due().promoted == 0
    assert state(kept) is BookingState.CANCELLED, "what was held is held no more"
    assert [row.state for row in rows.waiting_in(1)] == [BookingState.WAITING]
    assert "before it began" in mails()[before].text
    assert "next one" not in mails()[before].text
    assert len(posted()) == len(mails())


def test_b11_whoever_was_noted_as_missing_is_there_already() -> None:
    people.customer("zoe")
    swim = sessions.session("swim/1", "2026-12-01T17:00")
    one = booking.book(SYSTEM, [Wish(swim, "zoe")]).bookings[0]
    attending.note(SYSTEM, one.booking, BookingState.MISSED)
    with pytest.raises(Refused, match="booked into"):
        desk.walk_in(SYSTEM, swim, "zoe")


def swimming(starts: str, rule: str, *, besides: str = "") -> str:
    """A series of swimming; its public id."""
    people.partner()
    sessions.activity("swim")
    timing = timing_of(starts, "60", rule, "", "", lambda column, text: None, besides)
    assert timing is not None
    return timetable.add_sessions(SYSTEM, "swim", timing, 3, external_id="s").series


def wanted(begins: time) -> series.Wanted:
    return series.Wanted(begins, 60, 3, "", "")


def test_b8_a_series_is_not_changed_into_the_past(frozen: time_machine.Traveller) -> None:
    made = swimming("2026-11-22T18:00", "FREQ=DAILY;COUNT=3")
    with pytest.raises(Refused, match=r"2026-11-22, 10:00 has passed") as past:
        series.change_series(SYSTEM, made, date(2026, 11, 22), wanted(time(10)))
    assert [reason.rule for reason in past.value.reasons] == ["B8"]
    frozen.move_to(at("2026-11-22T17:30"))
    assert series.change_series(SYSTEM, made, date(2026, 11, 22), wanted(time(10))).sessions == 2
    found = lessons.of_activity(1, None, None)
    assert [one.starts_wall.hour for one in found] == [18, 10, 10]


@pytest.mark.parametrize(
    ("rule", "besides", "since", "goes_on"),
    [
        ("FREQ=WEEKLY;INTERVAL=2", "2026-11-25 2026-12-02", "2026-12-01", ("2026-12-07", "FREQ=WEEKLY;INTERVAL=2")),
        ("FREQ=WEEKLY;COUNT=5", "", "2026-12-01", ("2026-12-07", "FREQ=WEEKLY;COUNT=3")),
        ("FREQ=MONTHLY;COUNT=3", "2026-12-24", "2026-12-24", ("2027-01-23", "FREQ=MONTHLY;COUNT=1")),
        ("FREQ=WEEKLY;UNTIL=20270131", "", "2026-11-20", ("2026-11-23", "FREQ=WEEKLY;UNTIL=20270131")),
    ],
)  # fmt: skip
def test_b8_a_series_goes_on_as_it_counted(rule: str, besides: str, since: str, goes_on: tuple[str, str]) -> None:
    made = swimming("2026-11-23T18:00", rule, besides=besides)
    after = series.change_series(SYSTEM, made, date.fromisoformat(since), wanted(time(19))).series
    found = lessons.series(after)
    assert (found.starts_wall.isoformat(), found.rule) == (f"{goes_on[0]}T19:00:00", goes_on[1])
    assert [check.find() for check in checks.CHECKS] == [[], [], []]
