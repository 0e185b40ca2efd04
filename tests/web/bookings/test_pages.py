"""Bookings in the portal: finding, the basket with its one check page, what is booked, cancelling (B1 to B7, B12)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
import time_machine
from flask import Flask

from portal.actions.bookings import booking
from portal.actions.bookings.planning import Wish
from portal.rules.deciding import SYSTEM
from portal.rules.groups import GroupRole
from tests import families, logins, people, sessions
from tests.pages import PageClient
from tests.queries import counted
from tests.web.acme import browser_of


@pytest.fixture
def club(app: Flask) -> dict[str, str]:
    """Olga with Mia, six, Leo, and Adam as Admin; swimming for up to ten, and climbing, which is full. Public ids."""
    families.switch()
    families.person("olga", name="Olga <b>O'Neil</b> عربى")
    families.person("adam")
    families.person("stranger")
    families.child("mia", born_on=date(2020, 3, 2))
    families.child("leo", name="Leo <b>O'Neil</b> 株式会社")
    families.family("olga", adam=GroupRole.ADMIN, mia=GroupRole.DEPENDENT, leo=GroupRole.DEPENDENT)
    sessions.session("swim/1", "2026-12-01T17:00", age_from=5, age_to=10, place="Pool 株式会社")
    sessions.session("swim/2", "2026-12-03T17:00")
    sessions.session("climb/1", "2026-12-01T17:30", capacity=1)
    people.customer("other")
    booking.book(SYSTEM, [Wish("climb/1", "other")])
    return {name: sessions.public_id(name) for name in ("swim/1", "swim/2", "climb/1")} | {
        name: families.profile(name).public_id for name in ("olga", "mia")
    }


def put_in(client: PageClient, club: dict[str, str], session: str, *who: str) -> int:
    path = f"/bookings/{club[session]}"
    client.get(path)
    key = client.page.hidden["idempotency_key"]
    data = {"people": [club[one] for one in who], "sessions": [club[session]], "idempotency_key": key}
    return client.submit(path, data).status_code


def test_b7_a_basket_for_two_is_decided_checked_and_booked_whole(app: Flask, club: dict[str, str]) -> None:
    olga = browser_of(app, "olga")
    assert olga.get("/bookings").status_code == 200
    assert "Tue 1 Dec" in olga.page.words
    assert "Nothing is booked yet." in olga.page.words
    olga.get(f"/bookings?who={club['olga']}&q=swim")
    assert "Nothing found" in olga.page.words, "she is too old for swimming"
    olga.get(f"/bookings/{club['swim/1']}")
    assert "41, it is for ages 5 to 10" in olga.page.words
    assert put_in(olga, club, "swim/1") == 422
    assert "Choose whom it is for." in olga.page.words
    assert put_in(olga, club, "swim/1", "olga") == 409
    assert put_in(olga, club, "swim/1", "mia") == 303
    assert put_in(olga, club, "climb/1", "mia") == 303
    olga.get("/bookings/basket")
    words = olga.page.words
    for said in ("Check your bookings", "Mia", "Your places are held until", "where Mia is booked", "Who pays?"):
        assert said in words
    assert "Book 1 place" not in words, "not before it is decided"
    lines = re.findall(r'action="(/bookings/basket/[0-9a-f]{20})"', olga.get("/bookings/basket").get_data(as_text=True))
    clash = lines[-1]
    assert olga.submit(clash, {"choice": "anyway"}, at="/bookings/basket").status_code == 303
    olga.get("/bookings/basket")
    assert "All 1 places in" in olga.page.words
    olga.submit(clash, {"choice": "wait"}, at="/bookings/basket")
    olga.get("/bookings/basket")
    assert "Book 1 place for 12.00" in olga.page.words
    assert "Olga <b>O'Neil</b> عربى: 12.00 EUR" in olga.page.words or "Choose who pays" in olga.page.words
    mark = olga.page.hidden["mark"]
    assert olga.submit("/bookings/basket", {"mark": ""}, at="/bookings/basket").status_code == 422
    assert olga.submit("/bookings/basket", {"mark": "stale"}, at="/bookings/basket").status_code == 409
    olga.get("/bookings/basket")
    key = olga.page.hidden["idempotency_key"]
    for _ in range(2):
        sent = {"mark": mark, "idempotency_key": key}
        assert olga.submit("/bookings/basket", sent, at="/bookings/mine").status_code == 303
    olga.get("/bookings/mine")
    assert "1 place is booked. 1 waiting list joined." in olga.page.words
    assert "Waiting, 1st" in olga.page.words
    assert "A mail comes the day before each session." in olga.page.words
    olga.submit("/bookings/reminders", {"on": "no"}, at="/bookings/mine")
    olga.get("/bookings/mine")
    assert "Remind me the day before" in olga.page.words
    assert sessions.taken("swim/1") == 1
    adam = browser_of(app, "adam")
    adam.get("/bookings/mine")
    assert "Mia" in adam.page.words


def test_b3_b6_a_clash_is_swapped_and_each_has_its_payer(app: Flask, club: dict[str, str]) -> None:
    booking.book(families.as_("adam"), [Wish("swim/1", "mia")])
    club["judo/1"] = sessions.public_id(sessions.session("judo/1", "2026-12-01T17:30"))
    club["leo"] = families.profile("leo").public_id
    adam = browser_of(app, "adam")
    assert put_in(adam, club, "judo/1", "mia") == 303
    adam.get("/bookings/basket")
    assert "Book it, cancel Swim" in adam.page.words
    (line,) = set(re.findall(r'action="(/bookings/basket/[0-9a-f]{20})"', adam.get("/bookings/basket").text))
    adam.submit(line, {"choice": "instead"}, at="/bookings/basket")
    adam.get("/bookings/basket")
    assert "Swim, 1 Dec 2026, 17:00 is cancelled for it, and 12.00 EUR comes back." in adam.page.words
    assert "Comes back for what is cancelled 12.00" in adam.page.words
    assert put_in(adam, club, "swim/2", "leo") == 303
    adam.get("/bookings/basket")
    assert "For Leo <b>O'Neil</b> 株式会社" in adam.page.words
    chosen = {f"payer-{club['leo']}": "subject", f"payer-{club['mia']}": "booker"}
    adam.submit("/bookings/basket/payer", {f"payer-{club['leo']}": "nobody"}, at="/bookings/basket")
    adam.submit("/bookings/basket/payer", chosen, at="/bookings/basket")
    adam.get("/bookings/basket")
    assert "As it is now: Adam 12.00, Leo <b>O'Neil</b> 株式会社 12.00" in adam.page.words
    assert adam.submit("/bookings/basket", {"mark": adam.page.hidden["mark"]}, at="/bookings/basket").status_code == 303
    assert sessions.taken("swim/1") == 0
    live = [(one.customer, one.payer_reference, one.session_id) for one in booking.rows.live_in([1, 2, 4])]
    assert sorted(live) == [("leo", "leo", 2), ("mia", "adam", 4)]


def test_b4_cancelling_says_what_comes_back_and_can_be_undone(
    app: Flask, club: dict[str, str], frozen: time_machine.Traveller
) -> None:
    done = booking.book(families.as_("olga"), [Wish("swim/1", "mia")]).bookings[0].booking
    olga, stranger = browser_of(app, "olga"), browser_of(app, "stranger")
    path = f"/bookings/booked/{done}/cancel"
    assert stranger.get(path).status_code == 404
    olga.get(path)
    assert "12.00 EUR is given back" in olga.page.words
    assert "30 Nov 2026, 17:00 (Europe/Prague)" in olga.page.words
    assert olga.submit(path, {}).location == "/bookings/mine"
    olga.get("/bookings/mine")
    assert "12.00 EUR was taken back" in olga.page.words
    assert "Cancelled lately" in olga.page.words
    assert olga.submit(f"/bookings/booked/{done}/undo", {}, at="/bookings/mine").status_code == 303
    frozen.move_to(datetime(2026, 11, 30, 17, tzinfo=UTC))
    again = browser_of(app, "olga")
    again.get(path)
    assert "12.00 EUR stays charged." in again.page.words
    assert again.submit(path, {"late": ""}).status_code == 409, "too late without saying so"
    assert again.submit(path, {"late": "yes"}).status_code == 303
    assert sessions.taken("swim/1") == 0


def test_b12_l15_what_is_refused_says_why(app: Flask, club: dict[str, str]) -> None:
    families.change("olga", own_status="blocked", blocked_cause="by_hand")
    olga = browser_of(app, "olga")
    olga.get(f"/bookings/{club['swim/2']}")
    assert "is Blocked, so nothing is booked." in olga.page.words
    people.customer("main", manages_sub_accounts=True)
    people.customer("sub")
    people.link("main", "sub")
    logins.login(families.profile("main"), "main@portal.test", "Main")
    main = browser_of(app, "main")
    assert main.get(f"/for/{families.profile('sub').public_id}/bookings").status_code == 403
    assert main.get("/bookings").status_code == 200


def test_the_pages_ask_as_often_however_much_there_is(app: Flask, club: dict[str, str]) -> None:
    olga = browser_of(app, "olga")
    for name in ("yoga/1", "swim/3", "swim/4"):
        olga.get("/bookings")
        with counted() as few:
            olga.get("/bookings")
        with counted() as dates:
            olga.get(f"/bookings/{club['swim/1']}")
        sessions.session(name, "2026-12-04T17:00")
        with counted() as more:
            olga.get("/bookings")
        with counted() as more_dates:
            olga.get(f"/bookings/{club['swim/1']}")
        assert len(more) == len(few), name
        assert len(more_dates) == len(dates), name
