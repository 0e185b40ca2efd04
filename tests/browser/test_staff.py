"""Staff find customers, link and unlink sub-accounts, and switch their management on and off."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Portal, Visit, accessible, press_and_settle, walk_to

GROUPS = ("Phone", "Desk", "Keys", "Twice")
"""Each test links accounts of its own: Linden (main), Tailor (already linked), Weaver (owes 40, prepaid), Birch."""


@pytest.fixture(scope="module")
def office(portal: Portal) -> None:
    """The customers that these tests link."""
    kinds = {"Linden": "recurring", "Tailor": "recurring", "Weaver": "prepaid_daily", "Birch": "recurring"}
    people = [
        f"{name}-{group},{name} {group},business,Harbour Broadband,{billing},1,EUR"
        for group in GROUPS
        for name, billing in kinds.items()
    ]
    portal.take_in("customers", "external_id,name,kind,partner,billing_type,billing_day,currency", *people)
    portal.take_in("links", "main,sub,billing_mode", *(f"Linden-{group},Tailor-{group},aggregated" for group in GROUPS))
    portal.take_in(
        "transactions",
        "external_id,customer,date,kind,amount,description",
        *(f"owed-{group},Weaver-{group},2026-01-05,invoice,40.00,Loom" for group in GROUPS),
    )


def open_profile(page: Page, name: str) -> None:
    """Find a customer by the search of the back office and open the profile."""
    page.goto("/staff/customers")
    page.get_by_role("main").get_by_role("searchbox", name="Search").press_sequentially(name.lower())
    page.get_by_role("main").locator("td:first-child").get_by_role("link", name=name, exact=True).click()
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()


def choose_other(page: Page, name: str) -> None:
    """Choose the account to link as a sub-account of the profile that is open."""
    page.locator("summary", has_text="Actions").first.click()
    page.get_by_role("link", name="Link sub-account").click()
    page.get_by_role("searchbox", name="Sub-account").press_sequentially(name.lower())
    expect(page.locator("#live")).to_have_text("1 account found")


def test_the_way_to_a_profile(visit: Visit, width: str, office: None) -> None:
    page = visit("super", width, at="/staff/customers")
    page.evaluate("window.__same = true")
    search = page.get_by_role("main").get_by_role("searchbox", name="Search")
    search.press_sequentially(f"linden {width}")
    results = page.get_by_role("main").get_by_role("table")
    expect(results.locator("tbody tr")).to_have_count(1)
    expect(search).to_be_focused()
    expect(page.locator("#live")).to_have_text("1 customer found")
    expect(page).to_have_url(re.compile("q=linden"))
    assert page.evaluate("window.__same === true")
    accessible(page)
    results.get_by_role("link", name=f"Linden {width.capitalize()}", exact=True).click()
    page.locator("summary", has_text="Actions").first.click()
    accessible(page)
    page.keyboard.press("Escape")
    expect(page.get_by_role("link", name="Link sub-account")).to_be_hidden()


def test_a_refusal_its_remedy_and_the_link(visit: Visit, width: str, office: None) -> None:
    main, sub = f"Linden {width.capitalize()}", f"Weaver {width.capitalize()}"
    page = visit("super", width)
    open_profile(page, main)
    choose_other(page, sub)
    accessible(page)
    page.get_by_role("link", name="Choose").filter(has_text=sub).click()
    refusal = page.get_by_role("alert")
    expect(refusal).to_be_focused()
    expect(refusal).to_contain_text("Two things have to be settled first")
    expect(refusal.get_by_role("listitem")).to_have_count(2)
    expect(refusal).to_contain_text(f"{sub} owes 40.00 EUR.")
    expect(refusal).to_contain_text("Prepaid, daily")
    expect(page.get_by_role("button", name=f"Link {sub}")).to_have_count(0)
    accessible(page)
    asked = page.url

    refusal.get_by_role("listitem").filter(has_text="owes").get_by_role("link").click()
    page.get_by_role("link", name="Post", exact=True).click()
    page.get_by_label("Payment").check()
    page.get_by_label("Amount").fill("40")
    page.get_by_label("Description").fill("Paid at the desk")
    accessible(page)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Check before posting")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Post the payment").click()

    page.goto(asked)
    expect(refusal).to_contain_text("One thing has to be settled first")
    expect(refusal).not_to_contain_text("owes")
    page.get_by_label("Independent").check()
    expect(page.get_by_role("heading", name="What will change")).to_be_visible()
    expect(refusal).to_have_count(0)
    expect(page).to_have_url(re.compile("mode=independent"))
    accessible(page)
    page.get_by_role("button", name=f"Link {sub}").click()
    expect(page.get_by_role("status").filter(has_text="It is billed by itself.")).to_contain_text(sub)
    expect(page.get_by_role("row", name=sub)).to_contain_text("Independent")

    page.get_by_role("row", name=sub).locator("summary").click()
    accessible(page)
    page.get_by_role("row", name=sub).get_by_role("link", name="Unlink").click()
    page.get_by_role("button", name=f"Unlink {sub}").click()
    expect(page.get_by_role("row", name=sub)).to_have_count(0)


def test_editing_the_billing_mode_and_unlinking(visit: Visit, width: str, office: None) -> None:
    sub = f"Tailor {width.capitalize()}"
    page = visit("super", width)
    open_profile(page, sub)
    page.locator("summary", has_text="Actions").first.click()
    page.get_by_role("link", name="Edit billing mode").click()
    expect(page.get_by_text("This is the billing mode it has now.")).to_be_visible()
    page.get_by_label("Independent").check()
    changes = page.get_by_role("main").locator(".changes")
    expect(changes).to_contain_text("Independent")
    expect(page.get_by_role("heading", name=f"Billing mode of {sub}")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Change to Independent").click()
    expect(page.get_by_role("row", name=sub)).to_contain_text("Independent")

    page.get_by_role("row", name=sub).locator("summary").click()
    page.get_by_role("row", name=sub).get_by_role("link", name="Edit billing mode").click()
    page.get_by_label("Aggregated").check()
    page.get_by_role("button", name="Change to Aggregated").click()
    expect(page.get_by_role("row", name=sub)).to_contain_text("Aggregated")

    open_profile(page, sub)
    page.locator("summary", has_text="Actions").first.click()
    page.get_by_role("link", name="Unlink main account").click()
    expect(page.get_by_role("heading", name="What will change")).to_be_visible()
    expect(page.get_by_role("heading", name="What stays")).to_be_visible()
    expect(changes).to_contain_text(sub)
    accessible(page)
    page.get_by_role("button", name=f"Unlink {sub}").click()
    expect(page.get_by_role("status").filter(has_text="From now on it pays for itself.")).to_be_visible()
    expect(page.get_by_role("heading", name="No sub-accounts")).to_be_visible()
    accessible(page)


def test_a_link_that_somebody_else_made_meanwhile(visit: Visit, office: None) -> None:
    first, second = visit("super"), visit("super")
    for page in (first, second):
        open_profile(page, "Linden Twice")
        choose_other(page, "Birch Twice")
        page.get_by_role("link", name="Choose").filter(has_text="Birch Twice").click()
    first.get_by_role("button", name="Link Birch Twice").dblclick()
    expect(first.get_by_role("row", name="Birch Twice")).to_have_count(1)
    second.get_by_role("button", name="Link Birch Twice").click()
    refusal = second.get_by_role("alert")
    expect(refusal).to_be_focused()
    expect(refusal).to_contain_text("Birch Twice is already linked to Linden Twice.")
    expect(refusal).to_contain_text("Edit its billing mode instead.")
    accessible(second)
    second.get_by_role("link", name="Open its sub-accounts").click()
    expect(second.get_by_role("heading", name="Sub-account of Linden Twice")).to_be_visible()


def test_linking_without_a_mouse(visit: Visit, office: None) -> None:
    page = visit("super", at="/staff")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the main content")).to_be_focused()
    walk_to(page, page.get_by_role("banner").get_by_role("searchbox"))
    page.keyboard.type("linden keys")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("q=linden"))
    walk_to(page, page.get_by_role("main").get_by_role("link", name="Linden Keys", exact=True))
    page.keyboard.press("Enter")
    actions = page.locator("summary", has_text="Actions")
    walk_to(page, actions)
    page.keyboard.press("Space")
    walk_to(page, page.get_by_role("link", name="Link sub-account"), key="ArrowDown")
    page.keyboard.press("Enter")
    walk_to(page, page.get_by_role("searchbox", name="Sub-account"))
    page.keyboard.type("birch keys")
    expect(page.locator("#live")).to_have_text("1 account found")
    walk_to(page, page.get_by_role("link", name="Choose").filter(has_text="Birch Keys"))
    page.keyboard.press("Enter")
    walk_to(page, page.get_by_label("Aggregated"))
    press_and_settle(page, "ArrowDown")
    expect(page).to_have_url(re.compile("mode=independent"))
    expect(page.get_by_label("Independent")).to_be_focused()
    press_and_settle(page, "ArrowUp")
    expect(page).to_have_url(re.compile("mode=aggregated"))
    expect(page.get_by_label("Aggregated")).to_be_focused()
    walk_to(page, page.get_by_role("button", name="Link Birch Keys"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("row", name="Birch Keys")).to_contain_text("Aggregated")


def test_management_opens_and_closes_sub_accounts(visit: Visit, portal: Portal) -> None:
    staff, company = visit("super"), visit("company", "phone")
    open_profile(staff, "Acme Ltd")
    staff.get_by_role("navigation", name="Profile of").get_by_role("link", name="Sub-accounts").click()
    company.goto("/sub-accounts?q=harbour")
    company.get_by_role("link", name="Open Harbour branch").click()
    inside = company.url
    try:
        staff.get_by_role("button", name="Switch sub-account management off").click()
        expect(staff.get_by_role("status").filter(has_text="management is off")).to_be_visible()
        accessible(staff)
        company.reload()
        expect(company.get_by_role("heading", level=1)).to_have_text("Not allowed")
        accessible(company)
        company.goto("/sub-accounts")
        expect(company.get_by_text("Opening them is switched off.")).to_be_visible()
        expect(company.get_by_role("link", name=re.compile("^Open "))).to_have_count(0)
        expect(company.get_by_text("Sub-account management is off")).to_be_visible()
        expect(company.get_by_role("link", name="Statement of Harbour branch")).to_be_visible()
        accessible(company)
        staff.get_by_role("button", name="Switch sub-account management on").click()
        expect(staff.get_by_role("status").filter(has_text="management is on")).to_be_visible()
    except BaseException:
        portal.command("management", "demo-company", "on")
        raise
    company.goto(inside)
    expect(company.get_by_role("region", name="Acting for somebody else")).to_contain_text("Harbour branch")


def test_the_front_desk_links_nothing(visit: Visit, office: None) -> None:
    page = visit("frontdesk", "phone")
    open_profile(page, "Linden Phone")
    page.locator("summary", has_text="Actions").first.click()
    expect(page.get_by_role("link", name="Invite to the portal")).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("ink"))).to_have_count(0)
    address = page.url
    open_profile(page, "Acme Ltd")
    page.get_by_role("navigation", name="Profile of").get_by_role("link", name="Sub-accounts").click()
    page.get_by_role("row", name="Harbour branch").locator("summary").click()
    expect(page.get_by_role("row", name="Harbour branch").get_by_role("link", name="Open profile")).to_be_visible()
    expect(page.get_by_role("link", name=re.compile("^(Link|Unlink|Edit)"))).to_have_count(0)
    expect(page.get_by_role("button", name=re.compile("Switch sub-account"))).to_have_count(0)
    accessible(page)
    page.goto(f"{address}/link?as=sub")
    expect(page.get_by_role("heading", level=1)).to_have_text("Not allowed")
    expect(page.get_by_role("main")).to_contain_text("Your role does not include this.")
    accessible(page)
