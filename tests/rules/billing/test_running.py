"""What a billing run makes of one payer (F5, F13)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from portal.rules.billing.running import DueAccount, DueItem, DueService, bill, last_due_day
from portal.rules.billing.terms import Terms
from portal.rules.invoices.prices import Prices
from portal.rules.services import Period, ServiceState


def on(text: str) -> date:
    return date.fromisoformat(text)


def service(
    price: int,
    started: str,
    *,
    every: Period = Period.MONTH,
    paid: str | None = None,
    stopped: str | None = None,
    state: ServiceState = ServiceState.ACTIVE,
    number: str = "1",
    rate: str = "0",
    prices: Prices = Prices.NET,
) -> DueService:
    terms = Terms(
        every,
        price,
        Decimal(number),
        state,
        on(started),
        on(stopped) if stopped else None,
        on(paid) if paid else None,
    )
    return DueService(1, "Hall", terms, Decimal(rate), prices)


def item(amount: int, day: str, *, tax: int = 0, key: int = 1, gives_back: int | None = None) -> DueItem:
    return DueItem(key, on(day), amount, tax, f"Item {key}", credits=gives_back)


def billed(day: int, run: str, services=(), items=(), *, own: bool = True, payer: bool = True):
    account = DueAccount("acme", own, services, items)
    return bill(day, on(run), [account], "EUR", Prices.NET, billed=payer)


@pytest.mark.parametrize(
    ("day", "run", "expected"),
    [
        (15, "2026-11-15", "2026-11-15"),
        (15, "2026-11-14", "2026-10-15"),
        (31, "2026-11-30", "2026-11-30"),
        (31, "2027-02-28", "2027-02-28"),
        (31, "2026-12-30", "2026-11-30"),
    ],
)
def test_f5_a_payer_is_due_on_its_billing_day_or_the_last_one_of_a_shorter_month(day, run, expected):
    assert last_due_day(day, on(run), []) == on(expected)


def test_f5_a_payer_is_due_when_a_service_starts_and_when_a_week_begins():
    assert last_due_day(1, on("2026-11-20"), [service(1, "2026-11-18")]) == on("2026-11-18")
    weekly = service(1, "2026-11-03", every=Period.WEEK)
    assert last_due_day(1, on("2026-11-20"), [weekly]) == on("2026-11-17")
    assert last_due_day(1, on("2026-11-20"), [service(1, "2026-11-21")]) == on("2026-11-01")


@pytest.mark.parametrize(
    ("paid", "run", "amounts"),
    [
        (None, "2011-01-01", [14000]),
        ("2011-01-14", "2011-01-07", []),
        ("2011-01-14", "2011-01-15", [31000]),
        ("2011-02-14", "2011-02-15", [13286]),
        ("2011-02-26", "2011-03-07", []),
        (None, "2011-03-07", [14000, 31000, 13286]),
    ],
)
def test_f13_parts_and_whole_months_of_a_service_that_ends(paid, run, amounts):
    """310.00 a month, billing day 15, from 1 January to 26 February 2011."""
    found = billed(15, run, [service(31000, "2011-01-01", paid=paid, stopped="2011-02-27")])
    assert [line.charged.amount for line in found.lines] == amounts
    assert found.invoice.total == sum(amounts)


def test_f13_the_first_bill_of_a_part_with_tax():
    """100.00 and 20 % tax, calendar month, from 8 February 2025: net 75.00, tax 15.00, total 90.00."""
    invoice = billed(1, "2025-02-08", [service(10000, "2025-02-08", rate="20")]).invoice
    assert (invoice.net, invoice.tax, invoice.total) == (7500, 1500, 9000)


def test_f5_items_wait_for_the_next_day_on_which_the_payer_is_due():
    items = [item(500, "2026-11-02"), item(700, "2026-11-16", key=2)]
    assert [line.item.id for line in billed(15, "2026-11-15", items=items).lines] == [1]
    assert [line.item.id for line in billed(15, "2026-11-20", items=items).lines] == [1]
    assert [line.item.id for line in billed(15, "2026-12-15", items=items).lines] == [1, 2]


def test_f5_items_alone_are_gross_so_that_their_sum_is_the_total():
    items = [item(1000, "2026-11-01", tax=174), item(1000, "2026-11-01", tax=174, key=2)]
    invoice = billed(1, "2026-11-01", items=items).invoice
    assert (invoice.prices, invoice.total, invoice.tax) == (Prices.GROSS, 2000, 347)


def test_f4_net_and_gross_prices_stand_on_one_invoice():
    services = [
        service(10000, "2026-11-01", rate="20"),
        service(12000, "2026-11-01", rate="20", prices=Prices.GROSS),
    ]
    invoice = billed(1, "2026-11-01", services).invoice
    assert (invoice.prices, invoice.net, invoice.tax, invoice.total) == (Prices.NET, 20000, 4000, 24000)


@pytest.mark.parametrize(("own", "payer"), [(False, True), (True, False)])
def test_c1_who_is_not_billed_lets_days_pass_and_keeps_items(own, payer):
    found = billed(1, "2026-11-01", [service(900, "2026-10-01")], [item(500, "2026-10-01")], own=own, payer=payer)
    assert found.lines == ()
    assert [str(one.days.first) for one in found.passed] == ["2026-10-01", "2026-11-01"]


def test_f13_what_is_given_back_is_set_off_or_credited():
    back = item(-2000, "2026-11-01", gives_back=7)
    other = service(3000, "2026-11-01")
    assert billed(1, "2026-11-01", [other], [back]).invoice.total == 1000
    alone = billed(1, "2026-11-01", items=[back])
    assert (alone.lines, alone.credits) == ((), (back,))
    short = billed(1, "2026-11-01", [service(1500, "2026-11-01")], [back])
    assert (short.invoice.total, short.credits) == (1500, (back,))


def test_f5_a_discount_waits_until_there_is_something_to_take_it_off():
    items = [item(500, "2026-10-01"), item(-300, "2026-10-02", key=2), item(-400, "2026-10-03", key=3)]
    found = billed(1, "2026-11-01", items=items)
    assert (found.invoice.total, [one.id for one in found.waiting]) == (200, [3])
    only = billed(1, "2026-11-01", items=items[1:])
    assert not only
    assert [one.id for one in only.waiting] == [2, 3]


def test_m1_a_paused_service_costs_nothing():
    assert not billed(1, "2026-11-01", [service(900, "2026-10-01", state=ServiceState.PAUSED)])
    assert not billed(1, "2026-11-01", [service(900, "2026-10-01", state=ServiceState.STOPPED)])


def test_m1_a_number_of_a_service_stands_on_the_line():
    line = billed(1, "2026-11-01", [service(1250, "2026-11-01", number="2.5")]).lines[0].line
    assert (line.quantity, line.unit_minor, line.description) == (Decimal("2.5"), 1250, "Hall")
