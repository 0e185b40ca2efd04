"""O10: what partners charge, as charts with their numbers beside them."""

from __future__ import annotations

from flask import Flask

from portal.actions.books import revenue
from portal.rules.deciding import SYSTEM
from tests import people
from tests.invoices import issue
from tests.people import link, post
from tests.web.staff.office import now, staff

PAGE = "/staff/revenue"
NASTY = "Zoë <b>O'Brien</b> 株式会社 عربى"


def test_o10_the_page_has_charts_with_their_numbers(app: Flask) -> None:
    people.customer("acme", name=NASTY)
    people.customer("branch")
    link("acme", "branch")
    issue("acme", "Line|1|100.00|20", "Branch line|1|40.00|10|branch", on="2026-11-08")
    post("acme", "invoice", 1210, "2026-10-05", category="Fees", tax_minor=210)
    post("acme", "debit", 700, "2026-09-30", category="Things")
    post("acme", "invoice", 99, "2024-11-07", category="Long ago")
    office = staff(app, "admin")
    office.get("/staff/ageing")
    assert PAGE in office.page.links
    html = office.get(PAGE).text
    words = office.page.words
    for fact in ("November 2026 140.00", "October 2026 10.00", "Together 157.00", f"{NASTY} 157.00", "Fees 10.00"):
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
