"""A form that comes too late is no dead end (I2)."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from portal.db.engine import db
from portal.db.tables import KeptForm
from tests.logins import login
from tests.pages import PageClient
from tests.people import PASSWORD, sign_in
from tests.web.acme import NASTY, browser_of, person
from tests.web.staff.office import now, path, staff

Clock = time_machine.Traveller
TYPED = {"name": NASTY, "given_name": "Zoë", "family_name": "O'Brien", "address": "1 Quay\nBrno", "phone": "+420 1 555"}


@pytest.fixture
def browser(app: Flask) -> PageClient:
    """Zoë, at the form of her own details."""
    person("zoe", name="Zoë", called="Zoë", kind="individual")
    client = browser_of(app, "zoe")
    client.get("/details")
    return client


def send(browser: PageClient, **more: str) -> tuple[int, str]:
    """Send the form that is open; status and where it leads."""
    answer = browser.post("/details", data={**browser.page.hidden, **TYPED, **more})
    return answer.status_code, answer.headers.get("Location", "")


def sign_in_again(browser: PageClient, at: str, email: str = "zoe@portal.test") -> str:
    """Sign in where one was led; where that leads."""
    answer = browser.submit(at, {"email": email, "password": PASSWORD})
    assert answer.status_code == 302
    return str(answer.headers["Location"])


def kept_forms() -> list[KeptForm]:
    db.session.rollback()
    found = db.session.query(KeptForm).order_by(KeptForm.id).all()
    db.session.expunge_all()
    db.session.rollback()
    return found


def comes_back(browser: PageClient, where: str) -> None:
    """What was typed stands in the form, and is saved by pressing its button."""
    html = browser.get(where).get_data(as_text=True)
    assert "What you typed is here again, and nothing was sent yet." in browser.page.words
    for text in ("O&#39;Brien", "1 Quay\nBrno", "+420 1 555"):
        assert text in html
    assert now("zoe").name == "Zoë"
    answer = browser.post(where, data={**browser.page.hidden, **TYPED})
    assert answer.status_code == 303
    assert (now("zoe").name, now("zoe").phone) == (NASTY, "+420 1 555")


def test_i2_after_thirty_idle_minutes_what_was_typed_comes_back(browser: PageClient, frozen: Clock) -> None:
    frozen.shift(timedelta(minutes=31))
    status, where = send(browser)
    assert (status, where.partition("?")[0]) == (303, "/login")
    browser.get(where)
    assert "Nothing happened for a while, so you were signed out." in browser.page.words
    assert "what you typed comes back" in browser.page.words
    assert "Sign in and go on" in browser.page.words
    comes_back(browser, sign_in_again(browser, where))


def test_i2_after_signing_out_in_another_tab(browser: PageClient) -> None:
    hidden = browser.page.hidden
    browser.submit("/logout", {}, at="/account")
    answer = browser.post("/details", data={**hidden, **TYPED})
    browser.get(answer.headers["Location"])
    assert "You signed out in another tab." in browser.page.words
    comes_back(browser, sign_in_again(browser, answer.headers["Location"]))


def test_i2_after_the_cookie_is_gone(browser: PageClient) -> None:
    browser.delete_cookie("portal")
    status, where = send(browser)
    assert status == 303
    browser.get(where)
    assert "its cookie for this site is gone" in browser.page.words
    comes_back(browser, sign_in_again(browser, where))


def test_i2_after_being_signed_out_from_elsewhere(app: Flask, browser: PageClient) -> None:
    other = browser_of(app, "zoe")
    other.submit("/account/sessions/end-others", {}, at="/account/sessions")
    status, where = send(browser)
    assert status == 303
    browser.get(where)
    assert "You have been signed out: here, from another device" in browser.page.words
    comes_back(browser, sign_in_again(browser, where))


def test_i2_after_the_longest_time(browser: PageClient, frozen: Clock) -> None:
    for _ in range(28):
        frozen.shift(timedelta(minutes=25))
        browser.get("/account")
    browser.get("/details")
    frozen.shift(timedelta(minutes=21))
    _status, where = send(browser)
    browser.get(where)
    assert "You were signed in for as long as that lasts" in browser.page.words


def test_i2_a_form_of_before_signing_in_again_is_drawn_anew(browser: PageClient) -> None:
    hidden = browser.page.hidden
    browser.submit("/logout", {}, at="/account")
    sign_in(browser, "zoe@portal.test")
    answer = browser.post("/details", data={**hidden, **TYPED})
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/details?kept=")
    comes_back(browser, answer.headers["Location"])


def test_i2_nobody_else_gets_what_was_typed(app: Flask, browser: PageClient) -> None:
    person("leo", name="Leo", kind="individual")
    hidden = browser.page.hidden
    browser.submit("/logout", {}, at="/account")
    sign_in(browser, "leo@portal.test")
    answer = browser.post("/details", data={**hidden, **TYPED})
    assert answer.status_code == 409
    assert "Somebody else is signed in here" in browser.page.words
    assert "zoe" not in browser.page.words.lower()
    kept = kept_forms()[0].public_id
    html = browser.get(f"/details?kept={kept}").get_data(as_text=True)
    assert "O&#39;Brien" not in html
    assert now("leo").name == "Leo"
    answer = browser.submit("/logout", {"next": f"/details?kept={kept}"}, at="/account")
    comes_back(browser, sign_in_again(browser, answer.headers["Location"]))


def test_i2_a_seal_cannot_be_made_up(browser: PageClient) -> None:
    browser.delete_cookie("portal")
    status, where = send(browser, whose="0123456789abcdef0123.x.y")
    assert (status, kept_forms()) == (400, [])
    assert where == ""


def test_i2_passwords_and_files_are_never_kept(app: Flask, frozen: Clock) -> None:
    person("zoe", kind="individual")
    browser = browser_of(app, "zoe")
    browser.get("/account/password")
    frozen.shift(timedelta(minutes=31))
    data = {**browser.page.hidden, "current_password": PASSWORD, "password": "tram owl brick lantern"}
    answer = browser.post("/account/password", data=data)
    assert answer.status_code == 303
    assert kept_forms() == []
    desk = staff(app, "super")
    desk.get("/staff/links/import")
    frozen.shift(timedelta(minutes=31))
    file = {**desk.page.hidden, "file": (io.BytesIO(b"main,sub\n"), "links.csv")}
    assert desk.post("/staff/links/import", data=file).status_code == 303
    assert kept_forms() == []


def test_i2_what_is_kept_is_gone_within_the_hour_and_five_are_enough(browser: PageClient, frozen: Clock) -> None:
    hidden = browser.page.hidden
    browser.delete_cookie("portal")
    for number in range(7):
        browser.post("/details", data={**hidden, **TYPED, "phone": f"+420 {number}"})
    assert [dict(one.fields)["phone"] for one in kept_forms()] == [f"+420 {number}" for number in range(2, 7)]
    where = f"/details?kept={kept_forms()[-1].public_id}"
    sign_in(browser, "zoe@portal.test")
    assert "+420 6" in browser.get(where).get_data(as_text=True)
    frozen.shift(timedelta(minutes=29))
    browser.get("/details")
    frozen.shift(timedelta(minutes=29))
    browser.get("/details")
    frozen.shift(timedelta(minutes=3))
    assert "+420 6" not in browser.get(where).get_data(as_text=True)


def test_i2_a_kept_form_keeps_the_version_it_was_opened_with(app: Flask, browser: PageClient) -> None:
    browser.delete_cookie("portal")
    _status, where = send(browser)
    desk, page = staff(app, "super"), path("zoe", "/details/edit")
    changed = {"name": "Zoë Z", "kind": "individual", "billing_type": "recurring", "billing_day": "1"}
    assert desk.submit(page, changed, at=page).status_code == 303
    back = sign_in_again(browser, where)
    browser.get(back)
    assert browser.post(back, data={**browser.page.hidden, **TYPED}).status_code == 409
    assert now("zoe").name == "Zoë Z"


def test_i2_two_sign_in_pages(app: Flask) -> None:
    person("zoe", kind="individual")
    browser = app.test_client()
    assert isinstance(browser, PageClient)
    browser.get("/login?next=/account")
    hidden = browser.page.hidden
    sign_in(browser, "zoe@portal.test")
    answer = browser.post("/login?next=/account", data={**hidden, "email": "zoe@portal.test", "password": PASSWORD})
    assert answer.status_code == 303
    answer = browser.get(answer.headers["Location"])
    assert answer.headers["Location"] == "/account"
    browser.get("/account")
    assert "You are signed in already, as zoe@portal.test." in browser.page.words


def test_i2_a_sign_in_page_of_before_is_drawn_anew_with_the_address(app: Flask) -> None:
    person("zoe", kind="individual")
    browser = app.test_client()
    assert isinstance(browser, PageClient)
    browser.get("/login")
    hidden = browser.page.hidden
    sign_in(browser, "zoe@portal.test")
    browser.submit("/logout", {}, at="/account")
    answer = browser.post("/login", data={**hidden, "email": "zoe@portal.test", "password": "not kept at all"})
    assert answer.status_code == 303
    html = browser.get(answer.headers["Location"]).get_data(as_text=True)
    assert 'value="zoe@portal.test"' in html
    assert "not kept at all" not in html
    assert "nothing was sent" in browser.page.words


def test_i2_without_any_cookie_it_is_said(app: Flask) -> None:
    browser = app.test_client(use_cookies=False)
    assert isinstance(browser, PageClient)
    browser.get("/login")
    data = {**browser.page.hidden, "email": "zoe@portal.test", "password": PASSWORD}
    answer = browser.post("/login", data=data)
    assert answer.status_code == 303
    assert browser.post(answer.headers["Location"], data=data).status_code == 400
    assert "Allow cookies for this site" in browser.page.words


def test_i2_a_button_of_before_does_nothing_and_is_pressed_once_more(app: Flask, browser: PageClient) -> None:
    browser.get("/account/sessions")
    hidden = browser.page.hidden
    login(now("zoe"), "second@portal.test")
    browser.submit("/logout", {}, at="/account")
    sign_in(browser, "zoe@portal.test")
    came_from = {"Referer": "http://localhost/account/sessions"}
    answer = browser.post("/account/sessions/end-others", data=hidden, headers=came_from)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account/sessions")
    browser.get("/account/sessions")
    assert "Press the button once more." in browser.page.words


def test_sec42_htmx_is_told_where_to_go(browser: PageClient, frozen: Clock) -> None:
    frozen.shift(timedelta(minutes=31))
    answer = browser.post("/details", data={**browser.page.hidden, **TYPED}, headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"].startswith("/login?next=/details?kept")


def test_i2_a_page_knows_when_the_session_ends(browser: PageClient, frozen: Clock) -> None:
    html = browser.get("/account").get_data(as_text=True)
    assert 'data-seconds="1800"' in html
    assert 'data-warn="120"' in html
    frozen.shift(timedelta(seconds=30))
    assert 'data-seconds="1770"' in browser.get("/account").get_data(as_text=True)
    frozen.shift(timedelta(minutes=20))
    told = browser.get("/session/stay").get_json()
    assert told == {"signed_in": True, "seconds": 1800, "warn": 120, "may_stay": True}
    frozen.shift(timedelta(minutes=31))
    assert browser.get("/session/stay").status_code == 401
