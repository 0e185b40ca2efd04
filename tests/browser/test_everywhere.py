"""What holds on every page: nothing for axe to find, in any width or colour, on paper, and within the CSP."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import COLOURS, NARROWEST, WIDTHS, Visit, accessible, examine, fits

PORTAL = (
    "/",
    "/sub-accounts",
    "/sub-accounts?q=nobody-is-called-that",
    "/statements",
    "/statements?account=all&from=2000-01-01&to=2000-01-31",
    "/documents",
    "/services",
    "/people",
    "/jobs",
    "/account",
    "/account/password",
    "/account/sessions",
    "/account/log",
)
FAMILY = ("/", "/my-group", "/details", "/account/log", "/calendar", "/calendar?view=list", "/memberships", "/messages")
BACK_OFFICE = (
    "/staff",
    "/staff/front-desk",
    "/staff/front-desk?q=nov",
    "/staff/config/labels",
    "/staff/config/features",
    "/staff/config/features/groups",
    "/staff/bookings",
    "/staff/activities/new",
    "/staff/activities/where",
    "/staff/plans",
    "/staff/plans/new",
    "/staff/reports/bookings",
    "/staff/customers",
    "/staff/config",
    "/staff/config/roles",
    "/staff/config/roles/new",
    "/staff/links/import",
    "/staff/config/administrators",
    "/staff/config/finance/notifications",
    "/staff/audit",
    "/staff/messages",
    "/staff/messages/new",
    "/staff/outbox",
    "/staff/jobs",
    "/staff/account",
    "/staff/account/search-fields",
)
LINKING = (
    "link?as=main",
    "link?as=sub&q=acme",
    "billing-mode?mode=independent",
    "unlink",
    "settle",
    "partner-account/link",
    "status",
    "status?to=inactive",
    "remove",
)
USED_UP = "/login/reset/no-such-link"
SIGNED_OUT = ("/login", "/login/forgot", "/login/activate", USED_UP, "/logout/done")


def look_closely(page: Page) -> None:
    """The page that is open: at the desk, in the dark, on a phone, at 320 pixels, on paper."""
    accessible(page)
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    examine(page, COLOURS)
    page.emulate_media(color_scheme="light")
    page.set_viewport_size(WIDTHS["phone"])  # type: ignore[arg-type]
    fits(page)
    page.set_viewport_size(NARROWEST)  # type: ignore[arg-type]
    fits(page)
    page.emulate_media(media="print")
    for chrome in page.get_by_role("navigation").all():
        expect(chrome).to_be_hidden()
    page.emulate_media(media="screen")
    page.set_viewport_size(WIDTHS["desk"])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("person", "paths"),
    [("company", PORTAL), ("parent", FAMILY), ("super", BACK_OFFICE), ("", SIGNED_OUT)],
    ids=["portal", "family", "staff", "door"],
)
def test_every_page_can_be_used_by_everybody(visit: Visit, person: str, paths: tuple[str, ...]) -> None:
    page = visit(person, reduced_motion="reduce")
    for path in paths:
        answer = page.goto(path)
        assert answer is not None
        assert answer.ok or path == USED_UP, (path, answer.status)
        expect(page.get_by_role("heading", level=1)).to_have_count(1)
        look_closely(page)


LENGTHEN = """word => {
  const named = "[dir=auto], bdi, .strong:not(.money), h1, h2, h3, h4, .tag.plain";
  for (const one of document.querySelectorAll(`main :is(${named})`)) {
    if (!one.children.length && /[a-z]/i.test(one.textContent)) one.textContent = word;
  }
}"""
"""Gives whatever stands where names stand one long word."""


@pytest.mark.parametrize(
    ("person", "paths"),
    [("parent", FAMILY), ("carer", FAMILY[:2]), ("company", PORTAL[:2]), ("super", BACK_OFFICE[1:8])],
    ids=["parent", "carer", "company", "staff"],
)
def test_names_of_one_long_word_fit_a_narrow_page(visit: Visit, person: str, paths: tuple[str, ...]) -> None:
    page = visit(person, reduced_motion="reduce")
    for path in paths:
        page.goto(path)
        page.evaluate(LENGTHEN, "Wolfeschlegelsteinhausenbergerdorff" * 3)
        for width in (WIDTHS["phone"], NARROWEST):
            page.set_viewport_size(width)  # type: ignore[arg-type]
            fits(page)


def test_every_tab_of_a_profile_can_be_used_by_everybody(visit: Visit) -> None:
    page = visit("super", at="/staff/customers?q=harbour+branch", reduced_motion="reduce")
    page.get_by_role("link", name="Harbour branch", exact=True).click()
    tabs = page.get_by_role("navigation", name="Profile of Harbour branch").get_by_role("link")
    for label in (
        "Details",
        "Sub-accounts",
        "Finance",
        "Memberships",
        "Services",
        "Documents",
        "Logins",
        "Log",
        "Summary",
    ):
        tabs.get_by_text(label, exact=True).click()
        expect(page).to_have_title(re.compile(f"^{label}"))
        look_closely(page)


def test_every_step_of_linking_can_be_used_by_everybody(visit: Visit) -> None:
    page = visit("super", at="/staff/customers?q=harbour+branch", reduced_motion="reduce")
    page.get_by_role("link", name="Harbour branch", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="Harbour branch")).to_be_visible()
    here = page.url
    for path in LINKING:
        page.goto(f"{here}/{path}")
        expect(page.get_by_role("heading", level=1)).to_have_text("Harbour branch")
        look_closely(page)


def test_every_step_of_posting_can_be_used_by_everybody(visit: Visit) -> None:
    """Nothing is posted: the last button is left alone."""
    page = visit("super", at="/staff/customers?q=alex+moreau", reduced_motion="reduce")
    page.get_by_role("link", name="Alex Moreau", exact=True).click()
    expect(page.get_by_role("heading", level=1, name="Alex Moreau")).to_be_visible()
    here = page.url
    page.goto(f"{here}/finance/post")
    look_closely(page)
    page.get_by_label("Account", exact=True).select_option("Sam Moreau")
    page.get_by_label("Amount").fill("12 USD")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("“12 USD” is in another currency")
    look_closely(page)
    page.get_by_label("Amount").fill("1,234.50")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="Check before posting")).to_be_visible()
    expect(page.get_by_role("button", name="Post the payment")).to_be_visible()
    look_closely(page)
    page.get_by_role("button", name="Change amount").click()
    expect(page.get_by_label("Account", exact=True)).to_have_value(re.compile("."))
    expect(page.get_by_label("Amount")).to_have_value("1,234.50")
    page.get_by_label("Refund").check()
    page.get_by_label("Customer Credit").check()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_contain_text("below zero")
    expect(page.get_by_role("button", name="Post the refund")).to_have_count(0)
    look_closely(page)
    page.goto(f"{here}/finance/apply-credit")
    expect(page.get_by_label("Amount")).to_have_value("34.75")
    look_closely(page)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("button", name="Apply 34.75 EUR")).to_be_visible()
    look_closely(page)


def test_what_a_partner_is_set_to_can_be_used_by_everybody(visit: Visit) -> None:
    page = visit("super", at="/staff/config", reduced_motion="reduce")
    page.get_by_role("link", name="Harbour Broadband").click()
    expect(page.get_by_role("heading", name="Sections that customers see")).to_be_visible()
    look_closely(page)
    page.goto("/staff/config/finance/notifications")
    page.get_by_role("link", name="Harbour Broadband").click()
    text = page.get_by_label("Text of the email")
    text.fill("Hello {{ nobody }}")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("{{ nobody }}")
    look_closely(page)
    text.fill("Hello {{ name }},\n\n{{ reason }}")
    page.get_by_role("button", name="Preview").click()
    told = page.get_by_role("region", name="A sub-account that follows its main account")
    expect(told).to_contain_text("because Sample Group Ltd")
    expect(told).not_to_contain_text("Kind regards")
    look_closely(page)


def test_colours_can_be_chosen_and_are_remembered(visit: Visit, width: str) -> None:
    page = visit("parent", width, at="/", color_scheme="light")
    page.get_by_role("contentinfo").get_by_role("button", name="Dark").click()
    page.goto("/documents")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect(page.get_by_role("contentinfo").get_by_role("button", name="Dark")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("contentinfo").get_by_role("button", name="Auto").click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "light")
