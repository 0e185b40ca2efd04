"""A parent books on a phone: finds, chooses for a child, checks, confirms, cancels and undoes (B1, B4, B7)."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import WIDTHS, Visit, accessible, fits, walk_to


def choose_leo(page: Page) -> None:
    """The first date of family swim that he has not booked, for Leo."""
    page.goto("/bookings?q=family+swim")
    accessible(page)
    page.get_by_role("link", name="Family swim").first.click()
    expect(page.get_by_role("heading", name="Family swim", level=1)).to_be_visible()
    accessible(page)
    page.get_by_role("checkbox", name=re.compile("Leo")).check(force=True)
    dates = page.get_by_role("region", name="When?").get_by_role("checkbox")
    dates.first.check()
    page.get_by_role("button", name="Add to basket").click()
    expect(page).to_have_title("Check your bookings – Kith")


def test_b7_a_parent_books_for_a_child_on_a_phone_cancels_and_undoes(visit: Visit) -> None:
    page = visit("parent", "phone")
    choose_leo(page)
    accessible(page)
    expect(page.get_by_role("region", name="Leo Novák")).to_contain_text("6.00")
    page.set_viewport_size(WIDTHS["desk"])  # type: ignore[arg-type]
    accessible(page)
    page.set_viewport_size(WIDTHS["phone"])  # type: ignore[arg-type]
    fits(page)
    page.get_by_role("button", name="Book 1 place for 6.00").click()
    expect(page.get_by_text("1 place is booked.")).to_be_visible()
    accessible(page)
    page.get_by_role("link", name=re.compile(r"Cancel\s*: Family swim")).first.click()
    accessible(page)
    page.get_by_role("button", name="Cancel the booking").click()
    expect(page.get_by_text("6.00 EUR was taken back")).to_be_visible()
    page.get_by_role("button", name=re.compile(r"Undo: Family swim")).first.click()
    expect(page.get_by_text("is booked again.")).to_be_visible()


def test_b7_a_basket_is_filled_decided_and_booked_by_keyboard(visit: Visit) -> None:
    page = visit("parent", "desk", at="/bookings?q=judo")
    walk_to(page, page.get_by_role("link", name="Judo, taster").last)
    page.keyboard.press("Enter")
    leo = page.get_by_role("checkbox", name=re.compile("Leo"))
    expect(leo).to_be_checked()  # nobody else is of the age
    walk_to(page, leo)
    page.keyboard.press("Space")
    page.keyboard.press("Space")
    walk_to(page, page.get_by_role("button", name="Add to basket"))
    page.keyboard.press("Enter")
    expect(page).to_have_title("Check your bookings – Kith")
    accessible(page)
    walk_to(page, page.get_by_role("button", name=re.compile("^Book 1 place for")))
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 place is booked.")).to_be_visible()


def test_b1_b7_booking_needs_no_script(visit: Visit) -> None:
    page = visit("parent", "phone", at="/bookings?q=chess", java_script_enabled=False)
    page.get_by_role("link", name=re.compile("Chess")).last.click()
    page.get_by_role("checkbox", name=re.compile("Leo")).check(force=True)
    page.get_by_role("button", name="Add to basket").click()
    page.get_by_role("button", name=re.compile("^Book 1 place for")).click()
    expect(page.get_by_text("1 place is booked.")).to_be_visible()


def test_b11_the_desk_checks_in_by_keyboard(visit: Visit) -> None:
    page = visit("frontdesk", "desk", at="/staff/bookings")
    for _ in range(8):
        taken = page.get_by_role("link", name=re.compile("Family swim"))
        if taken.count():
            break
        page.get_by_role("link", name="Day after").click()
    walk_to(page, taken.first)
    page.keyboard.press("Enter")
    check_in = page.get_by_role("button", name=re.compile("^Check in Mia"))
    walk_to(page, check_in)
    page.keyboard.press("Enter")
    undo = page.get_by_role("button", name=re.compile("^Undo for Mia"))
    walk_to(page, undo)
    accessible(page)
    page.keyboard.press("Enter")
    expect(check_in).to_be_visible()
