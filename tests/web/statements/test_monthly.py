"""S8 on pages: a customer switches monthly statements on and off, and staff for it."""

from __future__ import annotations

from flask import Flask

from portal.actions.statements import monthly
from portal.rules.deciding import SYSTEM
from portal.rules.holders import Role
from portal.rules.scopes import Scope
from tests.logins import administrator, login
from tests.people import sign_in
from tests.web.acme import at, browser_of, change, company


def test_s8_monthly_statements_are_switched_by_the_customer_and_by_staff(app: Flask) -> None:
    company()
    change("acme", billing_email="bills@acme.test")
    petra = browser_of(app, "acme")
    petra.get("/statements")
    assert "/statements/monthly" in petra.page.links
    petra.get("/statements/monthly")
    assert "Monthly statements Off" in petra.page.words
    assert "bills@acme.test" in petra.page.words
    petra.post("/statements/monthly", data={**petra.page.hidden, "monthly": "on"}, follow_redirects=True)
    assert "Monthly statements On" in petra.page.words
    assert "The next one is for November 2026." in petra.page.words
    monthly.send(SYSTEM, "2026-10")
    petra.get("/statements/monthly")
    assert "Sent so far October 2026 Queued" in petra.page.words
    assert browser_of(app, "branch").get("/statements/monthly").status_code == 403
    login(at("acme"), "viewer@portal.test", "Vera Viewer", scopes=(Scope.VIEW,))
    viewer = app.test_client()
    sign_in(viewer, "viewer@portal.test")
    assert viewer.get("/statements/monthly").status_code == 403
    administrator("sol@portal.test", Role.ADMINISTRATOR)
    sol = browser_of(app, "sol")
    url = f"/staff/customers/{at('acme').public_id}/finance/monthly"
    sol.get(url)
    assert "October 2026" in sol.page.words
    sol.post(url, data={**sol.page.hidden, "monthly": "off"}, follow_redirects=True)
    assert "Monthly statements Off" in sol.page.words


def test_s8_staff_see_what_did_not_go_out(app: Flask) -> None:
    company()
    change("acme", billing_email="", email="", name="Zoë <b>O'Brien</b> Ltd")
    monthly.choose(SYSTEM, "acme", True)
    (out,) = monthly.send(SYSTEM, "2026-10")
    assert out.sent == []
    administrator("sol@portal.test", Role.SUPER)
    sol = browser_of(app, "sol")
    sol.get("/staff/billing")
    why = "There is no address to which its bills go. Tried on 22 Nov 2026; by itself it is tried once a day."
    assert f"Statements that did not go out Zoë <b>O'Brien</b> Ltd , October 2026 {why}" in sol.page.words
    page = f"/staff/customers/{at('acme').public_id}/finance/monthly"
    assert page in sol.page.links
    sol.get(page)
    assert f"Statements that did not go out October 2026 {why}" in sol.page.words
    change("acme", billing_email="bills@acme.test")
    petra = browser_of(app, "acme")
    petra.get("/statements/monthly")
    assert "did not go out" not in petra.page.words
    assert monthly.send(SYSTEM, "2026-10")[0].sent == ["acme"]
    sol.get("/staff/billing")
    assert "did not go out" not in sol.page.words
