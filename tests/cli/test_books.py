"""`flask post` and `flask reverse`."""

from __future__ import annotations

import pytest
from flask import Flask

from portal.actions import doctor
from tests import people
from tests.cli.commands import answer, run

DAY = ("--date", "2026-11-01")


@pytest.fixture
def acme(app: Flask) -> None:
    people.customer("acme")
    people.customer("branch")
    people.link("acme", "branch")


@pytest.mark.usefixtures("acme")
def test_posting_for_a_sub_account_lands_on_its_main_account(app: Flask) -> None:
    said = answer(app, "post", "invoice", "branch", "12.50", *DAY, "--external-id", "t1", "--description", "Broadband")
    assert said.pop("public_id")
    assert said == {
        "result": "posted",
        "external_id": "t1",
        "number": "INV-000001",
        "kind": "invoice",
        "ledger": "house",
        "date": "2026-11-01",
        "customer": "branch",
        "payer": "acme",
        "amount": "-12.50",
        "currency": "EUR",
    }
    assert answer(app, "customer", "show", "acme")["balance"]["total"] == "-12.50"
    again = ("post", "invoice", "branch", "12.5", *DAY, "--external-id", "t1", "--description", "Broadband")
    assert answer(app, *again)["result"] == "skipped"
    assert "nothing was posted" in run(app, *again).stdout
    changed = run(app, "post", "invoice", "branch", "13", *DAY, "--external-id", "t1", code=1)
    assert "in the books already with another amount, description" in changed.stderr


@pytest.mark.usefixtures("acme")
def test_every_kind_and_option(app: Flask) -> None:
    said = run(app, "post", "payment", "acme", "5", *DAY, "--ledger", "credit", "--number", "P 1", "--tax", "1").stdout
    assert said == "P 1 of 5.00 EUR posted, for acme on acme.\n"
    for kind in ("credit_note", "debit", "credit", "refund", "future_item"):
        run(app, "post", kind, "acme", "1.00", *DAY)
    shown = answer(app, "customer", "show", "acme")
    assert (shown["balance"]["house_account"], shown["balance"]["customer_credit"]) == ("0.00", "5.00")
    assert shown["future_items"] == "1.00"
    assert doctor.examine().sound


@pytest.mark.usefixtures("acme")
def test_what_is_refused(app: Flask) -> None:
    people.customer("prepaid", billing_type="prepaid_daily")
    refused = answer(app, "post", "future_item", "prepaid", "1", *DAY, code=1)["refused"]
    assert [one["rule"] for one in refused] == ["F2"]
    assert "transaction" in refused[0]["remedy"]
    assert "[F10]" in run(app, "post", "debit", "acme", "1", *DAY, "--ledger", "credit", code=1).stderr
    assert "is not an amount" in run(app, "post", "debit", "acme", "NaN", *DAY, code=1).stderr
    assert answer(app, "post", "debit", "acme", "1.234", *DAY, code=1)["invalid"]["amount"]
    run(app, "post", "debit", "nobody", "1", *DAY, code=1)
    run(app, "post", "gift", "acme", "1", *DAY, code=2)
    run(app, "post", "debit", "acme", "1", code=2)
    run(app, "post", "debit", "acme", "1", "--date", "yesterday", code=2)


@pytest.mark.usefixtures("acme")
def test_reversing(app: Flask) -> None:
    run(app, "post", "invoice", "branch", "12.50", *DAY, "--external-id", "t1")
    said = answer(app, "reverse", "t1", "--reason", "wrong month", "--date", "2026-11-05", "--external-id", "r1")
    assert (said["amount"], said["date"], said["payer"]) == ("12.50", "2026-11-05", "acme")
    assert answer(app, "customer", "show", "acme")["balance"]["total"] == "0.00"
    assert "[F1]" in run(app, "reverse", "t1", "--reason", "again", code=1).stderr
    run(app, "post", "future_item", "branch", "3", *DAY, "--external-id", "f1")
    run(app, "reverse", "f1", "--reason", "cancelled")
    assert answer(app, "customer", "show", "branch")["future_items"] == "0.00"
    run(app, "reverse", "unknown", "--reason", "x", code=1)
    run(app, "reverse", "t1", code=2)
    assert doctor.examine().sound
