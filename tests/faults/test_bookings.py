"""Many at once: the last places go to as many as there are (B2), and one membership's visit is used once (B9)."""

from __future__ import annotations

import threading
from collections.abc import Callable

from flask import Flask

from portal.actions.bookings import booking, cancelling
from portal.actions.bookings.planning import Wish
from portal.db.bookings import checks
from portal.db.engine import db
from portal.rules.deciding import SYSTEM
from portal.rules.errors import Refused
from tests import people, sessions


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
