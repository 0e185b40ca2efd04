"""A company pays in the browser: sees how, several invoices at once, from its credit, and keeps its statement."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, expect

from tests.browser.conftest import Portal, Visit, accessible
from tests.browser.test_statements import share

TODAY = datetime.now(UTC).date()


def choose_only(page: Page, *numbers: str) -> None:
    """Tick just these invoices."""
    for box in page.get_by_role("checkbox").all():
        box.set_checked(False)
    for number in numbers:
        page.get_by_label(number, exact=True).check()


def test_a_company_sees_how_to_pay_and_pays_several_at_once_and_from_credit(
    visit: Visit, portal: Portal, width: str
) -> None:
    first, second = f"WEB-{width}-1", f"WEB-{width}-2"
    for number, line in ((first, "Broadband|1|34.00|0"), (second, "Telephony|1|12.00|0|demo-branch")):
        day = (TODAY - timedelta(days=3)).isoformat()
        portal.command("invoice", "issue", "demo-company", "--date", day, "--line", line, "--number", number)
    # How to pay one of them.
    page = visit("company", width, at=f"/invoices?q={first}")
    page.get_by_role("link", name=first).click()
    expect(page.get_by_role("heading", name="How to pay")).to_be_visible()
    expect(page.locator(".pay-facts")).to_contain_text("CZ65 0800 0000 1920 0014 5399")
    accessible(page)
    # Both of them with one reference, which is said before it is asked for twice.
    page.goto("/invoices")
    page.get_by_role("link", name="Pay all or several at once").click()
    choose_only(page)
    page.get_by_role("button", name="Make one payment of these").click()
    expect(page.get_by_role("alert")).to_contain_text("Choose at least one invoice.")
    choose_only(page, first, second)
    accessible(page)
    page.get_by_role("button", name="Make one payment of these").click()
    expect(page.get_by_role("heading", name="One payment for 2 invoices")).to_be_visible()
    expect(page.locator(".hero .figure")).to_have_text("46.00")
    expect(page.locator(".pay-facts")).to_contain_text(re.compile(r"RF\d\dPAY\d{9}"))
    accessible(page)
    page.get_by_role("link", name="Choose other invoices").click()
    choose_only(page, second)
    page.get_by_role("button", name="Make one payment of these").click()
    expect(page.get_by_role("heading", name="This would ask twice for the same")).to_be_visible()
    accessible(page)
    # A part of the first from Customer Credit.
    page.goto(f"/invoices?q={first}")
    page.get_by_role("link", name=first).click()
    page.get_by_role("link", name="Pay from Customer Credit").click()
    page.get_by_label("Amount").fill("4")
    page.get_by_role("button", name="Show what changes").click()
    accessible(page)
    page.get_by_role("button", name="Pay 4.00 from Customer Credit").click()
    expect(page.get_by_text("of Customer Credit paid this invoice")).to_be_visible()
    expect(page.get_by_role("region", name="What happened since")).to_contain_text("30.00")
    # The statement says how to pay all that is due, and is kept.
    page.goto("/statements")
    page.locator("summary", has_text="is due now").click()
    expect(page.locator("#statement .pay-facts")).to_contain_text(re.compile(r"RF\d\dALL\d{12}"))
    accessible(page)
    share(page, width, "Save to Documents", "Save to Documents").click()
    expect(page.get_by_role("heading", name="Saved to Documents")).to_be_visible()
    # What it spends, month by month, with the numbers.
    page.goto("/statements/spending")
    expect(page.get_by_role("table", name="Spending by month")).to_contain_text("Together")
    accessible(page)
    for path in ("/statements/monthly", "/statements/several"):
        page.goto(path)
        accessible(page)
