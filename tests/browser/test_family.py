"""A family: its Owner on a phone, a carer who is invited, a teenager who looks, and the staff who set groups up."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Portal, Visit, accessible, walk_to

CAREFUL = "three green boats at dawn"
PEOPLE = "Acting for somebody else"


def open_group(page: Page) -> None:
    page.goto("/my-group")
    expect(page.get_by_role("heading", name="My Group", level=1)).to_be_visible()


def member(page: Page, name: str) -> str:
    """The text of a member's line."""
    return page.get_by_role("region", name="Members").get_by_role("listitem").filter(has_text=name).inner_text()


def test_the_owner_adds_a_child_and_acts_for_it(visit: Visit, width: str) -> None:
    page, name = visit("parent", width), f"Ida {width.title()}"
    open_group(page)
    assert "Until" in member(page, "Rosa Lima")
    accessible(page)
    page.get_by_role("link", name="Add a dependent").click()
    accessible(page)
    page.get_by_role("button", name="Add to the group").click()
    expect(page).to_have_title("Error: Add a dependent – Kith")
    expect(page.get_by_role("alert")).to_be_focused()
    accessible(page)
    page.get_by_label("Given name").fill("Ida")
    page.get_by_label("Family name").fill(width.title())
    page.get_by_label("Date of birth").fill("2019-05-03")
    page.get_by_label("Label").select_option("Child")
    page.get_by_role("button", name="Add to the group").click()
    expect(page.get_by_text(f"{name} is in the group now")).to_be_visible()

    page.get_by_role("link", name=f"Act for {name}").click()
    expect(page).to_have_title(f"Overview – {name} – Kith")
    banner = page.get_by_role("region", name=PEOPLE)
    expect(banner).to_contain_text(f"Acting for {name}")
    accessible(page)
    page.get_by_role("link", name="Change details").click()
    page.get_by_role("textbox", name="Phone").fill("555 01")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("region", name="Details")).to_contain_text("555 01")
    page.locator(".switcher > summary").click()
    expect(page.get_by_role("link", name="Leo Novák")).to_be_visible()
    page.keyboard.press("Escape")
    banner.get_by_role("link", name="Switch back").click()
    expect(page).to_have_title("My Group – Kith")

    open_group(page)
    page.get_by_role("link", name=f"Change {name}").click()
    expect(page.get_by_role("link", name="Remove from the group")).to_be_visible()
    accessible(page)
    page.get_by_role("link", name="Remove from the group").click()
    expect(page.get_by_text(f"{name} has no login: nobody")).to_be_visible()
    accessible(page)
    page.get_by_role("button", name="Remove from the group").click()
    expect(page.get_by_text(f"{name} is no longer in the group")).to_be_visible()
    expect(page.get_by_role("link", name=f"Act for {name}")).to_have_count(0)


def test_a_carer_is_invited_accepts_and_loses_access_at_once(visit: Visit, portal: Portal, width: str) -> None:
    owner, address = visit("parent", width), f"carer.{width}@example.test"
    open_group(owner)
    owner.get_by_role("link", name="Invite by email").click()
    accessible(owner)
    owner.get_by_label("Email address").fill(address)
    owner.get_by_label("Name").fill(f"Carla {width.title()}")
    owner.get_by_label("Label").select_option("Carer")
    owner.get_by_label("See documents").uncheck()
    owner.get_by_label("Until a date").check()
    owner.get_by_label("Last day").fill("2030-06-30")
    owner.get_by_role("button", name="Send the invitation").click()
    expect(owner.get_by_role("region", name="Waiting for an answer")).to_contain_text(address)
    accessible(owner)

    link, carer = portal.link_to(address, "/invitations/"), visit(width=width)
    carer.goto(link)
    expect(carer.get_by_text("Dana Novák invites you")).to_be_visible()
    expect(carer.get_by_role("main")).to_contain_text("30 Jun 2030")
    accessible(carer)
    carer.get_by_label("Date of birth").fill("1990-04-12")
    carer.get_by_label("Password", exact=True).fill(CAREFUL)
    carer.get_by_role("button", name="Accept and open my account").click()
    carer.get_by_label("Email").fill(address)
    carer.get_by_label("Password", exact=True).fill(CAREFUL)
    carer.get_by_role("button", name="Sign in").click()
    expect(carer).to_have_url(re.compile("/my-group$"))
    accessible(carer)
    carer.get_by_role("link", name="Act for Leo Novák").click()
    expect(carer.get_by_role("region", name=PEOPLE)).to_contain_text("Acting for Leo Novák")
    expect(carer.get_by_role("link", name="Documents")).to_have_count(0)

    open_group(owner)
    owner.get_by_role("link", name=f"Change Carla {width.title()}").click()
    owner.get_by_role("link", name="Remove from the group").click()
    owner.get_by_role("button", name="Remove from the group").click()
    carer.reload()
    expect(carer.get_by_role("heading", name="Page not found")).to_be_visible()
    carer.goto("/my-group")
    expect(carer.get_by_role("heading", name=re.compile("group"), level=2).first).to_be_visible()
    expect(carer.get_by_text("Leo")).to_have_count(0)


def test_inviting_and_taking_back_without_a_mouse(visit: Visit) -> None:
    page = visit("parent", "phone", at="/my-group")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the main content")).to_be_focused()
    walk_to(page, page.get_by_role("link", name="Invite by email"))
    page.keyboard.press("Enter")
    walk_to(page, page.get_by_label("Email address"))
    page.keyboard.type("keys@example.test")
    walk_to(page, page.get_by_label("Admin: acts for the dependents"))
    page.keyboard.press("ArrowDown")
    expect(page.get_by_label("Dependent: is acted for")).to_be_checked()
    expect(page.get_by_text("What they may do for the dependents")).to_be_hidden()
    walk_to(page, page.get_by_role("button", name="Send the invitation"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("region", name="Waiting for an answer")).to_contain_text("keys@example.test")
    walk_to(page, page.get_by_role("link", name="Take back what went to keys@example.test"))
    page.keyboard.press("Enter")
    walk_to(page, page.get_by_role("button", name="Take it back"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Took back the invitation of keys@example.test")).to_be_visible()
    expect(page.get_by_role("link", name="Take back what went to keys@example.test")).to_have_count(0)


def test_a_teenager_sees_the_group_and_the_record(visit: Visit, width: str) -> None:
    page = visit("teen", width)
    visit("parent").goto("/my-group")
    open_group(page)
    expect(page.get_by_role("region", name="Who can act for you")).to_contain_text("Rosa Lima")
    expect(page.get_by_role("link", name="Add a dependent")).to_have_count(0)
    accessible(page)
    page.get_by_role("link", name="who did what for you").click()
    expect(page.get_by_role("table").first).to_contain_text("Through your group")
    accessible(page)


def half(page: Page, label: str) -> None:
    """Delete a part of the date that stands in a calendar, which then has no value."""
    field = page.get_by_label(label, exact=True)
    field.focus()
    page.keyboard.press("Backspace")
    assert field.evaluate("field => field.validity.badInput && !field.value")


def test_g16_half_a_date_is_not_sent(visit: Visit, width: str) -> None:
    page, sent = visit("parent", width, at="/my-group"), []
    page.get_by_role("link", name="Change Rosa Lima").click()
    page.on("request", lambda request: sent.append(request.method))
    end = page.get_by_role("group", name="End", exact=True)
    half(page, "Last day")
    for _ in range(2):
        page.get_by_role("button", name="Save").click()
        expect(end.get_by_role("alert")).to_have_text("Enter the whole date, or choose “No end”.")
        expect(page.get_by_label("Last day")).to_be_focused()
    expect(page.get_by_label("Last day")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Last day")).to_have_accessible_description(re.compile("Enter the whole date"))
    accessible(page)
    assert "POST" not in sent
    page.get_by_label("Last day").fill("2029-01-31")
    expect(end.get_by_role("alert")).to_have_count(0)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Until 31 Jan 2029", exact=True)).to_be_visible()


def test_g16_no_end_is_chosen_and_hides_the_date(visit: Visit) -> None:
    page = visit("parent", "phone", at="/my-group")
    page.get_by_role("link", name="Invite by email").click()
    expect(page.get_by_label("No end")).to_be_checked()
    expect(page.get_by_label("Last day")).to_be_hidden()
    page.get_by_label("Email address").fill("no.end@example.test")
    page.get_by_label("Until a date").check()
    page.get_by_label("Last day").press_sequentially("01")
    page.get_by_label("No end").check()
    expect(page.get_by_label("Last day")).to_be_hidden()
    page.get_by_role("button", name="Send the invitation").click()
    waiting = page.get_by_role("region", name="Waiting for an answer").get_by_role("listitem")
    expect(waiting.filter(has_text="no.end@example.test")).not_to_contain_text("Until")


def test_g16_half_a_date_stops_a_filter(visit: Visit) -> None:
    page, asked = visit("super", at="/staff/audit?from=2026-01-01&to=2026-01-31"), []
    page.on("request", lambda request: asked.append(request.url))
    half(page, "From")
    page.get_by_label("What", exact=True).select_option(index=1)
    expect(page.get_by_text("Enter the whole date, or empty the field.")).to_be_visible()
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_label("From", exact=True)).to_be_focused()
    assert not [url for url in asked if "/staff/audit" in url]
    page.get_by_label("From", exact=True).fill("2026-01-02")
    page.get_by_role("button", name="Show").click()
    expect(page).to_have_url(re.compile("from=2026-01-02"))
    expect(page.get_by_text("Enter the whole date, or empty the field.")).to_have_count(0)


def test_a_family_without_javascript(visit: Visit) -> None:
    page = visit("parent", "phone", at="/my-group", java_script_enabled=False)
    page.get_by_role("link", name="Change Rosa Lima").click()
    expect(page.get_by_label("Until a date")).to_be_checked()
    page.get_by_label("Last day").fill("")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("group", name="End", exact=True)).to_contain_text(
        "Enter the whole date, or choose “No end”."
    )
    page.get_by_label("Last day").fill("2030-01-31")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Until 31 Jan 2030", exact=True)).to_be_visible()


@pytest.fixture
def found(visit: Visit, width: str) -> Page:
    """Staff in front of somebody who is in no group."""
    page = visit("frontdesk", width, at="/staff/customers?q=pat+winter")
    page.get_by_role("main").get_by_role("link", name="Pat Winter", exact=True).click()
    return page


def test_staff_set_a_group_up_at_the_desk(found: Page) -> None:
    page = found
    page.get_by_role("main").get_by_role("link", name="Create a Group").first.click()
    accessible(page)
    page.get_by_role("searchbox", name=re.compile("Search for a customer")).fill("alex")
    page.get_by_role("link", name="Select Customer").filter(has_text="Alex Moreau").click()
    accessible(page)
    page.get_by_role("radio", name="Dependent").last.check()
    page.get_by_role("button", name="Create Group").click()
    group = page.get_by_role("region", name=re.compile("Group")).first
    expect(group).to_contain_text("Alex Moreau")
    accessible(page)

    page.goto("/staff/front-desk?q=pat+winter")
    page.get_by_role("main").get_by_role("link", name=re.compile("Pat Winter|Load Customer")).first.click()
    accessible(page)
    page.get_by_role("link", name="Linked Accounts").click()
    accessible(page)
    page.get_by_role("link", name="Load Customer").filter(has_text="Alex Moreau").click()
    expect(page.get_by_role("heading", name="Alex Moreau")).to_be_visible()
    page.get_by_role("link", name="Go to Profile").first.click()
    page.get_by_role("main").get_by_role("link", name="Manage", exact=True).first.click()
    expect(page).to_have_title(re.compile("Pat Winter"))
    page.get_by_role("link", name=re.compile("Dissolve")).first.click()
    accessible(page)
    page.get_by_role("button", name=re.compile("Dissolve")).click()
    expect(page.get_by_role("link", name="Create a Group").first).to_be_visible()


def test_g1_operations_switch_the_feature_off_and_on(visit: Visit) -> None:
    office, family = visit("operations"), visit("parent", at="/my-group")
    expect(family.get_by_role("heading", name="My Group", level=1)).to_be_visible()
    office.goto("/staff/config/features/groups")
    accessible(office)
    try:
        office.get_by_role("main").get_by_role("button", name=re.compile("Switch groups off")).click()
        family.reload()
        expect(family.get_by_role("heading", name="Page not found")).to_be_visible()
        expect(family.get_by_role("link", name="My Group")).to_have_count(0)
    finally:
        office.goto("/staff/config/features/groups")
        office.get_by_role("main").get_by_role("button", name=re.compile("Switch groups on")).click()
    family.goto("/my-group")
    assert "Until" in member(family, "Rosa Lima"), "nothing was deleted"
