"""Letting a payment settle what is owed, from its page (F7)."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from portal.actions.books import opened
from portal.rules.deciding import SYSTEM
from tests import people
from tests.pages import PageClient
from tests.web.staff.office import path, staff


@pytest.fixture
def office(app: Flask) -> PageClient:
    people.customer("acme")
    people.post("acme", "invoice", 10_000, "2026-11-01")
    people.post("acme", "invoice", 5_000, "2026-11-02")
    return staff(app, "admin")


def opens() -> dict[str, int]:
    found = opened.open_items(SYSTEM, "acme")
    return {one.number: one.open_minor for one in (*found.open, *found.unallocated)}


def test_f7_a_payment_settles_what_was_shown(office: PageClient) -> None:
    paid = people.post("acme", "payment", 12_000, "2026-11-05")
    assert "Allocate" in office.get(path("acme", f"/finance/entries/{paid.public_id}")).text
    at = path("acme", f"/finance/entries/{paid.public_id}/allocate")
    office.get(at)
    assert "INV-000001 22 Nov 2026 100.00 0.00 INV-000002 22 Nov 2026 20.00 30.00" in office.page.words
    second = opened.open_items(SYSTEM, "acme").open[1].public_id
    html = office.get(f"{at}?invoice={second}&amount=30").text
    assert "INV-000002 22 Nov 2026 30.00 20.00" in office.page.words
    assert opens()["PAY-000001"] == 12_000
    mark = re.search(r'name="mark" value="([0-9a-f]+)"', html)
    assert mark is not None
    assert office.submit(at, {"invoice": second, "amount": "40", "mark": mark[1]}).status_code == 409
    assert office.submit(at, {"invoice": second, "amount": "30", "mark": mark[1]}).status_code == 303
    assert opens() == {"INV-000001": 10_000, "INV-000002": 2_000, "PAY-000001": 9_000}


def test_f7_more_than_there_is_is_refused_with_both_figures(office: PageClient) -> None:
    paid = people.post("acme", "payment", 1_000, "2026-11-05")
    bill = opened.open_items(SYSTEM, "acme").open[0].public_id
    at = path("acme", f"/finance/entries/{paid.public_id}/allocate")
    assert office.get(f"{at}?invoice={bill}&amount=10.01").status_code == 409
    assert "PAY-000001 has €10.00 left" in office.page.words or "10.00 EUR left" in office.page.words
    assert office.submit(at, {"invoice": bill, "amount": "10.01"}).status_code == 409
    assert office.get(f"{at}?amount=ten").status_code == 422
    assert opens()["PAY-000001"] == 1_000
