"""The desk's day and rosters, and the timetable that operators make (B8, B11)."""

from __future__ import annotations

from datetime import UTC, datetime

import time_machine
from flask import Flask

from portal.db.bookings import timetable as rows
from portal.rules.holders import Role
from tests.cli.commands import answer, run
from tests.families import ADMIN, DEPENDENT, child, family, person, profile, switch
from tests.logins import administrator, mails, recipients
from tests.pages import PageClient
from tests.people import customer, sign_in
from tests.timetable import activity, book, session


def staff(app: Flask, role: Role) -> PageClient:
    administrator(f"{role.value}@staff.test", role)
    client = app.test_client()
    assert isinstance(client, PageClient)
    sign_in(client, f"{role.value}@staff.test")
    return client


def public(reference: str) -> str:
    return rows.session(reference).public_id


def test_b11_the_desk_sees_the_day_checks_in_and_takes_walk_ins(app: Flask, frozen: time_machine.Traveller) -> None:
    person("mum", phone="+420 111 222 333")
    child("leo", name="Leo <b>O'Brien</b>")
    switch()
    family("mum", leo=DEPENDENT)
    customer("walker", kind="individual", name="Wanda Walker 株式会社")
    customer("late", kind="individual")
    activity("swim", place="Pool", instructor="Ann عربى", price_minor=1200, rate_e3=0)
    session("s", "swim", "2026-11-22T10:45", 60, capacity=3)
    run(app, "book", "s", "leo", "late")
    desk = staff(app, Role.FRONT_OF_HOUSE)
    desk.get("/staff/bookings")
    for text in ("one session, 2 of 3 places taken", "Pool", "Swim 10:45–11:45", "Ann عربى", "2 of 3"):
        assert text in desk.page.words
    here = f"/staff/bookings/sessions/{public('s')}"
    desk.get(here)
    for text in ("Leo <b>O'Brien</b>", "10 years", "Mum", "+420 111 222 333", "Begins in 15 minutes"):
        assert text in desk.page.words
    leo = answer(app, "session", "show", "s")["booked"]
    assert leo == ["leo", "late"]
    bookings = {one.name: one.booking for one in _guests("s")}
    frozen.move_to(datetime(2026, 11, 22, 9, 46, tzinfo=UTC))
    desk.submit(f"{here}/note", {"booking": bookings["Leo <b>O'Brien</b>"], "what": "here"}, at=here)
    desk.submit(f"{here}/note", {"booking": bookings["Late"], "what": "missed"}, at=here)
    desk.get(f"{here}?q=wanda")
    assert "Add and check in" in desk.page.words
    desk.submit(f"{here}/walk-in", {"customer": profile("walker").public_id, "idempotency_key": "w"}, at=here)
    desk.get(here)
    assert "Here 2 of 3 booked" in desk.page.words
    assert "Did not come 1" in desk.page.words
    assert "Walk-in" in desk.page.words
    desk.submit(f"{here}/note", {"booking": bookings["Late"], "what": "undo"}, at=here)
    lines = desk.get(f"{here}?export=csv").get_data(as_text=True).splitlines()
    assert [line.split(",")[6] for line in lines[1:]] == ["attended", "booked", "attended"]
    full = desk.submit(f"{here}/walk-in", {"customer": profile("mum").public_id}, at=here)
    assert full.status_code == 409
    assert "B2" not in desk.page.words
    assert answer(app, "doctor")["sound"] is True


def _guests(reference: str) -> list[object]:
    from portal.db.bookings import roster
    from portal.outside import clock

    return list(roster.guests(rows.session(reference).id, clock.now()))


def test_b11_two_clicks_from_the_loaded_customer_book_and_a_reason_cancels(app: Flask) -> None:
    customer("ann", kind="individual", name="Ann")
    activity("swim", place="Pool", price_minor=1200, rate_e3=0, cancel_until="1 day")
    session("s", "swim", "2026-11-30T10:00", capacity=1)
    ann = profile("ann").public_id
    desk = staff(app, Role.FRONT_OF_HOUSE)
    desk.get(f"/staff/front-desk/{ann}")
    there = f"/staff/bookings/for/{ann}"
    assert there in desk.page.links
    done = desk.submit(there, {"session": public("s"), "reason": "On the phone", "idempotency_key": "x"}, at=there)
    assert done.status_code == 303
    assert answer(app, "session", "show", "s")["booked"] == ["ann"]
    session("t", "swim", "2026-12-07T10:00", capacity=1)
    (guest,) = _guests("s")
    page = f"/staff/bookings/bookings/{guest.booking}/move"  # type: ignore[attr-defined]
    desk.get(page)
    assert "Mon 7 Dec 2026" in desk.page.words
    assert desk.submit(page, {"session": public("t"), "reason": "", "idempotency_key": "m"}).status_code == 422
    moved = {"session": public("t"), "reason": "The school trip", "idempotency_key": "m"}
    assert desk.submit(page, moved).status_code == 303
    assert [answer(app, "session", "show", one)["booked"] for one in "st"] == [[], ["ann"]]
    assert answer(app, "open-items", "ann")["open"][0]["open"] == "12.00"
    (guest,) = _guests("t")
    page = f"/staff/bookings/bookings/{guest.booking}/cancel"  # type: ignore[attr-defined]
    desk.get(page)
    assert "12.00 EUR is taken back" in desk.page.words
    assert desk.submit(page, {"reason": " "}).status_code == 422
    assert desk.submit(page, {"reason": "She is ill", "idempotency_key": "c"}).status_code == 303
    assert answer(app, "session", "show", "t")["booked"] == []
    lines = answer(app, "audit", "--customer", "ann")["entries"]
    assert any("She is ill" in str(line) for line in lines)
    assert any("On the phone" in str(line) for line in lines)


def test_b8_b1_an_operator_makes_changes_and_ends_a_series(app: Flask, frozen: time_machine.Traveller) -> None:
    person("mum")
    person("nanny")
    child("leo")
    switch()
    family("mum", nanny=ADMIN, leo=DEPENDENT)
    boss = staff(app, Role.OPERATIONS)
    given = {"name": "Zoë <b>Chess</b>", "price": "5.00", "cancel_until": "2 days", "age_from": "6", "age_to": "12"}
    wrong = boss.submit("/staff/activities/new", given | {"age_to": "3", "cancel_until": "soon"})
    assert wrong.status_code == 422
    assert "is not a length of time" in boss.page.words
    made = boss.submit("/staff/activities/new", given | {"place": "Library", "idempotency_key": "a"})
    page = made.headers["Location"]
    when = {"first_on": "2026-12-02", "at": "16:30", "minutes": "60", "repeats": "weekly", "weekdays": ["WE", "FR"]}
    when |= {"times": "6", "capacity": "10", "place": "Library", "leaving_out": "2026-12-09"}
    look = boss.submit(f"{page}/sessions", when)
    assert look.status_code == 200
    assert "5 sessions would be added" in boss.page.words
    assert "Wed 16 Dec 2026, 16:30–17:30" in boss.page.words
    assert answer(app, "session", "list", page.rpartition("/")[2]) == {"sessions": []}
    assert boss.submit(f"{page}/sessions", when | {"sure": "yes", "idempotency_key": "b"}).status_code == 303
    taken = boss.submit(f"{page}/sessions", when | {"sure": "yes", "repeats": "once", "idempotency_key": "c"})
    assert taken.status_code == 409
    assert "Library is taken already" in boss.page.words
    first, *others = answer(app, "session", "list", page.rpartition("/")[2])["sessions"]
    assert len(others) == 4
    for one in (first, others[2]):
        book(one["public_id"], "leo")
    before = len(mails())
    boss.get(page)
    run_at = next(link for link in boss.page.links if "/series/" in link and not link.endswith("/end"))
    change = {"since_on": "2026-12-04", "at": "17:00", "minutes": "45", "capacity": "12", "place": "Attic"}
    assert boss.submit(run_at, change | {"idempotency_key": "d"}).status_code == 303
    now = answer(app, "session", "list", page.rpartition("/")[2])["sessions"]
    assert [one["starts_at"][11:16] for one in now] == ["16:30", "17:00", "17:00", "17:00", "17:00"]
    assert [one["place"] for one in now] == ["Library"] + ["Attic"] * 4
    assert [one["capacity"] for one in now] == [10, 12, 12, 12, 12]
    assert {recipients(one)[0] for one in mails()[before:]} == {"mum@portal.test", "nanny@portal.test"}
    one = f"/staff/activities/sessions/{now[1]['public_id']}"
    stale = {"capacity": "5", "version": "1", "idempotency_key": "e"}
    assert boss.submit(f"{one}/places", stale).status_code == 409
    boss.get(f"{one}/cancel")
    hidden = boss.page.hidden["version"]
    assert boss.submit(f"{one}/cancel", {"reason": "Ill", "version": hidden, "idempotency_key": "f"}).status_code == 303
    boss.get(page)
    run_at = next(link for link in boss.page.links if link.endswith("/end"))
    assert boss.submit(run_at, {"since_on": "2026-12-10", "reason": "", "idempotency_key": "g"}).status_code == 422
    assert boss.submit(run_at, {"since_on": "2026-12-10", "reason": "Over", "idempotency_key": "h"}).status_code == 303
    states = [one["state"] for one in answer(app, "session", "list", page.rpartition("/")[2])["sessions"]]
    assert states == ["open", "cancelled", "cancelled", "cancelled", "cancelled"]
    assert answer(app, "doctor")["sound"] is True


def test_b8_a_place_gets_another_name_unless_that_one_is_taken(app: Flask, frozen: time_machine.Traveller) -> None:
    person("mum")
    for name in ("swim", "judo"):
        activity(name, place="Hall <b>A</b>" if name == "swim" else "Hall B", instructor="Zoë O'Brien")
    session("s", "swim", "2026-12-01T18:00", instructor="Ann")
    session("j", "judo", "2026-12-01T18:30", instructor="Ben")
    book("s", "mum")
    boss = staff(app, Role.OPERATIONS)
    boss.get("/staff/activities/where")
    assert "Hall <b>A</b> 1 1 Dec 2026 Hall B 1 1 Dec 2026" in boss.page.words
    assert "Zoë O'Brien 0 –" in boss.page.words
    (here,) = [link for link in boss.page.links if "kind=place" in link and "b%3EA" in link]
    assert boss.submit(here, {"name": ""}).status_code == 422
    assert boss.submit(here, {"name": "hall  b"}).status_code == 409
    assert "Hall B is taken already" in boss.page.words or "hall b is taken already" in boss.page.words
    assert boss.get("/staff/activities/where?kind=place&name=nowhere").status_code == 404
    before, sequence = len(mails()), rows.session("s").sequence
    assert boss.submit(here, {"name": "Hall C", "telling": "y", "idempotency_key": "a"}).status_code == 303
    profile("mum")
    after = rows.session("s")
    assert (after.place, after.sequence) == ("Hall C", sequence + 1)
    assert rows.activity("swim").place == "Hall C"
    assert [recipients(one) for one in mails()[before:]] == [["mum@portal.test"]]
    boss.get("/staff/activities/where")
    (ann,) = [link for link in boss.page.links if "kind=instructor" in link and "name=Ann" in link]
    assert boss.submit(ann, {"name": "Anna", "idempotency_key": "b"}).status_code == 303
    profile("mum")
    assert (rows.session("s").instructor, rows.session("j").instructor) == ("Anna", "Ben")
    assert answer(app, "doctor")["sound"] is True
