"""The Account page, of customers and of staff."""

from __future__ import annotations

import pytest
from flask import Flask

from portal.actions import logins
from portal.rules.deciding import SYSTEM
from portal.rules.scopes import Scope
from portal.web.account.browsers import describe
from tests import people
from tests.logins import administrator, login, mails, sessions
from tests.pages import PageClient
from tests.people import PASSWORD

NEW = "tram owl brick lantern"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.0 Mobile/15E148 Safari/604.1"
)


def browser_of(app: Flask, email: str, user_agent: str = FIREFOX) -> PageClient:
    client = app.test_client()
    assert isinstance(client, PageClient)
    client.environ_base["HTTP_USER_AGENT"] = user_agent
    people.sign_in(client, email)
    return client


@pytest.fixture(params=["customer", "staff"])
def side(request: pytest.FixtureRequest, app: Flask) -> tuple[str, str]:
    """The beginning of the addresses, and who signs in: the pages are the same on both sides."""
    if request.param == "staff":
        administrator("sol@kith.example")
        return "/staff/account", "sol@kith.example"
    login(people.customer("acme", name="Acme Ltd"), "dana@acme.example", scopes=(Scope.VIEW, Scope.FINANCE))
    return "/account", "dana@acme.example"


def test_who_i_am(app: Flask, side: tuple[str, str]) -> None:
    base, email = side
    browser = browser_of(app, email)
    assert browser.get(base).status_code == 200
    assert email in browser.page.words
    assert ("Acme Ltd" in browser.page.words) == (base == "/account")
    assert "See finances" in browser.page.words
    assert ("Link sub-accounts" in browser.page.words) == (base == "/staff/account")


def test_changing_the_password(app: Flask, side: tuple[str, str]) -> None:
    base, email = side
    browser, other = browser_of(app, email), browser_of(app, email, SAFARI)
    form = f"{base}/password"
    answer = browser.submit(form, {"current_password": "wrong", "password": NEW})
    assert answer.status_code == 422
    assert "This is not your current password." in browser.page.words
    assert NEW not in answer.get_data(as_text=True)
    assert browser.submit(form, {"current_password": PASSWORD, "password": "password"}).status_code == 422
    assert browser.submit(form, {"current_password": "", "password": ""}).status_code == 422
    answer = browser.submit(form, {"current_password": PASSWORD, "password": NEW})
    assert answer.headers["Location"] == base
    assert browser.get(base).status_code == 200, "this browser stays signed in, with a new session"
    assert "Your password is changed" in browser.page.words
    assert other.get(base).status_code == 302
    assert mails()[-1].purpose == "password_changed"


def test_sec32_sessions_are_listed_and_ended(app: Flask, side: tuple[str, str]) -> None:
    base, email = side
    browser, phone = browser_of(app, email), browser_of(app, email, SAFARI)
    browser.get(f"{base}/sessions")
    words = browser.page.words
    assert "Firefox on Linux" in words
    assert "Safari on an iPhone" in words
    assert words.count("This browser") == 1
    public_id = sessions()[-1].public_id
    answer = browser.submit(f"{base}/sessions/{public_id}/end", {}, at=f"{base}/sessions")
    assert answer.headers["Location"] == f"{base}/sessions"
    assert phone.get(base).status_code == 302
    browser_of(app, email, SAFARI)
    browser.submit(f"{base}/sessions/end-others", {}, at=f"{base}/sessions")
    browser.get(f"{base}/sessions")
    assert "One other browser has been signed out." in browser.page.words
    assert "Safari" not in browser.page.words


def test_ending_this_session_signs_out(app: Flask, side: tuple[str, str]) -> None:
    base, email = side
    browser = browser_of(app, email)
    answer = browser.submit(f"{base}/sessions/{sessions()[0].public_id}/end", {}, at=f"{base}/sessions")
    assert answer.headers["Location"] == "/logout/done"
    assert browser.get(base).status_code == 302


def test_nobody_ends_a_strangers_session(app: Flask, side: tuple[str, str]) -> None:
    base, email = side
    login(people.customer("stranger"), "stranger@other.example")
    browser, stranger = browser_of(app, email), browser_of(app, "stranger@other.example")
    public_id = sessions()[-1].public_id
    assert browser.submit(f"{base}/sessions/{public_id}/end", {}, at=f"{base}/sessions").status_code == 404
    assert browser.submit(f"{base}/sessions/{'0' * 20}/end", {}, at=f"{base}/sessions").status_code == 404
    assert stranger.get("/account").status_code == 200


def test_each_side_keeps_to_its_own(app: Flask) -> None:
    login(people.customer("acme"), "dana@acme.example")
    administrator("sol@kith.example")
    customer, staff = browser_of(app, "dana@acme.example"), browser_of(app, "sol@kith.example")
    for page in ("", "/password", "/sessions"):
        assert customer.get(f"/staff/account{page}").status_code == 404
        assert staff.get(f"/account{page}").status_code == 404
    assert staff.get("/account/log").status_code == 404


def test_nobody_opens_the_account_of_a_sub_account(app: Flask) -> None:
    main, sub = people.customer("main", manages_sub_accounts=True), people.customer("sub")
    people.link("main", "sub")
    login(main, "main@acme.example")
    browser = browser_of(app, "main@acme.example")
    assert browser.get(f"/for/{sub.public_id}/account").status_code == 404


def test_pri4_who_did_what_for_me(app: Flask) -> None:
    acme, other = people.customer("acme", name="Acme Ltd"), people.customer("other")
    login(acme, "dana@acme.example")
    desk = administrator("desk@kith.example")
    browser = browser_of(app, "dana@acme.example")
    browser.get("/account/log")
    assert "Nothing yet" in browser.page.words
    logins.invite_login(desk, other.public_id, "canary@other.example", "Canary")
    for n in range(55):
        logins.invite_login(SYSTEM, acme.public_id, f"p{n}@acme.example", f"Person {n}")
    logins.invite_login(desk, acme.public_id, "books@acme.example", "Bo Keeper")
    browser.get("/account/log")
    words = browser.page.words
    assert "Invited Bo Keeper (books@acme.example) to the portal desk@kith.example As staff" in words
    assert "Canary" not in words
    assert "22 Nov 2026, 10:30" in words
    older = next(url for url in browser.page.links if "before=" in url)
    browser.get(older)
    assert "Person 0 " in browser.page.words
    assert "Bo Keeper" not in browser.page.words
    for cursor in ("'", "0" * 20):
        assert browser.get(f"/account/log?before={cursor}").status_code == 200


@pytest.mark.parametrize(
    ("scopes", "linked", "told"),
    [
        (tuple(Scope), False, "of 7,391.57 EUR"),
        ((Scope.VIEW,), False, "of •••"),
        (tuple(Scope), True, "of •••"),
    ],
)
def test_s9_the_log_tells_amounts_to_whom_the_statements_do(
    app: Flask, scopes: tuple[Scope, ...], linked: bool, told: str
) -> None:
    """An aggregated sub-account sees no finances, and neither does a login that may only look."""
    people.customer("main")
    branch = people.customer("branch")
    for kind in ("invoice", "payment"):
        people.post("branch", kind, 739157, "2026-11-02")
    if linked:
        people.link("main", "branch")
    login(branch, "dana@branch.example", scopes=scopes)
    browser = browser_of(app, "dana@branch.example")
    browser.get("/account/log")
    assert f"INV-000001 {told}" in browser.page.words


def test_sec62_the_customer_reads_that_staff_looked_at_its_finances(app: Flask) -> None:
    acme = people.customer("acme")
    login(acme, "dana@acme.example")
    administrator("sol@kith.example")
    staff = browser_of(app, "sol@kith.example")
    for page in ("", "/finance", "/finance"):
        staff.get(f"/staff/customers/{acme.public_id}{page}")
    browser = browser_of(app, "dana@acme.example")
    browser.get("/account/log")
    assert browser.page.words.count("Looked at the finances sol@kith.example As staff") == 1
    assert browser.page.words.count("sol@kith.example") == 1, "it is told once"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (FIREFOX, "Firefox on Linux"),
        (SAFARI, "Safari on an iPhone"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140 Safari/537.36 Edg/140", "Edge on Windows"),
        ("Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/140 Mobile Safari/537.36", "Chrome on Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15) Firefox/140", "Firefox on a Mac"),
        ("something on Linux", "A browser on Linux"),
        ("curl/8", "An unknown program"),
        ("", "An unknown program"),
    ],
)
def test_browsers_have_the_names_that_people_know(user_agent: str, name: str) -> None:
    assert str(describe(user_agent)) == name
