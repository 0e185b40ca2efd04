"""O10: what partners charge, as charts with their numbers beside them."""

from __future__ import annotations

from flask import Flask

from portal.actions.books import posting, revenue
from portal.rules.deciding import SYSTEM
from tests import people
from tests.invoices import credit, issue
from tests.people import link, post
from tests.web.staff.office import now, staff

PAGE = "/staff/revenue"
NASTY = "Zoë <b>O'Brien</b> 株式会社 عربى"


def test_o10_revenue_adds_up_by_month_main_account_and_category(app: Flask) -> None:
    """Without tax, less what was credited or reversed; what an independent sub-account pays is its main account's."""
    people.customer("acme", name=NASTY)
    for name in ("branch", "alone", "franchise"):
        people.customer(name)
    link("acme", "branch")
    link("acme", "franchise", "independent")
    bill = issue("acme", "Line|1|100.00|20", "Branch line|1|50.00|10|branch", on="2026-11-08")
    credit(bill, amount=1200)
    post("franchise", "invoice", 1210, "2026-10-05", category="Fees", tax_minor=210)
    gone = issue("alone", "Wrong|1|10.00|21", on="2026-11-10")
    posting.reverse(SYSTEM, gone.public_id, reason="wrong")
    post("alone", "debit", 700, "2026-09-30", category="Things")
    post("alone", "payment", 9_000, "2026-11-11", category="Things")
    post("alone", "invoice", 99, "2024-11-07", category="Long ago")
    found = revenue.look(SYSTEM)
    net = 10000 + 5000 - 1000
    assert found.total_minor == net + 1000 + 700
    assert {one.key.name: one.minor for one in found.payers if one.key} == {NASTY: net + 1000, "Alone": 700}
    assert {one.key: one.minor for one in found.categories} == {"": net, "Fees": 1000, "Things": 700}
    assert [one.minor for one in found.months if one.minor] == [700, 1000, net]
    office = staff(app, "admin")
    office.get("/staff/ageing")
    assert PAGE in office.page.links
    html = office.get(PAGE).text
    words = office.page.words
    for fact in ("November 2026 140.00", "October 2026 10.00", "Together 157.00", f"{NASTY} 150.00", "Fees 10.00"):
        assert fact in words, fact
    assert "No category 140.00" in words
    assert "<b>O'Brien" not in html
    assert f"/staff/customers/{now('acme').public_id}/finance" in office.page.links
    office.get(f"{PAGE}?year=2024")
    assert "Long ago 0.99" in office.page.words
    office.get(f"{PAGE}?year=2019")
    assert "Nothing was charged in this time" in office.page.words


def test_s9_each_sees_the_revenue_of_partners_they_look_after(app: Flask) -> None:
    people.customer("acme")
    people.customer("far", of="Other Net")
    post("far", "invoice", 500, "2026-11-06")
    other = next(public_id for public_id, name in revenue.look(SYSTEM).partners if name == "Other Net")
    every = staff(app, "super")
    every.get(f"{PAGE}?partner={other}")
    assert "Together 5.00" in every.page.words
    bound = staff(app, "admin", of="Harbour Net")
    assert bound.get(PAGE).status_code == 200
    assert "Other Net" not in bound.page.words
    assert bound.get(f"{PAGE}?partner={other}").status_code == 404
    assert staff(app, "desk").get(PAGE).status_code in (403, 404)
