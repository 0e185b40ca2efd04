"""A parent books on a phone: finds, chooses for a child, checks, confirms, cancels and undoes (B1, B4, B7)."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import WIDTHS, Visit, accessible, fits, walk_to


def choose_leo(page: Page, what: str = "Family swim", look: Callable[[Page], None] = accessible) -> None:
    """The first date of something that can be booked, for Leo."""
    page.goto(f"/bookings?q={what}")
    look(page)
    page.get_by_role("link", name=what).first.click()
    expect(page.get_by_role("heading", name=what, level=1)).to_be_visible()
    look(page)
    page.get_by_role("checkbox", name=re.compile("Leo")).check(force=True)
    dates = page.get_by_role("region", name="When?").get_by_role("checkbox")
    dates.first.check()
    page.get_by_role("button", name="Add to basket").click()
    expect(page).to_have_title("Check your bookings – Kith")


def tick(page: Page, box: Locator) -> None:
    """Walk to a box and tick it, if it is not ticked, by keys."""
    walk_to(page, box)
    if not box.is_checked():
        page.keyboard.press("Space")
    expect(box).to_be_checked()


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


def test_b7_a_basket_is_filled_and_booked_by_keyboard(visit: Visit) -> None:
    page = visit("parent", "desk", at="/bookings?q=judo")
    walk_to(page, page.get_by_role("link", name="Judo, taster").first)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Judo, taster", level=1)).to_be_visible()
    tick(page, page.get_by_role("checkbox", name=re.compile("Leo")))
    tick(page, page.get_by_role("region", name="When?").get_by_role("checkbox").first)
    walk_to(page, page.get_by_role("button", name="Add to basket"))
    page.keyboard.press("Enter")
    expect(page).to_have_title("Check your bookings – Kith")
    walk_to(page, page.get_by_role("button", name=re.compile("^Book 1 place for")))
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 place is booked.")).to_be_visible()


def test_b1_b7_booking_needs_no_script(visit: Visit) -> None:
    page = visit("parent", "phone", java_script_enabled=False)
    choose_leo(page, "Judo, taster", look=lambda _page: None)
    page.get_by_role("button", name="Book 1 place for 8.50").click()
    expect(page.get_by_text("1 place is booked.")).to_be_visible()


def test_b11_the_desk_checks_in_by_keyboard(visit: Visit) -> None:
    page = visit("frontdesk", "desk", at="/staff/bookings")
    check_in = page.get_by_role("button", name=re.compile("^Check in Mia"))
    for _ in range(8):
        swim = page.get_by_role("link", name=re.compile("Family swim"))
        if swim.count():
            walk_to(page, swim.first)
            page.keyboard.press("Enter")
            page.wait_for_url("**/sessions/**")
            if check_in.count():
                break
            page.go_back()
        page.get_by_role("link", name="Day after").click()
    walk_to(page, check_in)
    page.keyboard.press("Enter")
    undo = page.get_by_role("button", name=re.compile("^Undo for Mia"))
    walk_to(page, undo)
    accessible(page)
    page.keyboard.press("Enter")
    expect(check_in).to_be_visible()
