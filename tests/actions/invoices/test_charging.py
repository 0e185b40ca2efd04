"""Charging for somebody on the books of whoever pays, and taking it back (B4, B6)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from portal.actions.billing import running
from portal.actions.invoices import show
from portal.actions.invoices.charging import Charged, Reversed, Wish, charge, take_back
from portal.actions.statements import view
from portal.db.customers import profiles
from portal.db.engine import writes
from portal.outside import clock
from portal.rules.deciding import SYSTEM
from portal.rules.invoices.lines import Line
from portal.rules.invoices.prices import Prices
from portal.rules.sentences import say
from tests.books import check
from tests.people import customer, partner

YOGA = Line("Yoga", Decimal(1), 1210, Decimal(21))
UNUSED = Line("Not used", Decimal(1), -500, Decimal(21))


@writes
def charged(payer: str, *wishes: tuple[str, Line, Prices], at_once: bool = False) -> list[Charged]:
    profiles.lock([profiles.require(payer).id], exclusive=True)
    made = [Wish(profiles.require(subject), line, prices) for subject, line, prices in wishes]
    return charge(SYSTEM, profiles.require(payer), made, at_once=at_once)


@writes
def taken_back(one: Charged, **more: Any) -> Reversed | None:
    return take_back(
        SYSTEM, say("Not used"), invoice_id=one.invoice_id, position=one.position, item_id=one.item_id, **more
    )


def owed(reference: str) -> int:
    return -view.balance_of(profiles.require(reference)).house_minor


def test_b6_a_line_is_issued_for_whom_it_is_for_and_paid_by_whoever_was_named(app, frozen):
    """A parent pays for a child that is billed on books of its own otherwise; both kinds of prices on one invoice."""
    customer("parent")
    customer("child")
    gross, net = charged("parent", ("child", YOGA, Prices.GROSS), ("parent", UNUSED, Prices.NET))
    assert (gross.gross, net.gross, gross.number) == (1210, -605, net.number)
    paper = show.invoice(SYSTEM, gross.number)
    assert [(line.account.reference, line.gross) for line in paper.lines] == [("child", 1210), ("parent", -605)]
    assert (owed("parent"), owed("child")) == (605, 0)
    back = taken_back(gross)
    assert back is not None
    assert (back.gross, owed("parent")) == (605, 0)
    assert taken_back(gross) is None
    check()


def test_b6_a_future_item_goes_to_whoever_was_named_and_is_credited_once_it_was_invoiced(app, frozen):
    partner(charge_bookings="next_invoice")
    customer("parent", billing_day=clock.today("Europe/Prague").day)
    customer("child", billing_day=28)
    first, second = charged("parent", ("child", YOGA, Prices.GROSS), ("child", YOGA, Prices.GROSS))
    assert first.item_id is not None
    removed = taken_back(first)
    assert removed is not None
    assert removed.credit_id is None
    ran = running.run(SYSTEM)
    (number,) = ran.invoices
    paper = show.invoice(SYSTEM, number)
    assert (paper.payer.reference, [line.account.reference for line in paper.lines]) == ("parent", ["child"])
    assert (owed("parent"), owed("child")) == (1210, 0)
    back = taken_back(second, gross=500)
    assert back is not None
    assert (back.gross, back.credit_id is None, owed("parent")) == (500, False, 710)
    check()


def test_f2_whoever_is_not_billed_recurringly_gets_an_invoice_at_once(app, frozen):
    partner(charge_bookings="next_invoice")
    customer("prepaid", billing_type="prepaid_custom")
    (one,) = charged("prepaid", ("prepaid", YOGA, Prices.GROSS))
    assert one.invoice_id is not None
    assert owed("prepaid") == 1210
