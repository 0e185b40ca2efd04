"""The page of one entry: what it says, and whose eyes it is for."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from portal.actions.books import posting as ledger
from portal.actions.links import sub_accounts
from portal.rules.deciding import SYSTEM
from tests.pages import PageClient
from tests.people import post
from tests.queries import counted
from tests.web.acme import NASTY, at, browser_of, company, couple, person


@pytest.fixture
def petra(app: Flask) -> PageClient:
    """Acme's bookkeeper."""
    company()
    return browser_of(app, "acme")


def page_of(entry: str) -> str:
    return f"/statements/entries/{entry}"


def test_an_entry_says_what_it_is_and_what_it_changed(petra: PageClient) -> None:
    made = post("branch", "invoice", 12100, "2026-11-02", description="Broadband", category="Services", tax_minor=2100)
    petra.get(page_of(made.public_id))
    words = petra.page.words
    assert petra.page.title.startswith("Invoice INV-000001")
    for fact in ("Date 2 Nov 2026", "Amount 121.00 EUR", "Of that, tax 21.00 EUR", "Category Services"):
        assert fact in words
    assert "Issued for Riverside branch Billed to Acme Ltd" in words
    assert "by Harbour Net" in words
    assert "system operator" not in words
    assert "House Account −121.00" in words


def test_reversals_lead_to_each_other(petra: PageClient) -> None:
    first = post("acme", "debit", 500, "2026-11-02")
    back = ledger.reverse(SYSTEM, first.public_id, on=date(2026, 11, 3), reason="secret remark")
    petra.get(page_of(first.public_id))
    assert f"It was taken back by {back.number}" in petra.page.words
    assert page_of(back.public_id) in petra.page.links
    petra.get(page_of(back.public_id))
    assert f"It reverses {first.number}" in petra.page.words
    assert page_of(first.public_id) in petra.page.links
    assert "secret remark" not in petra.page.words
    assert "House Account +5.00" in petra.page.words


def test_customer_credit_is_named(petra: PageClient) -> None:
    made = post("acme", "credit", 5000, "2026-11-02", ledger="credit")
    petra.get(page_of(made.public_id))
    assert "Customer Credit +50.00" in petra.page.words


def test_s9_only_the_books_one_may_see(app: Flask, petra: PageClient) -> None:
    own = post("branch", "invoice", 100, "2026-11-02").public_id
    foreign = post("franchise", "invoice", 100, "2026-11-02").public_id
    person("stranger")
    assert petra.get(page_of(own)).status_code == 200
    assert petra.get(page_of(foreign)).status_code == 404
    assert petra.get(page_of("0" * 20)).status_code == 404
    assert petra.get("/statements/entries/1").status_code == 404
    assert browser_of(app, "franchise").get(page_of(own)).status_code == 404
    assert browser_of(app, "stranger").get(page_of(own)).status_code == 404
    assert browser_of(app, "branch").get(page_of(own)).status_code == 403
    assert petra.get(f"/for/{at('branch').public_id}{page_of(own)}").status_code == 403


def test_s9_what_was_billed_before_stays_with_who_paid(app: Flask, petra: PageClient) -> None:
    before = post("branch", "invoice", 100, "2026-11-02").public_id
    post("acme", "payment", 5000, "2026-11-03")
    sub_accounts.unlink(SYSTEM, "branch")
    after = post("branch", "invoice", 100, "2026-11-22").public_id
    assert petra.get(page_of(before)).status_code == 200
    assert petra.get(page_of(after)).status_code == 404
    bo = browser_of(app, "branch")
    assert bo.get(page_of(before)).status_code == 404
    assert bo.get(page_of(after)).status_code == 200


def test_s9_a_secondary_opens_what_was_issued_for_it(app: Flask) -> None:
    couple()
    hers = post("alex", "invoice", 100, "2026-11-02").public_id
    his = post("sam", "invoice", 100, "2026-11-02").public_id
    sam, alex = browser_of(app, "sam"), browser_of(app, "alex")
    assert sam.get(page_of(his)).status_code == 200
    assert "It is on the books of Alex Moreau" in sam.page.words
    assert sam.get(page_of(hers)).status_code == 404
    assert alex.get(page_of(his)).status_code == 200


def test_texts_are_shown_unharmed(app: Flask) -> None:
    person("acme", name=NASTY)
    made = post("acme", "debit", 100, "2026-11-02", description="<img src=x>", category="a & b")
    browser = browser_of(app, "acme")
    assert "<img" not in browser.get(page_of(made.public_id)).text
    assert NASTY in browser.page.words


def test_a_page_takes_few_queries(petra: PageClient) -> None:
    made = post("branch", "invoice", 100, "2026-11-02").public_id
    with counted() as sent:
        petra.get(page_of(made))
    assert len(sent) <= 8, sent
