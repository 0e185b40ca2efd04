"""A membership from its order to its end, on both engines (B5, B9, B10)."""

from __future__ import annotations

from datetime import date

import pytest

from portal.actions.billing import running
from portal.actions.bookings import booking, reports
from portal.actions.bookings.planning import Wish
from portal.actions.books import allocating
from portal.actions.memberships import buying, changing, ending, freezing, plans, renewing, show
from portal.actions.memberships.buying import Purchase
from portal.db.customers import profiles
from portal.rules.deciding import SYSTEM
from portal.rules.errors import Conflict, Refused
from portal.rules.memberships.holding import Shown
from portal.rules.periods import Period
from tests import people, sessions
from tests.books import check
from tests.importing import clean

PLANS = (
    "external_id,name,partner,price,tax_rate,prices,period,class,included,freeze_days,granted\n"
    "small,Small,Harbour Net,10.00,21,net,month,swim,2,30,paid\n"
    "large,Large,Harbour Net,20.00,21,net,month,swim,4,30,\n"
)


def on(text: str) -> date:
    return date.fromisoformat(text)


def test_b5_b9_b10_from_its_order_to_its_end(app, frozen):
    """Ordered on 22 November, invoiced and paid in December, used, frozen, dearer, billed by the run, and ended."""
    people.partner(charge_bookings="next_invoice")
    people.customer("acme", billing_day=5)
    clean("membership-plans", PLANS)
    bought = buying.buy(SYSTEM, Purchase("small", "acme", on("2026-11-22"), external_id="m"))
    assert (bought.state, bought.documents[0].public_id, bought.total) == (Shown.ORDERED, "", 1210)
    frozen.move_to("2026-12-05T09:00:00Z")
    (number,) = running.run(SYSTEM).invoices
    frozen.move_to("2026-12-06T09:00:00Z")
    paid = people.post("acme", "payment", 1210, "2026-12-06")
    allocating.allocate(SYSTEM, allocating.Wanted(paid.number, number))
    held = show.one(SYSTEM, "m")
    assert (held.state, held.from_on, held.until) == (Shown.ACTIVE, on("2026-12-06"), on("2027-01-05"))
    assert held.periods[0].document == number

    for place, day in enumerate(("2026-12-08", "2026-12-15", "2026-12-16"), start=1):
        sessions.session(f"swim/{place}", f"{day}T18:00", benefit_class="swim")
    booked = booking.book(SYSTEM, [Wish(f"swim/{place}", "acme") for place in (1, 2, 3)]).bookings
    assert [one.price_minor for one in booked] == [0, 0, 1200]
    rest = Period(on("2026-12-15"), on("2026-12-19"))
    foreseen, reasons = freezing.foresee(SYSTEM, "m", rest)
    assert foreseen is not None
    assert (len(foreseen.bookings), reasons) == (1, ())
    with pytest.raises(Conflict):
        freezing.freeze(SYSTEM, "m", rest, mark="another")
    assert freezing.freeze(SYSTEM, "m", rest, mark=foreseen.mark).until == on("2027-01-10")
    assert show.one(SYSTEM, "m").included_left == 1

    dearer = changing.change(SYSTEM, "m", "large")
    assert [one.net for one in dearer.amounts] == [-1000, 2000]
    frozen.move_to("2027-01-11T09:00:00Z")
    running.run(SYSTEM)
    held = show.one(SYSTEM, "m")
    assert (held.until, held.included_left, held.periods[-1].charged) == (on("2027-02-10"), 4, 2420)
    assert renewing.renew(SYSTEM, "m").until == on("2027-03-10")
    ended = ending.end(SYSTEM, "m", on=on("2027-02-10"))
    assert (ended.total, len(ended.documents), ended.upcoming) == (-2420, 1, None)
    with pytest.raises(Refused, match="given back"):
        ending.undo(SYSTEM, "m")
    found = reports.by_activity(SYSTEM, Period(on("2026-12-01"), on("2026-12-31")))
    assert [(one.sessions, one.taken, one.visits, one.revenue_minor) for one in found.rows] == [(3, 2, 1, 1200)]
    assert len(show.of_customer(SYSTEM, profiles.require("acme"))) == 1
    frozen.move_to("2026-12-06T09:00:00Z")  # no mail was sent, and doctor would say so
    check()


def test_b5_an_order_that_is_not_wanted_any_more_charges_nothing(app, frozen):
    people.partner(charge_bookings="next_invoice")
    people.customer("acme", billing_day=22)
    clean("membership-plans", PLANS)
    buying.buy(SYSTEM, Purchase("small", "acme", on("2026-11-22"), external_id="m"))
    done = ending.end(SYSTEM, "m")
    assert (done.state, done.total) == (Shown.ENDED, -1210)
    assert running.run(SYSTEM, on=on("2026-11-22")).invoices == []
    check()


def test_f13_a_part_of_what_waits_for_its_invoice_is_taken_off_there(app, frozen):
    people.partner(charge_bookings="next_invoice")
    people.customer("acme", billing_day=28)
    clean("membership-plans", PLANS)
    buying.buy(SYSTEM, Purchase("large", "acme", on("2026-11-01"), external_id="m"))
    done = ending.end(SYSTEM, "m", on=on("2026-11-15"))
    assert done.total == -1210
    ran = running.run(SYSTEM, on=on("2026-11-28"))
    assert (len(ran.invoices), ran.totals["EUR"]) == (1, 1210)
    check()


def test_b5_a_plan_is_taken_off_sale_once_and_never_over_somebody_elses_change(app, frozen, monkeypatch):
    people.partner()
    clean("membership-plans", PLANS)
    for _ in range(2):
        plans.retire_plan(SYSTEM, "small", True)
    assert plans.open_plan(SYSTEM, "small").row.version == 2
    monkeypatch.setattr(plans.rows, "change", lambda *_: False)
    with pytest.raises(Conflict):
        plans.retire_plan(SYSTEM, "small", False)
