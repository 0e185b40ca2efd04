"""Baskets on two devices, and what holds a place at an instant wherever it is asked (B2, B3, B7)."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from portal.actions.bookings import activities, baskets, booking, calendars, cancelling, desk, finding, mine, timetable
from portal.actions.bookings.planning import Wish
from portal.db.bookings import baskets as rows
from portal.db.bookings import calendar, ties
from portal.db.engine import db, to_write, writes
from portal.outside import clock
from portal.rules.deciding import SYSTEM, Actor
from tests import families, people, sessions

pytestmark = pytest.mark.usefixtures("app")


def put(zoe: Actor, *references: str) -> None:
    baskets.add(zoe, [sessions.public_id(one) for one in references], [families.profile("zoe").public_id])


def mark(zoe: Actor) -> str:
    looked = baskets.look(zoe)
    assert looked is not None
    return looked.mark


def test_b7_confirming_takes_out_what_was_booked_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    zoe = families.person("zoe")
    swim, yoga = sessions.session("swim/1", "2026-12-01T17:00"), sessions.session("yoga/1", "2026-12-02T18:00")
    put(zoe, swim)
    shown, really = mark(zoe), baskets.booked

    def meanwhile(*given: object, **more: object) -> object:
        done = really(*given, **more)  # type: ignore[arg-type]
        rows.add(1, 2, zoe.customer_id or 0, held_until=None, at=clock.now())
        return done

    with monkeypatch.context() as patched:
        patched.setattr(baskets, "booked", meanwhile)
        assert len(baskets.confirm(zoe, mark=shown).bookings) == 1
    assert baskets.count(zoe) == 1, "a line that came in from another device waits for its own confirming"
    assert [one.session.reference for one in baskets.look(zoe).plan.items] == [yoga]  # type: ignore[union-attr]
    assert baskets.confirm(zoe, mark=mark(zoe)).bookings[0].session == yoga
    assert baskets.look(zoe) is None


@pytest.mark.engine("postgres")
def test_b7_a_basket_that_is_confirmed_is_held_with_its_lines(app: Flask) -> None:
    zoe = families.person("zoe")
    put(zoe, sessions.session("swim/1", "2026-12-01T17:00"))
    assert zoe.login_id is not None

    @writes
    def confirming() -> None:
        rows.hold(zoe.login_id or 0)
        with to_write(db.engine) as other:
            for table in ("basket", "basket_item"):
                with pytest.raises(OperationalError), other.begin():
                    other.execute(text(f"SELECT id FROM {table} FOR UPDATE NOWAIT"))

    confirming()


def test_b2_an_offer_that_ran_out_holds_nothing_wherever_it_is_asked(frozen: time_machine.Traveller) -> None:
    zoe = families.person("zoe")
    people.customer("other")
    families.choose(waiting_hold=24)
    swim, yoga = (sessions.session(f"{name}/1", "2026-12-01T17:00", capacity=1) for name in ("swim", "yoga"))
    first = booking.book(SYSTEM, [Wish(swim, "other")]).bookings[0]
    booking.book(SYSTEM, [Wish(swim, "zoe", wait=True)])
    booking.book(SYSTEM, [Wish(yoga, "zoe")])
    cancelling.cancel(SYSTEM, first.booking)

    def seen() -> dict[str, int]:
        about, today = families.profile("zoe"), clock.now().date()
        days = calendars.family_days(zoe, about, today, 30).lines
        looked = finding.look(zoe, about, sessions.public_id(swim))
        found = finding.find(zoe, about, finding.Wanted(first=datetime(2026, 12, 1).date()))  # noqa: DTZ001
        return {
            "clashes": sum(len(line.clashes) for line in days),
            "calendar": len(days),
            "has": sum(each.has is not None for each in looked.this.people),
            "taken": 1 - looked.facts.free,
            "listed": sum(len(one.mine) for _, some in found.days for one in some),
            "mine": len(mine.list_bookings(zoe, about).waiting),
            "roster": len(desk.open_roster(SYSTEM, sessions.public_id(swim)).waiting),
            "shown": len(timetable.show_session(SYSTEM, swim).inside.offered),
            "ties": int(str(ties.TIES.find(about)[0].message).split()[2]),
            "clash": len(booking.foresee(SYSTEM, [Wish(swim, "zoe")]).reasons),
        }

    there = {"clashes": 2, "calendar": 2, "has": 1, "taken": 1, "listed": 2, "mine": 1, "roster": 1, "shown": 1}
    assert seen() == {**there, "ties": 2, "clash": 3}
    frozen.shift(timedelta(hours=24))
    gone = {"clashes": 0, "calendar": 1, "has": 0, "taken": 0, "listed": 1, "mine": 0, "roster": 0, "shown": 0}
    assert seen() == {**gone, "ties": 1, "clash": 1}


def test_b3_calendars_hear_of_a_new_name_and_a_new_deadline() -> None:
    zoe = families.person("zoe")
    swim = sessions.session("swim/1", "2026-12-01T17:00")
    done = booking.book(zoe, [Wish(swim, "zoe")]).bookings[0]

    def entry() -> calendar.Entry:
        found = calendar.find(done.booking, [families.profile("zoe").id])
        assert found is not None
        return found

    first, _ = activities.list_activities(SYSTEM), entry()
    draft = activities.Draft("Swim", "", "", "", 1200, None, "", None, None, "1 day", "", "")
    numbers = [entry().sequence]
    for change in ({"name": "Diving"}, {"cancel_until": "2 days"}, {"place": "Lake"}, {"price_minor": 1300}):
        draft = activities.Draft(**{name: getattr(draft, name) for name in draft.__slots__} | change)
        (now,) = activities.list_activities(SYSTEM)
        activities.change_activity(SYSTEM, first[0].public_id, draft, version=now.version)
        numbers.append(entry().sequence)
    assert [later - earlier for earlier, later in itertools.pairwise(numbers)] == [1, 1, 1, 0]
    assert entry().session.activity_name == "Diving"
