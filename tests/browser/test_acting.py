"""The strip that says for whom one acts: in sight all the way down, and two lines at most, whatever the name."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, accessible

STRIP = "Acting for somebody else"
LONG = "Maximiliana-Konstantina Wolfeschlegelsteinhausenbergerdorff-Novákova of the Riverside Swimming and Judo Academy"


@pytest.fixture
def acting(visit: Visit, width: str) -> Page:
    """The parent of the demo on the statements of a child."""
    page = visit("parent", width)
    page.goto("/my-group")
    page.get_by_role("link", name="Act for Mia Novák").click()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Statements").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    return page


def test_the_strip_stays_in_sight(acting: Page) -> None:
    strip = acting.get_by_role("region", name=STRIP)
    expect(strip).to_be_in_viewport()
    acting.mouse.wheel(0, 20_000)
    acting.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    assert acting.evaluate("window.scrollY") > 200
    expect(strip).to_be_in_viewport(ratio=1)
    expect(strip.get_by_role("link", name="Switch back")).to_be_in_viewport(ratio=1)
    accessible(acting)
    strip.get_by_role("link", name="Switch back").click()
    expect(acting).to_have_title("My Group – Kith")


def test_a_long_name_takes_two_lines_and_no_width(acting: Page) -> None:
    strip = acting.get_by_role("region", name=STRIP)
    acting.evaluate("name => { document.querySelector('.acting bdi').textContent = name; }", LONG)
    lines = strip.evaluate(
        """strip => {
          const whom = strip.querySelector(".whom");
          return whom.getBoundingClientRect().height / parseFloat(getComputedStyle(whom).lineHeight);
        }"""
    )
    assert lines <= 2.01
    assert strip.bounding_box()["height"] <= 76  # type: ignore[index]
    expect(strip.get_by_role("link", name="Switch back")).to_be_in_viewport(ratio=1)
    assert acting.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


def test_what_is_jumped_to_stands_below_the_strip(acting: Page) -> None:
    strip = acting.get_by_role("region", name=STRIP)
    acting.evaluate("document.querySelector('#main h2').scrollIntoView()")
    bottom = strip.evaluate("strip => strip.getBoundingClientRect().bottom")
    assert acting.evaluate("document.querySelector('#main h2').getBoundingClientRect().top") >= bottom - 1


@pytest.mark.parametrize("where", ["/people", "/for"])
def test_names_of_one_long_word_take_no_width(visit: Visit, width: str, where: str) -> None:
    page = visit("carer", width)
    page.goto("/" if where == "/for" else where)
    if where == "/for":
        page.get_by_role("link", name="Act for").first.click()
        expect(page.get_by_role("region", name=STRIP)).to_be_visible()
    names = page.locator("main h1" if where == "/for" else "main :is(h1, bdi, [dir='auto'])")
    assert names.count() > 0
    names.evaluate_all("(all, name) => { for (const one of all) one.textContent = name; }", LONG.replace(" ", ""))
    assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0
