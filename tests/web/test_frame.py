"""The frame of every page, and figures and dates as the partner's locale writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from flask import Flask, g

from portal.rules.permissions import Role, Scope
from portal.web import frame as context
from tests.logins import administrator
from tests.people import sign_in
from tests.queries import counted
from tests.web.acme import at, browser_of, change, company, person

MAIN = "Main"


def nav(html: str, label: str = MAIN) -> list[str]:
    """The entries of the navigation."""
    part = html[html.index(f'<nav aria-label="{label}"') :]
    part = part[: part.index("</nav>")]
    return [piece.split("</span>")[0] for piece in part.split("<span>")[1:] if not piece.startswith("More")]


def test_a_main_account_is_led_to_its_sub_accounts(app: Flask) -> None:
    company()
    html = browser_of(app, "acme").get("/").get_data(as_text=True)
    assert nav(html) == ["Home", "Sub-accounts", "Statements", "Services", "Documents"]
    assert html.count('aria-current="page"') == 1


def test_an_aggregated_sub_account_has_no_statements(app: Flask) -> None:
    company()
    html = browser_of(app, "branch").get("/").get_data(as_text=True)
    assert nav(html) == ["Home", "Services", "Documents", "Account"]
    html = browser_of(app, "franchise").get("/").get_data(as_text=True)
    assert nav(html) == ["Home", "Statements", "Services", "Documents", "Account"]


def test_acting_for_somebody_leads_only_where_the_grant_does(app: Flask) -> None:
    company()
    browser = browser_of(app, "acme")
    html = browser.get(f"/for/{at('branch').public_id}/services").get_data(as_text=True)
    assert nav(html) == ["Overview", "Services", "Documents"]
    base = f"/for/{at('branch').public_id}"
    assert {f"{base}/", f"{base}/services", f"{base}/documents"} <= set(browser.page.links)
    assert html.count('aria-current="page"') == 1


def test_a_narrow_login_is_led_only_where_it_may_go(app: Flask) -> None:
    person("pat", scopes=(Scope.FINANCE,))
    html = browser_of(app, "pat").get("/").get_data(as_text=True)
    assert nav(html) == ["Home", "Statements", "Account"]


def test_management_alone_shows_where_sub_accounts_will_be(app: Flask) -> None:
    person("pat", manages_sub_accounts=True)
    assert "Sub-accounts" in nav(browser_of(app, "pat").get("/").get_data(as_text=True))


def test_staff_have_their_own_navigation_and_no_switcher(app: Flask) -> None:
    administrator("super@portal.test", Role.SUPER)
    administrator("desk@portal.test", Role.FRONT_OF_HOUSE)
    company()
    for email, outbox in (("super@portal.test", True), ("desk@portal.test", False)):
        client = app.test_client()
        sign_in(client, email)
        html = client.get("/sub-accounts").get_data(as_text=True)
        entries = nav(html, "Back office")
        assert entries[0] == "Home"
        assert ("Outbox" in entries) is outbox
        assert "Act for" not in html


def test_signed_out_pages_and_fragments_ask_for_no_frame(app: Flask) -> None:
    company()
    with counted() as sent:
        app.test_client().get("/login")
    assert sent == []
    browser = browser_of(app, "acme")
    with counted() as whole:
        browser.get("/people")
    with counted() as part:
        browser.get("/people", headers={"HX-Request": "true"})
    assert len(part) == len(whole) - 1


def test_refusals_keep_the_frame(app: Flask) -> None:
    company()
    browser = browser_of(app, "branch")
    assert browser.get("/no-such-page").status_code == 404
    assert "Riverside branch" in browser.page.words
    assert browser.get(f"/for/{at('acme').public_id}/").status_code == 404
    assert "Acting for" not in browser.page.words


@pytest.mark.parametrize(
    ("locale", "written", "counted_", "on", "short"),
    [
        ("en_GB", "−1,234.50", "1,234", "2 Nov 2026", "2 Nov"),
        ("cs_CZ", "−1\xa0234,50", "1\xa0234", "2. 11. 2026", "2. 11."),
        ("de_DE", "−1.234,50", "1.234", "02.11.2026", "2. Nov."),
        ("no such place", "−1,234.50", "1,234", "2 Nov 2026", "2 Nov"),
    ],
)
def test_figures_and_days_follow_the_locale(
    app: Flask, locale: str, written: str, counted_: str, on: str, short: str
) -> None:
    g.pen = context.pen_of(locale)
    assert context.money(-123450, "EUR") == written
    assert context.number(1234) == counted_
    assert context.day(date(2026, 11, 2)) == on
    assert context.day_short(date(2026, 11, 2)) == short
    assert context.day_short(date(2025, 11, 2)) == context.day(date(2025, 11, 2))


def test_amounts_have_the_decimals_of_their_currency_and_a_sign_of_their_own(app: Flask) -> None:
    assert context.money(-1234, "JPY") == "−1,234"
    assert context.money(1234567, "BHD") == "1,234.567"
    assert context.signed_money(5, "EUR") == "+0.05"
    assert context.signed_money(0, "EUR") == "0.00"
    assert context.signed_money(-5, "EUR") == "−0.05"
    assert context.money(10**15, "EUR") == "10,000,000,000,000.00"


def test_instants_are_told_on_the_partners_clock(app: Flask) -> None:
    company()
    change(
        "branch",
        own_status="blocked",
        blocked_cause="by_hand",
        status_changed_at=datetime(2026, 11, 11, 23, 30, tzinfo=UTC),
    )
    browser = browser_of(app, "acme")
    browser.get("/sub-accounts")
    assert "Blocked by staff on 12 Nov" in browser.page.words
    assert context.moment(datetime(2026, 11, 22, 23, 30, tzinfo=UTC)) == "22 Nov 2026, 23:30"
    assert context.moment(None) == context.day(None) == context.day_short(None) == ""


def test_each_form_gets_a_fresh_key(app: Flask) -> None:
    assert len({context.once() for _ in range(100)}) == 100
