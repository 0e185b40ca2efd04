"""How much of what was charged is paid and open on the last day of a statement (S13, F7, F8)."""

from __future__ import annotations

from datetime import date

import pytest

from portal.actions.books import allocating, periods, posting
from portal.actions.books.allocating import Wanted
from portal.actions.statements import view as statements
from portal.actions.statements.view import StatementRequest
from portal.outside.sheets.writing import statement_csv
from portal.rules.deciding import SYSTEM
from portal.rules.statements.as_json import as_json
from portal.rules.statements.figures import Statement
from portal.rules.statements.words import activity_of
from tests import people
from tests.invoicing import spread_invoice


@pytest.fixture(autouse=True)
def acme(app: object) -> None:
    people.customer("acme")
    for name in ("branch", "depot"):
        people.customer(name)
        people.link("acme", name)


def of(first: str, last: str, account: str | None = None) -> Statement:
    wanted = StatementRequest(date.fromisoformat(first), date.fromisoformat(last), account)
    return statements.view(SYSTEM, "acme", wanted)


def opens(statement: Statement) -> dict[str, int]:
    assert sum(one.open_minor for one in statement.accounts) == statement.open_minor
    assert statement.paid_minor + statement.open_minor == statement.charged_minor
    return {one.account.reference: one.open_minor for one in statement.accounts}


def test_s13_what_is_paid_of_what_was_charged_follows_from_allocations() -> None:
    bill = people.post("branch", "invoice", 8_480, "2026-10-05")
    people.post("depot", "invoice", 500, "2026-10-06")
    paid = people.post("acme", "payment", 9_000, "2026-10-10")
    assert opens(of("2026-10-01", "2026-10-31")) == {"acme": 0, "branch": 8_480, "depot": 500}
    allocating.allocate(SYSTEM, Wanted(paid.number, bill.number, on=date(2026, 10, 20)))
    assert opens(of("2026-10-01", "2026-10-19")) == {"acme": 0, "branch": 8_480, "depot": 500}
    whole = of("2026-10-01", "2026-10-31")
    assert opens(whole) == {"acme": 0, "branch": 0, "depot": 500}
    assert as_json(whole)["open"] == "5.00"
    part = of("2026-10-01", "2026-10-31", "branch")
    assert (part.open_minor, part.paid_minor, part.balance) == (0, 8_480, None)
    assert str(activity_of(part)).endswith("Of what was charged, 84.80 EUR is paid.")
    rows = "".join(statement_csv(whole))
    assert "open,2026-10-31,,,depot,Depot,,5.00" in rows


def test_s13_an_invoice_over_several_accounts_is_open_in_parts() -> None:
    bill = spread_invoice("acme", {"branch": 300, "depot": 100}, "2026-10-05")
    people.post("branch", "invoice", 50, "2026-10-06")
    paid = people.post("acme", "payment", 200, "2026-10-10")
    allocating.allocate(SYSTEM, Wanted(paid.number, bill.number, on=date(2026, 11, 3)))
    assert opens(of("2026-10-01", "2026-10-31")) == {"acme": 0, "branch": 350, "depot": 100}
    assert opens(of("2026-10-01", "2026-11-30")) == {"acme": 0, "branch": 200, "depot": 50}
    assert opens(of("2026-10-01", "2026-11-30", "depot")) == {"depot": 50}


def test_f8_a_statement_of_a_closed_month_stays_to_the_byte() -> None:
    bill = people.post("branch", "invoice", 8_480, "2026-09-05")
    other = people.post("branch", "invoice", 100, "2026-09-06")
    paid = people.post("acme", "payment", 9_000, "2026-09-10")
    allocating.allocate(SYSTEM, Wanted(paid.number, other.number, on=date(2026, 9, 11)))
    periods.close(SYSTEM, date(2026, 9, 1))
    before = "".join(statement_csv(of("2026-09-01", "2026-09-30"))), as_json(of("2026-09-01", "2026-09-30"))
    allocating.allocate(SYSTEM, Wanted(paid.number, bill.number))
    allocating.unallocate(SYSTEM, paid.number, other.number)
    posting.reverse(SYSTEM, other.public_id, reason="wrong")
    after = "".join(statement_csv(of("2026-09-01", "2026-09-30"))), as_json(of("2026-09-01", "2026-09-30"))
    assert after == before
    assert opens(of("2026-09-01", "2026-09-30")) == {"acme": 0, "branch": 8_480}
    assert opens(of("2026-09-01", "2026-11-30")) == {"acme": 0, "branch": 0}


def test_p2_what_moved_to_a_primary_account_is_not_charged_again() -> None:
    people.customer("mate")
    people.post("mate", "invoice", 700, "2026-11-02")
    people.share("acme", "mate")
    wanted = StatementRequest(date(2026, 11, 1), date(2026, 11, 30), payer="mate")
    books = statements.view(SYSTEM, "mate", wanted)
    assert books.closing_minor == 0
    assert books.open_minor == 700
