"""F12: statements say how to pay what is due now, as long as that is what they are about."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from portal.actions.invoices import due
from portal.actions.statements import view as statements
from portal.actions.statements import work
from portal.actions.statements.view import StatementRequest
from portal.outside.bank.accounts import payer_reference
from portal.rules.deciding import SYSTEM
from portal.rules.statements.figures import Statement
from tests.invoices import issue
from tests.people import customer, link, post
from tests.web.acme import at, configure

NOVEMBER = (date(2026, 11, 1), date(2026, 11, 30))
OCTOBER = (date(2026, 10, 1), date(2026, 10, 31))


@pytest.fixture
def acme(app: Flask) -> None:
    customer("acme", name="Acme Ltd")
    customer("branch")
    link("acme", "branch")
    configure(iban="CZ6508000000192000145399", account_name="Harbour Net a.s.")


def of(customer_: str = "acme", days: tuple[date, date] = NOVEMBER, account: str | None = None) -> Statement:
    return statements.view(SYSTEM, customer_, StatementRequest(*days, account))


def paid(statement: Statement, *, mailed: bool = False) -> tuple[int, str] | None:
    found = due.on_statement(statement, mailed=mailed)
    return (found.amount_minor, found.reference) if found else None


@pytest.mark.engine("sqlite")
def test_f12_a_statement_asks_for_what_is_due_now_and_for_no_more(acme: None) -> None:
    assert paid(of()) is None, "nothing is due"
    first = issue("acme", "A|1|100.00|0", on="2026-11-01")
    assert paid(of()) == (10000, first.reference), "one invoice is paid by its own reference"
    issue("acme", "B|1|50.00|0|branch", on="2026-11-02")
    standing = payer_reference(at("acme").public_id)
    assert paid(of()) == (15000, standing)
    post("acme", "payment", 2000, "2026-11-03")
    assert paid(of()) == (13000, standing), "what is unallocated counts"
    # A part asks for nothing (S13); a period that is over is a record (F8), but a mail is of its day.
    assert paid(of(account="branch")) is None
    assert paid(of(days=OCTOBER)) is None
    assert paid(of(days=OCTOBER), mailed=True) == (13000, standing)
    before = work.pdf(of(days=OCTOBER))
    post("acme", "payment", 13000, "2026-11-04")
    assert paid(of()) is None
    assert work.pdf(of(days=OCTOBER)) == before
