"""Membership plans and what sessions bring in, in the back office (B5, B11, O9)."""

from __future__ import annotations

import re

from flask import Flask

from portal.actions.bookings import booking
from portal.actions.bookings.planning import Wish
from portal.db.memberships import plans
from portal.rules.deciding import SYSTEM
from tests import people, sessions
from tests.importing import clean
from tests.pages import PageClient
from tests.web.staff.office import path, staff

GOLD = {
    "name": "Gold <b>株式会社</b>",
    "description": "Everything",
    "price": "59.00",
    "tax_rate": "21",
    "period": "1 month",
    "included": "8",
    "visits": "",
    "discount": "10",
    "benefit_class": "pool",
    "age_from": "6",
    "age_to": "12",
    "freeze_days": "30",
    "granted": "paid",
    "renews": "y",
}


def office(app: Flask) -> PageClient:
    return staff(app, "super")


def test_b5_a_plan_is_made_changed_and_taken_off_sale(app: Flask) -> None:
    people.customer("acme")
    browser = office(app)
    browser.get("/staff/plans")
    assert "No plans yet" in browser.page.words
    wrong = browser.submit("/staff/plans/new", {**GOLD, "name": "", "period": "fortnight", "age_from": "20"})
    assert wrong.status_code == 422
    wrong = browser.submit("/staff/plans/new", {**GOLD, "period": "fortnight", "age_from": "20"})
    assert "is not a length" in browser.page.words
    assert "Nobody is from 20 to 12 years old" in browser.page.words
    made = browser.submit("/staff/plans/new", GOLD)
    assert made.status_code == 303
    path = made.location
    browser.get("/staff/plans")
    assert "Gold <b>株式会社</b>" in browser.page.words
    assert "8 visits in each period, then 10 % off" in browser.page.words
    browser.get(path)
    old = browser.page.hidden
    assert browser.post(path, data={**old, **GOLD, "price": "69.00", "renews": ""}).status_code == 303
    plan = plans.named(path.rsplit("/", 1)[1])
    assert plan is not None
    assert (plan.price_minor, plan.renews, plan.granted.value, plan.version) == (6900, False, "paid", 2)
    late = browser.post(path, data={**old, **GOLD, "idempotency_key": "another"})
    assert late.status_code == 409
    assert "Somebody else changed this plan" in browser.page.words
    browser.get(path)
    assert browser.post(f"{path}/retire", data={**browser.page.hidden, "retired": "yes"}).status_code == 303
    browser.get("/staff/plans")
    assert "Not sold any more" in browser.page.words


def test_b11_how_full_sessions_are_and_what_they_bring_in(app: Flask, frozen: object) -> None:
    people.customer("acme")
    people.customer("sam")
    sessions.session("swim/1", "2026-11-24T18:00", capacity=4)
    sessions.session("swim/2", "2026-11-25T18:00", capacity=4)
    sessions.session("yoga/1", "2026-12-25T18:00", capacity=4)
    for name, who in (("swim/1", "acme"), ("swim/1", "sam"), ("swim/2", "acme")):
        booking.book(SYSTEM, [Wish(name, who)])
    browser = office(app)
    browser.get("/staff/bookings")
    assert "/staff/reports/bookings" in browser.page.links
    text = browser.get("/staff/reports/bookings").text
    current = set(re.findall(r'<a[^>]*href="([^"]*)"[^>]*aria-current', text))
    assert current == {"/staff/bookings"}, "a report of bookings, in each menu"
    assert "Swim Harbour Net 2 3 of 8 38 % 0 0 0 36.00 EUR" in browser.page.words
    assert "Yoga" not in browser.page.words
    file = browser.get("/staff/reports/bookings/export.csv?since=2026-11-25&until=2026-12-31").text
    rows = [line.split(",")[2:] for line in file.strip().splitlines()]
    assert rows[1:] == [
        ["Harbour Net", "Swim", "1", "4", "1", "25", "0", "0", "", "0", "EUR", "12.00"],
        ["Harbour Net", "Yoga", "1", "4", "0", "0", "0", "0", "", "0", "EUR", "0.00"],
    ]
    assert browser.get("/staff/reports/bookings?since=31.2.2026&until=").status_code == 422


def test_b10_the_desk_buys_and_ends_with_what_is_given_back(app: Flask, frozen: object) -> None:
    people.customer("acme")
    clean("membership-plans", "external_id,name,partner,price,period,prices\ngym,Gym,Harbour Net,30.00,month,gross\n")
    browser = staff(app, "desk")
    tab = path("acme", "/memberships")
    browser.get(tab)
    assert "Acme holds none at the moment" in browser.page.words
    buy = next(one for one in browser.page.links if "/memberships/buy/" in one)
    browser.submit(buy, {"first": "2026-11-01"}, at=buy)
    view = browser.post(buy, data=browser.page.hidden).location
    browser.get(view)
    assert "Renews on 1 Dec" in browser.page.words
    browser.submit(f"{view}/end", {"last": "2026-11-15"}, at=f"{view}/end")
    assert "Given back to Acme −15.00" in browser.page.words
    assert browser.post(f"{view}/end", data=browser.page.hidden).location == view
    browser.get(tab)
    assert "What is over" in browser.page.words
    assert staff(app, "operations").get(tab).status_code == 403
