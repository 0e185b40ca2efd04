"""A company's bookkeeper signs in, finds a branch among the sub-accounts and opens it."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, accessible, amount, examine, fill_in_the_door, fits

EVERYTHING = 18
MARK = "window.__same = true"
"""Set on a page, and gone as soon as another page is loaded."""


def stayed(page: Page) -> bool:
    """Whether the page is still the one that was marked."""
    return bool(page.evaluate("window.__same === true"))


def rows(page: Page) -> list[str]:
    """The names in the table of sub-accounts, from top to bottom."""
    return page.get_by_role("table").locator("tbody td .strong").all_inner_texts()


def costs(page: Page) -> list[float]:
    """The monthly costs in the table, without the row of sums."""
    return [float(amount(text)) for text in page.locator("tbody tr:not(.edge) td.money").all_inner_texts()]


def test_from_the_door_to_a_branch(visit: Visit, width: str) -> None:
    page = visit(width=width)
    page.goto("/sub-accounts?status=active")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.get_by_label("Email").fill("company@demo.example")
    page.get_by_label("Password", exact=True).fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_title("Error: Sign in – Kith")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Email")).to_have_value("company@demo.example")
    accessible(page)
    fill_in_the_door(page, "company")

    expect(page).to_have_title("Home – Kith")
    balance = page.locator(".hero", has=page.get_by_role("heading", name="Balances today"))
    expect(balance.get_by_role("link", name="See the statement")).to_be_visible()
    needs = page.get_by_role("region", name="Needs you")
    expect(needs.get_by_role("listitem").filter(has_text="One sub-account is blocked")).to_be_visible()

    page.get_by_role("region", name="Sub-accounts").get_by_role("link", name=f"All {EVERYTHING}").click()
    expect(page).to_have_title("Sub-accounts – Kith")
    page.get_by_role("link", name="Harbour branch", exact=True).click()
    banner = page.get_by_role("region", name="Acting for somebody else")
    expect(banner).to_contain_text("Acting for Harbour branch")
    expect(page).to_have_title("Overview – Harbour branch – Kith")
    expect(page.get_by_role("region", name="Details")).to_contain_text("1 Dock Road, Gdańsk")
    expect(page.get_by_role("region", name="Billing")).to_contain_text("Acme Ltd")
    accessible(page)
    banner.get_by_role("link", name="Switch back").click()
    expect(page).to_have_title("Sub-accounts – Kith")
    expect(banner).to_have_count(0)


def test_finding_a_sub_account_in_place(visit: Visit, width: str) -> None:
    page = visit("company", width, at="/sub-accounts")
    assert len(rows(page)) == EVERYTHING
    page.evaluate(MARK)
    search = page.get_by_role("searchbox", name="Search")
    search.press_sequentially("lukasz")
    expect(page.get_by_role("heading", name="1 of 18 matches")).to_be_visible()
    assert rows(page) == ["Łukasz Café"]
    expect(page).to_have_url("/sub-accounts?q=lukasz")
    expect(search).to_be_focused()
    expect(page.get_by_role("status").and_(page.locator("#live"))).to_have_text("1 of 18 matches")
    expect(page.get_by_role("row", name="Łukasz Café")).to_contain_text("Blocked")

    search.fill("no such branch")
    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    accessible(page)
    search.fill("")
    page.get_by_label("Status").select_option("Active")
    expect(page.get_by_role("heading", name="15 of 18 match")).to_be_visible()
    expect(page).to_have_url("/sub-accounts?status=active")
    page.get_by_label("Billing").focus()
    page.get_by_label("Billing").select_option("Independent")
    expect(page.get_by_role("heading", name="2 of 18 match")).to_be_visible()
    expect(page.get_by_label("Billing")).to_be_focused()
    assert stayed(page)

    page.go_back()
    expect(page.get_by_role("heading", name="15 of 18 match")).to_be_visible()
    expect(page.get_by_label("Billing")).to_have_value("")
    page.get_by_role("link", name="Show all", exact=True).click()
    expect(page.get_by_role("heading", name="18 sub-accounts")).to_be_visible()


def test_sorting_in_place_and_exporting(visit: Visit, width: str) -> None:
    page = visit("company", width, at="/sub-accounts?mode=aggregated")
    page.evaluate(MARK)
    if width == "desk":
        heading = page.get_by_role("columnheader", name="Monthly cost")
        heading.get_by_role("link").click()
        expect(heading).to_have_attribute("aria-sort", "descending")
        expect(heading.get_by_role("link")).to_be_focused()
        expect(page.locator("[aria-sort]")).to_have_count(1)
    else:
        page.get_by_text("Sort: Name").click()
        examine(page)
        fits(page)
        page.get_by_role("link", name="Monthly cost").click()
        expect(page.get_by_text("Sort: Monthly cost")).to_be_visible()
        expect(page.get_by_role("heading", name="16 of 18 match")).to_be_focused()
    expect(page).to_have_url("/sub-accounts?mode=aggregated&sort=cost&order=descending")
    assert stayed(page)
    assert costs(page) == sorted(costs(page), reverse=True)

    with page.expect_download() as fetched:
        page.get_by_role("link", name="Export as CSV").click()
    exported = list(csv.DictReader(io.StringIO(Path(fetched.value.path()).read_text("utf-8-sig"))))
    assert [row["name"] for row in exported] == rows(page)
    assert [float(row["monthly_cost"]) for row in exported] == costs(page)


def test_switching_between_people_from_any_page(visit: Visit, width: str) -> None:
    page = visit(width=width)
    fill_in_the_door(page, "company")
    page.goto("/documents")
    page.get_by_label("Signed in as").click()
    accessible(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Account", exact=True)).to_be_hidden()
    page.keyboard.press("Enter")
    page.get_by_label("Find somebody else you act for").fill("kiosk")
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_contain_text("Kiosk South")
    accessible(page)
    page.get_by_role("main").get_by_role("link", name="Kiosk North").first.click()
    expect(page).to_have_title("Overview – Kiosk North – Kith")
    page.get_by_label("Acting for Kiosk North").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url("/logout/done")
    page.goto("/documents")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_without_javascript(visit: Visit, width: str) -> None:
    page = visit(width=width, java_script_enabled=False)
    fill_in_the_door(page, "company")
    page.get_by_role("link", name=f"All {EVERYTHING}").click()
    page.get_by_role("searchbox", name="Search").fill("kiosk")
    page.get_by_label("Status").select_option("Active")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", name="2 of 18 match")).to_be_visible()
    if width == "phone":
        page.get_by_text("Sort: Name").click()
        page.locator(".menu-list").get_by_role("link", name="Name").click()
    else:
        page.get_by_role("columnheader", name="Name").get_by_role("link").click()
    expect(page.get_by_role("heading", name="2 of 18 match")).to_be_visible()
    assert rows(page) == ["Kiosk South", "Kiosk North"]
    page.get_by_role("link", name="Open Kiosk North").click()
    expect(page.get_by_role("region", name="Acting for somebody else")).to_contain_text("Kiosk North")
    page.get_by_role("link", name="Switch back").click()
    expect(page).to_have_title("Sub-accounts – Kith")
