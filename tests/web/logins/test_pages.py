"""The pages around signing in."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from portal import create_app
from portal.actions import logins
from portal.config import Settings
from portal.rules.deciding import SYSTEM
from portal.rules.holders import Role
from tests import people
from tests.logins import administrator, link_in, login, mails, sessions
from tests.pages import PageClient
from tests.people import PASSWORD

NEW = "tram owl brick lantern"
Clock = time_machine.Traveller


@pytest.fixture
def browser(app: Flask) -> PageClient:
    """A browser, and Dana of Acme Ltd to sign in with it."""
    login(people.customer("acme", name="Acme Ltd"), "dana@acme.example")
    client = app.test_client()
    assert isinstance(client, PageClient)
    return client


def cookie(browser: PageClient) -> str:
    found = browser.get_cookie("portal")
    return found.value if found else ""


def test_the_journey_in_and_out(browser: PageClient) -> None:
    assert browser.get("/account").headers["Location"] == "/login?next=/account"
    answer = browser.submit("/login?next=/account", {"email": "dana@acme.example", "password": PASSWORD})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/account")
    assert browser.get("/account").status_code == 200
    assert browser.get("/login").headers["Location"] == "/"
    answer = browser.submit("/logout", {}, at="/account")
    assert answer.headers["Location"] == "/logout/done"
    browser.get("/logout/done")
    assert "You are signed out" in browser.page.words
    assert browser.get("/account").status_code == 302


def test_staff_land_in_the_back_office(browser: PageClient) -> None:
    administrator("sol@kith.example")
    answer = browser.submit("/login", {"email": "sol@kith.example", "password": PASSWORD})
    assert answer.headers["Location"] == "/staff"


@pytest.mark.parametrize(
    ("target", "landing"),
    [
        ("/statements?from=2026-01-01", "/statements?from=2026-01-01"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example/", "/"),
        ("/%09/evil.example", "/%09/evil.example"),
        ("javascript:alert(1)", "/"),
        ("/staff", "/"),
        ("/staff/customers", "/"),
        ("/staffordshire", "/staffordshire"),
        ("", "/"),
    ],
)
def test_sec43_the_way_back_stays_here_and_on_ones_own_side(browser: PageClient, target: str, landing: str) -> None:
    browser.get("/login", query_string={"next": target})
    data = {**browser.page.hidden, "email": "dana@acme.example", "password": PASSWORD}
    answer = browser.post("/login", query_string={"next": target}, data=data)
    assert answer.headers["Location"] == landing


def test_sec16_every_failure_looks_the_same(browser: PageClient) -> None:
    login(people.customer("gone", own_status="inactive"), "gone@acme.example")
    answers = set()
    for email in ("dana@acme.example", "nobody@acme.example", "gone@acme.example"):
        password = "mistyped" if email.startswith("dana") else PASSWORD
        answer = browser.submit("/login", {"email": email, "password": password})
        assert browser.page.title.startswith("Error: ")
        body = answer.get_data(as_text=True).replace(email, "ADDRESS")
        answers.add((answer.status_code, re.sub(r'value="[^"]{60,}"|CSRFToken[^}]*', "", body)))
    assert len(answers) == 1
    status, body = answers.pop()
    assert status == 422
    assert str(logins.FAILED) in body
    assert "mistyped" not in body
    assert sessions() == []


def test_missing_fields_are_named_and_what_was_typed_is_kept(browser: PageClient) -> None:
    answer = browser.submit("/login", {"email": "dana@acme.example", "password": ""})
    assert answer.status_code == 422
    assert "Enter your password." in browser.page.words
    assert 'value="dana@acme.example"' in answer.get_data(as_text=True)


def test_sec17_a_pause_is_told_calmly(browser: PageClient) -> None:
    for _ in range(5):
        browser.submit("/login", {"email": "dana@acme.example", "password": "wrong"})
    answer = browser.submit("/login", {"email": "dana@acme.example", "password": PASSWORD})
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "15")
    assert "try again in a minute" in browser.page.words
    for _ in range(3):
        assert browser.submit("/login/forgot", {"email": "dana@acme.example"}).status_code == 302
    assert browser.submit("/login/forgot", {"email": "dana@acme.example"}).status_code == 429


def test_sec27_signing_in_changes_the_cookie_and_forgets_what_was_in_it(browser: PageClient) -> None:
    browser.get("/login")
    with browser.session_transaction() as before:
        before["planted"] = "by somebody else"
    people.sign_in(browser, "dana@acme.example")
    first = cookie(browser)
    with browser.session_transaction() as after:
        assert "planted" not in after
        token = after["_user_id"]
        assert "_remember" not in after
    browser.get("/account")
    data = {**browser.page.hidden, "email": "dana@acme.example", "password": PASSWORD}
    browser.post("/login", data=data)
    with browser.session_transaction() as again:
        assert again["_user_id"] != token
    assert cookie(browser) != first
    assert [row.ended_at is None for row in sessions()] == [False, True]


def test_sec29_a_replayed_cookie_is_worth_nothing(browser: PageClient) -> None:
    people.sign_in(browser, "dana@acme.example")
    stolen = cookie(browser)
    browser.submit("/logout", {}, at="/account")
    browser.set_cookie("portal", stolen)
    assert browser.get("/account").status_code == 302
    browser.get("/login")
    assert "You have been signed out" in browser.page.words


def test_sec35_signing_in_and_out_need_a_token(browser: PageClient) -> None:
    assert browser.post("/login", data={"email": "dana@acme.example", "password": PASSWORD}).status_code == 400
    people.sign_in(browser, "dana@acme.example")
    assert browser.post("/logout").status_code == 400
    assert browser.get("/account").status_code == 200
    assert browser.get("/logout").status_code == 405


def test_sec36_another_sites_form_is_refused(browser: PageClient) -> None:
    headers = {"Sec-Fetch-Site": "cross-site"}
    answer = browser.submit("/login", {"email": "dana@acme.example", "password": PASSWORD}, headers=headers)
    assert answer.status_code == 403
    assert sessions() == []


def test_sec37_the_token_of_htmx_requests_is_new_after_signing_in(browser: PageClient) -> None:
    browser.get("/login")
    old = browser.page.hidden["csrf_token"]
    people.sign_in(browser, "dana@acme.example")
    html = browser.get("/account").get_data(as_text=True)
    new = browser.page.hidden["csrf_token"]
    assert new != old
    assert new in html.split("hx-headers=")[1][:200]
    assert browser.post("/account/sessions/end-others", headers={"X-CSRFToken": old}).status_code == 400
    assert browser.post("/account/sessions/end-others", headers={"X-CSRFToken": new}).status_code == 302


def test_sec42_an_expired_session_sends_htmx_to_the_sign_in_page(browser: PageClient, frozen: Clock) -> None:
    people.sign_in(browser, "dana@acme.example")
    frozen.shift(timedelta(minutes=31))
    answer = browser.get("/account", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Redirect"], answer.data) == (401, "/login", b"")


def test_sec34_cookies_over_https(settings: Settings, frozen: Clock) -> None:
    secure = settings.model_copy(update={"base_url": "https://portal.example.org", "cookies_secure": True})
    answer = create_app(secure).test_client().get("/login", base_url="https://portal.example.org")
    header = answer.headers["Set-Cookie"]
    assert header.startswith("__Host-portal=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(header.split("; "))
    assert "Domain" not in header


# Links from mails


def test_the_journey_of_a_forgotten_password(browser: PageClient, app: Flask) -> None:
    other = app.test_client()
    people.sign_in(other, "dana@acme.example")
    assert browser.submit("/login/forgot", {"email": "dana@acme.example"}).headers["Location"] == "/login/forgot/done"
    browser.get("/login/forgot/done")
    assert "If we know that address" in browser.page.words
    path = link_in(mails()[-1])
    assert browser.get(path).status_code == 200
    assert "dana@acme.example" in browser.get(path).get_data(as_text=True)
    answer = browser.submit(path, {"password": "short"})
    assert answer.status_code == 422
    assert "at least 8 characters" in browser.page.words
    answer = browser.submit(path, {"password": NEW})
    assert answer.headers["Location"] == "/login"
    assert other.get("/account").status_code == 302, "SEC21: every session ended"
    browser.get("/login")
    assert "Your password is saved" in browser.page.words
    people.sign_in(browser, "dana@acme.example", NEW)
    assert other.get(path).status_code == 410
    assert "no longer works" in other.page.words  # type: ignore[attr-defined]


def test_sec16_asking_for_links_answers_alike(browser: PageClient) -> None:
    people.customer("A-1001", email="office@acme.example")
    known = browser.submit("/login/forgot", {"email": "dana@acme.example"})
    unknown = browser.submit("/login/forgot", {"email": "nobody@acme.example"})
    assert (known.status_code, known.headers["Location"]) == (unknown.status_code, unknown.headers["Location"])
    right = browser.submit("/login/activate", {"customer_number": "A-1001", "email": "office@acme.example"})
    wrong = browser.submit("/login/activate", {"customer_number": "A-1001", "email": "other@acme.example"})
    assert (right.status_code, right.headers["Location"]) == (wrong.status_code, wrong.headers["Location"])
    assert right.data == wrong.data
    assert [mail.purpose for mail in mails()] == ["reset", "activation"]


def test_sec23_opening_a_link_does_nothing(browser: PageClient) -> None:
    acme = people.customer("other")
    logins.invite_login(SYSTEM, acme.public_id, "books@acme.example", "Bo Keeper")
    path = link_in(mails()[-1])
    for _ in range(3):
        assert browser.get(path).status_code == 200
        assert browser.head(path).status_code == 200
    assert "Harbour Net invites you" in browser.page.words or browser.get(path).status_code == 200
    assert browser.post(path, data={"password": NEW}).status_code == 400
    assert browser.submit(path, {"password": NEW}).headers["Location"] == "/login"


def test_the_invitation_page_says_who_invites_and_what_for(browser: PageClient) -> None:
    other = people.customer("other", name="Other Ltd")
    logins.invite_login(SYSTEM, other.public_id, "books@acme.example", "Bo Keeper")
    path = link_in(mails()[-1])
    browser.get(path)
    for part in ("Welcome, Bo Keeper", "Harbour Net", "Other Ltd", "See finances", "books@acme.example"):
        assert part in browser.page.words
    assert browser.submit(path, {"password": "bo-keeper"}).status_code == 422
    browser.submit(path, {"password": NEW})
    people.sign_in(browser, "books@acme.example", NEW)
    browser.get("/account")
    assert "Other Ltd" in browser.page.words


def test_sec24_an_invitation_opened_by_somebody_signed_in(browser: PageClient) -> None:
    other = people.customer("other")
    logins.invite_login(SYSTEM, other.public_id, "books@acme.example", "Bo Keeper")
    path = link_in(mails()[-1])
    people.sign_in(browser, "dana@acme.example")
    browser.get(path)
    assert "you are signed in as dana@acme.example" in browser.page.words
    token = browser.page.hidden["csrf_token"]
    assert browser.post(path, data={"csrf_token": token, "password": NEW}).status_code == 409
    browser.post("/logout", data={"csrf_token": token})
    assert browser.submit(path, {"password": NEW}).status_code == 302


def test_ux15_an_expired_invitation_offers_another(browser: PageClient, frozen: Clock) -> None:
    other = people.customer("other")
    logins.invite_login(SYSTEM, other.public_id, "books@acme.example", "Bo Keeper")
    path = link_in(mails()[-1])
    frozen.shift(timedelta(days=8))
    assert browser.get(path).status_code == 410
    answer = browser.submit(f"{path}/again", {}, at=path)
    assert answer.headers["Location"] == "/login/invitation-sent"
    browser.get("/login/invitation-sent")
    fresh = link_in(mails()[-1])
    assert fresh != path
    assert browser.get(path).status_code == 410
    assert browser.submit(fresh, {"password": NEW}).status_code == 302


def test_the_journey_of_an_activation(browser: PageClient) -> None:
    people.customer("A-1001", name="Quay Shop", email="office@quay.example")
    browser.submit("/login/activate", {"customer_number": "A-1001", "email": "office@quay.example"})
    browser.get("/login/activate/done")
    path = link_in(mails()[-1])
    browser.get(path)
    assert "Activate your account" in browser.page.title
    browser.submit(path, {"password": NEW})
    people.sign_in(browser, "office@quay.example", NEW)


@pytest.mark.parametrize("kind", ["reset", "invitation", "activation"])
def test_a_made_up_link_is_not_found(browser: PageClient, kind: str) -> None:
    for token in ("made-up", "%00", "%ff", "x" * 2000):
        assert browser.get(f"/login/{kind}/{token}").status_code == 404
    assert browser.get(f"/login/{kind}/").status_code == 404


def test_sec50_tokens_stay_out_of_the_logs(browser: PageClient, capsys: pytest.CaptureFixture[str]) -> None:
    from portal.outside import logs

    logs.configure("DEBUG")
    browser.submit("/login/forgot", {"email": "dana@acme.example"})
    path = link_in(mails()[-1])
    browser.submit(path, {"password": NEW})
    browser.get(path)
    people.sign_in(browser, "dana@acme.example", NEW)
    browser.submit("/login", {"email": "dana@acme.example", "password": "wrong"}, at="/account")
    logs.configure("ERROR")
    written = capsys.readouterr().err
    assert "password reset" in written
    assert "signed in" in written
    assert "sign-in failed" in written, "SEC51"
    for secret in (path.rsplit("/", 1)[1], NEW, "wrong"):
        assert secret not in written


def test_front_of_house_signs_in_too(browser: PageClient) -> None:
    administrator("desk@kith.example", Role.FRONT_OF_HOUSE)
    people.sign_in(browser, "desk@kith.example")
    assert browser.get("/staff/account").status_code == 200
    assert browser.get("/account").status_code == 404, "the customers’ page"


@pytest.mark.parametrize("spelling", ["zoe@xn--mnchen-3ya.example", "ZOE@MÜNCHEN.example", "zoe@mu\u0308nchen.example"])
def test_sec60_a_domain_is_one_whatever_the_browser_makes_of_it(browser: PageClient, spelling: str) -> None:
    login(people.customer("munich", name="München GmbH"), "zoe@münchen.example")
    answer = browser.submit("/login", {"email": spelling, "password": PASSWORD})
    assert answer.headers["Location"] == "/"
    browser.submit("/logout", {}, at="/account")
    browser.submit("/login/forgot", {"email": spelling})
    assert mails()[-1].purpose == "reset"


def test_sec16_activating_with_a_shared_address_looks_like_any_other(browser: PageClient) -> None:
    people.customer("A-1", email="dana@acme.example")
    people.customer("A-2", email="free@acme.example")
    answers = set()
    for number, email in (("A-1", "dana@acme.example"), ("A-2", "free@acme.example"), ("A-9", "nobody@acme.example")):
        answer = browser.submit("/login/activate", {"customer_number": number, "email": email})
        answers.add((answer.status_code, answer.headers["Location"]))
    assert answers == {(302, "/login/activate/done")}
    assert [mail.purpose for mail in mails()] == ["shared_address", "activation"]
