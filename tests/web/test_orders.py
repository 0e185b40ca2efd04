"""Orders and changes of services on the pages of customers and staff (M1, M2, L15)."""

from __future__ import annotations

from flask import Flask

from portal.actions import services
from portal.db.engine import db, writes
from portal.db.orders import catalogue as rows
from portal.db.orders import keeping
from portal.rules.deciding import Actor
from portal.rules.scopes import Scope
from tests.importing import clean
from tests.web.acme import NASTY, at, browser_of, change, company, person
from tests.web.staff.office import staff

GOODS = (
    "external_id,name,price,tax_rate,prices,period,stock,kind\n"
    f'router,"{NASTY}",62.00,21,net,,3,item\nfibre,Fibre 500,82.56,21,net,month,,service\n'
)
PLANS = "external_id,customer,plan,price,started_on,paid_until\ns1,branch,Broadband 50,41.24,2026-01-01,2026-11-30\n"


def one(reference: str) -> str:
    return rows.named([reference])[reference].public_id


@writes
def dearer() -> None:
    rows.change(rows.named(["router"])["router"].id, {"price_e4": 650_000})


def test_m2_from_the_catalogue_to_the_desk(app: Flask) -> None:
    company()
    clean("catalogue", GOODS)
    browser, branch = browser_of(app, "acme"), f"/for/{at('branch').public_id}"
    browser.get(f"{branch}/orders")
    assert "3 in stock" in browser.page.words
    assert NASTY in browser.page.words
    for item in ("router", "router", "fibre"):
        put = browser.submit(f"{branch}/orders/basket/items/{one(item)}", {"more": "yes"}, at=f"{branch}/orders")
        assert put.status_code == 303
    browser.get(f"{branch}/orders/basket")
    words = browser.page.words
    assert "2 things for Riverside branch" in words
    assert "Place the order, 150.04 EUR" in words
    assert "each month, with tax 99.90" in words
    sent = browser.page.hidden
    dearer()
    changed = browser.post(f"{branch}/orders/basket", data=sent)
    assert changed.status_code == 409
    assert "costs 65.00 now, and cost 62.00 when you chose it" in browser.page.words
    sent = browser.page.hidden
    placed = browser.post(f"{branch}/orders/basket", data=sent)
    assert browser.post(f"{branch}/orders/basket", data=sent).location == placed.location  # a double click
    browser.get(placed.location)
    assert "Once, EUR 157.30" in browser.page.words
    (order,) = keeping.of_customer(at("branch").id, limit=9)
    assert rows.named(["router"])["router"].stock == 1
    desk = staff(app, "desk")
    desk.get("/staff/orders")
    assert "Riverside branch" in desk.page.words
    own = f"/staff/orders/{order.public_id}"
    assert desk.submit(f"{own}/accept", {}, at=own).status_code == 303
    browser.get(f"{branch}/orders/{order.public_id}/cancel")
    assert "accepted, so it cannot be cancelled here" in browser.page.words
    desk.submit(f"{own}/cancel", {"reason": "Not in store"})
    browser.get(f"{branch}/orders/{order.public_id}")
    assert "Not in store" in browser.page.words
    assert rows.named(["router"])["router"].stock == 3


def test_m1_a_plan_is_changed_after_a_look_at_what_it_comes_to(app: Flask) -> None:
    company()
    clean("catalogue", GOODS)
    clean("services", PLANS)
    browser, branch = browser_of(app, "acme"), f"/for/{at('branch').public_id}"
    browser.get(f"{branch}/services")
    (url,) = {link for link in browser.page.links if "/services/" in link and "s1" in _name(link)}
    wanted = {"plan": one("fibre"), "number": "1", "first": "2026-11-24"}
    looked = browser.submit(f"{url}/change", wanted)
    assert looked.status_code == 200
    words = browser.page.words
    assert "7 of 30 days −9.62" in words
    assert "Fibre 500 24 Nov 2026 to 30 Nov 2026 7 of 30 days 19.26" in words
    assert "Once 9.64" in words
    sent = browser.page.hidden
    assert browser.post(f"{url}/change", data=sent | {"mark": "other"}).status_code == 409
    done = browser.post(f"{url}/change", data=sent)
    assert (done.status_code, done.location) == (303, url)
    browser.get(url)
    assert "To come" in browser.page.words
    again = browser.submit(f"{url}/pause", {"first": "2026-11-23"})
    assert again.status_code == 409
    assert "has a change from 24 Nov 2026 on already" in browser.page.words
    stopped = browser.submit(f"{url}/stop", {"first": "never"})
    assert stopped.status_code == 422
    browser.submit(f"{url}/stop", {"first": "2026-11-23"})
    assert "The change on 24 Nov 2026 falls away." in browser.page.words


def _name(link: str) -> str:
    from portal.db.billing.services import by_public_ids

    return str([each.external_id for each in by_public_ids([link.rsplit("/", 1)[1]])])


def test_l17_g12_who_only_looks_changes_and_orders_nothing(app: Flask) -> None:
    company()
    clean("catalogue", GOODS)
    clean("services", PLANS)
    person("pat", scopes=(Scope.VIEW,))
    browser = browser_of(app, "pat")
    assert browser.get("/orders").status_code == 200
    assert "Add" not in browser.page.words
    assert browser.get("/orders/basket").status_code == 403
    other = f"/for/{at('branch').public_id}"
    assert browser.get(f"{other}/orders").status_code == browser.get(f"{other}/services").status_code == 404


def test_m1_m2_staff_keep_the_catalogue_and_services(app: Flask) -> None:
    company()
    clean("catalogue", GOODS)
    office = staff(app, "admin")
    given = {"name": "Cable", "kind": "item", "price": "7.50", "period": "month", "stock": "4"}
    assert office.submit("/staff/catalogue/new", {**given, "price": "free"}).status_code == 422
    assert office.submit("/staff/catalogue/new", given).status_code == 303
    edit = f"/staff/catalogue/{one('router')}"
    changed = {"name": "Router", "kind": "item", "price": "60", "period": "month", "rate": "21", "stock": "5"}
    answer = office.submit(edit, changed)
    assert answer.status_code == 303, office.page.words
    db.session.rollback()
    kept = rows.named(["router"])["router"]
    assert (kept.price_e4, kept.stock) == (600_000, 5)
    new = f"/staff/customers/{at('branch').public_id}/services/new"
    terms = {"plan": "Hall", "price": "30.00", "number": "2", "period": "month", "first": "2026-12-16"}
    looked = office.submit(new, terms)
    assert looked.status_code == 200
    assert "16 of 31 days 30.97" in office.page.words
    made = office.post(new, data=office.page.hidden)
    office.get(made.location)
    assert "Billed next 30.97 EUR for 16 Dec 2026 to 31 Dec 2026" in office.page.words


def test_l15_services_of_several_branches_change_together(app: Flask) -> None:
    company()
    clean("services", PLANS)
    browser = browser_of(app, "acme")
    browser.get("/services/several")
    assert "Riverside branch Broadband 50" in browser.page.words
    assert "Franchise" not in browser.page.words  # billed independently, and not managed
    below = services.below(actor_of("acme"), at("acme"))
    paid = next(one.public_id for one in below if one.price_minor == 4124)
    free = next(one.public_id for one in below if one.plan == "Telephony")
    wanted = {"services": [paid, free], "deed": "stop", "first": "2026-11-24"}
    browser.submit("/services/several", wanted)
    assert "the first day without it −9.62 EUR" in browser.page.words
    sent = browser.page.hidden | {"services": [paid, free]}
    assert browser.post("/services/several", data=sent | {"mark": "older"}).status_code == 409
    answers = [browser.post("/services/several", data=sent).status_code for _ in range(2)]
    assert answers == [303, 303]
    kept = {one.public_id: one.stopped_on for one in services.list_rows(at("branch"))}
    assert str(kept[paid]) == str(kept[free]) == "2026-11-24"
    again = browser.submit("/services/several", wanted | {"services": [paid]})
    assert again.status_code == 409
    assert browser.submit("/services/several", wanted | {"services": []}).status_code == 422
    change("acme", manages_sub_accounts=False)
    browser.get("/services/several")
    assert "No services to change together" in browser.page.words


def actor_of(reference: str) -> Actor:
    return Actor("Pat", customer_id=at(reference).id, partner_id=at(reference).partner_id)
