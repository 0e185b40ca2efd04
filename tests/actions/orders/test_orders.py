"""Orders from the catalogue: prices, stock, and what becomes of them (M2, C1, L15, L16)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select, update

from portal.actions import services
from portal.actions.billing import running
from portal.actions.invoices import show as invoices
from portal.actions.orders import catalogue, handling, placing, show
from portal.actions.orders.catalogue import Draft
from portal.actions.orders.placing import Wanted
from portal.actions.orders.show import ShownOrder
from portal.actions.services import changing
from portal.actions.services.changing import Wish
from portal.db.customers import profiles
from portal.db.engine import db, writes
from portal.db.orders import catalogue as rows
from portal.db.tables import AuditRecord, Customer, FutureItem
from portal.outside import clock
from portal.rules.deciding import SYSTEM, Actor
from portal.rules.errors import Conflict, Missing, NotAllowed, Refused
from portal.rules.scopes import ALL_SCOPES, Scope
from portal.rules.services import Deed
from tests.books import check
from tests.importing import clean, wrong
from tests.people import customer, link

HEAD = "external_id,name,price,tax_rate,prices,period,stock,kind\n"
GOODS = (
    "router,Router R2,62.00,21,net,,3,item\ncable,Cable,7.505,,gross,,,\n"
    "static,Static address,8.18,21,net,month,,service\nfibre,Fibre 500,82.56,21,net,month,,service\n"
)


@pytest.fixture(autouse=True)
def goods(app):
    customer("acme")
    clean("catalogue", HEAD + GOODS.replace("7.505", "7.50"))


def place(*items: tuple[str, int], customer: str = "acme", **more) -> ShownOrder:
    return placing.place(SYSTEM, Wanted(customer, items, **more))


def stock(item: str = "router") -> int | None:
    return rows.named([item])[item].stock


def waiting() -> list[int]:
    items = db.session.scalars(select(FutureItem).order_by(FutureItem.id)).all()
    gone = {one.reverses_id for one in items} | {one.id for one in items if one.reverses_id}
    return [one.amount_minor for one in items if one.id not in gone]


def set_price(e4: int) -> None:
    _change("router", {"price_e4": e4})


@writes
def _change(item: str, values: dict[str, object]) -> None:
    rows.change(rows.named([item])[item].id, values)


@writes
def _put(reference: str, values: dict[str, object]) -> None:
    db.session.execute(update(Customer).where(Customer.external_id == reference).values(**values))


def login_of(reference: str, *scopes: Scope) -> Actor:
    """A login of a customer, with all scopes or some."""
    profile = profiles.require(reference)
    return Actor("Pat", customer_id=profile.id, partner_id=profile.partner_id, scopes=frozenset(scopes) or ALL_SCOPES)


def test_m2_an_order_goes_from_the_basket_to_the_invoice(app):
    found = place(("router", 2), ("cable", 1), ("static", 1), external_id="o1")
    assert [(one.item, one.number, one.gross) for one in found.lines] == [
        ("router", 2, 15004),
        ("cable", 1, 750),
        ("static", 1, 990),
    ]
    assert (found.state, found.total, found.once, stock()) == ("placed", 16744, 15754, 1)
    again = place(("router", 2), ("cable", 1), ("static", 1), external_id="o1")
    assert (again.public_id, stock()) == (found.public_id, 1)
    accepted = handling.accept(SYSTEM, "o1")
    assert (accepted.state, waiting()) == ("accepted", [15004, 750])
    assert handling.accept(SYSTEM, "o1").accepted_at == accepted.accepted_at
    assert waiting() == [15004, 750]
    (service,) = services.shown(SYSTEM, "acme").rows
    today = clock.today("Europe/Prague")
    assert (service.now.plan, service.now.price_minor, service.row.started_on) == ("Static address", 818, today)
    ran = running.run(SYSTEM, on=today)
    lines = invoices.invoice(SYSTEM, ran.invoices[0]).lines
    assert sorted(one.description for one in lines) == ["Cable", "Router R2", "Static address"]
    assert handling.fulfil(SYSTEM, "o1").state == handling.fulfil(SYSTEM, "o1").state == "fulfilled"
    with pytest.raises(Refused, match="fulfilled, so it cannot be cancelled"):
        handling.cancel(SYSTEM, "o1")
    actions = db.session.scalars(select(AuditRecord.action).order_by(AuditRecord.id)).all()
    assert [one for one in actions if one.startswith("order.")] == ["order.place", "order.accept", "order.fulfil"]
    check()


def test_m2_cancelled_it_gives_back_stock_charges_and_services(app):
    place(("router", 2), ("static", 1), external_id="o1")
    handling.accept(SYSTEM, "o1")
    running.run(SYSTEM, on=clock.today("Europe/Prague"))
    done = handling.cancel(SYSTEM, "o1", reason="Not needed")
    assert (done.state, done.reason, stock()) == ("cancelled", "Not needed", 3)
    (service,) = services.shown(SYSTEM, "acme").rows
    assert service.state == "stopped"
    with pytest.raises(Refused, match="cancelled already"):
        handling.cancel(SYSTEM, "o1")
    with pytest.raises(Refused, match="is cancelled"):
        handling.accept(SYSTEM, "o1")
    assert stock() == 3
    place(("router", 1), external_id="o2")
    handling.accept(SYSTEM, "o2")
    handling.cancel(SYSTEM, "o2")
    assert stock() == 3
    check()


def test_m2_nobody_pays_another_price_unasked(app):
    wanted = Wanted("acme", (("router", 1),))
    shown, _ = placing.foresee(SYSTEM, wanted)
    set_price(650_000)
    with pytest.raises(Conflict):
        placing.place(SYSTEM, wanted, mark=shown.mark)
    with pytest.raises(Refused, match="comes to 78.65 EUR, not to 75.02 EUR"):
        placing.place(SYSTEM, replace(wanted, expect=7502))
    assert stock() == 3
    assert placing.place(SYSTEM, replace(wanted, expect=7865)).total == 7865
    set_price(700_000)
    (order,) = show.of_customer(SYSTEM, profiles.require("acme"))
    assert handling.accept(SYSTEM, order.public_id).total == 7865  # the price of then


def test_m2_everything_that_stands_against_an_order_is_said(app):
    customer("prepaid", billing_type="prepaid_custom")
    with pytest.raises(Refused) as fault:
        place(("router", 4), ("static", 1), customer="prepaid")
    assert [one.rule for one in fault.value.reasons] == ["M1", "M2"]
    assert "3 are left, and 4 are wanted" in str(fault.value.reasons[1].message)
    place(("router", 3))
    with pytest.raises(Refused, match="sold out"):
        place(("router", 1))
    with pytest.raises(Missing):
        place(("nothing", 1))
    _put("acme", {"own_status": "blocked"})
    with pytest.raises(Refused, match="Blocked, so nothing is ordered"):
        place(("cable", 1))
    _put("acme", {"own_status": "active"})
    order = place(("cable", 2), customer="prepaid")
    handling.accept(SYSTEM, order.public_id)
    assert waiting() == []  # without a next invoice it is invoiced at once
    with pytest.raises(Refused, match="not accepted yet"):
        handling.fulfil(SYSTEM, place(("cable", 1)).public_id)
    check()


def test_l15_l16_l17_who_orders_for_whom(app):
    customer("branch")
    link("acme", "branch")
    main, own, looking = login_of("acme"), login_of("branch"), login_of("branch", Scope.VIEW)
    with pytest.raises(NotAllowed):
        placing.place(main, Wanted("branch", (("router", 1),)))
    _put("acme", {"manages_sub_accounts": True})
    order = placing.place(main, Wanted("branch", (("router", 1),)))
    assert (order.customer.reference, order.payer.reference) == ("branch", "acme")
    with pytest.raises(NotAllowed):
        placing.place(looking, Wanted("branch", (("router", 1),)))
    handling.accept(SYSTEM, order.public_id)
    with pytest.raises(Refused, match="accepted, so it cannot be cancelled here"):
        handling.cancel(own, order.public_id)
    customer("other")
    with pytest.raises(Missing):
        show.one(login_of("other"), order.public_id)
    with pytest.raises(Missing):
        handling.accept(own, order.public_id)


def test_m1_customers_choose_plans_of_the_catalogue_at_its_prices(app):
    pat = login_of("acme")
    clean(
        "services",
        "external_id,customer,plan,price,started_on,paid_until\ns1,acme,Broadband 50,41.24,2026-01-01,2026-11-30\n",
    )
    today = clock.today("Europe/Prague")
    with pytest.raises(Refused, match="costs 82.56 EUR for a month"):
        changing.carry_out(pat, Wish("s1", Deed.CHANGE, today, "Fibre 500", 100))
    with pytest.raises(Refused, match="is not offered"):
        changing.carry_out(pat, Wish("s1", Deed.CHANGE, today, "Free", 0))
    with pytest.raises(Refused, match="is over, and a change counts from today"):
        changing.carry_out(pat, Wish("s1", Deed.STOP, today.replace(day=1)))
    done = changing.carry_out(pat, Wish("s1", Deed.CHANGE, today, "fibre"))
    assert (done.amounts[1].plan, done.amounts[1].price) == ("Fibre 500", 8256)
    _put("acme", {"own_status": "blocked"})
    with pytest.raises(Refused, match="nothing is ordered or changed"):
        changing.carry_out(pat, Wish("s1", Deed.STOP, today))
    check()


def test_m2_the_catalogue_is_kept_by_file_and_page(app):
    assert clean("catalogue", HEAD + GOODS.replace("7.505", "7.50")) == (0, 0, 4)
    assert clean("catalogue", HEAD + "router,Router R2,60.00,21,net,,5,item\n") == (0, 1, 0)
    assert wrong("catalogue", HEAD + "a,,x,,,,-1,thing\n") != []
    item = rows.named(["router"])["router"]
    draft = Draft(item.name, "", item.kind, item.price, item.period, item.rate, item.prices, 9)
    place(("router", 1))
    with pytest.raises(Conflict, match="stock is 4 by now"):
        catalogue.change(SYSTEM, item.public_id, draft, left=5)
    catalogue.change(SYSTEM, item.public_id, replace(draft, retired=True), left=4)
    with pytest.raises(Refused, match="not offered any more"):
        place(("router", 1))
