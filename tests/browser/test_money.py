"""Staff and money in the browser: an invoice, credit, a payment, what it settles, a month, a file of the bank."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import WIDTHS, Portal, Visit, accessible, fits
from tests.outside.bank.writing import camt, details, entry, statement

PARTNER, NAME = "Hornbeam Net", "Hornbeam Hall"


def looked_at(page: Page) -> None:
    """Nothing is wrong with the page, nor at the width of a phone."""
    accessible(page)
    page.set_viewport_size(WIDTHS["phone"])  # type: ignore[arg-type]
    fits(page)
    page.set_viewport_size(WIDTHS["desk"])  # type: ignore[arg-type]


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def test_what_staff_do_with_money(visit: Visit, portal: Portal) -> None:
    portal.take_in(
        "customers",
        "external_id,name,kind,partner,billing_type,currency",
        f"hornbeam,{NAME},business,{PARTNER},recurring,EUR",
    )
    page = visit("admin", at="/staff/customers?q=hornbeam")
    page.get_by_role("main").get_by_role("link", name=NAME, exact=True).click()
    page.get_by_role("link", name="Finance", exact=True).click()
    finance = page.url

    page.get_by_role("link", name="Issue an invoice").click()
    page.get_by_label("Description").fill("Hall for an evening")
    page.get_by_label("Each").first.fill("100")
    press(page, "Add a line")
    page.get_by_label("Description").nth(1).fill("Chairs")
    page.get_by_label("Each").nth(1).fill("20")
    press(page, "Keep as a draft")
    expect(page.get_by_text("This is a draft: it has no number and touches no balance.")).to_be_visible()
    page.get_by_role("link", name="Change or issue").click()
    press(page, "Continue")
    expect(page.get_by_role("heading", name="Check before issuing")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Issue")).click()
    expect(page.get_by_role("heading", name="Invoice INV-000001")).to_be_visible()
    looked_at(page)
    invoice = page.url

    page.get_by_role("link", name="Credit it").click()
    page.get_by_label("Chairs").first.check()
    page.get_by_label("Reason").fill("They were taken")
    press(page, "Continue")
    page.get_by_role("button", name=re.compile("^Credit")).click()
    expect(page.get_by_role("heading", name="Credit note CN-000001")).to_be_visible()
    accessible(page)

    page.goto(finance)
    page.get_by_role("link", name="Post", exact=True).click()
    page.get_by_label("Payment").check()
    page.get_by_label("Amount").fill("60")
    press(page, "Continue")
    page.get_by_role("button", name=re.compile("^Post")).click()
    page.get_by_role("link", name="Allocate").click()
    press(page, "Allocate")
    expect(page.get_by_role("heading", name="What it settles")).to_be_visible()
    looked_at(page)
    page.goto(invoice)
    page.get_by_role("link", name="Take back PAY-000001").click()
    expect(page.get_by_role("heading", name="Take back what PAY-000001 settles of INV-000001?")).to_be_visible()
    looked_at(page)
    press(page, "Take it back")
    expect(page.get_by_text("60.00 EUR of PAY-000001 is unallocated again.")).to_be_visible()

    page.goto("/staff/months")
    looked_at(page)
    panel = page.locator("section", has=page.get_by_role("heading", name=PARTNER))
    choice = panel.get_by_label("Month, with every earlier one")
    choice.select_option(index=choice.locator("option").count() - 1)
    panel.get_by_role("button", name="Look before closing").click()
    looked_at(page)
    page.get_by_role("button", name=re.compile("^Close ")).click()
    expect(panel.get_by_text("Every month that is over is closed.")).to_be_visible()

    page.goto("/staff/bank")
    content = camt(statement("0.00", "40.00", [entry("40.00", details(NAME, text="INV-000001"), ref="M1")]))
    page.get_by_label("File of the bank").set_input_files(
        {"name": "hornbeam.xml", "mimeType": "text/xml", "buffer": content}
    )
    page.get_by_label("Whose account").select_option(PARTNER)
    press(page, "Take the file in")
    expect(page.get_by_text("One line added.")).to_be_visible()
    page.get_by_text("Split it over several customers").click()
    looked_at(page)
    press(page, "Confirm 40.00")
    expect(page.get_by_text("Nothing to look at")).to_be_visible()
    page.goto(invoice)
    expect(page.get_by_text("40.00", exact=False).first).to_be_visible()
    open_ = page.locator("dl.figures dd").last
    expect(open_).to_have_text("60.00")
