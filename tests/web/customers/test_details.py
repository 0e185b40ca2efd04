"""Changing one's own details, with a full name that is a fact of its own (C6)."""

from __future__ import annotations

import pytest
from flask import Flask

from portal.db.customers import profiles as customers
from portal.db.engine import db
from tests.pages import PageClient
from tests.web.acme import NASTY, browser_of, person
from tests.web.staff.office import path, staff


def names(reference: str) -> tuple[str, str, str, str]:
    db.session.rollback()
    found = customers.require(reference)
    db.session.rollback()
    return found.name, found.given_name, found.family_name, found.phone


@pytest.fixture
def browser(app: Flask) -> PageClient:
    """Somebody with a full name only."""
    person("sukarno", name=NASTY, called=NASTY, kind="individual")
    return browser_of(app, "sukarno")


def test_c6_somebody_with_a_full_name_only_saves_a_phone_number(browser: PageClient) -> None:
    typed = {"name": NASTY, "given_name": "", "family_name": "", "address": "", "phone": "+62 21 555 010"}
    answer = browser.submit("/details", typed, at="/details")
    assert answer.status_code == 303, browser.page.words
    assert names("sukarno") == (NASTY, "", "", "+62 21 555 010")


def test_c6_the_name_is_kept_as_it_is_written(browser: PageClient) -> None:
    browser.submit("/details", {"name": "Novák Zoë", "given_name": "Zoë", "family_name": "Novák"}, at="/details")
    assert names("sukarno")[:3] == ("Novák Zoë", "Zoë", "Novák")
    browser.submit("/details", {"name": "Novák Zoë", "given_name": "Zoe", "family_name": "Novák"}, at="/details")
    assert names("sukarno")[:3] == ("Novák Zoë", "Zoe", "Novák")
    answer = browser.submit("/details", {"name": "\u200b", "given_name": "Zoe"}, at="/details")
    assert answer.status_code == 422
    assert "Enter the full name." in browser.page.words
    assert names("sukarno")[0] == "Novák Zoë"


def test_c6_a_name_made_of_its_parts_follows_them(app: Flask) -> None:
    person("zoe", name="Zoë Novák", kind="individual", given_name="Zoë", family_name="Novák")
    browser = browser_of(app, "zoe")
    browser.submit("/details", {"name": "Zoë Novák", "given_name": "Zoë", "family_name": "Svoboda"}, at="/details")
    assert names("zoe")[:3] == ("Zoë Svoboda", "Zoë", "Svoboda")
    browser.get("/account")
    assert "Saved: full name, family name." in browser.page.words


def test_c6_staff_save_the_same_in_the_same_words(app: Flask) -> None:
    person("sukarno", name="Sukarno", kind="individual")
    desk, page = staff(app, "super"), path("sukarno", "/details/edit")
    typed = {"name": "Sukarno", "kind": "individual", "billing_type": "recurring", "billing_day": "1"}
    answer = desk.submit(page, {**typed, "phone": "+62 21 555 010"}, at=page)
    assert answer.status_code == 303, desk.page.words
    assert names("sukarno") == ("Sukarno", "", "", "+62 21 555 010")
    assert desk.submit(page, {**typed, "name": "\u2800"}, at=page).status_code == 422
    assert "Enter the customer’s name." in desk.page.words
