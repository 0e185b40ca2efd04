"""J12: places in sessions. One beside the same rows by Core, two hundred people for the last twenty places by eight
writers, a family's week out of a million bookings, sessions found among a hundred thousand, a thousand waiting lists,
and a calendar of five hundred.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from flask import Flask
from sqlalchemy import insert

from bench import books
from bench.places import Place, ms, places, scaled, side_by_side, tidy, timing, verdict

BOOKED, SESSIONS, LISTS, FEED = 1_000_000, 100_000, 1_000, 500
WRITERS, CROWD, LAST = 8, 200, 20
PER_PERSON = 20
"""So many bookings each of many people has, so that a family is a few among them."""
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
CHUNK = 20_000
SHARE, WEEK, TAIL = 0.3, 3.0, 25.0


def _sessions(partner: int, activity: int, number: int, capacity: int, taken: int = 0) -> list[int]:
    """Sessions an hour each over a year from now on; their keys."""
    from portal.db.engine import db, writes
    from portal.db.tables import Session
    from portal.db.types import new_public_id

    @writes
    def some(numbers: range) -> list[int]:
        rows = []
        for one in numbers:
            begins = NOW + timedelta(days=1, minutes=5 * (one % SESSIONS))
            wall = begins.replace(tzinfo=None)
            rows.append(
                {
                    "public_id": new_public_id(),
                    "activity_id": activity,
                    "partner_id": partner,
                    "starts_wall": wall,
                    "minutes": 60,
                    "zone": "UTC",
                    "starts_at": begins,
                    "ends_at": begins + timedelta(hours=1),
                    "starts_on": wall.date(),
                    "capacity": capacity,
                    "taken": taken,
                    "created_at": NOW,
                    "changed_at": NOW,
                }
            )
        found = db.session.execute(insert(Session).returning(Session.id, sort_by_parameter_order=True), rows)
        return list(found.scalars())

    return [key for start in range(0, number, CHUNK) for key in some(range(start, min(number, start + CHUNK)))]


def _bookings(pairs: list[tuple[int, int]], state: str = "booked") -> None:
    """Bookings of sessions by customers, as rows that charge nobody."""
    from portal.db.engine import db, writes
    from portal.db.tables import Booking
    from portal.db.types import new_public_id

    @writes
    def some(part: list[tuple[int, int]]) -> None:
        same = {"state": state, "booked_at": NOW, "price_minor": 0, "actor": "bench", "changed_at": NOW}
        rows = [{"public_id": new_public_id(), "session_id": key, "customer_id": who, **same} for key, who in part]
        db.session.execute(insert(Booking), rows)

    for start in range(0, len(pairs), CHUNK):
        some(pairs[start : start + CHUNK])


def _activity(partner: int) -> int:
    from portal.db.engine import db, writes
    from portal.db.tables import Activity

    @writes
    def add() -> int:
        made = Activity(name="Bench", partner_id=partner, price_minor=0, cancel_until="", created_at=NOW)
        db.session.add(made)
        db.session.flush()
        return made.id

    return add()


def _line(engine: str, what: str, figure: str, goal: str, met: bool) -> None:
    print(f"{engine:<12}{what:<44}{figure:>24}  {goal}: {verdict(met)}")


def _references(keys: list[int]) -> list[str]:
    from portal.db.bookings import sessions

    found = sessions.by_ids(keys)
    return [found[key].public_id for key in keys]


def _one_place(place: Place, partner: int, activity: int, people: list[int]) -> None:
    """Booking one place, beside the rows that it leaves: the place taken, the booking, a line of the log."""
    from portal.actions.bookings import booking
    from portal.actions.bookings.planning import Wish
    from portal.db.bookings import bookings as rows
    from portal.db.bookings import sessions
    from portal.db.bookings.bookings import NewBooking
    from portal.db.customers import profiles
    from portal.db.engine import db, writes
    from portal.rules.bookings.states import BookingPayer, BookingState
    from portal.rules.deciding import SYSTEM

    keys = _sessions(partner, activity, 1_200, 10_000)
    references, who = _references(keys), profiles.by_ids(people[:50])
    customers = [who[key].public_id for key in people[:50]]
    turn, other = count(), count()

    def ours() -> None:
        number = next(turn)
        booking.book(SYSTEM, [Wish(references[number % 600], customers[number // 600], anyway=True)])

    @writes
    def bare() -> None:
        number = next(other)
        key = keys[600 + number % 600]
        sessions.take(key, 1, 0, NOW)
        new = NewBooking(
            *(key, people[number // 600], BookingState.BOOKED, NOW, 0, BookingPayer.CHOICE, None, None, None),
            *(False, False, False, "bench"),
        )
        rows.add([new])

    own, limit = side_by_side([ours, bare])
    share = limit.p50 / own.p50
    _line(place.engine, "booking one place, and its rows by Core", f"{ms(own.p50)} / {ms(limit.p50)} ms",
          f"at least {SHARE} of the limit", share >= SHARE)  # fmt: skip
    db.session.remove()


def _crowd(place: Place, app: Flask, partner: int, activity: int, people: list[int]) -> None:
    """Two hundred people for the last twenty places, by eight writers."""
    from portal.actions.bookings import booking
    from portal.actions.bookings.planning import Wish
    from portal.db.bookings import sessions
    from portal.db.customers import profiles
    from portal.db.engine import db
    from portal.rules.deciding import SYSTEM
    from portal.rules.errors import Refused

    (key,) = _sessions(partner, activity, 1, LAST)
    (reference,) = _references([key])
    names = [one.public_id for one in profiles.by_ids(people[:CROWD]).values()]
    db.session.remove()

    def one(name: str) -> float:
        with app.app_context():
            began = time.perf_counter()
            try:
                booking.book(SYSTEM, [Wish(reference, name, anyway=True)])
            except Refused:
                pass
            finally:
                db.session.remove()
            return time.perf_counter() - began

    with ThreadPoolExecutor(WRITERS) as writers:
        taken = timing(list(writers.map(one, names)))
    booked, tail = sessions.by_ids([key])[key].taken, taken.p99 / taken.p50
    _line(place.engine, f"{len(names)} people for the last {LAST} places", f"{booked} booked, p99 {tail:.1f} x p50",
          f"{LAST}, under {TAIL:.0f} times", booked == min(LAST, len(names)) and tail < TAIL)  # fmt: skip
    db.session.remove()


def _reading(place: Place, partner: int, activity: int, people: list[int]) -> None:
    """The week of a family of four, and sessions found by day, beside the bare query."""
    from portal.actions.bookings import finding
    from portal.db.bookings import calendar
    from portal.db.customers import profiles
    from portal.db.engine import db
    from portal.rules.deciding import Actor
    from portal.rules.scopes import ALL_SCOPES

    family = people[:4]
    first, last = NOW + timedelta(days=1), NOW + timedelta(days=8)
    keys = ", ".join(map(str, family))
    query = (
        f"SELECT b.id, b.state, s.starts_at, s.ends_at, a.name FROM booking b JOIN session s ON s.id = b.session_id "
        f"JOIN activity a ON a.id = s.activity_id WHERE b.customer_id IN ({keys}) "
        f"AND s.starts_at < '{last:%Y-%m-%d %H:%M:%S}' AND s.ends_at > '{first:%Y-%m-%d %H:%M:%S}'"
    )
    raw: Any = db.engine.raw_connection()
    cursor = raw.cursor()

    def bare() -> Any:
        cursor.execute(query)
        return cursor.fetchall()

    own, limit = side_by_side([lambda: calendar.between(family, first, last), bare])
    times = own.p50 / limit.p50
    _line(place.engine, "a family's week, and its rows raw", f"{ms(own.p50)} / {ms(limit.p50)} ms",
          f"under {WEEK} times", times < WEEK)  # fmt: skip
    raw.close()
    about = profiles.by_id(people[0])
    me = Actor("Bench", 1, "bench@example.test", about.id, partner, scopes=ALL_SCOPES)
    (found,) = side_by_side([lambda: finding.find(me, about, finding.Wanted())])
    _line(place.engine, "finding sessions by day", f"{ms(found.p50)} ms", "under 250 ms", found.p50 < 0.25)
    db.session.remove()


def _timed(deed: Callable[[], Any]) -> float:
    began = time.perf_counter()
    deed()
    return time.perf_counter() - began


def _lists_and_feed(place: Place, partner: int, activity: int, people: list[int]) -> None:
    """A place is free in each of a thousand sessions for which somebody waits; and a calendar of five hundred."""
    from portal.actions.bookings import waiting
    from portal.db.bookings import calendar
    from portal.db.engine import db
    from portal.outside.calendars.writing import Happening, calendar_file
    from portal.rules.deciding import SYSTEM

    keys = _sessions(partner, activity, scaled(LISTS), 1)
    _bookings([(key, people[place_ % len(people)]) for place_, key in enumerate(keys)], "waiting")
    seconds = _timed(lambda: waiting.catch_up(SYSTEM))
    _line(place.engine, f"promoting in {len(keys)} lists", f"{ms(seconds / len(keys))} ms each", "under 50 ms each",
          seconds / len(keys) < 0.05)  # fmt: skip
    fed = _sessions(partner, activity, FEED, 1, taken=1)
    _bookings([(key, people[-1]) for key in fed])

    def feed() -> bytes:
        found = calendar.for_feed([people[-1]], NOW - timedelta(days=92), NOW + timedelta(days=400))
        return calendar_file("Bench", [
            Happening(one.booking, one.sequence, one.session.span.starts, one.session.span.ends, one.session.zone,
                      one.session.activity_name, one.changed_at, False, "", "")
            for one in found
        ])  # fmt: skip

    (taken,) = side_by_side([feed])
    _line(place.engine, f"a calendar of {FEED}", f"{ms(taken.p50)} ms", "under 1000 ms", taken.p50 < 1)
    db.session.remove()


def run() -> None:
    """Print what each of them takes."""
    number, there = scaled(BOOKED), scaled(SESSIONS)
    print(f"J12 bookings: {number} of them, in {there} sessions")
    with places() as found:
        for place in found:
            app = place.app()
            with app.app_context():
                partner = books.partner("Bench")
                people = books.people(partner, "person", max(10, number // PER_PERSON))
                bookers = books.people(partner, "booker", CROWD)
                activity = _activity(partner)
                keys = _sessions(partner, activity, there, 100)
                apart = max(1, there // PER_PERSON)
                pairs = [
                    (keys[(who + number * apart) % there], key)
                    for who, key in enumerate(people)
                    for number in range(min(PER_PERSON, there // apart))
                ]
                _bookings(pairs)
            tidy(place)
            with app.app_context():
                _reading(place, partner, activity, people)
                _one_place(place, partner, activity, bookers)
                _crowd(place, app, partner, activity, bookers)
                _lists_and_feed(place, partner, activity, people)
