"""What every answer carries, and requests that are refused before any page sees them."""

from __future__ import annotations

import io
import json
import re
from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from portal import create_app
from portal.actions import doctor
from portal.actions.links import sub_accounts
from portal.config import Settings
from portal.db.audit import records as audit
from portal.db.customers import profiles as customers
from portal.db.engine import db
from portal.rules.deciding import SYSTEM
from portal.rules.links.facts import BillingMode
from portal.web.serving import forwarding
from tests import logins as accounts
from tests import people
from tests.pages import PageClient
from tests.web.acme import HTMX, at, browser_of, company, person

Clock = time_machine.Traveller


@pytest.fixture
def petra(app: Flask) -> PageClient:
    """Signed in for the company."""
    company()
    return browser_of(app, "acme")


def test_sec38_htmx_runs_without_eval_scripts_history_or_other_sites(client: PageClient) -> None:
    page = client.get("/login").get_data(as_text=True)
    found = re.search(r"""<meta name="htmx-config" content=(['"])(.*?)\1>""", page)
    assert found is not None
    config = json.loads(found[2].replace("&quot;", '"').replace("&#34;", '"'))
    assert config["selfRequestsOnly"] is True
    assert config["historyCacheSize"] == 0
    assert [config[name] for name in ("allowEval", "allowScriptTags", "includeIndicatorStyles")] == [False] * 3


def test_sec39_the_policy_allows_nothing_inline_and_no_framing(client: PageClient) -> None:
    policy = client.get("/login").headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    for part in ("default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
        assert part in policy


def test_sec40_private_pages_are_not_kept_and_carry_their_headers(petra: PageClient) -> None:
    headers = petra.get("/statements").headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "Strict-Transport-Security" not in headers


def test_sec40_over_https_browsers_are_told_to_stay_there(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"cookies_secure": True, "base_url": "https://kith.example"}))
    with app.app_context():
        answer = app.test_client().get("/login", base_url="https://kith.example")
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")
        assert answer.headers["Set-Cookie"].startswith("__Host-")
        db.engine.dispose()


def test_sec41_a_fragment_and_its_page_are_told_apart(petra: PageClient) -> None:
    whole, part = petra.get("/sub-accounts?q=branch"), petra.get("/sub-accounts?q=branch", headers=HTMX)
    assert "HX-Request" in whole.headers["Vary"]
    assert "HX-Request" in part.headers["Vary"]
    assert "<html" in whole.get_data(as_text=True)
    assert "<html" not in part.get_data(as_text=True)


def test_sec44_htmx_headers_open_nothing(app: Flask) -> None:
    company()
    person("pat")
    pat = browser_of(app, "pat")
    crafted = {**HTMX, "HX-Boosted": "true", "HX-Current-URL": "/staff", "HX-Target": "main", "HX-Trigger": "staff"}
    assert pat.get(f"/for/{at('acme').public_id}/services", headers=crafted).status_code == 404
    assert pat.get("/staff", headers=crafted).status_code == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 302),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Origin": "http://localhost"}, 302),
        ({}, 302),
    ],
)
def test_sec36_a_form_from_another_site_is_refused(petra: PageClient, headers: dict[str, str], status: int) -> None:
    petra.get("/account")
    answer = petra.post("/logout", data={"csrf_token": petra.page.hidden["csrf_token"]}, headers=headers)
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://kith.example"}, 422),
        ({"Sec-Fetch-Site": "same-origin"}, 422),
        ({"Origin": "https://kith.example"}, 422),
        ({"Referer": "https://kith.example/login"}, 422),
        ({}, 422),
        ({"Origin": "http://kith.example"}, 403),
        ({"Origin": "https://kith.example.evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://kith.example"}, 403),
    ],
)
def test_sec36_over_https_no_referrer_is_asked_for(
    settings: Settings, frozen: object, headers: dict[str, str], status: int
) -> None:
    app = create_app(settings.model_copy(update={"cookies_secure": True, "base_url": "https://kith.example"}))
    app.test_client_class = PageClient
    with app.app_context():
        client = app.test_client()
        client.get("/login", base_url="https://kith.example")
        typed = {"csrf_token": client.page.hidden["csrf_token"], "email": "a@b.example", "password": "not this one"}
        answer = client.post("/login", data=typed, headers=headers, base_url="https://kith.example")
        assert answer.status_code == status
        db.session.remove()
        db.engine.dispose()


def test_sec35_a_form_without_its_token_is_refused(petra: PageClient) -> None:
    assert petra.post("/logout", data={}).status_code == 400
    assert petra.get("/account").status_code == 200


def test_sec52_a_fault_in_the_middle_leaves_nothing_behind(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    people.customer("acme")
    people.customer("branch")

    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(audit, "record", fail)
    with pytest.raises(ZeroDivisionError):
        sub_accounts.link(SYSTEM, "acme", "branch", BillingMode.AGGREGATED)
    branch = customers.by_reference("branch")
    assert branch is not None
    assert branch.main_id is None


def test_sec52_a_fault_is_told_without_its_details(petra: PageClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr("portal.web.sub_accounts.list_sub_accounts", fail)
    petra.expects = frozenset({500})
    answer = petra.get("/sub-accounts")
    assert answer.status_code == 500
    assert "secret detail" not in answer.get_data(as_text=True)
    assert "Traceback" not in answer.get_data(as_text=True)


def test_sec55_forwarding_that_nobody_trusts_is_said_once(
    app: Flask, monkeypatch: pytest.MonkeyPatch, frozen: Clock
) -> None:
    said: list[str] = []
    monkeypatch.setattr(forwarding.log, "warning", lambda event, **_: said.append(event))
    client = app.test_client()
    sent = {"X-Forwarded-For": "203.0.113.9"}
    client.get("/login", headers=sent, environ_base={"REMOTE_ADDR": "5.6.7.8"})
    assert said == [], "whoever is far away may send what they like"
    assert not any("PORTAL_TRUSTED_PROXIES" in str(one) for one in doctor.examine().warnings)
    for _ in range(3):
        client.get("/login", headers=sent)
    assert said == ["forwarded addresses are ignored"]
    assert any("PORTAL_TRUSTED_PROXIES" in str(one) for one in doctor.examine().warnings)
    frozen.shift(timedelta(days=8))
    assert not any("PORTAL_TRUSTED_PROXIES" in str(one) for one in doctor.examine().warnings)


@pytest.mark.parametrize(("proxies", "address"), [(0, "127.0.0.1"), (1, "203.0.113.9")])
def test_sec55_forwarded_addresses_count_only_when_configured(
    settings: Settings, frozen: object, proxies: int, address: str
) -> None:
    app = create_app(settings.model_copy(update={"trusted_proxies": proxies}))
    app.test_client_class = PageClient
    with app.app_context():
        person("acme")
        client = app.test_client()
        client.get("/login")
        client.post(
            "/login",
            data={
                "csrf_token": client.page.hidden["csrf_token"],  # type: ignore[attr-defined]
                "email": "acme@portal.test",
                "password": people.PASSWORD,
            },
            headers={"X-Forwarded-For": "203.0.113.9"},
        )
        assert [session.address for session in accounts.sessions()] == [address]
        db.session.remove()
        db.engine.dispose()


@pytest.mark.parametrize("query", ["account=%00", "from=%00", "page=%00&sort=name"])
def test_r20_null_characters_are_refused(petra: PageClient, query: str) -> None:
    assert petra.get(f"/statements?{query}").status_code == 400


def test_r20_requests_that_make_no_sense_get_a_sentence(petra: PageClient) -> None:
    petra.get("/account")
    token = petra.page.hidden["csrf_token"]
    many = {"csrf_token": token, **{f"field{number}": "x" for number in range(10_000)}}
    assert petra.post("/statements/save", data=many).status_code == 413
    broken = petra.post("/statements/save", data=b"--x\r\nnonsense", content_type="multipart/form-data; boundary=x")
    assert broken.status_code == 400
    assert petra.get("/sub-accounts?q=%ff%fe").status_code == 200
    assert petra.get("/statements?from=%ff").status_code == 422


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "application/json", "text/plain", ""])
def test_r20_a_long_body_that_is_no_upload_is_refused_unread(petra: PageClient, kind: str) -> None:
    answer = petra.post(
        "/login",
        content_type=kind,
        environ_overrides={"CONTENT_LENGTH": str(2 * 1024**2), "wsgi.input": _Untouched()},
    )
    assert answer.status_code in (400, 413), "an unread body has no token, or is too long"


@pytest.mark.parametrize("path", ["/login", "/statements/save", "/no/such/page"])
def test_r20_fields_are_counted_before_anything_is_made_of_them(
    petra: PageClient, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    taken: list[object] = []
    monkeypatch.setattr("werkzeug.formparser.parse_qsl", lambda *given, **_: taken.append(given) or [])
    form = "application/x-www-form-urlencoded"
    assert petra.post(path, data=b"a=1&" * 200_000, content_type=form).status_code == 413
    assert taken == []
    petra.post(path, data=b"a=1&" * 999, content_type=form)
    assert len(taken) == 1


def test_r20_of_a_body_of_unknown_length_no_more_than_that_is_read(petra: PageClient) -> None:
    body = io.BytesIO(b"a=" + b"x" * 3 * 1024**2)
    sent = {"HTTP_TRANSFER_ENCODING": "chunked", "wsgi.input_terminated": True, "wsgi.input": body}
    answer = petra.post("/login", content_type="application/x-www-form-urlencoded", environ_overrides=sent)
    assert answer.status_code in (400, 413)
    assert 0 < body.tell() <= 1024**2 + 1


class _Untouched:
    """A body of which nothing may be read."""

    def read(self, *_: int) -> bytes:
        raise AssertionError("the body was read")


def test_r19_an_upload_beyond_the_limit_is_refused_unread(petra: PageClient) -> None:
    answer = petra.post(
        "/statements/save",
        content_type="application/x-www-form-urlencoded",
        environ_overrides={"CONTENT_LENGTH": str(1024**3), "wsgi.input": _Untouched()},
    )
    assert answer.status_code == 413
