"""Items as they are kept and as of a day (F7, F15)."""

from __future__ import annotations

from datetime import date

import pytest

from portal.db.books import closing, posting
from portal.db.engine import writes
from portal.db.invoices import items, settling
from portal.db.invoices.settling import NewAllocation
from portal.outside import clock
from tests import people

TODAY = date(2026, 11, 22)


@pytest.fixture(autouse=True)
def acme(app: object) -> None:
    people.customer("acme")


def item(posted: object) -> items.Item:
    return items.named(posted.number)[0]  # type: ignore[attr-defined]


@writes
def settle(source: items.Item, target: items.Item, amount: int, on: date) -> None:
    parts = {target.issued_for_id: amount}
    new = NewAllocation(source.id, target.id, amount, on, parts)
    settling.settle([new], actor="test", at=clock.now())


def test_f7_what_is_open_of_a_day_is_what_counts_by_then() -> None:
    bill = item(people.post("acme", "invoice", 10_000, "2026-11-01"))
    paid = item(people.post("acme", "payment", 4_000, "2026-11-05"))
    settle(paid, bill, 4_000, date(2026, 11, 10))
    holder = bill.holder_id

    def opened(on: str) -> dict[str, int]:
        return {one.number: one.open_minor for one in items.open_of(holder, date.fromisoformat(on))}

    assert opened("2026-10-31") == {}
    assert opened("2026-11-04") == {bill.number: -10_000}
    assert opened("2026-11-09") == {bill.number: -10_000, paid.number: 4_000}
    assert opened("2026-11-10") == {bill.number: -6_000}
    assert [one.number for one in items.open_charges([holder])] == [bill.number]
    assert items.open_credits([holder]) == []
    assert items.settled_on([bill.id], date(2026, 11, 9)) == {bill.id: items.Counted(0, 0, 4_000)}
    assert items.settled_on([bill.id], TODAY) == {bill.id: items.Counted(0, 4_000, 0)}


def test_p2_an_item_stands_with_whoever_lends_its_balance_from_that_day_on() -> None:
    people.customer("mate")
    bill = item(people.post("mate", "invoice", 5_000, "2026-11-01"))
    people.share("acme", "mate")
    mate, acme = bill.holder_id, items.by_ids([bill.id])[bill.id].holder_id
    assert mate != acme

    def opened(holder: int, on: date) -> int:
        return sum(one.open_minor for one in items.open_of(holder, on))

    before = date(2026, 11, 21)
    assert (opened(mate, before), opened(acme, before)) == (-5_000, 0)
    assert (opened(mate, TODAY), opened(acme, TODAY)) == (0, -5_000)
    for holder in (mate, acme):
        for on in (before, TODAY):
            assert posting.balances({holder: "EUR"}, on)[holder].house_minor == opened(holder, on)


def test_f2_external_ids_come_before_numbers() -> None:
    first = people.post("acme", "invoice", 100, "2026-11-01")
    second = people.post("acme", "invoice", 200, "2026-11-02", external_id=first.number)
    assert [one.amount_minor for one in items.named(first.number)] == [-200]
    assert [one.amount_minor for one in items.named(second.number)] == [-200]
    assert [one.amount_minor for one in items.named(first.public_id)] == [-100]


def test_f8_a_partner_is_closed_up_to_the_last_month_that_was() -> None:
    partner = people.partner()

    @writes
    def close(through: date) -> None:
        closing.take(partner)
        closing.close(partner, through, actor="test", at=clock.now())

    assert closing.closed_through(partner) is None
    close(date(2026, 3, 31))
    close(date(2026, 1, 31))
    assert closing.closed_through(partner) == date(2026, 3, 31)
    assert closing.closed([partner]) == {partner: date(2026, 3, 31)}
    assert [through.month for through, _, _ in closing.history(partner)] == [3, 1]
