"""A session that is about to end, in every tab, and what was typed when it was over (I2, WCAG 2.2.1)."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, accessible, fill_in_the_door

JUST_BEFORE = (28 * 60 + 5) * 1000
PAST_THE_END = (2 * 60) * 1000


def opened(visit: Visit, width: str, who: str = "company") -> Page:
    """A page signed in with a session of its own, whose clock the test moves."""
    page = visit(width=width)
    page.context.clock.install()
    fill_in_the_door(page, who)
    return page


def test_i2_every_tab_warns_and_one_answer_is_enough(visit: Visit, width: str) -> None:
    first = opened(visit, width)
    second = first.context.new_page()
    second.goto("/account")
    first.goto("/details")
    first.get_by_label("Phone").fill("+420 541 555 999")
    for page in (first, second):
        expect(page.get_by_role("dialog")).to_have_count(0)
    first.context.clock.fast_forward(JUST_BEFORE)
    for page in (first, second):
        expect(page.get_by_role("dialog", name="Are you still there?")).to_be_visible()
    stay = first.get_by_role("button", name="Stay signed in")
    expect(stay).to_be_focused()
    accessible(first)
    first.keyboard.press("Enter")
    for page in (first, second):
        expect(page.get_by_role("dialog")).to_have_count(0)
    expect(first.get_by_label("Phone")).to_have_value("+420 541 555 999")
    first.context.clock.fast_forward(PAST_THE_END)
    expect(first.get_by_role("dialog")).to_have_count(0)


def test_i2_what_was_typed_comes_back_after_signing_in_again(visit: Visit, width: str) -> None:
    page = opened(visit, width)
    page.goto("/details")
    address = f"1 Late Street, by {width}\nBrno"
    page.get_by_label("Address").fill(address)
    other = page.context.new_page()
    other.goto("/account")
    token = other.locator("input[name=csrf_token]").first.input_value()
    other.evaluate(
        "token => { const form = document.createElement('form'); form.method = 'post'; form.action = '/logout';"
        " const field = document.createElement('input'); field.name = 'csrf_token'; field.value = token;"
        " form.append(field); document.body.append(form); form.submit(); }",
        token,
    )
    other.wait_for_url("**/logout/done")
    gone = page.get_by_role("dialog").filter(has_text="You are signed out")
    expect(gone).to_be_visible()
    accessible(page)
    gone.get_by_role("button", name="Back to this page").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("main")).to_contain_text("You signed out in another tab.")
    accessible(page)
    page.get_by_label("Email").fill("company@demo.example")
    page.get_by_label("Password", exact=True).fill("demo-portal-please-change")
    page.get_by_role("button", name="Sign in and go on").click()
    expect(page.get_by_label("Address")).to_have_value(address)
    expect(page.get_by_role("main")).to_contain_text("What you typed is here again")
    accessible(page)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("main")).to_contain_text("address")
