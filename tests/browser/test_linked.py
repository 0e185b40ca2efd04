"""Linked accounts: sub-accounts one by one and from a file, status, shared balances, roles, removal, and the portal."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import WIDTHS, Portal, Visit, accessible, fill_in_the_door, walk_to

CUSTOMERS = {
    "Maple": ("recurring", "active"),
    "Aspen": ("prepaid_daily", "active"),
    "Rowan": ("recurring", "active"),
    "Hazel": ("recurring", "active"),
    "Yew": ("recurring", "active"),
    "Oak": ("recurring", "active"),
    "Ash": ("recurring", "active"),
    "Elm": ("recurring", "blocked"),
    "Larch": ("recurring", "active"),
    "Cedar": ("recurring", "active"),
    "Willow": ("recurring", "active"),
}
"""Customers of these tests alone. Maple gets Aspen and Rowan linked one by one, Hazel and Yew from a file; Oak has Ash,
Elm (blocked by hand) and Larch (independent); Cedar is searched for, Willow is removed."""

MANY = 600
PASSWORD = "nine calm otters under ice"


@pytest.fixture(scope="module")
def office(portal: Portal) -> None:
    """The customers of these tests, what they owe and how they are linked."""
    header = "external_id,name,kind,partner,billing_type,billing_day,currency,status"
    lines = [
        f"t-{name.lower()},{name} Works,business,Harbour Broadband,{billing},{place},EUR,{status}"
        for place, (name, (billing, status)) in enumerate(CUSTOMERS.items(), 1)
    ]
    portal.take_in("customers", header, *lines)
    portal.take_in(
        "links",
        "main,sub,billing_mode",
        *("t-oak,t-ash,aggregated", "t-oak,t-elm,aggregated", "t-oak,t-larch,independent"),
    )
    portal.take_in(
        "transactions",
        "external_id,customer,date,kind,ledger,amount,description",
        "r-1,t-rowan,2026-01-05,invoice,house,40.00,Timber",
        "r-2,t-rowan,2026-01-06,credit,credit,15.00,Goodwill",
        "r-3,t-rowan,2026-01-07,future_item,,5.00,Line rental",
        "a-1,t-aspen,2026-01-05,invoice,house,12.50,Seedlings",
        "w-1,t-willow,2026-01-05,invoice,house,12.50,Baskets",
    )


def open_profile(page: Page, name: str, tab: str = "") -> None:
    """Open a customer's profile by the search, and one of its tabs."""
    page.goto(f"/staff/customers?q={name.lower().replace(' ', '+')}")
    page.get_by_role("main").get_by_role("table").get_by_role("link", name=name, exact=True).first.click()
    expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
    if tab:
        page.get_by_role("navigation", name=f"Profile of {name}").get_by_role("link", name=tab).click()


def from_actions(page: Page, item: str) -> None:
    """Choose an entry of the Actions menu of the profile that is open."""
    page.locator("summary", has_text="Actions").first.click()
    page.locator(".menu-list").get_by_role("link", name=item).first.click()


def pick(page: Page, field: str, name: str) -> None:
    """Search for another account and choose it."""
    page.get_by_role("searchbox", name=field).fill(name)
    expect(page.locator("#live")).to_have_text(re.compile("^1 (account|customer) found"))
    accessible(page)
    page.get_by_role("main").locator("#results").get_by_role("link").filter(has_text=name).first.click()


def told(page: Page, text: str) -> Locator:
    """The notice that says what was done."""
    found = page.get_by_role("status").filter(has_text=text)
    expect(found.first).to_be_visible()
    return found


# One by one -----------------------------------------------------------------------------------------------------------


def test_l2_l6_from_the_refusal_through_the_settlement_to_the_link_and_back(visit: Visit, office: None) -> None:
    page = visit("super")
    open_profile(page, "Aspen Works")
    from_actions(page, "Link main account")
    pick(page, "Main account", "Maple Works")
    refusal = page.get_by_role("alert")
    expect(refusal).to_be_focused()
    expect(refusal.get_by_role("listitem")).to_have_count(2)
    expect(refusal).to_contain_text("Aspen Works owes 12.50 EUR.")
    expect(refusal).to_contain_text("Prepaid, daily")
    for item in refusal.get_by_role("listitem").all():
        expect(item.get_by_role("link")).to_have_attribute("href", re.compile("^/staff/customers/"))
    accessible(page)

    open_profile(page, "Maple Works", "Sub-accounts")
    page.get_by_role("main").get_by_role("link", name="Link sub-account").click()
    pick(page, "Sub-account", "Rowan Works")
    expect(refusal).to_contain_text("Three things have to be settled first")
    expect(refusal).to_contain_text("40.00 EUR")
    expect(refusal).to_contain_text("15.00 EUR")
    accessible(page)
    refusal.get_by_role("link", name="Settle step by step").click()
    settling = page.get_by_role("heading", name="Settle Rowan Works")
    expect(settling).to_be_visible()
    accessible(page)
    while (step := page.locator("ol.steps a.btn-primary")).count():
        step.click()
        expect(page.locator("dl.checks")).to_contain_text("EUR")
        accessible(page)
        page.get_by_role("main").locator("form button[type=submit]").click()
        expect(settling).to_be_visible()
    expect(page.get_by_text("The books of Rowan Works are settled.")).to_be_visible()
    accessible(page)
    page.get_by_role("link", name="Check the link").click()
    expect(page.get_by_role("heading", level=1, name="Maple Works"), "where the link was begun").to_be_visible()
    expect(page.get_by_role("heading", name="What will change")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Link Rowan Works").click()
    told(page, "Rowan Works")
    accessible(page)

    row = page.get_by_role("row", name="Rowan Works")
    row.locator("summary").click()
    row.get_by_role("link", name="Edit billing mode").click()
    page.get_by_label("Independent").check()
    expect(page.get_by_role("button", name="Change to Independent")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Change to Independent").click()
    expect(row).to_contain_text("Independent")
    row.locator("summary").click()
    row.get_by_role("link", name="Unlink").click()
    expect(page.get_by_role("heading", name="What stays")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Unlink Rowan Works").click()
    told(page, "Rowan Works")
    expect(page.get_by_role("heading", name="No sub-accounts")).to_be_visible()


def test_l18_links_from_files_without_a_mouse(visit: Visit, portal: Portal, office: None) -> None:
    page, folder = visit("super", at="/staff/customers"), portal.folder

    def check(name: str, *lines: str) -> None:
        file = folder / name
        file.write_text("\n".join(["main,sub,billing_mode,action", *lines]) + "\n", encoding="utf-8")
        page.get_by_label("CSV or JSON Lines file").set_input_files(file)
        walk_to(page, page.get_by_role("button", name="Check the file"))
        page.keyboard.press("Enter")

    walk_to(page, page.get_by_role("main").get_by_role("link", name="Link from a file"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Link from a file")).to_be_visible()
    accessible(page)
    check("wrong.csv", "t-maple,t-hazel,aggregated,link", "t-maple,t-aspen,aggregated,link", "t-maple,nobody,shared,")
    expect(page.get_by_role("main")).to_contain_text("Nothing was changed")
    expect(page.get_by_role("row", name=re.compile("^3 .*Aspen Works owes 12.50 EUR"))).to_be_visible()
    expect(page.get_by_role("row", name=re.compile("^2 .*Link Hazel Works to Maple Works"))).to_be_visible()
    accessible(page)
    walk_to(page, page.get_by_role("link", name="Choose another file"))
    page.keyboard.press("Enter")
    check("right.csv", "t-maple,t-hazel,aggregated,link", "t-maple,t-yew,independent,link")
    carry_out = page.get_by_role("button", name="Carry out 2 changes")
    expect(carry_out).to_be_visible()
    accessible(page)
    walk_to(page, carry_out)
    page.keyboard.press("Enter")
    told(page, "2 changes of right.csv carried out.")

    check("long.csv", "t-maple,t-hazel,,unlink", *["t-maple,t-yew,,unlink"] * MANY)
    report = page.get_by_role("link", name="Read the report")
    expect(report).to_be_visible(timeout=60_000)
    accessible(page)
    report.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("1–100 of 601 lines")).to_be_visible()
    accessible(page)
    walk_to(page, page.get_by_role("link", name="Download the whole report as CSV"))
    with page.expect_download() as fetched:
        page.keyboard.press("Enter")
    lines = list(csv.DictReader(io.StringIO(Path(fetched.value.path()).read_text("utf-8-sig"))))
    assert [line["outcome"] for line in lines] == ["change", "change", *["none"] * (MANY - 1)]
    page.get_by_role("link", name="Next").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("101–200 of 601 lines")).to_be_visible()
    page.get_by_role("button", name="Carry out 2 changes").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 changes carried out.")).to_be_visible(timeout=60_000)
    open_profile(page, "Maple Works", "Sub-accounts")
    expect(page.get_by_role("heading", name="No sub-accounts")).to_be_visible()


# Status ---------------------------------------------------------------------------------------------------------------


def set_status(page: Page, name: str, status: str) -> None:
    """Choose another status on a profile, as far as the page that shows what follows."""
    open_profile(page, name)
    from_actions(page, "Change status")
    page.get_by_role("radio", name=re.compile(f"^{status}")).check()
    page.get_by_role("button", name="Show what will change").click()


def test_l11_who_follows_a_main_account_and_who_does_not(visit: Visit, office: None) -> None:
    page = visit("super", java_script_enabled=False)
    set_status(page, "Oak Works", "Blocked")
    expect(page.get_by_role("region", name="Will follow")).to_contain_text("Ash Works")
    keeps = page.get_by_role("region", name="Will not change")
    expect(keeps).to_contain_text("Elm Works")
    expect(keeps).to_contain_text("Larch Works")
    page.get_by_role("button", name="Set status to Blocked").click()
    told(page, "Oak Works is Blocked now.")
    page.get_by_role("navigation", name="Profile of Oak Works").get_by_role("link", name="Sub-accounts").click()
    expect(page.get_by_role("row", name="Ash Works")).to_contain_text("because Oak Works is blocked")
    expect(page.get_by_role("row", name="Elm Works")).not_to_contain_text("because Oak Works is blocked")
    expect(page.get_by_role("row", name="Larch Works")).to_contain_text("Active")
    open_profile(page, "Ash Works")
    expect(page.get_by_role("main")).to_contain_text(re.compile("Blocked\\s+because Oak Works is blocked"))
    page.goto("/staff/customers?q=ash+works")
    expect(page.get_by_role("row", name="Ash Works")).to_contain_text("because Oak Works is blocked")

    set_status(page, "Oak Works", "Active")
    expect(page.get_by_role("region", name="Will follow")).to_contain_text("Ash Works")
    page.get_by_role("button", name="Set status to Active").click()
    open_profile(page, "Ash Works")
    expect(page.get_by_role("main")).not_to_contain_text("because Oak Works is blocked")
    open_profile(page, "Elm Works")
    expect(page.get_by_role("main")).to_contain_text("Blocked")


def test_l11_the_portal_says_why(visit: Visit, portal: Portal) -> None:
    staff, branch = visit("super"), visit("branch", "phone")
    set_status(staff, "Acme Ltd", "Blocked")
    expect(staff.get_by_role("region", name="Will follow")).to_contain_text("Riverside branch")
    accessible(staff)
    staff.get_by_role("button", name="Set status to Blocked").click()
    try:
        told(staff, "Acme Ltd is Blocked now.")
        accessible(staff)
        branch.goto("/")
        expect(branch.get_by_role("main")).to_contain_text("Acme Ltd is blocked")
        accessible(branch)
        company = visit("company", "phone", at="/sub-accounts?q=riverside")
        expect(company.get_by_role("row", name="Riverside branch")).to_contain_text("because Acme Ltd is blocked")
        accessible(company)
    finally:
        portal.command("customer", "status", "demo-company", "active")
    branch.reload()
    expect(branch.get_by_role("main")).not_to_contain_text("is blocked")


# Shared balances ------------------------------------------------------------------------------------------------------


def test_p1_to_p4_two_profiles_share_balances_and_part_again(visit: Visit, portal: Portal) -> None:
    portal.take_in(
        "transactions",
        "external_id,customer,date,kind,ledger,amount,description",
        "p-1,demo-stranger,2026-01-05,invoice,house,30.00,Towel hire",
        "p-2,demo-stranger,2026-01-06,credit,credit,8.00,Goodwill",
    )
    staff = visit("super")
    open_profile(staff, "Pat Winter", "Details")
    staff.get_by_role("link", name="Link Partner Account").last.click()
    pick(staff, "Other profile", "Mia Novák")
    accessible(staff)
    staff.get_by_role("radio", name=re.compile("^Mia Novák")).check()
    expect(staff.get_by_role("heading", name="Share the balances of Mia Novák with Pat Winter")).to_be_visible()
    moves = staff.get_by_role("region", name="What moves to Mia Novák")
    expect(moves).to_contain_text("House Account")
    expect(moves).to_contain_text("Customer Credit")
    accessible(staff)
    staff.get_by_role("button", name="Share the balances of Mia Novák").click()
    try:
        told(staff, "Mia Novák")
        accessible(staff)
        figures = []
        for name in ("Pat Winter", "Mia Novák"):
            open_profile(staff, name, "Finance")
            balances = staff.get_by_role("region", name=re.compile("^Balances"))
            figures.append(balances.locator(".figures").inner_text())
            accessible(staff)
        assert figures[0] == figures[1]

        for who, other in (("stranger", "Mia Novák"), ("teen", "Pat Winter")):
            page = visit(who, "phone", at="/")
            expect(page.get_by_role("main")).to_contain_text(other)
            accessible(page)
            page.set_viewport_size(WIDTHS["desk"])  # type: ignore[arg-type]
            page.goto("/statements?from=2026-01-01&to=2026-12-31")
            accessible(page)
            own = who == "stranger"
            expect(page.get_by_role("columnheader", name="Account").first).to_be_visible(visible=not own)
            lines = page.get_by_role("row").filter(has_text="shared from here on")
            expect(lines.first).to_be_visible()
            if own:
                expect(page.get_by_role("main")).to_contain_text("The balances belong to Mia Novák, who pays for both")
            else:
                expect(lines.first).to_contain_text("Pat Winter")
    finally:
        open_profile(staff, "Pat Winter", "Details")
        staff.get_by_role("link", name="Unlink Partner Account").last.click()
        expect(staff.get_by_role("main")).to_contain_text("Stays with Mia Novák")
        accessible(staff)
        staff.get_by_role("button", name="Unlink Partner Account").click()
    told(staff, "Pat Winter")
    open_profile(staff, "Pat Winter", "Details")
    expect(staff.get_by_role("region", name="Partner account")).to_contain_text("None.")


# Roles ----------------------------------------------------------------------------------------------------------------


def test_a_role_of_ones_own_an_exception_and_what_is_searched(visit: Visit, portal: Portal, office: None) -> None:
    page = visit("super", at="/staff/config/roles")
    accessible(page)
    page.get_by_role("link", name="Make a role").first.click()
    page.get_by_label("Name").fill("Bookkeeping")
    page.get_by_label("See customers", exact=True).check()
    accessible(page)
    page.get_by_role("button", name="Make the role").click()
    told(page, "Bookkeeping")
    accessible(page)
    made = portal.command(
        *("admin", "create", "--email", "beth@demo.example", "--name", "Beth Books"),
        *("--role", "Bookkeeping", "--partner", "Harbour Broadband"),
    )
    link = re.search(r"/login/invitation/\S+", made)
    assert link, made
    beth = visit(at=link[0])
    beth.get_by_label("Password", exact=True).fill(PASSWORD)
    beth.get_by_role("main").locator("form button[type=submit]").click()
    beth.wait_for_url(lambda url: "/invitation/" not in url)
    if "/login" in beth.url:
        fill_in_the_door(beth, "beth", PASSWORD)
    open_profile(beth, "Oak Works")
    expect(
        beth.get_by_role("navigation", name="Profile of Oak Works").get_by_role("link", name="Finance")
    ).to_have_count(0)
    beth.goto("/staff/customers?q=pat+winter")
    expect(beth.get_by_role("main")).not_to_contain_text("Pat Winter")
    accessible(beth)

    page.goto("/staff/config/administrators")
    page.get_by_role("link", name="Permissions of Beth Books").click()
    page.get_by_label("See finances", exact=False).first.check()
    accessible(page)
    page.get_by_role("button", name="Save").click()
    told(page, "Beth Books")
    expect(page.get_by_text("with 1 exception")).to_be_visible()
    accessible(page)
    open_profile(beth, "Oak Works", "Finance")
    accessible(beth)

    beth.goto("/staff/customers?q=oak+works")
    rows = beth.get_by_role("main").get_by_role("table").locator("tbody tr")
    expect(rows.filter(has_text="Ash Works")).to_have_count(0)
    beth.goto("/staff/account")
    beth.get_by_role("navigation", name="Account").get_by_role("link", name="Search fields").click()
    toggle = beth.get_by_label("Main account", exact=True)
    expect(toggle).not_to_be_checked()
    toggle.check()
    accessible(beth)
    beth.get_by_role("button", name="Save").click()
    told(beth, "search")
    beth.goto("/staff/customers?q=oak+works")
    expect(rows.filter(has_text="Ash Works")).to_be_visible()
    accessible(beth)


# The portal -----------------------------------------------------------------------------------------------------------


def test_l15_l17_a_company_and_its_managed_branch(visit: Visit) -> None:
    company = visit("company", "phone", at="/sub-accounts?q=riverside")
    company.get_by_role("link", name="Open Riverside branch").click()
    expect(company.get_by_role("region", name="Acting for somebody else")).to_contain_text("Riverside branch")
    accessible(company)

    branch = visit("branch", "phone", at="/")
    payer = branch.get_by_role("region", name="Acme Ltd pays for you")
    expect(payer).to_be_visible()
    expect(branch.get_by_role("main")).to_contain_text("Viktor Dvořák")
    accessible(branch)
    branch.goto("/statements")
    expect(branch.get_by_role("heading", level=1)).to_have_text("Not allowed")
    expect(branch.get_by_role("main")).to_contain_text(
        "Acme Ltd is billed and pays for Riverside branch, so there are no finance pages here."
    )
    accessible(branch)


# Removing -------------------------------------------------------------------------------------------------------------


def test_l12_a_customer_is_removed_once_nothing_ties_it(visit: Visit, portal: Portal, office: None) -> None:
    page = visit("super")
    open_profile(page, "Willow Works")
    here = page.url
    from_actions(page, "Remove customer")
    refusal = page.get_by_role("alert")
    expect(refusal).to_be_focused()
    expect(refusal.get_by_role("listitem")).to_have_count(2)
    for text in ("Willow Works is Active.", "owes 12.50 EUR"):
        tie = refusal.get_by_role("listitem").filter(has_text=text)
        expect(tie.get_by_role("link")).to_have_attribute("href", re.compile("^/staff/customers/"))
    accessible(page)
    portal.take_in(
        "transactions",
        "external_id,customer,date,kind,ledger,amount,description",
        "w-2,t-willow,2026-01-06,payment,house,12.50,Paid",
    )
    portal.command("customer", "status", "t-willow", "inactive")
    page.get_by_role("link", name="Check again").click()
    expect(page.get_by_role("heading", name="What is erased")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Remove Willow Works").click()
    expect(page.get_by_role("main")).to_contain_text("Type t-willow, or the name as it stands above.")
    accessible(page)
    page.get_by_label("Type the customer’s number or name").fill("t-willow")
    page.get_by_role("button", name="Remove Willow Works").click()
    expect(page.get_by_role("heading", name="The customer is removed")).to_be_visible()
    accessible(page)
    page.get_by_role("link", name="Its books").click()
    expect(page.get_by_role("heading", level=1, name=re.compile("^Removed customer"))).to_be_visible()
    expect(page.get_by_role("main")).not_to_contain_text("Willow")
    expect(page.locator("summary", has_text="Actions")).to_have_count(0)
    expect(page.get_by_role("button", name="Save to Documents")).to_have_count(0)
    accessible(page)
    page.goto(here)
    expect(page.get_by_role("main")).to_contain_text("The person is erased.")
    accessible(page)
    page.goto("/staff/customers?q=willow")
    expect(page.get_by_role("main")).not_to_contain_text("Willow Works")
