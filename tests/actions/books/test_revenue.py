"""What a partner charges, on both engines (O10)."""

from __future__ import annotations

from flask import Flask

from portal.actions.books import posting, revenue
from portal.rules.deciding import SYSTEM
from tests import people
from tests.invoices import credit, issue
from tests.people import link, post


def test_o10_revenue_adds_up_by_month_main_account_and_category(app: Flask) -> None:
    """Without tax, less what was credited or reversed; what an independent sub-account pays is its main account's."""
    for name in ("acme", "branch", "alone", "franchise"):
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
    people.customer("far", of="Other Net")
    post("far", "invoice", 500, "2026-11-06")
    found, net = revenue.look(SYSTEM), 10000 + 5000 - 1000
    assert found.total_minor == net + 1000 + 700
    assert {one.key.name: one.minor for one in found.payers if one.key} == {"Acme": net + 1000, "Alone": 700}
    assert {one.key: one.minor for one in found.categories} == {"": net, "Fees": 1000, "Things": 700}
    assert [one.minor for one in found.months if one.minor] == [700, 1000, net]
    other = next(public_id for public_id, name in found.partners if name == "Other Net")
    assert revenue.look(SYSTEM, other).total_minor == 500
    assert revenue.look(SYSTEM, year=2024).total_minor == 99
