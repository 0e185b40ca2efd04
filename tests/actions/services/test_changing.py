"""Services by dated rows: what changes, pauses and ends come to, and what is billed of them (M1, F13)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, update

from portal.actions import services
from portal.actions.billing import running
from portal.actions.invoices import show
from portal.actions.services import adding, changing, schedule
from portal.actions.services.adding import Wanted
from portal.actions.services.changing import Wish
from portal.actions.services.effects import Effect
from portal.db.billing import services as rows
from portal.db.engine import db, writes
from portal.db.tables import AuditRecord, Customer, FutureItem
from portal.rules.deciding import SYSTEM
from portal.rules.errors import Refused
from portal.rules.services import Deed, Period
from tests.books import check
from tests.importing import clean
from tests.people import customer, link, partner

HEAD = "external_id,customer,plan,price,number,period,tax_rate,prices,started_on,paid_until\n"


def day(text: str) -> date:
    return date.fromisoformat(text)


def paid(price: str, until: str, number: str = "1", **more: str) -> None:
    """A service s1 of acme that is paid until a day."""
    customer("acme")
    began = more.get("began", "2015-01-01")
    row = f"s1,acme,Hall,{price},{number},month,{more.get('rate', '')},,{began},{until}"
    clean("services", HEAD + row + "\n")


def do(deed: Deed, on: str, **more: Any) -> Effect:
    return changing.carry_out(SYSTEM, Wish("s1", deed, day(on), **more))


def nets(effect: Effect) -> list[int]:
    return [one.net for one in effect.amounts]


def waiting() -> list[int]:
    """What waits of acme, without tax; what was taken back is not in it."""
    items = db.session.scalars(select(FutureItem).order_by(FutureItem.id)).all()
    gone = {one.reverses_id for one in items} | {one.id for one in items if one.reverses_id}
    return [one.amount_minor - one.tax_minor for one in items if one.id not in gone and one.invoiced_by_id is None]


def invoices(*days: str) -> list[int]:
    """What the runs of days issued, without tax; credit notes below zero."""
    found = []
    for each in days:
        ran = running.run(SYSTEM, on=day(each))
        found += [show.invoice(SYSTEM, number).net for number in ran.invoices]
    return found


def reasons(deed: Deed, on: str, **more: Any) -> list[str]:
    with pytest.raises(Refused) as fault:
        do(deed, on, **more)
    return [f"{one.rule} {one.message}" for one in fault.value.reasons]


@pytest.mark.parametrize(
    ("price", "number", "wish", "expected", "total"),
    [
        ("10.00", "1", {"price": 2000}, [-548, 1097], 549),
        ("10.00", "5", {"number": Decimal(10)}, [-2742, 5484], 2742),
        ("50.00", "2", {"price": 3000, "number": Decimal(1)}, [-5484, 1645], -3839),
    ],
)
def test_f13_a_change_in_a_period_that_is_paid(app, frozen, price, number, wish, expected, total):
    frozen.move_to("2024-03-10T09:00:00Z")
    paid(price, "2024-03-31", number)
    effect = do(Deed.CHANGE, "2024-03-15", **wish)
    assert (nets(effect), effect.total) == (expected, total)
    assert [(one.number, one.of) for one in effect.amounts] == [(17, 31), (17, 31)]
    assert waiting() == expected
    check()


def test_f13_a_stop_and_a_beginning_in_a_period(app, frozen):
    frozen.move_to("2024-03-10T09:00:00Z")
    paid("40.00", "2024-03-31")
    effect = do(Deed.STOP, "2024-03-15")
    assert (nets(effect), effect.used, effect.unused, effect.upcoming) == ([-2194], 1806, 2194, None)
    begun = adding.foresee(SYSTEM, Wanted("acme", "New", 2500, day("2024-03-15")))[0]
    assert (nets(begun), begun.upcoming.on, begun.upcoming.minor) == ([1371], day("2024-04-01"), 2500)
    check()


@pytest.mark.parametrize(("old", "new", "expected"), [(1000, 2000, 500), (2000, 5000, 1500), (2000, 1000, -500)])
def test_f13_in_the_middle_of_april(app, old, new, expected):
    paid(f"{old / 100:.2f}", "2026-04-30")
    assert do(Deed.CHANGE, "2026-04-16", price=new).total == expected
    check()


def test_f13_half_a_cent_and_the_next_period(app, frozen):
    """0.00 a month becomes 29.95 on 15 February 2017."""
    frozen.move_to("2017-02-10T09:00:00Z")
    paid("0.00", "2017-02-28")
    effect = do(Deed.CHANGE, "2017-02-15", price=2995)
    assert (nets(effect), effect.upcoming.on, effect.upcoming.minor) == ([1498], day("2017-03-01"), 2995)
    assert invoices("2017-02-15", "2017-03-01") == [1498 + 2995]
    check()


def test_m1_the_second_change_gives_back_what_is_in_force(app, frozen):
    frozen.move_to("2026-04-05T09:00:00Z")
    paid("30.00", "2026-04-30")
    assert nets(do(Deed.CHANGE, "2026-04-11", price=6000)) == [-2000, 4000]
    effect = do(Deed.CHANGE, "2026-04-21", price=9000)
    assert (nets(effect), [(one.number, one.of) for one in effect.amounts]) == ([-2000, 3000], [(10, 30), (10, 30)])
    assert 3000 + sum(waiting()) == 6000
    check()


@pytest.mark.parametrize("invoiced", [False, True])
def test_m1_two_changes_on_one_day_leave_one_credit_and_one_charge(app, frozen, invoiced):
    frozen.move_to("2026-04-05T09:00:00Z")
    paid("30.00", "2026-04-30")
    do(Deed.CHANGE, "2026-04-16", price=6000)
    if invoiced:
        running.run(SYSTEM, on=day("2026-05-01"))
        assert nets(do(Deed.CHANGE, "2026-04-16", price=9000))[0] == -3000
    else:
        assert do(Deed.CHANGE, "2026-04-16", price=9000).total == 1500
        assert waiting() == [-1500, 4500]
        assert do(Deed.STOP, "2026-04-16").total == -4500
        assert waiting() == [-1500]  # a stop on that day leaves the credit alone
    check()


def test_f13_the_last_day_gives_nothing_back_where_the_partner_is(app, frozen):
    """Stopped with the last day 30 November, asked at 23:30 in Los Angeles."""
    partner("West", time_zone="America/Los_Angeles")
    customer("acme", of="West")
    clean("services", HEAD + "s1,acme,Hall,29.95,,month,,,2015-01-01,2015-11-30\n")
    frozen.move_to("2015-12-01T07:30:00Z")
    effect = do(Deed.STOP, "2015-12-01")
    assert (effect.amounts, effect.used, effect.unused, waiting()) == ((), 2995, 0, [])
    assert invoices("2015-12-01", "2016-01-01") == []
    check()


def test_f13_a_first_part_and_its_end(app, frozen):
    """100.00 and 20 % tax from 8 February 2025; the last day is 21 February."""
    frozen.move_to("2025-02-08T09:00:00Z")
    customer("acme")
    wanted = Wanted("acme", "Hall", 10000, day("2025-02-08"), rate=Decimal(20), external_id="s1")
    first = adding.add(SYSTEM, wanted)
    assert [(one.net, one.tax, one.gross) for one in first.amounts] == [(7500, 1500, 9000)]
    assert adding.add(SYSTEM, wanted).public_id == first.public_id
    assert invoices("2025-02-08") == [7500]
    effect = do(Deed.STOP, "2025-02-22")
    assert [(one.net, one.tax, one.gross, one.number, one.of) for one in effect.amounts] == [
        (-2500, -500, -3000, 7, 28)
    ]
    ran = running.run(SYSTEM, on=day("2025-03-01"))
    assert (len(ran.invoices), len(ran.credit_notes)) == (0, 1)  # nothing sets it off
    check()


def test_m1_what_is_decided_ahead_is_billed_day_by_day(app, frozen):
    """A change within the next period: each part is billed by the run of its first day, and nothing twice."""
    frozen.move_to("2026-03-20T09:00:00Z")
    paid("30.00", "2026-03-31")
    effect = do(Deed.CHANGE, "2026-04-16", price=6000, plan="Large")
    assert (nets(effect), effect.upcoming.on) == ([3000], day("2026-05-01"))
    (shown,) = services.shown(SYSTEM, "acme").rows
    assert (shown.now.plan, shown.ahead.amount_minor, shown.coming[0].plan) == ("Hall", 1500, "Large")
    assert invoices("2026-04-01", "2026-04-16", "2026-04-16", "2026-05-01") == [1500, 3000, 6000]
    frozen.move_to("2026-04-16T09:00:00Z")
    (shown,) = services.shown(SYSTEM, "acme").rows
    assert (shown.now.plan, shown.coming) == ("Large", ())
    assert (schedule.run_due(), schedule.run_due()) == (1, 0)
    assert rows.named("s1").plan == "Large"
    check()


@writes
def _set_type(kind: str) -> None:
    db.session.execute(update(Customer).where(Customer.external_id == "acme").values(billing_type=kind))


def test_m1_a_pause_costs_nothing_and_going_on_costs_the_rest(app, frozen):
    frozen.move_to("2026-04-05T09:00:00Z")
    paid("30.00", "2026-04-30")
    paused = do(Deed.PAUSE, "2026-04-11")
    assert (nets(paused), paused.upcoming) == ([-2000], None)
    assert nets(do(Deed.RESUME, "2026-04-21")) == [1000]
    assert (waiting(), [one.deed for one in rows.named("s1").versions]) == ([-2000, 1000], ["add", "pause", "resume"])
    do(Deed.PAUSE, "2026-05-01")
    assert invoices("2026-05-01", "2026-06-01") == [1000]  # what was not used waits until something sets it off
    again = do(Deed.RESUME, "2026-06-16")
    assert (nets(again), again.upcoming.on) == ([1500], day("2026-07-01"))
    assert invoices("2026-06-16", "2026-07-01") == [1500, 3000 - 2000]
    check()


def test_m1_another_period_begins_on_the_day_of_the_change(app, frozen):
    frozen.move_to("2026-04-05T09:00:00Z")
    paid("30.00", "2026-04-30")
    effect = do(Deed.CHANGE, "2026-04-16", every=Period.YEAR, price=36500)
    assert (nets(effect), effect.upcoming.on) == ([-1500, 36500], day("2027-04-16"))
    assert invoices("2026-05-01") == [35000]
    assert invoices("2027-04-15", "2027-04-16") == [36500]
    back = do(Deed.CHANGE, "2027-05-16", every=Period.MONTH, price=3000)
    assert (nets(back)[1], back.upcoming.on) == (3000, day("2027-06-16"))
    assert invoices("2027-06-16", "2027-07-16")[1:] == [3000]
    check()


def test_m1_a_payer_without_recurring_billing_gets_papers_at_once(app, frozen):
    frozen.move_to("2026-04-05T09:00:00Z")
    customer("acme")
    adding.add(SYSTEM, Wanted("acme", "Hall", 3000, day("2026-04-01"), external_id="s1"))
    running.run(SYSTEM, on=day("2026-04-01"))
    _set_type("prepaid_custom")
    dearer = do(Deed.CHANGE, "2026-04-16", price=6000)
    assert (nets(dearer), waiting(), dearer.documents[0].number) == ([-1500, 3000], [], "INV-000002")
    gone = do(Deed.STOP, "2026-04-21")
    assert (nets(gone), waiting(), gone.documents[0].number) == ([-2000], [], "CN-000001")
    with pytest.raises(Refused, match="for recurring billing"):
        adding.add(SYSTEM, Wanted("acme", "Hall", 3000, day("2026-05-01")))
    check()


def test_m1_everything_that_stands_against_it_is_said(app, frozen):
    frozen.move_to("2026-04-05T09:00:00Z")
    paid("30.00", "2026-04-30")
    assert reasons(Deed.STOP, "2014-12-31") == ["M1 Hall begins on 2015-01-01, and 2014-12-31 is before that."]
    assert "nothing to resume" in reasons(Deed.RESUME, "2026-04-10")[0]
    assert "nothing changes" in reasons(Deed.CHANGE, "2026-04-10", price=3000)[0]
    assert reasons(Deed.CHANGE, "2026-04-16", price=6000, expect=1499) == [
        "M1 It comes to 15.00 EUR, not to 14.99 EUR as expected."
    ]
    do(Deed.CHANGE, "2026-04-16", price=6000, expect=1500)
    assert "has a change from 2026-04-16 on already" in reasons(Deed.PAUSE, "2026-04-11")[0]
    do(Deed.STOP, "2026-04-11")  # which takes the change with it
    assert waiting() == [-1500, -500]
    assert "is stopped from 2026-04-11 on" in reasons(Deed.PAUSE, "2026-04-20")[0]
    assert nets(do(Deed.RESUME, "2026-04-11")) == [2000]  # its day has not come
    deeds = db.session.scalars(select(AuditRecord.action).order_by(AuditRecord.id)).all()
    assert [one for one in deeds if one.startswith("service.")] == [
        "service.change",
        "service.stop",
        "service.resume",
    ]
    check()


def test_l7_a_changed_service_follows_the_billing_day_of_its_payer(app, frozen):
    frozen.move_to("2026-04-05T09:00:00Z")
    customer("main", billing_day=10)
    paid("30.00", "2026-04-30")
    do(Deed.CHANGE, "2026-05-01", price=6000)
    link("main", "acme")
    assert invoices("2026-05-01", "2026-05-10", "2026-06-10") == [1800, 6000, 6000]  # 9 of 30 days first
    assert nets(do(Deed.STOP, "2026-06-25")) == [-6000 + 3000]
    check()


def test_m1_what_was_refused_changed_nothing_and_a_twin_is_told(app):
    paid("30.00", "2026-04-30")
    with pytest.raises(Refused, match="another service"):
        adding.add(SYSTEM, Wanted("acme", "Other", 3000, day("2026-05-01"), external_id="s1"))
    assert len(services.shown(SYSTEM, "acme").rows) == 1
    again = HEAD + "s1,acme,Hall,30.00,1,month,,,2015-01-01,2026-04-30\n"
    do(Deed.CHANGE, "2026-05-01", price=6000)
    assert clean("services", again) == (0, 0, 1)  # the file says what it was at first
