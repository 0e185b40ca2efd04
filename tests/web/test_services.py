"""Services: one's own and those of a sub-account."""

from __future__ import annotations

from flask import Flask

from portal.rules.scopes import Scope
from tests.people import service
from tests.queries import counted
from tests.web.acme import NASTY, at, browser_of, change, company, person


def test_m1_every_plan_with_its_price_and_what_it_makes_a_month(app: Flask) -> None:
    pat = person("pat")
    for plan, price, period, state in (
        ("Broadband", 4990, "month", "active"),
        ("Cleaning", 1000, "week", "active"),
        ("Lift", 10000, "quarter", "active"),
        ("Name", 1006, "year", "active"),
        ("Line", 2000, "month", "paused"),
        ("Old", 99900, "month", "stopped"),
    ):
        service(pat, plan, price, period=period, state=state)
    browser = browser_of(app, "pat")
    browser.get("/services")
    words = browser.page.words
    assert "Services 6 4 active, 127.40 EUR a month." in words
    assert "Cleaning Active 1 Jan 2026 10.00 a week 43.33" in words
    assert "Lift Active 1 Jan 2026 100.00 a quarter 33.33" in words
    assert "Name Active 1 Jan 2026 10.06 a year 0.84" in words
    assert words.index("Line Paused 1 Jan 2026 20.00 a month") < words.index("Old Stopped")
    assert "together, a month 127.40" in words


def test_none_yet(app: Flask) -> None:
    person("pat")
    browser = browser_of(app, "pat")
    browser.get("/services")
    assert "No services yet" in browser.page.words
    assert "Ask Harbour Net for one" in browser.page.words


def test_l15_those_of_a_managed_sub_account(app: Flask) -> None:
    company()
    browser = browser_of(app, "acme")
    browser.get(f"/for/{at('branch').public_id}/services")
    assert browser.page.title == "Services – Riverside branch – Kith"
    assert "2 active, 149.90 EUR a month." in browser.page.words
    assert "Acting for Riverside branch" in browser.page.words


def test_a_blocked_account_is_told_what_that_means(app: Flask) -> None:
    company()
    change("acme", own_status="blocked")
    browser = browser_of(app, "branch")
    browser.get("/services")
    assert "Your account is blocked" in browser.page.words


def test_a_login_needs_the_scope(app: Flask) -> None:
    person("pat", scopes=(Scope.FINANCE,))
    browser = browser_of(app, "pat")
    assert browser.get("/services").status_code == 403
    assert "it would need the right to see details and services" in browser.page.words


def test_names_of_plans_are_text_and_rows_cost_no_queries(app: Flask) -> None:
    pat = person("pat")
    browser = browser_of(app, "pat")
    service(pat, NASTY, 100)
    with counted() as few:
        assert "<b>O" not in browser.get("/services").get_data(as_text=True)
    assert NASTY in browser.page.words
    for number in range(30):
        service(pat, f"Plan {number}", 100)
    with counted() as many:
        browser.get("/services")
    assert len(few) == len(many) <= 4
