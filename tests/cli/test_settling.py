"""`flask open-items`, `allocate`, `unallocate` and `credit apply` (F7)."""

from __future__ import annotations

import pytest
from flask import Flask

from tests import books, people
from tests.cli.commands import answer, run


@pytest.fixture(autouse=True)
def acme(app: Flask) -> None:
    people.customer("acme")
    people.post("acme", "invoice", 10_000, "2026-11-01", external_id="bill")
    people.post("acme", "payment", 4_000, "2026-11-05", external_id="paid")


def test_f7_what_is_open_adds_up_to_the_house_account(app: Flask) -> None:
    said = answer(app, "open-items", "acme", "--on", "2026-11-18")
    [bill], [paid] = said["open"], said["unallocated"]
    assert (bill["number"], bill["kind"], bill["account"], bill["date"], bill["due"]) == (
        *("INV-000001", "invoice", "acme"),
        *("2026-11-01", "2026-11-15"),
    )
    assert (bill["total"], bill["open"], bill["days_overdue"]) == ("100.00", "100.00", 3)
    assert (paid["number"], paid["open"], paid["kind"], said["balance"]) == ("PAY-000001", "40.00", "payment", "-60.00")
    assert "House Account" in run(app, "open-items", "acme").stdout
    assert answer(app, "open-items", "acme", "--on", "2026-10-31") == {"open": [], "unallocated": [], "balance": "0.00"}
    run(app, "open-items", "nobody", code=1)


def test_f7_allocating_and_taking_back(app: Flask) -> None:
    shown = answer(app, "allocate", "PAY-000001", "--preview")
    assert shown["changes"] == [{"what": "Open of INV-000001", "before": "100.00 EUR", "after": "60.00 EUR"}]
    assert answer(app, "open-items", "acme")["unallocated"]
    done = answer(app, "allocate", "paid", "bill", "30.00", "--date", "2026-11-10")
    assert done["left"] == "10.00"
    [one] = done["allocations"]
    assert (one["invoice"], one["amount"], one["date"], one["open"]) == ("INV-000001", "30.00", "2026-11-10", "70.00")
    refused = answer(app, "allocate", "paid", "bill", "10.01", code=1)["refused"]
    assert [reason["rule"] for reason in refused] == ["F7"]
    assert "10.00 EUR left" in refused[0]["message"]
    assert "70.00 EUR open" in refused[0]["message"]
    run(app, "allocate", "paid")
    assert answer(app, "open-items", "acme")["open"][0]["open"] == "60.00"
    back = answer(app, "unallocate", "paid", "bill")
    assert (back["left"], back["allocations"][0]["open"], back["accounts"]) == ("40.00", "100.00", [])
    refused = answer(app, "allocate", "paid", "bill", "--account", "nobody", code=1)["refused"]
    assert "has nothing for the account “nobody”" in refused[0]["message"]
    assert answer(app, "allocate", "paid", "bill", "--account", "acme", "--preview")["left"] == "0.00"
    run(app, "unallocate", "paid", "bill", code=1)
    books.check()


def test_f7_customer_credit_pays_a_named_invoice(app: Flask) -> None:
    people.post("acme", "credit", 20_000, "2026-11-01", ledger="credit")
    done = answer(app, "credit", "apply", "acme", "INV-000001", "60.00", "--date", "2026-11-20")
    assert (done["amount"], done["open"], done["date"], done["invoice"]) == (
        *("60.00", "40.00"),
        *("2026-11-20", "INV-000001"),
    )
    assert "[F7]" in run(app, "credit", "apply", "acme", "bill", "40.01", code=1).stderr
    assert answer(app, "customer", "show", "acme")["balance"]["customer_credit"] == "140.00"
    books.check()


def test_f2_a_number_of_several_partners_is_refused_with_their_names(app: Flask) -> None:
    people.customer("elsewhere", of="Other Net")
    people.post("elsewhere", "payment", 100, "2026-11-01")
    refused = answer(app, "allocate", "PAY-000001", code=1)["refused"]
    assert "Harbour Net and Other Net" in refused[0]["message"]
    run(app, "allocate", "PAY-000001", "--partner", "Harbour Net")
    run(app, "allocate", "PAY-000001", "--partner", "Nobody", code=1)


def test_f6_money_is_paid_back(app: Flask) -> None:
    run(app, "allocate", "paid", "bill")
    said = answer(app, "payment", "refund", "paid", "40.01", "--date", "2026-11-20", code=1)["refused"]
    assert (said[0]["rule"], "40.00 EUR was paid" in said[0]["message"]) == ("F6", True)
    done = answer(app, "payment", "refund", "paid", "30", "--date", "2026-11-20", "--reason", "asked for")
    assert (done["amount"], done["refundable"], done["of"]) == ("30.00", "10.00", "PAY-000001")
    assert done["opened"] == [{"number": "INV-000001", "amount": "30.00"}]
    assert "paid back" in run(app, "payment", "refund", "paid", "--date", "2026-11-20").stdout
    assert answer(app, "open-items", "acme")["open"][0]["open"] == "100.00"
    books.check()


def test_f6_a_credit_note_without_an_invoice_is_paid_back_from_itself(app: Flask) -> None:
    people.post("acme", "credit_note", 2_500, "2026-11-05")
    done = answer(app, "credit-note", "refund", "CN-000001", "--amount", "20", "--date", "2026-11-20")
    assert (done["refund"]["amount"], done["refund"]["refundable"]) == ("20.00", "5.00")
    assert (done["refunded"], done["state"]) == ("20.00", "refund_due")
    run(app, "credit-note", "refund", "CN-000001", "--amount", "5.01", "--date", "2026-11-20", code=1)


def test_f8_months_are_closed(app: Flask) -> None:
    [none] = answer(app, "period", "show")["periods"]
    assert (none["closed_through"], none["first_open"]) == (None, None)
    [done] = answer(app, "period", "close", "2026-10", "--partner", "Harbour Net")["periods"]
    assert (done["closed_through"], done["first_open"], done["changed"]) == ("2026-10-31", "2026-11-01", True)
    assert answer(app, "period", "close", "2026-10")["periods"][0]["changed"] is False
    refused = answer(app, "post", "payment", "acme", "1", "--date", "2026-10-31", code=1)["refused"]
    assert ([one["rule"] for one in refused], "2026-11-01" in refused[0]["remedy"]) == (["F8"], True)
    assert answer(app, "reverse", "bill", "--reason", "x", "--date", "2026-10-31", code=1)["refused"]
    assert answer(app, "reverse", "bill", "--reason", "x")["date"] == "2026-11-22"
    run(app, "period", "close", "2026-13", code=2)
    run(app, "period", "close", "2030-01", code=1)
    assert "closed through 2026-10-31" in run(app, "period", "show").stdout


def test_f15_what_is_owed_by_days_past_due(app: Flask) -> None:
    said = answer(app, "ageing", "--on", "2026-11-16")
    assert said["on"] == "2026-11-16"
    amounts = {"not_due": "0.00", "1-30": "100.00", "31-60": "0.00", "61-90": "0.00", "more": "0.00"}
    amounts |= {"unallocated": "-40.00", "total": "60.00"}
    assert said["rows"] == [{"payer": "acme", "account": "acme", "currency": "EUR"} | amounts]
    assert said["total"] == amounts
    assert answer(app, "ageing", "--customer", "acme", "--on", "2026-10-01")["rows"] == []
    assert "1-30 100.00" in run(app, "ageing", "--partner", "Harbour Net").stdout
    run(app, "ageing", "--customer", "nobody", code=1)
