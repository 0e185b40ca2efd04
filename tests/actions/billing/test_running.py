"""The billing run: what it issues, whom, and only once (F5, F13, L7, C1)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from portal.actions import imports
from portal.actions.billing import running
from portal.actions.customers import status
from portal.actions.invoices import show
from portal.actions.statements import view
from portal.db.books import closing
from portal.db.customers import profiles
from portal.db.engine import db, writes
from portal.db.tables import AuditRecord, FutureItem, ServiceCharge
from portal.outside import clock
from portal.rules.customers.status import Status
from portal.rules.deciding import SYSTEM
from portal.rules.errors import Missing, Refused
from tests.books import check
from tests.importing import clean
from tests.people import customer, link, partner, post, share

HEAD = "external_id,customer,plan,price,number,period,tax_rate,prices,started_on,stopped_on,state,paid_until\n"


def on(text: str) -> date:
    return date.fromisoformat(text)


def services(*rows: str) -> None:
    clean("services", HEAD + "\n".join(rows) + "\n")


def future(reference: str, amount: str, day: str, external_id: str = "", **more: str) -> None:
    given = {"customer": reference, "amount": amount, "date": day, "kind": "future_item", "external_id": external_id}
    imports.post_one(SYSTEM, given | more)


def ran(day: str, **more: Any) -> running.Ran:
    return running.run(SYSTEM, on=on(day), **more)


def charged(reference: str) -> int:
    """What a customer owes on its House Account, in minor units."""
    return -view.balance_of(profiles.require(reference)).house_minor


def invoice(number: str):
    return show.invoice(SYSTEM, number)


def test_f13_a_service_is_billed_from_its_start_to_its_end(app, frozen):
    """310.00 a month, billing day 15, from 1 January 2011, stopped from 27 February."""
    customer("acme", billing_day=15)
    services("s1,acme,Hall,310.00,,month,,,2011-01-01,2011-02-27,,")
    seen = []
    for day in ("2011-01-01", "2011-01-07", "2011-01-15", "2011-02-15", "2011-03-07"):
        ran(day)
        seen.append(charged("acme"))
    assert seen == [14000, 14000, 45000, 58286, 58286]
    check()


def test_f5_one_invoice_for_a_payer_grouped_by_account(app):
    customer("acme")
    customer("branch", billing_day=20)
    customer("mate")
    customer("second")
    link("acme", "branch")
    share("mate", "second")
    services(
        "s1,branch,Hall,20.00,,month,21,,2026-11-01,,,",
        "s2,acme,Phone,10.00,2,month,21,,2026-11-01,,,",
        "s3,second,Yoga,5.00,,month,,,2026-11-01,,,",
    )
    future("acme", "7.00", "2026-10-20", description="Technician")
    done = ran("2026-11-01")
    assert (done.invoices, done.payers, done.totals["EUR"]) == (["INV-000001", "INV-000002"], 2, 6040)
    first, second = invoice("INV-000001"), invoice("INV-000002")
    assert first.payer.reference == "acme"
    assert [(one.description, one.account.reference, one.gross) for one in first.lines] == [
        ("Phone", "acme", 2420),
        ("Technician", "acme", 700),
        ("Hall", "branch", 2420),
    ]
    assert [(one.account.reference, one.gross) for one in first.accounts] == [("acme", 3120), ("branch", 2420)]
    assert (str(first.lines[0].period.first), str(first.lines[0].period.last)) == ("2026-11-01", "2026-11-30")
    assert (first.on, first.due, first.total) == (on("2026-11-01"), on("2026-11-15"), 5540)
    assert (second.payer.reference, second.issued_for.reference, second.total) == ("mate", "second", 500)
    check()


def test_f5_the_same_day_again_has_no_second_effect(app):
    customer("acme")
    services("s1,acme,Hall,20.00,,month,,,2026-11-01,,,")
    future("acme", "7.00", "2026-10-20")
    assert ran("2026-11-01").invoices == ["INV-000001"]
    again = ran("2026-11-01")
    assert (again.invoices, again.payers, dict(again.totals)) == ([], 0, {})
    assert ran("2026-11-30").invoices == []
    assert charged("acme") == 2700


def test_f5_a_later_run_bills_all_that_was_missed(app):
    customer("acme", billing_day=31)
    services("s1,acme,Hall,28.00,,month,,,2027-01-31,,,")
    ran("2027-04-02")
    (only,) = (invoice("INV-000001"),)
    assert [(str(one.period.first), str(one.period.last), one.gross) for one in only.lines] == [
        ("2027-01-31", "2027-02-27", 2800),
        ("2027-02-28", "2027-03-30", 2800),
        ("2027-03-31", "2027-04-29", 2800),
    ]
    assert only.on == on("2027-04-02")


def test_f10_a_preview_says_the_same_and_changes_nothing(app):
    customer("acme")
    services("s1,acme,Hall,20.00,,month,,,2026-11-01,,,")
    shown = running.preview(SYSTEM, on=on("2026-11-01"))
    assert charged("acme") == 0
    done = ran("2026-11-01")
    assert (shown.invoices, shown.payers, shown.totals) == (done.invoices, done.payers, done.totals)
    assert running.preview(SYSTEM, on=on("2026-11-01")).payers == 0


@pytest.mark.parametrize("own", ["new", "inactive"])
def test_c1_who_is_new_or_inactive_is_not_billed_also_not_afterwards(app, own):
    acme = customer("acme", own_status=own)
    services("s1,acme,Hall,20.00,,month,,,2026-10-01,,,")
    assert ran("2026-11-01").payers == 0
    status.change(SYSTEM, acme.public_id, Status.ACTIVE)
    assert ran("2026-11-30").payers == 0
    assert ran("2026-12-01").totals["EUR"] == 2000
    found = db.session.execute(select(ServiceCharge.first_on, ServiceCharge.invoice_id).order_by(ServiceCharge.id))
    assert [(str(day), entry is None) for day, entry in found] == [
        ("2026-10-01", True),
        ("2026-11-01", True),
        ("2026-12-01", False),
    ]


def test_c1_who_is_blocked_is_billed(app):
    customer("acme", own_status="blocked", blocked_cause="by_hand")
    services("s1,acme,Hall,20.00,,month,,,2026-11-01,,,")
    assert ran("2026-11-01").totals["EUR"] == 2000


def test_c1_an_inactive_account_of_a_payer_is_left_out(app):
    customer("acme")
    customer("branch")
    link("acme", "branch")
    services("s1,branch,Hall,20.00,,month,,,2026-11-01,,,", "s2,acme,Phone,5.00,,month,,,2026-11-01,,,")
    status.change(SYSTEM, customer_id("branch"), Status.INACTIVE)
    ran("2026-11-01")
    assert [one.description for one in invoice("INV-000001").lines] == ["Phone"]


def customer_id(reference: str) -> str:
    return profiles.require(reference).public_id


def test_l7_a_changed_billing_day_bills_a_first_part(app):
    """Billed for October by the 1st; linked to somebody who is billed on the 15th."""
    customer("acme", billing_day=15)
    customer("branch")
    services("s1,branch,Hall,31.00,,month,,,2026-10-01,,,")
    ran("2026-10-01")
    post(customer_id("branch"), "payment", 3100, "2026-10-02")
    link("acme", "branch")
    ran("2026-11-01")
    ran("2026-11-15")
    assert [(str(one.period.first), str(one.period.last), one.gross) for one in invoice("INV-000002").lines] == [
        ("2026-11-01", "2026-11-14", 1400)  # 14 of the 31 days of 15 October to 14 November
    ]
    assert [(str(one.period.first), one.gross) for one in invoice("INV-000003").lines] == [("2026-11-15", 3100)]
    assert charged("acme") == 4500


@pytest.mark.parametrize(("price", "net", "tax", "left"), [("200.00", 19333, 4833, 834), ("160.00", 15467, 3867, 666)])
def test_f13_what_stops_is_credited_on_the_invoice_that_charged_it(app, price, net, tax, left):
    """A price net at 25 % for a month of 30 days, ended after its first day: what of it is credited."""
    customer("acme")
    services(f"s1,acme,Hall,{price},,month,25,,2025-11-01,,,")
    ran("2025-11-01")
    services(f"s1,acme,Hall,{price},,month,25,,2025-11-01,2025-11-02,,")
    waiting = db.session.execute(select(FutureItem.amount_minor, FutureItem.tax_minor)).one()
    assert tuple(waiting) == (-net - tax, -tax)
    done = ran("2025-12-01")
    assert (done.invoices, done.credit_notes) == ([], ["CN-000001"])
    note = show.credit_note(SYSTEM, "CN-000001")
    assert (note.invoice[0], note.net, note.tax, note.total) == ("INV-000001", net, tax, net + tax)
    assert charged("acme") == left
    assert ran("2025-12-01").credit_notes == []
    assert ran("2026-01-01").payers == 0
    check()


def test_f13_what_stops_is_set_off_by_what_is_charged(app):
    """29.95 without tax for February 2017, stopped from the 15th: 14.97 of it is set off in March."""
    customer("acme")
    services("s1,acme,Hall,29.95,,month,,,2017-02-01,,,", "s2,acme,Phone,20.00,,month,,,2017-02-01,,,")
    ran("2017-02-01")
    services("s1,acme,Hall,29.95,,month,,,2017-02-01,2017-02-15,,")
    done = ran("2017-03-01")
    assert (done.credit_notes, done.totals["EUR"]) == ([], 503)
    last = invoice("INV-000002")
    assert [(one.description, one.gross, str(one.period.first)) for one in last.lines] == [
        ("Phone", 2000, "2017-03-01"),
        ("Hall, not used", -1497, "2017-02-15"),
    ]


def test_f13_an_end_on_the_last_day_gives_nothing_back(app):
    customer("acme")
    services("s1,acme,Hall,29.95,,month,,,2015-11-01,,,")
    ran("2015-11-01")
    services("s1,acme,Hall,29.95,,month,,,2015-11-01,2015-12-01,,")
    assert ran("2015-12-01").payers == 0
    assert charged("acme") == 2995


def test_f8_nothing_is_billed_into_a_closed_month(app):
    customer("acme")
    services("s1,acme,Hall,20.00,,month,,,2026-10-01,,,")
    writes(closing.close)(partner("Harbour Net"), on("2026-10-31"), actor="test", at=clock.now())
    with pytest.raises(Refused, match="F8"):
        ran("2026-10-15")
    assert ran("2026-11-01").totals["EUR"] == 4000


def test_f5_partners_are_run_on_their_own_today(app):
    partner("Far East", time_zone="Pacific/Auckland")
    customer("kiwi", of="Far East")
    customer("acme")
    services("s1,kiwi,Hall,20.00,,week,,,2026-11-22,,,", "s2,acme,Hall,20.00,,week,,,2026-11-22,,,")
    assert running.run(SYSTEM, partner="Far East").payers == 1
    assert running.run(SYSTEM).payers == 1
    with pytest.raises(Missing):
        running.run(SYSTEM, partner="Nowhere")


def test_o8_each_invoice_is_remembered(app):
    customer("acme")
    services("s1,acme,Hall,20.00,,month,,,2026-11-01,,,")
    ran("2026-11-01")
    assert db.session.scalars(select(AuditRecord.action).where(AuditRecord.action == "billing.invoice")).all()
