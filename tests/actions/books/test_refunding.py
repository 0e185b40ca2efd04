"""Paying back payments and credit notes (F6, F7)."""

from __future__ import annotations

from datetime import date

import pytest

from portal.actions.books import allocating, opened, posting, refunding
from portal.actions.books.allocating import Wanted as Pay
from portal.actions.books.refunding import Refunded, Wanted
from portal.rules.deciding import SYSTEM
from portal.rules.errors import Conflict, Refused
from tests import books, people
from tests.invoicing import credited_invoice

TODAY = date(2026, 11, 22)


@pytest.fixture(autouse=True)
def acme(app: object) -> None:
    people.customer("acme")


def back(of: str, amount: int | str | None = None, **more: str) -> Refunded:
    return refunding.refund_payment(SYSTEM, Wanted(of, amount, TODAY, **more))


def opens() -> dict[str, int]:
    found = opened.open_items(SYSTEM, "acme", TODAY)
    owed = sum(one.open_minor for one in found.open) - sum(one.open_minor for one in found.unallocated)
    assert owed == -found.house_minor
    return {one.number: one.open_minor for one in (*found.open, *found.unallocated)}


def test_f6_what_is_unallocated_is_paid_back_first_then_the_newest_allocation() -> None:
    bills = [people.post("acme", "invoice", 10_000, f"2026-11-0{day}") for day in (1, 2)]
    paid = people.post("acme", "payment", 25_000, "2026-11-05")
    for bill in bills:
        allocating.allocate(SYSTEM, Pay(paid.number, bill.number))
    assert opens() == {paid.number: 5_000}
    done = back(paid.number, "30.00", reason="He asked for it")
    assert (done.amount_minor, done.left_minor, done.opened) == (3_000, 22_000, ())
    done = back(paid.number, 4_000)
    assert [(one.number, one.amount_minor) for one in done.opened] == [(bills[1].number, 2_000)]
    assert opens() == {bills[1].number: 2_000}
    books.check(logged=False)
    done = back(paid.number)
    assert (done.amount_minor, done.left_minor) == (18_000, 0)
    assert opens() == {bill.number: 10_000 for bill in bills}
    with pytest.raises(Refused, match=r"\[F6\].*0.01 EUR.*0.00 EUR was paid"):
        back(paid.number, 1)
    books.check(logged=False)


def test_f6_more_than_was_paid_is_refused_with_the_figure() -> None:
    bill = people.post("acme", "invoice", 37_570, "2026-11-01")
    paid = people.post("acme", "payment", 1_200, "2026-11-05")
    allocating.allocate(SYSTEM, Pay(paid.number, bill.number))
    with pytest.raises(Refused, match="12.01 EUR cannot be paid back of PAY-000001: 12.00 EUR was paid"):
        back(paid.number, "12.01")
    assert opens() == {bill.number: 36_370}


def test_f6_a_credit_note_is_paid_back_from_the_payments_of_its_invoice() -> None:
    bill, credit_note = credited_invoice("acme", 37_570, 11_767, paid=(1_200, 10_567))
    assert opens() == {bill: 14_036}
    done = refunding.refund_credit_note(SYSTEM, Wanted(credit_note, None, TODAY))
    assert (done.amount_minor, done.left_minor) == (11_767, 0)
    assert opens() == {bill: 25_803}
    with pytest.raises(Refused, match=r"\[F6\]"):
        refunding.refund_credit_note(SYSTEM, Wanted(credit_note, 1, TODAY))
    books.check(logged=False)


def test_f6_a_reversed_refund_gives_the_money_back_to_the_payment() -> None:
    paid = people.post("acme", "payment", 1_200, "2026-11-05")
    done = back(paid.number)
    assert opens() == {}
    posting.reverse(SYSTEM, done.public_id, reason="It came back")
    assert opens() == {paid.number: 1_200}
    assert back(paid.number).amount_minor == 1_200
    books.check(logged=False)


def test_r24_a_refund_that_was_previewed_is_refused_when_its_figures_changed() -> None:
    bill = people.post("acme", "invoice", 1_000, "2026-11-01")
    paid = people.post("acme", "payment", 1_200, "2026-11-05")
    shown = refunding.foresee(SYSTEM, Wanted(paid.number, None, TODAY)).answer
    allocating.allocate(SYSTEM, Pay(paid.number, bill.number))
    with pytest.raises(Conflict):
        refunding.refund_payment(SYSTEM, Wanted(paid.number, None, TODAY), mark=shown.mark)
    first = refunding.refund_payment(SYSTEM, Wanted(paid.number, 100, TODAY), once="k")
    assert refunding.refund_payment(SYSTEM, Wanted(paid.number, 100, TODAY), once="k") == first
    assert opens() == {paid.number: 100}
