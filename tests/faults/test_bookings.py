"""Many at once: the last places go to as many as there are (B2), and one membership's visit is used once (B9)."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from flask import Flask

from portal.actions.bookings import booking, cancelling, waiting
from portal.actions.bookings import people as concerned
from portal.actions.bookings import sessions as resizing
from portal.actions.bookings.planning import Wish
from portal.db.bookings import checks
from portal.db.customers import profiles as customers
from portal.db.engine import db
from portal.rules.deciding import SYSTEM
from portal.rules.errors import PortalError, Refused
from tests import families, people, sessions
from tests.faults.crew import Crew


def at_once(app: Flask, deeds: list[Callable[[], object]]) -> list[str]:
    """Do all of it in threads that begin together; what each came to."""
    came, start = ["" for _ in deeds], threading.Barrier(len(deeds))

    def run(index: int) -> None:
        with app.app_context():
            start.wait(timeout=60)
            try:
                deeds[index]()
                came[index] = "done"
            except Refused as refused:
                came[index] = refused.reasons[0].rule
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(deeds))]
    for one in threads:
        one.start()
    for one in threads:
        one.join(timeout=120)
    assert not [one for one in threads if one.is_alive()]
    return came


def test_b2_the_last_places_go_to_as_many_as_there_are(app: Flask) -> None:
    names = [f"c{number}" for number in range(8)]
    for name in names:
        people.customer(name)
    swim = sessions.session("swim/1", "2026-12-01T17:00", capacity=3)
    db.session.remove()

    def book(name: str) -> Callable[[], object]:
        return lambda: booking.book(SYSTEM, [Wish(swim, name)])

    came = at_once(app, [book(name) for name in names])
    assert sorted(came) == ["B2"] * 5 + ["done"] * 3
    assert sessions.taken(swim) == 3
    booked = [one for one in booking.rows.live_in([1]) if one.takes]
    assert len({one.customer_id for one in booked}) == 3
    waits = [name for name, done in zip(names, came, strict=True) if done == "B2"]
    booking.book(SYSTEM, [Wish(swim, name, wait=True) for name in waits])
    db.session.remove()

    def cancel(public_id: str) -> Callable[[], object]:
        return lambda: cancelling.cancel(SYSTEM, public_id)

    twice = [cancel(one.public_id) for one in booked for _ in range(2)]
    assert sorted(at_once(app, twice)) == ["B4"] * 3 + ["done"] * 3
    assert sessions.taken(swim) == 3, "each place was passed on once"
    assert [check.find() for check in checks.CHECKS] == [[], [], []]


def test_b4_two_undo_and_one_books_the_last_place_and_one_of_them_has_it(app: Flask) -> None:
    for name in ("zoe", "other"):
        people.customer(name)
    swim = sessions.session("swim/1", "2026-12-01T17:00", capacity=1)
    done = booking.book(SYSTEM, [Wish(swim, "zoe")]).bookings[0]
    cancelling.cancel(SYSTEM, done.booking)
    db.session.remove()

    def undo() -> object:
        return cancelling.undo(SYSTEM, done.booking)

    came = at_once(app, [undo, undo, lambda: booking.book(SYSTEM, [Wish(swim, "other")])])
    assert came.count("done") == 1
    assert sessions.taken(swim) == 1
    assert len([one for one in booking.rows.live_in([1]) if one.takes]) == 1
    assert [check.find() for check in checks.CHECKS] == [[], [], []]


@pytest.mark.engine("postgres")
@pytest.mark.parametrize("deed", ["undo", "accept", "promote"])
def test_b6_who_pays_is_whoever_does_once_it_is_held(app: Flask, monkeypatch: pytest.MonkeyPatch, deed: str) -> None:
    for name in ("zoe", "main", "other"):
        people.customer(name)
    swim = sessions.session("swim/1", "2026-12-01T17:00", capacity=1)
    families.choose(waiting_hold=24 if deed == "accept" else 0)
    first = booking.book(SYSTEM, [Wish(swim, "zoe" if deed == "undo" else "other")]).bookings[0]
    if deed != "undo":
        booking.book(SYSTEM, [Wish(swim, "zoe", wait=True)])
    if deed != "promote":
        cancelling.cancel(SYSTEM, first.booking)
    really, linked = customers.lock, threading.Event()

    def link() -> None:
        with app.app_context():
            people.link("main", "zoe")
            db.session.remove()

    def lock(ids: Iterable[int], *, exclusive: bool) -> None:
        if not linked.is_set():
            linked.set()
            thread = threading.Thread(target=link)
            thread.start()
            thread.join(timeout=60)
        really(ids, exclusive=exclusive)

    monkeypatch.setattr(concerned.customers, "lock", lock)
    if deed == "undo":
        cancelling.undo(SYSTEM, first.booking)
    elif deed == "accept":
        waiting.accept(SYSTEM, swim, "zoe")
    else:
        cancelling.cancel(SYSTEM, first.booking)
    (one,) = [row for row in booking.rows.live_in([1]) if row.takes]
    assert (one.customer, one.payer_reference) == ("zoe", "main")
    assert {charge.payer_id for charge in booking.rows.charges_of([one.id]).values()} == {one.payer_id}


DEEDS = 12
"""So many each process does."""


def come_and_go(session: str, seed: int, names: list[str]) -> int:
    """Book, wait, cancel, undo and resize in some order; how many deeds were refused."""
    dice, refused = random.Random(seed), 0
    for _ in range(DEEDS):
        name, kind = dice.choice(names), dice.choice(["book", "wait", "cancel", "cancel", "undo", "resize"])
        db.session.rollback()
        found = [one for one in booking.rows.bookings() if one.customer == name]
        live = [one.public_id for one in found if one.state.value != "cancelled"]
        gone = [one.public_id for one in found if one.state.value == "cancelled"]
        try:
            if kind in ("book", "wait"):
                booking.book(SYSTEM, [Wish(session, name, wait=kind == "wait")])
            elif kind == "resize":
                resizing.resize(SYSTEM, session, dice.randint(1, 3))
            elif kind == "cancel" and live:
                cancelling.cancel(SYSTEM, live[0])
            elif gone:
                cancelling.undo(SYSTEM, gone[-1])
        except PortalError:
            refused += 1
    return refused


@pytest.mark.engine("postgres")
def test_b2_processes_that_come_and_go_leave_everything_in_order(app: Flask, database: str, folder: Path) -> None:
    names = [f"c{number}" for number in range(4)]
    for name in names:
        people.customer(name)
    swim = sessions.session("swim/1", "2026-12-01T17:00", capacity=2)
    db.session.remove()
    team = Crew(database, folder)
    try:
        answers = team.run(*[(come_and_go, swim, seed, names) for seed in range(3)])
    finally:
        team.end()
    assert [how for how, _ in answers] == ["done"] * 3, answers
    assert sum(refused for _, refused in answers) < 3 * DEEDS
    assert [check.find() for check in checks.CHECKS] == [[], [], []]
    live = booking.rows.live_in([1])
    assert len({one.customer_id for one in live}) == len(live), "nobody is in it twice"
    places = booking.sessions.by_ids([1])[1]
    waiting_ones = [one for one in live if not one.takes]
    assert places.taken >= places.capacity or not waiting_ones, "no place is free while somebody waits"
