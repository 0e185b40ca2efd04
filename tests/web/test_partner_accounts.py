"""What the two people of a pair of partner accounts see in the portal (P1, P3, S9)."""

from __future__ import annotations

import pytest
from flask import Flask

from portal.actions.links import partner_accounts
from portal.rules.deciding import SYSTEM
from tests.people import customer, link, post
from tests.queries import counted
from tests.web.acme import at, browser_of, couple, person

NOVEMBER = "/statements?from=2026-11-01&to=2026-11-30"


@pytest.fixture
def pair(app: Flask) -> None:
    """Alex, who pays, and Sam, each with a lesson; the balance they share is +50.00 with 10.00 of credit."""
    couple()
    post("alex", "payment", 9000, "2026-11-02", description="For both")
    post("alex", "payment", 1000, "2026-11-02", ledger="credit", description="Gift card")
    post("sam", "invoice", 4000, "2026-11-03", description="Lesson of Sam")
    post("alex", "invoice", 1000, "2026-11-04", description="Lesson of Alex")


@pytest.mark.usefixtures("pair")
def test_home_says_whose_the_balances_are(app: Flask) -> None:
    alex, sam = browser_of(app, "alex"), browser_of(app, "sam")
    alex.get("/")
    assert "House Account +40.00 Customer Credit +10.00" in alex.page.words
    assert "Shared with Sam Moreau; you pay for both" in alex.page.words
    sam.get("/")
    assert "House Account +40.00 Customer Credit +10.00" in sam.page.words
    assert "Shared with Alex Moreau, who holds them and pays for both" in sam.page.words


@pytest.mark.usefixtures("pair")
def test_p3_the_primarys_statement_lists_both_by_account(app: Flask) -> None:
    alex = browser_of(app, "alex")
    alex.get(NOVEMBER)
    words = alex.page.words
    assert "Alex Moreau, and Sam Moreau who shares these balances" in words
    assert "Date Number Description Account Debit Credit Balance" in words
    assert "Lesson of Sam Sam Moreau 40.00" in words
    assert "Lesson of Alex Alex Moreau 10.00" in words
    assert "The balances belong to" not in words
    assert "share the balances of Alex Moreau from here on" in words


@pytest.mark.usefixtures("pair")
def test_s9_the_secondary_sees_the_shared_balances_and_its_own_lines(app: Flask) -> None:
    sam = browser_of(app, "sam")
    sam.get(NOVEMBER)
    words = sam.page.words
    assert "What was issued for Sam Moreau on the balances shared with Alex Moreau" in words
    assert "The balances belong to Alex Moreau, who pays for both" in words
    assert "Shared today: House Account +40.00 EUR , Customer Credit +10.00 EUR ." in words
    assert "Below is only the part that was issued for Sam Moreau" in words
    assert "Lesson of Sam" in words
    for hidden in ("Lesson of Alex", "For both", "Gift card"):
        assert hidden not in words
    for page in (f"/statements?account={at('alex').public_id}", f"/for/{at('alex').public_id}/"):
        assert sam.get(page).status_code == 404


@pytest.mark.usefixtures("pair")
def test_account_says_with_whom_the_balances_are_shared(app: Flask) -> None:
    for who, words in (
        ("alex", "Balances Yours, shared with Sam Moreau; you pay for both"),
        ("sam", "Balances Those of Alex Moreau, who shares them with you and pays for both"),
    ):
        browser = browser_of(app, who)
        browser.get("/account")
        assert words in browser.page.words
    person("pat")
    browser = browser_of(app, "pat")
    browser.get("/account")
    assert "Balances" not in browser.page.words


@pytest.mark.usefixtures("pair")
def test_a_primary_that_is_a_main_account_says_both(app: Flask) -> None:
    customer("branch", name="Branch")
    link("alex", "branch")
    alex = browser_of(app, "alex")
    alex.get(NOVEMBER)
    assert "Alex Moreau, and Sam Moreau who shares these balances, and the accounts it pays for" in alex.page.words


@pytest.mark.usefixtures("pair")
def test_p4_after_unlinking_each_sees_its_own_and_history_stays(app: Flask) -> None:
    partner_accounts.unlink(SYSTEM, "sam")
    alex, sam = browser_of(app, "alex"), browser_of(app, "sam")
    alex.get("/")
    assert "House Account +40.00 Customer Credit +10.00" in alex.page.words
    assert "hared with" not in alex.page.words
    alex.get(NOVEMBER)
    assert "Lesson of Sam Sam Moreau 40.00" in alex.page.words
    sam.get("/")
    assert "0.00" in sam.page.words
    assert "50.00" not in sam.page.words
    sam.get(NOVEMBER)
    assert "The balances belong to" not in sam.page.words
    assert "Lesson of Sam" not in sam.page.words
    assert "no longer share balances" in sam.page.words


@pytest.mark.usefixtures("pair")
def test_the_shared_figures_cost_the_secondary_one_query(app: Flask) -> None:
    asked = {}
    for who in ("alex", "sam"):
        browser = browser_of(app, who)
        browser.get(NOVEMBER)
        with counted() as sent:
            browser.get(NOVEMBER)
        asked[who] = len(sent)
    assert asked["sam"] <= asked["alex"] + 1, asked
