"""Whom one may act for: the switcher on every page, and the page it leads to beyond ten."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.people import customer, link, sub_accounts_of
from tests.queries import counted
from tests.web.acme import HTMX, NASTY, at, browser_of, change, company, configure, couple, person


def many(count: int) -> None:
    """More aggregated sub-accounts of Acme."""
    sub_accounts_of("acme", {f"shop-{number:03}": f"Shop {number:03}" for number in range(count)})


def test_the_page_lists_whom_management_opens(app: Flask) -> None:
    company()
    browser = browser_of(app, "acme")
    browser.get("/people")
    assert "Riverside branch your sub-account Act for" in browser.page.words
    assert "Franchise" not in browser.page.words
    assert f"/for/{at('branch').public_id}/" in browser.page.links
    configure(manages_independent=True)
    browser.get("/people")
    assert "Franchise Süd GmbH your sub-account, billed separately" in browser.page.words


@pytest.mark.parametrize(
    ("query", "first", "words"),
    [
        ("", "Riverside branch", "1–50 of 121"),
        ("page=3", "Shop 099", "101–121 of 121"),
        ("page=77", "Shop 099", "101–121 of 121"),
        ("page=x&q=shop", "Shop 000", "1–50 of 120"),
        ("q=SHOP+07", "Shop 070", "1–10 of 10"),
    ],
)
def test_it_can_be_searched_and_paged(app: Flask, query: str, first: str, words: str) -> None:
    company()
    many(120)
    browser = browser_of(app, "acme")
    part = browser.get(f"/people?{query}", headers=HTMX).get_data(as_text=True)
    assert first in browser.page.words[:60]
    assert words in browser.page.words
    whole = browser.get(f"/people?{query}").get_data(as_text=True)
    assert part[part.index('<div id="people"') : part.index("<title>")].strip() in whole


def test_nobody_is_told_why(app: Flask) -> None:
    company(management=False)
    couple()
    for who in ("acme", "branch", "alex"):
        browser = browser_of(app, who)
        browser.get("/people")
        assert "Nobody yet" in browser.page.words
        browser.get("/people?q=branch")
        assert "Nobody matches" in browser.page.words
        assert "Riverside branch" not in browser.page.words.replace("RB Riverside branch", "").replace(
            "Kith · Riverside branch", ""
        )


def test_the_switcher_names_ten_and_leads_on(app: Flask) -> None:
    company()
    many(9)
    browser = browser_of(app, "acme")
    browser.get("/account")
    switched = [url for url in browser.page.links if url.startswith("/for/")]
    assert len(switched) == 10
    assert "/people" not in browser.page.links
    many_more = customer("zoo", name="Zoo")
    link("acme", "zoo")
    browser.get("/account")
    assert f"/for/{many_more.public_id}/" not in browser.page.links
    assert "/people" in browser.page.links
    browser.get(f"/for/{many_more.public_id}/")
    assert f"/for/{many_more.public_id}/" in browser.page.links


def test_the_switcher_costs_one_query_and_pages_nothing_of_strangers(app: Flask) -> None:
    company()
    person("stranger")
    browser = browser_of(app, "acme")
    with counted() as few:
        browser.get("/people")
    many(15)
    with counted() as more:
        browser.get("/people")
    assert len(few) == len(more) <= 5
    stranger = browser_of(app, "stranger")
    stranger.get("/people")
    assert "Riverside" not in stranger.page.words


def test_names_are_text(app: Flask) -> None:
    company()
    change("branch", name=NASTY)
    browser = browser_of(app, "acme")
    assert "<b>O" not in browser.get("/people").get_data(as_text=True)
    assert browser.page.words.count(NASTY) >= 2
