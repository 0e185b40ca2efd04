"""O10: what somebody spends, as charts with their numbers beside them, for the eyes that may see them."""

from __future__ import annotations

import pytest
from flask import Flask

from portal.actions.books import posting
from portal.actions.statements import spending
from portal.rules.deciding import SYSTEM
from tests.invoices import credit, issue
from tests.people import post
from tests.web.acme import NASTY, at, browser_of, change, company, couple


def sums(reference: str) -> tuple[dict[str, int], dict[str, int]]:
    found = spending.look(SYSTEM, at(reference))
    accounts = {one.key[1]: one.minor for one in found.accounts if one.key}
    return accounts, {one.key: one.minor for one in found.categories if one.key is not None}


def test_o10_spending_adds_up_by_month_account_and_category(app: Flask) -> None:
    company()
    change("branch", name=NASTY)
    post("acme", "debit", 1000, "2026-10-05", category="Internet")
    post("branch", "invoice", 500, "2026-11-06", category="Telephony")
    post("acme", "payment", 700, "2026-11-07", category="Internet")
    post("acme", "invoice", 99, "2024-11-07", category="Long ago")
    both = issue("acme", "Line|1|100.00|0", "Branch line|1|50.00|0|branch", on="2026-11-08")
    credit(both, amount=2000)
    gone = post("acme", "invoice", 333, "2026-11-09", category="Mistake")
    posting.reverse(SYSTEM, gone.public_id, reason="a mistake")
    undone = issue("acme", "Wrong|1|10.00|0", on="2026-11-10")
    posting.reverse(SYSTEM, undone.public_id, reason="wrong")
    whole = 1000 + 500 + 15000 - 2000
    found = spending.look(SYSTEM, at("acme"))
    assert (found.total_minor, sum(one.minor for one in found.months)) == (whole, whole)
    accounts, categories = sums("acme")
    assert sum(accounts.values()) == sum(categories.values()) == whole
    assert categories == {"Internet": 1000, "Telephony": 500, "": 13000}
    assert set(accounts) == {"Acme Ltd", NASTY}
    petra = browser_of(app, "acme")
    petra.get("/statements")
    assert "/statements/spending" in petra.page.links
    petra.get("/statements/spending")
    words = petra.page.words
    for fact in ("October 2026 10.00", "November 2026 135.00", "Together 145.00", NASTY, "Telephony 5.00"):
        assert fact in words, fact
    assert "No category" in words
    petra.get("/statements/spending?year=2024")
    assert "Long ago 0.99" in petra.page.words
    petra.get("/statements/spending?year=1")
    assert "Last twelve months" in petra.page.words
    assert browser_of(app, "branch").get("/statements/spending").status_code == 403


def test_s9_a_secondary_account_sees_what_was_issued_for_it(app: Flask) -> None:
    couple()
    both = issue("alex", "For Alex|1|11.11|0", "For Sam|1|22.22|0|sam", on="2026-11-08")
    sam = browser_of(app, "sam")
    sam.get("/statements/spending")
    assert "22.22" in sam.page.words
    assert "11.11" not in sam.page.words
    assert "33.33" not in sam.page.words
    assert both.total == 3333


@pytest.mark.engine("sqlite")
def test_o10_nothing_says_why(app: Flask) -> None:
    company()
    petra = browser_of(app, "acme")
    petra.get("/statements/spending")
    assert "Nothing was charged in this time" in petra.page.words
