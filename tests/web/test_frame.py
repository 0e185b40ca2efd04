"""The frame of every page."""

from __future__ import annotations

from flask import Flask

from portal.rules.holders import Role
from portal.rules.scopes import Scope
from portal.web import frame
from tests.logins import administrator
from tests.people import sign_in
from tests.queries import counted
from tests.web.acme import at, browser_of, company, person

MAIN = "Main"


def nav(html: str, label: str = MAIN) -> list[str]:
    """The entries of the navigation."""
    part = html[html.index(f'<nav aria-label="{label}"') :]
    part = part[: part.index("</nav>")]
    return [piece.split("</span>")[0] for piece in part.split("<span>")[1:] if not piece.startswith("More")]


def test_a_main_account_is_led_to_its_sub_accounts(app: Flask) -> None:
    company()
    html = browser_of(app, "acme").get("/").get_data(as_text=True)
    assert nav(html) == [
        *("Home", "Bookings", "Sub-accounts", "Invoices", "Statements", "Memberships", "Services"),
        *("Statements", "Memberships", "Services", "Orders", "Documents", "Tickets"),
    ]
    assert html.count('aria-current="page"') == 1


def test_an_aggregated_sub_account_has_no_statements(app: Flask) -> None:
    company()
    html = browser_of(app, "branch").get("/").get_data(as_text=True)
    assert nav(html) == [
        *("Home", "Bookings", "Memberships", "Services", "Orders", "Documents", "Tickets"),
        *("Orders", "Documents", "Tickets"),
    ]
    html = browser_of(app, "franchise").get("/").get_data(as_text=True)
    assert nav(html) == [
        *("Home", "Bookings", "Invoices", "Statements", "Memberships", "Services", "Orders"),
        *("Memberships", "Services", "Orders", "Documents", "Tickets"),
    ]


def test_acting_for_somebody_leads_only_where_the_grant_does(app: Flask) -> None:
    company()
    browser = browser_of(app, "acme")
    html = browser.get(f"/for/{at('branch').public_id}/services").get_data(as_text=True)
    assert nav(html) == ["Overview", "Services", "Orders", "Documents", "Tickets"]
    base = f"/for/{at('branch').public_id}"
    assert {f"{base}/", f"{base}/services", f"{base}/documents"} <= set(browser.page.links)
    assert html.count('aria-current="page"') == 1


def test_a_narrow_login_is_led_only_where_it_may_go(app: Flask) -> None:
    person("pat", scopes=(Scope.FINANCE,))
    html = browser_of(app, "pat").get("/").get_data(as_text=True)
    assert nav(html) == ["Home", "Invoices", "Statements", "Account"]


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


def test_fragments_ask_for_no_frame(app: Flask) -> None:
    company()
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


def test_each_form_gets_a_fresh_key(app: Flask) -> None:
    assert len({frame.once() for _ in range(100)}) == 100
