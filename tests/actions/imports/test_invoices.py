"""Importing invoices: a row for each line (F2 to F4, F11)."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from portal.db.engine import db
from portal.db.tables import AuditRecord, Entry, InvoiceLine
from portal.rules.roles import Role
from tests import people
from tests.books import check
from tests.importing import clean, imported, sentences, wrong
from tests.invoices import issue, read
from tests.log import log
from tests.logins import administrator

pytestmark = pytest.mark.usefixtures("app")
HEAD = "external_id,customer,date,due,number,description,quantity,unit_price,tax_rate,discount,account,prices,total\n"
TWO = HEAD + (
    "i1,acme,2026-11-01,2026-11-30,2026/7,Broadband,2,9.90,21,,,net,47.92\n"
    "i1,,,,,Telephony,,19.80,21,,branch,,\n"
    "i2,branch,2026-11-02,,,Seat,1,10.00,20,10,,gross,\n"
)


@pytest.fixture(autouse=True)
def acme(app: object) -> None:
    people.customer("acme")
    people.customer("branch")
    people.link("acme", "branch")


def test_rows_of_one_external_id_are_one_invoice() -> None:
    assert clean("invoices", TWO) == (3, 0, 0)
    first, second = read("i1"), read("i2")
    assert (first.number, first.total, first.payer.reference, first.issued_for.reference) == (
        *("2026/7", 4792, "acme", "acme"),
    )
    assert [(line.description, line.account.reference, line.net) for line in first.lines] == [
        ("Broadband", "acme", 1980),
        ("Telephony", "branch", 1980),
    ]
    assert (second.number, second.total, second.tax, second.due.isoformat()) == ("INV-000001", 900, 150, "2026-11-16")
    assert second.issued_for.reference == "branch"
    [line] = log(AuditRecord.action == "import.invoices")
    assert line.text.startswith("3 lines of invoices imported from ")
    check_books()
    assert clean("invoices", TWO) == (0, 0, 3)
    assert (db.session.scalar(select(func.count()).select_from(InvoiceLine))) == 3


def check_books() -> None:
    """The books but for the log, which names a file and not each entry."""
    from portal.actions import doctor

    db.session.rollback()
    assert doctor.examine().sound


def test_rows_need_not_stand_beside_each_other() -> None:
    text = HEAD + "a,acme,2026-11-01,,,One,,1.00,0,,,,\nb,acme,2026-11-01,,,Two,,2.00,0,,,,\na,,,,,Three,,4.00,0,,,,\n"
    assert clean("invoices", text) == (3, 0, 0)
    assert (read("a").total, read("b").total) == (500, 200)


@pytest.mark.parametrize(
    ("row", "column", "rule"),
    [
        ("x,nobody,2026-11-01,,,A,1,1,0,,,,", "customer", ""),
        ("x,acme,2026-13-01,,,A,1,1,0,,,,", "date", ""),
        ("x,acme,,,,A,1,1,0,,,,", "date", ""),
        ("x,acme,2026-11-01,2026-10-01,,A,1,1,0,,,,", "due", ""),
        ("x,acme,2026-11-01,,,A,1,y,0,,,,", "unit_price", ""),
        ("x,acme,2026-11-01,,,A,1.00001,1,0,,,,", "quantity", ""),
        ("x,acme,2026-11-01,,,,1,1,0,,,,", "description", ""),
        ("x,acme,2026-11-01,,,A,1,1,101,,,,", "tax_rate", ""),
        ("x,acme,2026-11-01,,,A,1,1,0,-1,,,", "discount", ""),
        ("x,acme,2026-11-01,,,A,1,1,0,,stranger,,", "account", "F3"),
        ("x,acme,2026-11-01,,,A,1,-1,0,,,,", "", "F4"),
        ("x,acme,2026-11-01,,,A,1,1,0,,,both,", "prices", ""),
        ("x,acme,2026-11-01,,,A,1,1,0,,,,1.01", "total", ""),
        ("x,acme,2026-11-01,,INV-000001,A,1,1,0,,,,", "number", ""),
        ("t1,acme,2026-11-01,,,A,1,1,0,,,,", "external_id", ""),
        (",acme,2026-11-01,,,A,1,1,0,,,,", "external_id", ""),
    ],
)
def test_one_wrong_row_refuses_the_file(row: str, column: str, rule: str) -> None:
    people.customer("stranger")
    issue("acme", "A|1|1.00|0")
    people.post("acme", "debit", 100, "2026-11-01", external_id="t1")
    before = db.session.scalar(select(func.count()).select_from(Entry))
    text = HEAD + "good,acme,2026-11-01,,,A,1,1,0,,,,\n" + row + "\n"
    assert wrong("invoices", text) == [(3, column, rule)]
    assert db.session.scalar(select(func.count()).select_from(Entry)) == before


def test_the_total_is_compared_and_the_difference_named() -> None:
    [said] = sentences("invoices", HEAD + "x,acme,2026-11-01,,,A,3,9.99,21,,,,36.27\n")
    assert "The lines come to 36.26 EUR, and the file says 36.27 EUR: a difference of 0.01 EUR." in said


def test_what_belongs_to_the_invoice_is_the_same_on_its_rows() -> None:
    text = HEAD + "x,acme,2026-11-01,,,A,1,1,0,,,,\nx,acme,2026-11-02,,,B,1,1,0,,,gross,\n"
    assert wrong("invoices", text) == [(3, "date", ""), (3, "prices", "")]
    assert clean("invoices", HEAD + "x,acme,2026-11-01,,,A,1,1,0,,,,\nx,acme,2026-11-01,,,B,1,1,0,,,,\n") == (2, 0, 0)


def test_f2_numbers_are_taken_once_and_ours_step_over_them() -> None:
    text = HEAD + "a,acme,2026-11-01,,,A,1,1,0,,,,\nb,acme,2026-11-01,,INV-000001,B,1,1,0,,,,\n"
    assert clean("invoices", text) == (2, 0, 0)
    assert (read("a").number, read("b").number) == ("INV-000002", "INV-000001")
    twice = HEAD + "c,acme,2026-11-01,,N1,A,1,1,0,,,,\nd,acme,2026-11-01,,N1,B,1,1,0,,,,\n"
    assert wrong("invoices", twice) == [(3, "number", "")]
    check_books()


def test_a_changed_invoice_refuses_the_file() -> None:
    clean("invoices", TWO)
    assert wrong("invoices", TWO.replace("19.80", "19.81").replace("47.92", "")) == [(2, "external_id", "")]
    assert wrong("invoices", TWO.replace("2026-11-02", "2026-11-03")) == [(4, "external_id", "")]


def test_json_lines_and_a_dry_run() -> None:
    row = '{"external_id": "j", "customer": "acme", "date": "2026-11-01", "description": "A", "unit_price": "5.00", '
    assert imported("invoices", row + '"tax_rate": "0"}\n', suffix=".jsonl", dry_run=True).created == 1
    assert clean("invoices", row + '"tax_rate": "0"}\n', suffix=".jsonl") == (1, 0, 0)
    assert read("j").lines[0].quantity == 1


def test_an_administrator_imports_for_its_own_partner() -> None:
    bound = administrator("bound@kith.example", Role.ADMINISTRATOR, people.partner("Other Net"))
    assert wrong("invoices", TWO, actor=bound) == [(2, "customer", ""), (4, "customer", "")]
    check()
