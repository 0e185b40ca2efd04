"""Importing transactions."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.actions import doctor, imports
from portal.actions.statements import view as statements
from portal.actions.statements.view import StatementRequest
from portal.db.books import posting as ledger
from portal.db.customers import profiles as customers
from portal.db.engine import db
from portal.db.tables import AuditRecord, Entry, FutureItem, LedgerAccount
from portal.rules.deciding import ROLE_PERMISSIONS, SYSTEM, Actor
from portal.rules.errors import Invalid, Missing, NotAllowed, Refused
from portal.rules.holders import Role
from portal.rules.statements.figures import Statement
from tests import people
from tests.importing import clean, imported, sentences, wrong
from tests.log import log

HEAD = "external_id,customer,date,kind,ledger,amount,number,description,category,tax,reverses\n"
SHORT = "external_id,customer,date,kind,amount\n"


@pytest.fixture
def crowd(app: Flask) -> None:
    for name in ("acme", "branch", "other"):
        people.customer(name)


def view(customer: str, first: str = "2026-01-01", last: str = "2027-12-31") -> Statement:
    return statements.view(SYSTEM, customer, StatementRequest(date.fromisoformat(first), date.fromisoformat(last)))


def entry(external_id: str) -> Any:
    return db.session.execute(select(Entry).where(Entry.external_id == external_id)).scalar_one()


@pytest.mark.usefixtures("crowd")
def test_the_kind_gives_the_amount_its_sign(app: Flask) -> None:
    kinds = ("invoice", "debit", "refund", "payment", "credit", "credit_note")
    rows = "".join(f"t{place},acme,2026-11-0{place + 1},{kind},10\n" for place, kind in enumerate(kinds))
    assert clean("transactions", SHORT + rows) == (6, 0, 0)
    amounts = [entry(f"t{place}").amount_minor for place in range(6)]
    assert amounts == [-1000, -1000, -1000, 1000, 1000, 1000]
    numbers = [entry(f"t{place}").number for place in range(6)]
    assert numbers == ["INV-000001", "TRX-000001", "REF-000001", "PAY-000001", "TRX-000002", "CN-000001"]
    assert doctor.examine().sound


@pytest.mark.usefixtures("crowd")
def test_everything_a_row_says_is_kept(app: Flask) -> None:
    text = HEAD + 't1,acme,2026-11-01,invoice,,121.00,2026/17,"Broadband, ""fast""",Internet,21.00,\n'
    assert clean("transactions", text) == (1, 0, 0)
    made = entry("t1")
    assert (made.number, made.sequence, made.description) == ("2026/17", None, 'Broadband, "fast"')
    assert (made.category, made.tax_minor, made.amount_minor, made.actor) == (
        "Internet",
        2100,
        -12100,
        "system operator",
    )


@pytest.mark.usefixtures("crowd")
def test_it_lands_on_the_payer_of_today_whatever_its_date(app: Flask) -> None:
    clean("transactions", SHORT + "t1,branch,2026-01-01,invoice,5\nt2,branch,2026-01-02,payment,5\n")
    people.link("acme", "branch")
    clean("transactions", SHORT + "t3,branch,2026-01-03,invoice,7\n")
    assert [line.external_id for line in view("acme").lines] == ["t3"]
    assert view("acme").lines[0].account == "branch"


@pytest.mark.usefixtures("crowd")
def test_a_file_can_be_imported_again(app: Flask) -> None:
    text = HEAD + "t1,acme,2026-11-01,invoice,,12.5,,x,,,\nt2,acme,2026-11-01,invoice,,12.5,,,,,t1\n"
    text += "f1,acme,2026-12-01,future_item,,9,,,,,\nf2,acme,2026-12-01,future_item,,9,,,,,f1\n"
    assert clean("transactions", text) == (4, 0, 0)
    assert clean("transactions", text) == (0, 0, 4)
    assert clean("transactions", text.replace("12.5", "12.50")) == (0, 0, 4)
    assert clean("transactions", text + "t3,acme,2026-11-01,payment,,1,,,,,\n") == (1, 0, 4)
    assert db.session.scalar(select(func.count()).select_from(Entry)) == 3


@pytest.mark.usefixtures("crowd")
@pytest.mark.parametrize(
    ("column", "row"),
    [
        ("customer", "t1,other,2026-11-01,invoice,,5,N1,x,c,1,"),
        ("date", "t1,acme,2026-11-02,invoice,,5,N1,x,c,1,"),
        ("kind", "t1,acme,2026-11-01,debit,,5,N1,x,c,1,"),
        ("ledger", "t1,acme,2026-11-01,invoice,credit,5,N1,x,c,1,"),
        ("amount", "t1,acme,2026-11-01,invoice,,6,N1,x,c,1,"),
        ("number", "t1,acme,2026-11-01,invoice,,5,N2,x,c,1,"),
        ("description", "t1,acme,2026-11-01,invoice,,5,N1,y,c,1,"),
        ("category", "t1,acme,2026-11-01,invoice,,5,N1,x,d,1,"),
        ("tax", "t1,acme,2026-11-01,invoice,,5,N1,x,c,2,"),
    ],
)
def test_a_changed_transaction_refuses_the_file(app: Flask, column: str, row: str) -> None:
    first = HEAD + "t1,acme,2026-11-01,invoice,,5,N1,x,c,1,\n"
    clean("transactions", first)
    assert wrong("transactions", HEAD + "t9,acme,2026-11-01,payment,,1,,,,,\n" + row)[0] == (3, column, "")
    assert clean("transactions", first) == (0, 0, 1)
    assert wrong("transactions", first + row) == [(3, column, "")]


@pytest.mark.usefixtures("crowd")
def test_one_id_twice_in_a_file(app: Flask) -> None:
    row = "t1,acme,2026-11-01,invoice,5\n"
    assert clean("transactions", SHORT + row + row.replace(",5", ",5.00")) == (1, 0, 1)
    text = SHORT + "t2,acme,2026-11-01,invoice,5\nt2,acme,2026-11-01,invoice,6\n"
    assert wrong("transactions", text) == [(3, "external_id", "")]
    assert "stands on line 2" in sentences("transactions", text)[0]


@pytest.mark.usefixtures("crowd")
def test_an_id_names_an_entry_or_a_future_item_never_both(app: Flask) -> None:
    clean("transactions", SHORT + "x,acme,2026-11-01,invoice,5\ny,acme,2026-11-01,future_item,5\n")
    text = SHORT + "x,acme,2026-11-01,future_item,5\ny,acme,2026-11-01,invoice,5\n"
    assert wrong("transactions", text) == [(2, "kind", ""), (3, "kind", "")]


@pytest.mark.usefixtures("crowd")
def test_wrong_values_are_named_by_line_and_column(app: Flask) -> None:
    rows = (
        "a,nobody,2026-11-01,invoice,,5,,,,,",
        "b,acme,2026-11-01,invoice,,1e5,,,,,",
        "c,acme,2026-11-01,invoice,,NaN,,,,,",
        "d,acme,2026-11-01,invoice,,5.001,,,,,",
        "e,acme,2026-11-01,invoice,,-5,,,,,",
        "f,acme,2026-11-01,payment,,0,,,,,",
        "g,acme,2026-11-01,invoice,,5,,,,6,",
        "h,acme,2026-11-01,invoice,,5,,,,-1,",
        "i,acme,2026-13-01,invoice,,5,,,,,",
        'j,acme,2026-11-01,invoice,,"1,000.00",,,,,',
        "k,acme,2026-11-01,invoice,,9999999999999999,,,,,",
        "l,acme,2026-11-01,future_item,,0,,,,,",
        "m,acme,2026-11-01,invoice,,-0,,,,,",
    )
    columns = ["customer", *["amount"] * 5, "tax", "tax", "date", *["amount"] * 4]
    assert wrong("transactions", HEAD + "\n".join(rows)) == [
        (line, column, "") for line, column in enumerate(columns, start=2)
    ]
    assert db.session.scalar(select(func.count()).select_from(Entry)) == 0
    assert clean("transactions", SHORT + "z,acme,2026-11-01,invoice,0.00\n") == (1, 0, 0)


def test_amounts_are_in_the_customers_currency(app: Flask) -> None:
    people.customer("yen", currency="JPY")
    people.customer("dinar", currency="BHD")
    assert clean("transactions", SHORT + "a,yen,2026-11-01,invoice,500\nb,dinar,2026-11-01,invoice,0.125\n")[0] == 2
    assert (entry("a").amount_minor, entry("b").amount_minor) == (-500, -125)
    assert wrong("transactions", SHORT + "c,yen,2026-11-01,invoice,0.5\n") == [(2, "amount", "")]


# Numbers


@pytest.mark.usefixtures("crowd")
def test_a_number_is_used_once_per_partner_and_series(app: Flask) -> None:
    people.customer("far", of="Lakeside")
    text = HEAD + "a,acme,2026-11-01,invoice,,5,N1,,,,\nb,acme,2026-11-01,payment,,5,N1,,,,\n"
    assert clean("transactions", text + "c,far,2026-11-01,invoice,,5,N1,,,,\n")[0] == 3
    assert wrong("transactions", HEAD + "d,other,2026-11-01,invoice,,5,N1,,,,\n") == [(2, "number", "")]
    text = HEAD + "e,acme,2026-11-01,invoice,,5,N2,,,,\nf,other,2026-11-01,invoice,,5,N2,,,,\n"
    assert "line 2 and on this one" in sentences("transactions", text)[0]


@pytest.mark.usefixtures("crowd")
def test_a_number_used_far_above_in_the_file_is_found(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.actions.imports.transactions.CHUNK", 1)
    text = HEAD + "a,acme,2026-11-01,invoice,,5,N1,,,,\nb,acme,2026-11-01,invoice,,5,N1,,,,\n"
    assert sentences("transactions", text) == [
        "line 3, number: The number N1 is taken already by “a”. It is on line 2."
    ]
    text = HEAD + "a,acme,2026-11-01,invoice,,5,,,,,\na,acme,2026-11-01,invoice,,6,,,,,\n"
    assert sentences("transactions", text)[0].endswith("another amount. It is on line 2.")


@pytest.mark.usefixtures("crowd")
@pytest.mark.parametrize("chunk", [1, 2, 1000])
def test_our_own_numbers_step_over_those_that_come_later(
    app: Flask, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr("portal.actions.imports.transactions.CHUNK", chunk)
    numbers = ("", "INV-000002", "", "INV-000001", "", "INV-7", "INV-000006", "")
    rows = "".join(f"t{place},acme,2026-11-01,invoice,,5,{text},,,,\n" for place, text in enumerate(numbers))
    assert clean("transactions", HEAD + rows) == (8, 0, 0)
    found = [entry(f"t{place}").number for place in range(8)]
    expected = [
        "INV-000003",
        "INV-000002",
        "INV-000004",
        "INV-000001",
        "INV-000005",
        "INV-7",
        "INV-000006",
        "INV-000007",
    ]
    assert found == expected
    assert people.post("acme", "invoice", 5, "2026-11-01").number == "INV-000008"
    assert doctor.examine().sound


@pytest.mark.usefixtures("crowd")
def test_future_items_have_numbers_of_their_own(app: Flask) -> None:
    numbers = ("", "FUT-000001", "")
    rows = "".join(f"f{place},acme,2026-12-01,future_item,,5,{text},,,,\n" for place, text in enumerate(numbers))
    clean("transactions", HEAD + rows)
    found = db.session.execute(select(FutureItem.number).order_by(FutureItem.id)).scalars().all()
    assert found == ["FUT-000002", "FUT-000001", "FUT-000003"]
    clean("transactions", SHORT + "f9,acme,2026-12-01,future_item,5\n")
    assert db.session.scalar(select(FutureItem.number).where(FutureItem.external_id == "f9")) == "FUT-000004"
    assert doctor.examine().sound


# Future items


@pytest.mark.usefixtures("crowd")
def test_a_future_item_touches_no_balance_and_can_be_taken_back(app: Flask) -> None:
    clean("transactions", HEAD + "f1,acme,2026-12-01,future_item,,9.50,,Setup,,,\n")
    profile = customers.by_reference("acme")
    assert profile is not None
    assert ledger.waiting_for([profile.id]) == {profile.id: (1, 950)}
    assert view("acme").closing_minor == 0
    assert [(item.description, item.amount_minor) for item in view("acme").waiting] == [("Setup", 950)]
    clean("transactions", HEAD + "f2,acme,2026-11-22,future_item,,9.50,,,,,f1\n")
    assert ledger.waiting_for([profile.id]) == {}
    assert wrong("transactions", HEAD + "f3,acme,2026-11-22,future_item,,9.50,,,,,f1\n") == [(2, "reverses", "F1")]
    assert wrong("transactions", HEAD + "f4,acme,2026-11-22,future_item,,9.50,,,,,f2\n") == [(2, "reverses", "F1")]


def test_future_items_are_for_recurring_billing(app: Flask) -> None:
    people.customer("prepaid", billing_type="prepaid_custom")
    assert wrong("transactions", SHORT + "f,prepaid,2026-12-01,future_item,5\n") == [(2, "kind", "F2")]
    assert "Post a transaction instead" in sentences("transactions", SHORT + "f,prepaid,2026-12-01,future_item,5\n")[0]


# Reversals


@pytest.mark.usefixtures("crowd")
@pytest.mark.parametrize("chunk", [1, 1000])
def test_a_reversal_follows_the_original_to_its_books(app: Flask, monkeypatch: pytest.MonkeyPatch, chunk: int) -> None:
    monkeypatch.setattr("portal.actions.imports.transactions.CHUNK", chunk)
    clean("transactions", HEAD + "t1,branch,2026-01-01,invoice,,5,,,,1,\nt2,branch,2026-01-02,payment,,5,,,,,\n")
    people.link("acme", "branch")
    text = HEAD + "r1,branch,2026-11-01,invoice,,5.00,,,,,t1\nt3,branch,2026-11-01,credit,credit,4,,,,,\n"
    assert clean("transactions", text + "r3,branch,2026-11-02,credit,,4,,Oops,,,t3\n") == (3, 0, 0)
    back = entry("r1")
    branch, acme = customers.by_reference("branch"), customers.by_reference("acme")
    assert branch is not None
    assert acme is not None
    assert (back.payer_id, back.amount_minor, back.tax_minor) == (branch.id, 500, -100)
    assert back.description == f"Reversal of {entry('t1').number}"
    assert (entry("r3").payer_id, entry("r3").ledger, entry("r3").description) == (acme.id, "credit", "Oops")
    assert doctor.examine().sound
    assert clean("transactions", text + "r3,branch,2026-11-02,credit,,4,,Oops,,,t3\n") == (0, 0, 3)


@pytest.mark.usefixtures("crowd")
@pytest.mark.parametrize(
    ("column", "rule", "row"),
    [
        ("reverses", "", "r,acme,2026-11-01,invoice,,5,,,,,unknown"),
        ("reverses", "", "r,acme,2026-11-01,invoice,,5,,,,,r"),
        ("customer", "", "r,other,2026-11-01,invoice,,5,,,,,t1"),
        ("kind", "", "r,acme,2026-11-01,payment,,5,,,,,t1"),
        ("kind", "", "r,acme,2026-11-01,future_item,,5,,,,,t1"),
        ("ledger", "", "r,acme,2026-11-01,invoice,credit,5,,,,,t1"),
        ("amount", "", "r,acme,2026-11-01,invoice,,4,,,,,t1"),
        ("tax", "", "r,acme,2026-11-01,invoice,,5,,,,1,t1"),
        ("reverses", "F1", "r,acme,2026-11-01,invoice,,5,,,,,done"),
    ],
)
@pytest.mark.parametrize("one_file", [True, False])
def test_what_is_wrong_with_a_reversal(app: Flask, column: str, rule: str, row: str, one_file: bool) -> None:
    first = "t1,acme,2026-11-01,invoice,,5,,,,,\ndone,acme,2026-11-01,invoice,,5,,,,,\n"
    first += "rd,acme,2026-11-01,invoice,,5,,,,,done\n"
    if one_file:
        assert wrong("transactions", HEAD + first + row) == [(5, column, rule)]
    else:
        clean("transactions", HEAD + first)
        assert wrong("transactions", HEAD + row) == [(2, column, rule)]


@pytest.mark.usefixtures("crowd")
def test_two_reversals_of_one_in_a_file_and_one_before_its_original(app: Flask) -> None:
    text = HEAD + "r0,acme,2026-11-01,invoice,,5,,,,,t1\nt1,acme,2026-11-01,invoice,,5,,,,,\n"
    text += "r1,acme,2026-11-01,invoice,,5,,,,,t1\nr2,acme,2026-11-01,invoice,,5,,,,,t1\n"
    assert wrong("transactions", text) == [(2, "reverses", ""), (5, "reverses", "F1")]


@pytest.mark.usefixtures("crowd")
def test_what_follows_from_a_wrong_row_is_not_reported(app: Flask) -> None:
    text = HEAD + "t1,acme,2026-11-01,credit,credit,x,,,,,\nr1,acme,2026-11-01,credit,credit,5,,,,,t1\n"
    text += "r2,acme,2026-11-01,credit,credit,5,,,,,r1\nd1,acme,2026-11-02,debit,credit,3,,,,,\n"
    assert wrong("transactions", text) == [(2, "amount", "")]


# Customer Credit


@pytest.mark.usefixtures("crowd")
def test_f10_credit_is_judged_on_the_outcome_of_the_file(app: Flask) -> None:
    text = HEAD + "d,acme,2026-11-02,debit,credit,5,,,,,\nc,acme,2026-11-01,payment,credit,5,,,,,\n"
    assert clean("transactions", text) == (2, 0, 0)
    assert wrong("transactions", HEAD + "x,acme,2026-11-03,debit,credit,0.01,,,,,\n") == [(2, "amount", "F10")]


@pytest.mark.usefixtures("crowd")
def test_f10_blames_the_line_that_takes_it_below(app: Flask) -> None:
    clean("transactions", HEAD + "c,acme,2026-11-01,payment,credit,10,,,,,\nd,acme,2026-11-20,debit,credit,10,,,,,\n")
    text = HEAD + "p,acme,2026-11-05,payment,credit,3,,,,,\na,acme,2026-11-06,debit,credit,2,,,,,\n"
    text += "b,acme,2026-11-02,refund,credit,2,,,,,\ne,acme,2026-11-25,debit,credit,1,,,,,\n"
    assert wrong("transactions", text) == [(4, "amount", "F10")]
    said = sentences("transactions", text)[0]
    assert "Customer Credit of Acme would be 1.00 EUR below zero on 2026-11-20." in said
    rows = "".join(f"x{place},acme,2026-12-0{place},debit,credit,5,,,,,\n" for place in range(1, 4))
    assert wrong("transactions", HEAD + rows) == [(2, "amount", "F10"), (3, "amount", "F10"), (4, "amount", "F10")]
    back = HEAD + "r,acme,2026-11-15,payment,credit,10,,,,,c\n"
    assert wrong("transactions", back) == [(2, "amount", "F10")]
    assert doctor.examine().sound


@pytest.mark.usefixtures("crowd")
def test_f10_dates_ahead_count_from_their_date(app: Flask) -> None:
    text = HEAD + "c,acme,2027-02-01,payment,credit,5,,,,,\nd,acme,2027-01-31,debit,credit,5,,,,,\n"
    assert wrong("transactions", text) == [(3, "amount", "F10")]
    assert clean("transactions", text.replace("2027-01-31", "2027-02-01")) == (2, 0, 0)


# The rest


@pytest.mark.usefixtures("crowd")
def test_json_lines(app: Flask) -> None:
    text = '{"external_id": "t1", "customer": "acme", "date": "2026-11-01", "kind": "invoice", "amount": 12.50}\n'
    text += '{"external_id": "t2", "customer": "acme", "date": "2026-11-01", "kind": "invoice", "amount": "1", '
    text += '"number": "INV-000001"}\n'
    assert clean("transactions", text, suffix=".jsonl") == (2, 0, 0)
    assert (entry("t1").number, entry("t1").amount_minor) == ("INV-000002", -1250)


@pytest.mark.usefixtures("crowd")
def test_a_dry_run_and_a_wrong_file_leave_nothing(app: Flask) -> None:
    text = SHORT + "t1,acme,2026-11-01,invoice,5\n"
    assert imported("transactions", text, dry_run=True).created == 1
    assert wrong("transactions", text + "t2,acme,2026-11-01,invoice,x\n")
    for table in (Entry, LedgerAccount, FutureItem):
        assert db.session.scalar(select(func.count()).select_from(table)) == 0
    assert people.post("acme", "invoice", 5, "2026-11-01").number == "INV-000001"


@pytest.mark.usefixtures("crowd")
def test_only_the_first_hundred_errors_are_listed(app: Flask) -> None:
    rows = "".join(f"t{number},nobody,2026-11-01,invoice,5\n" for number in range(150))
    outcome = imported("transactions", SHORT + rows)
    assert (len(outcome.errors), outcome.error_count, outcome.rows) == (100, 150, 150)
    assert [error.line for error in outcome.errors] == list(range(2, 102))


@pytest.mark.usefixtures("crowd")
def test_totals_of_many_chunks(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.actions.imports.transactions.CHUNK", 7)
    monkeypatch.setattr("portal.db.imports.totals.SPILL", 5)
    rows = "".join(
        f"t{n},{('acme', 'branch')[n % 2]},2026-{n % 12 + 1:02}-{n % 28 + 1:02},{('debit', 'credit')[n % 3 == 0]},{n}\n"
        for n in range(1, 120)
    )
    people.post("acme", "invoice", 5, "2026-03-01")
    assert clean("transactions", SHORT + rows) == (119, 0, 0)
    assert doctor.examine().sound


@pytest.mark.usefixtures("crowd")
def test_who_may(app: Flask) -> None:
    people.customer("far", of="Lakeside")
    desk = Actor(name="Fay", role=Role.FRONT_OF_HOUSE, permissions=ROLE_PERMISSIONS[Role.FRONT_OF_HOUSE])
    with pytest.raises(NotAllowed):
        imported("transactions", SHORT, actor=desk)
    bound = Actor(
        name="Ada",
        role=Role.ADMINISTRATOR,
        permissions=ROLE_PERMISSIONS[Role.ADMINISTRATOR],
        partner_id=people.partner("Harbour Net"),
    )
    text = SHORT + "t1,acme,2026-11-01,invoice,5\nt2,far,2026-11-01,invoice,5\n"
    assert wrong("transactions", text, actor=bound) == [(3, "customer", "")]


# One at a time


@pytest.mark.usefixtures("crowd")
def test_posting_one_is_a_row_of_a_file(app: Flask) -> None:
    given = {"external_id": "t1", "customer": "acme", "date": "2026-11-01", "kind": "invoice", "amount": "5"}
    first = imports.post_one(SYSTEM, given)
    assert (first.created, first.number, first.amount_minor, first.payer) == (True, "INV-000001", -500, "acme")
    again = imports.post_one(SYSTEM, given)
    assert (again.created, again.number, again.amount_minor) == (False, "INV-000001", -500)
    assert clean("transactions", SHORT + "t1,acme,2026-11-01,invoice,5.00\n") == (0, 0, 1)
    with pytest.raises(Invalid) as changed:
        imports.post_one(SYSTEM, {**given, "amount": "6"})
    assert list(changed.value.fields) == ["amount"]
    acme = customers.by_reference("acme")
    assert acme is not None
    for _ in range(2):
        assert imports.post_one(SYSTEM, {**given, "external_id": "", "customer": acme.public_id}).created
    lines = log(AuditRecord.action == "ledger.post", AuditRecord.subject_id == acme.id)
    assert lines[0].text == "Invoice INV-000001 of 5.00 EUR"


@pytest.mark.usefixtures("crowd")
def test_posting_one_can_be_refused(app: Flask) -> None:
    given = {"customer": "acme", "date": "2026-11-01", "kind": "debit", "amount": "5", "ledger": "credit"}
    for more in ({}, {"external_id": "t1"}):
        with pytest.raises(Refused) as refused:
            imports.post_one(SYSTEM, given | more)
        assert [reason.rule for reason in refused.value.reasons] == ["F10"]
    with pytest.raises(Invalid):
        imports.post_one(SYSTEM, {**given, "amount": "1e5"})
    with pytest.raises(Invalid):
        imports.post_one(SYSTEM, {**given, "external_id": "x" * 101})
    with pytest.raises(Missing):
        imports.post_one(SYSTEM, {**given, "customer": "nobody"})


@pytest.mark.usefixtures("crowd")
def test_reversing_one(app: Flask) -> None:
    given = {"external_id": "t1", "customer": "acme", "date": "2026-11-01", "kind": "invoice", "amount": "5"}
    imports.post_one(SYSTEM, given)
    back = imports.reverse_one(SYSTEM, "t1", reason="a mistake", own_id="r1")
    assert (back.number, back.amount_minor, back.on) == ("INV-000002", 500, date(2026, 11, 22))
    assert entry("r1").reason == "a mistake"
    assert not imports.reverse_one(SYSTEM, "t1", reason="a mistake", own_id="r1").created
    with pytest.raises(Refused) as refused:
        imports.reverse_one(SYSTEM, "t1", reason="again")
    assert [reason.rule for reason in refused.value.reasons] == ["F1"]
    imports.post_one(SYSTEM, {**given, "external_id": "f1", "kind": "future_item"})
    assert imports.reverse_one(SYSTEM, "f1", reason="not needed").kind == "future_item"
    assert view("acme").waiting == []
    with pytest.raises(Missing):
        imports.reverse_one(SYSTEM, "unknown", reason="x")
    assert doctor.examine().sound


@pytest.mark.usefixtures("app")
def test_f1_a_reversal_and_what_reverses_it_in_one_file() -> None:
    people.customer("twice")
    head = "external_id,customer,date,kind,amount,reverses\n"
    rows = "a,twice,2026-11-01,invoice,10,\nb,twice,2026-11-02,invoice,10,a\nc,twice,2026-11-03,invoice,10,b\n"
    assert clean("transactions", head + rows) == (3, 0, 0)
    assert doctor.examine().sound
