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
from portal.actions.memberships import buying
from portal.actions.memberships.buying import Purchase
from portal.db.bookings import baskets as rows
from portal.db.bookings import calendar, checks, ties
from portal.db.engine import db, to_write, writes
from portal.outside import clock
from portal.rules.bookings.states import BookingPayer
from portal.rules.deciding import SYSTEM, Actor
from portal.rules.errors import Conflict
from tests import families, people, sessions
from tests.importing import clean

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


def test_b3_b7_one_is_booked_and_the_other_cancelled_in_one_step(frozen: time_machine.Traveller) -> None:
    zoe = families.person("zoe")
    people.customer("waits")
    swim, judo = (sessions.session(f"{name}/1", "2026-12-01T17:00", capacity=1) for name in ("swim", "judo"))
    late = sessions.session("late/1", "2026-12-01T17:30", price_minor=500, cancel_until="20 days")
    booking.book(zoe, [Wish(late, "zoe")])
    kept = booking.book(zoe, [Wish(swim, "zoe", anyway=True)]).bookings[0]
    booking.book(SYSTEM, [Wish(swim, "waits", wait=True)])
    put(zoe, judo)
    looked = baskets.look(zoe)
    assert looked is not None
    (line,) = looked.lines
    assert line.planned is not None
    assert line.planned.swaps
    assert not line.planned.gives_up
    baskets.decide(zoe, line.item.public_id, instead=True)
    shown = baskets.look(zoe)
    assert shown is not None
    assert (shown.reasons, shown.back_minor, shown.total_minor) == ((), 1200, 1200)
    told = [str(gone.told) for gone in shown.plan.items[0].gives_up]
    assert told[0].endswith("is cancelled for it, too late to get back what it cost.")
    assert told[1].endswith("is cancelled for it, and 12.00 EUR comes back.")
    cancelling.cancel(zoe, kept.booking)
    with pytest.raises(Conflict):
        baskets.confirm(zoe, mark=shown.mark)
    cancelling.cancel(SYSTEM, next(one for one in booking.rows.live_in([1]) if one.customer == "waits").public_id)
    cancelling.undo(zoe, kept.booking)
    booking.book(SYSTEM, [Wish(swim, "waits", wait=True)])
    assert baskets.confirm(zoe, mark=mark(zoe)).bookings[0].session == judo
    live = [(one.customer, one.session_id) for one in booking.rows.live_in([1, 2, 3])]
    assert sorted(live) == [("waits", 1), ("zoe", 2)], "both were cancelled, and who waited has the place"
    assert [check.find() for check in checks.CHECKS] == [[], [], []]
    charges = booking.rows.charges_of([one.id for one in booking.rows.bookings() if one.customer == "zoe"])
    assert sorted(one.amount_minor for one in charges.values()) == [500, 1200]


def test_b9_a_visit_that_comes_back_pays_for_what_takes_its_place() -> None:
    zoe = families.person("zoe")
    swim, judo = (sessions.session(f"{name}/1", "2026-12-01T17:00", benefit_class="x") for name in ("swim", "judo"))
    plans = "external_id,name,partner,price,prices,visits,class\none,One,Harbour Net,5.00,gross,1,x\n"
    clean("membership-plans", plans)
    held = buying.buy(SYSTEM, Purchase("one", "zoe", clock.now().date(), external_id="m")).membership
    assert booking.book(zoe, [Wish(swim, "zoe")]).bookings[0].membership == held == "m"
    put(zoe, judo)
    (item,) = rows.items(1)
    baskets.decide(zoe, item.public_id, instead=True)
    looked = baskets.look(zoe)
    assert looked is not None
    assert (looked.total_minor, looked.visits, looked.reasons) == (0, 1, ())
    assert baskets.confirm(zoe, mark=looked.mark).bookings[0].membership == held


def test_b6_each_part_of_a_basket_has_its_payer() -> None:
    families.switch()
    olga, _, _ = families.person("olga"), families.child("mia"), families.child("leo")
    families.family("olga", mia=families.DEPENDENT, leo=families.DEPENDENT)
    for number in (1, 2):
        sessions.session(f"swim/{number}", f"2026-12-0{number}T17:00")
    chosen = [sessions.public_id("swim/1"), sessions.public_id("swim/2")]
    public = {name: families.profile(name).public_id for name in ("olga", "mia", "leo")}
    baskets.add(olga, chosen, list(public.values()))
    looked = baskets.look(olga)
    assert looked is not None
    assert [(part.name, [name for _, name in part.choices], part.chosen.value) for part in looked.parts] == [
        ("Mia", ["Olga", "Mia"], "owner"),
        ("Leo", ["Olga", "Leo"], "owner"),
    ]
    baskets.choose_payers(olga, {public["mia"]: BookingPayer.SUBJECT})
    looked = baskets.look(olga)
    assert looked is not None
    assert [part.chosen.value for part in looked.parts] == ["subject", "owner"]
    assert not any(one.chosen for one in looked.payable)
    done = baskets.confirm(olga, mark=looked.mark).bookings
    assert {(one.customer, one.paid_by) for one in done} == {("olga", "olga"), ("mia", "mia"), ("leo", "olga")}
