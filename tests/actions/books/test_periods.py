"""Closed months (F8)."""

from __future__ import annotations

from datetime import date

import pytest

from portal.actions.books import allocating, opened, periods, posting, refunding
from portal.actions.books.allocating import Wanted
from portal.actions.statements import view as statements
from portal.actions.statements.view import StatementRequest
from portal.rules.deciding import SYSTEM
from portal.rules.errors import Missing, Refused
from tests import books, people
from tests.importing import sentences, wrong

TODAY = date(2026, 11, 22)
OCTOBER, NOVEMBER = date(2026, 10, 31), date(2026, 11, 1)


@pytest.fixture(autouse=True)
def acme(app: object) -> None:
    people.customer("acme")


def close(month: str, partner: str | None = None) -> periods.Closings:
    return periods.close(SYSTEM, date.fromisoformat(f"{month}-01"), partner=partner)


def test_f8_a_month_is_closed_with_all_before_it_and_again_without_effect() -> None:
    people.customer("elsewhere", of="Other Net")
    [done] = close("2026-10", "Harbour Net").partners
    assert (done.through, done.first_open, done.changed) == (OCTOBER, NOVEMBER, True)
    assert [one.changed for one in close("2026-10", "Harbour Net").partners] == [False]
    assert [one.through for one in close("2026-03", "Harbour Net").partners] == [OCTOBER]
    shown = {one.partner: one.through for one in periods.show(SYSTEM).partners}
    assert shown == {"Harbour Net": OCTOBER, "Other Net": None}
    assert [through for through, _, _ in periods.history(SYSTEM, "Harbour Net")] == [OCTOBER]
    with pytest.raises(Refused, match=r"\[F8\] December 2026|\[F8\] 2026-12"):
        close("2026-12")
    with pytest.raises(Missing):
        close("2026-10", "Nobody")


def test_f8_nothing_is_dated_into_a_closed_month() -> None:
    bill = people.post("acme", "invoice", 1_000, "2026-10-05")
    paid = people.post("acme", "payment", 500, "2026-10-06")
    people.post("acme", "credit", 500, "2026-10-01", ledger="credit")
    close("2026-10")
    day = date(2026, 10, 31)
    for refused in (
        lambda: people.post("acme", "invoice", 1, "2026-10-31"),
        lambda: posting.reverse(SYSTEM, bill.public_id, on=day, reason="x"),
        lambda: posting.apply_credit(SYSTEM, "acme", 1, on=day),
        lambda: allocating.allocate(SYSTEM, Wanted(paid.number, bill.number, on=day)),
        lambda: refunding.refund_payment(SYSTEM, refunding.Wanted(paid.number, None, day)),
    ):
        with pytest.raises(Refused, match=r"\[F8\].*The first open day is 2026-11-01"):
            refused()
    assert [one.open_minor for one in opened.open_items(SYSTEM, "acme").open] == [1_000]
    people.post("acme", "invoice", 1, "2026-11-01")
    allocating.allocate(SYSTEM, Wanted(paid.number, bill.number))
    books.check()


def test_f8_without_a_date_the_first_open_day_is_taken() -> None:
    bill = people.post("acme", "invoice", 1_000, "2026-10-05")
    close("2026-11")
    back = posting.reverse(SYSTEM, bill.public_id, reason="wrong")
    [line] = [one for one in _lines("2026-12-01", "2026-12-31") if one.number == back.number]
    assert line.booked_on == date(2026, 12, 1)


def test_f8_a_file_says_which_lines_fall_into_a_closed_month() -> None:
    close("2026-10")
    rows = "external_id,customer,date,kind,amount\na,acme,2026-11-01,invoice,1\nb,acme,2026-10-31,invoice,1\n"
    [(line, column, _)] = wrong("transactions", rows)
    assert (line, column) == (3, "date")
    assert "The first open day is 2026-11-01" in sentences("transactions", rows)[0]


def test_f8_p2_balances_are_shared_from_the_first_open_day() -> None:
    people.customer("mate")
    people.post("mate", "invoice", 700, "2026-11-02")
    close("2026-11")
    people.share("acme", "mate")
    first = date(2026, 12, 1)
    for customer, before, after in (("acme", 0, -700), ("mate", -700, None)):
        found = opened.open_items(SYSTEM, customer, TODAY)
        if customer == "acme":
            assert (found.house_minor, opened.open_items(SYSTEM, customer, first).house_minor) == (before, after)
    books.check()


def test_f8_a_statement_of_a_closed_year_stays_as_it_was() -> None:
    bill = people.post("acme", "invoice", 120_000, "2025-01-01")
    before = _lines("2025-01-01", "2025-12-31")
    close("2025-12")
    posting.reverse(SYSTEM, bill.public_id, on=date(2026, 1, 12), reason="wrong")
    assert _lines("2025-01-01", "2025-12-31") == before
    year = statements.view(SYSTEM, "acme", StatementRequest(date(2025, 1, 1), date(2025, 12, 31)))
    month = statements.view(SYSTEM, "acme", StatementRequest(date(2026, 1, 1), date(2026, 1, 31)))
    assert (year.closing_minor, month.opening_minor, month.closing_minor) == (-120_000, -120_000, 0)


def _lines(first: str, last: str) -> list[object]:
    wanted = StatementRequest(date.fromisoformat(first), date.fromisoformat(last))
    return list(statements.view(SYSTEM, "acme", wanted).lines)
