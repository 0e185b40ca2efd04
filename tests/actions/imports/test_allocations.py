"""What payments of a file settle (F7)."""

from __future__ import annotations

from datetime import date

import pytest

from portal.actions.books import opened
from portal.db.engine import db, writes
from portal.db.tables import Allocation, Partner
from portal.rules.deciding import SYSTEM
from portal.rules.partners import AllocationMode
from tests import books, people
from tests.importing import clean, sentences, wrong

HEAD = "external_id,customer,date,kind,amount,reverses,allocate\n"
BILLS = "i1,acme,2026-10-01,invoice,100,,\ni2,acme,2026-10-02,invoice,50,,\n"


@pytest.fixture(autouse=True)
def acme(app: object) -> None:
    people.customer("acme")


def opens(on: date = date(2026, 11, 22)) -> dict[str, int]:
    found = opened.open_items(SYSTEM, "acme", on)
    return {one.number: one.open_minor for one in (*found.open, *found.unallocated)}


def test_f7_a_row_names_what_its_payment_settles() -> None:
    rows = HEAD + BILLS + "p1,acme,2026-10-10,payment,120,,i1=80 i2=30.50\n"
    assert clean("transactions", rows) == (3, 0, 0)
    assert opens() == {"INV-000001": 2_000, "INV-000002": 1_950, "PAY-000001": 950}
    assert opens(date(2026, 10, 9)) == {"INV-000001": 10_000, "INV-000002": 5_000}
    assert {one.counts_on for one in db.session.query(Allocation)} == {date(2026, 10, 10)}
    db.session.rollback()
    assert clean("transactions", rows) == (0, 0, 3)
    assert opens() == {"INV-000001": 2_000, "INV-000002": 1_950, "PAY-000001": 950}
    assert clean("transactions", HEAD + "p2,acme,2026-10-11,credit,20,,i1=20\n") == (1, 0, 0)
    assert opens() == {"INV-000002": 1_950, "PAY-000001": 950}
    books.check(logged=False)


@pytest.mark.parametrize(
    ("pairs", "rule", "says"),
    [
        ("i1=100.01", "F7", "INV-000001 has 100.00 EUR open"),
        ("i1=90 i2=31", "F7", "PAY-000001 has 30.00 EUR left"),
        ("i3=1", "", "no earlier invoice “i3”"),
        ("later=1", "", "no earlier invoice “later”"),
        ("other=1", "F7", "another payer"),
        ("i1", "", "is no pair"),
        ("i1=ten", "", "is not an amount"),
        ("i1=0", "F7", "is no amount to allocate"),
    ],
)
def test_f7_what_cannot_be_settled_is_refused_on_its_line(pairs: str, rule: str, says: str) -> None:
    people.customer("rival")
    rows = f"other,rival,2026-10-01,invoice,10,,\np,acme,2026-10-10,payment,120,,{pairs}\n"
    rows = HEAD + BILLS + rows + "later,acme,2026-10-11,invoice,10,,\n"
    assert wrong("transactions", rows) == [(5, "allocate", rule)]
    assert says in sentences("transactions", rows)[0]
    assert opens() == {}


def test_f7_only_payments_and_credits_are_allocated() -> None:
    assert wrong("transactions", HEAD + BILLS + "d,acme,2026-10-10,debit,1,,i1=1\n") == [(4, "allocate", "")]
    future = HEAD + "f,acme,2026-10-10,future_item,1,,i1=1\n"
    assert wrong("transactions", future) == [(2, "allocate", "")]


def test_f7_where_a_partner_wants_it_the_oldest_is_settled() -> None:
    @writes
    def choose() -> None:
        db.session.query(Partner).update({"allocation": AllocationMode.OLDEST})

    choose()
    rows = (
        BILLS
        + "p,acme,2026-10-10,payment,120,,i2=10\nq,acme,2026-10-11,payment,5,,\nlater,acme,2026-10-11,invoice,7,,\n"
    )
    clean("transactions", HEAD + rows)
    assert opens() == {"INV-000002": 2_500, "INV-000003": 700}
    books.check(logged=False)


def test_f12_an_imported_invoice_is_due_after_the_terms_of_its_partner() -> None:
    @writes
    def choose() -> None:
        db.session.query(Partner).update({"terms": "month end + 10 days"})

    choose()
    clean("transactions", HEAD + BILLS)
    assert {one.due for one in opened.open_items(SYSTEM, "acme").open} == {date(2026, 11, 10)}
    people.post("acme", "invoice", 1, "2026-11-02")
    assert opened.open_items(SYSTEM, "acme").open[-1].due == date(2026, 12, 10)
