"""Services and orders in the browser: a main account changes a branch's plan and orders for it, the desk accepts."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import WIDTHS, Portal, Visit, accessible, fits

NAME = "Ash Branch"


def looked_at(page: Page) -> None:
    """Nothing is wrong with the page, nor at the width of a phone."""
    accessible(page)
    page.set_viewport_size(WIDTHS["phone"])  # type: ignore[arg-type]
    fits(page)
    page.set_viewport_size(WIDTHS["desk"])  # type: ignore[arg-type]


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_m1_m2_a_plan_is_changed_and_an_order_placed_and_accepted(visit: Visit, portal: Portal) -> None:
    page = visit("company", at="/services")
    looked_at(page)
    page.get_by_role("main").get_by_role("link", name="Telephony").click()
    looked_at(page)
    page.get_by_role("link", name=re.compile("^Stop it")).click()
    page.get_by_label("From when?").fill("2030-01-15")
    press(page, "Show what it comes to")
    expect(page.get_by_role("heading", name="What it comes to")).to_be_visible()
    looked_at(page)
    page.get_by_role("button", name=re.compile("^Stop it")).click()
    expect(page.get_by_text("To come")).to_be_visible()

    page.goto(f"{portal.url}/orders")
    page.get_by_role("button", name="Add Cable, 5 m to the basket").click()
    expect(page.get_by_role("heading", name="Check your order")).to_be_visible()
    looked_at(page)
    page.get_by_role("button", name=re.compile("^Place the order")).click()
    expect(page.get_by_text("Placed").first).to_be_visible()
    looked_at(page)

    desk = visit("frontdesk", at="/staff/orders")
    looked_at(desk)
    desk.get_by_role("main").get_by_role("link", name="Acme Ltd").last.click()
    press(desk, "Accept the order")
    expect(desk.get_by_role("button", name="It is fulfilled")).to_be_visible()
    looked_at(desk)
    office = visit("admin", at="/staff/catalogue")
    looked_at(office)
    office.get_by_role("link", name="Router R2").click()
    looked_at(office)
