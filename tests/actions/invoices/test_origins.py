"""Where the lines of an invoice come from (S10), and what spending calls them (O10)."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from portal.actions.billing import running
from portal.actions.bookings import booking
from portal.actions.bookings.planning import Wish
from portal.actions.invoices import crediting, issuing, viewing
from portal.actions.invoices.wanted import Wanted
from portal.actions.memberships import buying
from portal.actions.memberships.buying import Purchase
from portal.actions.statements import spending
from portal.actions.statements import view as statements
from portal.db.customers import profiles
from portal.db.engine import snapshot
from portal.db.invoices import items
from portal.rules.deciding import SYSTEM
from portal.rules.errors import Invalid
from portal.rules.invoices.reading import LineText
from tests import people, sessions
from tests.importing import clean

PLANS = (
    "external_id,name,partner,price,tax_rate,prices,period,class,included,freeze_days,granted\n"
    "small,Small,Harbour Net,10.00,21,net,month,swim,2,30,\n"
)
SERVICES = (
    "external_id,customer,plan,price,number,period,tax_rate,prices,started_on,paid_until\n"
    "hall,acme,Hall,20.00,,month,21,,2026-11-28,\n"
)
ITEM = "external_id,customer,date,kind,amount,description,category\nf,acme,2026-11-20,future_item,7.00,Key,Things\n"


@snapshot
def origins(number: str) -> list[tuple[str, str, str]]:
    """Of each line what it says, and where it leads: "" where it does not."""
    _, found = viewing.open_for_staff(SYSTEM, items.named(number)[0].public_id)
    lead = viewing.origins_of(SYSTEM, found)
    known = {position: (one.kind.value, one.what) for position, one in lead.items()}
    return [(one.description, *known.get(one.position, ("", ""))) for one in found.paper.lines]


@snapshot
def categories(customer: str) -> dict[str | None, int]:
    return {one.key: one.minor for one in spending.look(SYSTEM, profiles.require(customer)).categories}


@pytest.mark.parametrize("setting", ["invoice", "next_invoice"])
def test_s10_o10_every_line_leads_to_what_it_charges(app: Flask, setting: str) -> None:
    """Whether it was invoiced at once or waited for the run, for whoever it is, twice for the same or once."""
    people.partner(charge_bookings=setting)
    people.customer("acme", billing_day=28)
    people.customer("branch")
    people.link("acme", "branch")
    clean("membership-plans", PLANS)
    for place in (1, 2):
        sessions.session(f"yoga/{place}", f"2026-12-0{place}T18:00")
    booked = [Wish("yoga/1", "acme"), Wish("yoga/1", "branch"), Wish("yoga/2", "acme")]
    booking.book(SYSTEM, booked)
    bought = buying.buy(SYSTEM, Purchase("small", "acme", date(2026, 11, 22), external_id="m"))
    clean("services", SERVICES)
    clean("transactions", ITEM)
    ran = running.run(SYSTEM, on=date(2026, 11, 28))
    numbers = ["INV-000001", "INV-000002", *ran.invoices] if setting == "invoice" else ran.invoices
    led = [one for number in numbers for one in origins(number)]
    kinds = [kind for _, kind, _ in led]
    assert (kinds.count("booking"), kinds.count("membership"), kinds.count("service")) == (3, 1, 1)
    assert [text for text, kind, _ in led if not kind] == ["Key"]
    assert [what for _, kind, what in led if kind == "membership"] == [bought.public_id]
    first, second = (sessions.public_id(f"yoga/{place}") for place in (1, 2))
    assert sorted(what for _, kind, what in led if kind == "booking") == sorted([first, first, second])
    assert categories("acme") == {"Bookings": 3600, "Services": 2420, "Memberships": 1210, "Things": 700}


def test_o10_lines_of_staff_have_the_category_that_they_were_given(app: Flask) -> None:
    """One that all lines share is that of the invoice, on statements too; what is credited is taken off it."""
    people.customer("acme")
    lines = (LineText("Repair", "1", "10.00", "0", category=" Repairs "), LineText("Key", "1", "5.00", "0"))
    made = issuing.issue(SYSTEM, Wanted("acme", date(2026, 11, 1), lines))
    issuing.issue(SYSTEM, Wanted("acme", date(2026, 11, 2), (lines[0], lines[0])))
    assert categories("acme") == {"Repairs": 3000, "": 500}
    view = statements.view(SYSTEM, "acme", statements.StatementRequest(date(2026, 11, 1), date(2026, 11, 30)))
    assert [one.category for one in view.lines] == ["", "Repairs"]
    crediting.issue(SYSTEM, crediting.Wanted(made.public_id, "broken", whole=True))
    assert categories("acme") == {"Repairs": 2000}
    with pytest.raises(Invalid, match="at most"):
        issuing.issue(SYSTEM, Wanted("acme", date(2026, 11, 1), (lines[0]._replace(category="x" * 101),)))
