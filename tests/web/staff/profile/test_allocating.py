"""Letting a payment settle what is owed, from its page (F7)."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from portal.actions.books import allocating, opened
from portal.actions.invoices import show
from portal.db.invoices import items
from portal.rules.deciding import SYSTEM
from tests import books, people
from tests.invoices import credit, read
from tests.invoicing import spread_invoice
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


def test_f7_f6_what_was_allocated_is_taken_back_paid_back_and_reversed_with_a_last_look(office: PageClient) -> None:
    paid = people.post("acme", "payment", 12_000, "2026-11-05")
    allocating.allocate(SYSTEM, allocating.Wanted(paid.number))
    page = path("acme", f"/finance/entries/{paid.public_id}")
    office.get(page)
    assert "INV-000001 Hall" not in office.page.words
    assert "What it settles" in office.page.words
    bill = items.named("INV-000001")[0].public_id
    office.get(f"/staff/invoices/{bill}")
    there = next(link for link in office.page.links if link.endswith("?from=invoice"))
    assert office.get(there).status_code == 200
    assert "Open of INV-000001 then 100.00 EUR Unallocated of PAY-000001 then 100.00 EUR" in office.page.words
    stale = dict(office.page.hidden)
    done = office.post(there.partition("?")[0], data=stale)
    assert (done.status_code, done.location) == (303, f"/staff/invoices/{bill}")
    assert opens() == {"INV-000001": 10_000, "INV-000002": 3_000, "PAY-000001": 10_000}
    again = office.post(there.partition("?")[0], data={**stale, "idempotency_key": "other"})
    assert again.status_code == 409
    assert "settles nothing of INV-000001" in office.page.words

    refund = f"{page}/refund"
    office.get(refund)
    assert "At most 120.00 EUR" in office.page.words
    sent = {"amount": "110.00", "on": "2026-11-22", "reason": "He asked"}
    assert office.submit(refund, sent).status_code == 200
    assert "Open again of INV-000002 10.00" in office.page.words
    assert "becomes −140.00 EUR" in office.page.words
    shown = dict(office.page.hidden)
    assert office.submit(refund, {**sent, "amount": "120.01"}).status_code == 409
    assert "120.00 EUR was paid and is not paid back" in office.page.words
    assert office.post(refund, data={**shown, "step": "pay"}).status_code == 303
    assert opens() == {"INV-000001": 10_000, "INV-000002": 4_000}
    assert office.post(refund, data={**shown, "idempotency_key": "other", "step": "pay"}).status_code == 409

    office.get(f"{page}/reverse")
    assert "Open again of INV-000002 10.00 EUR" in office.page.words
    books.check()


def test_f6_a_credit_note_is_paid_back_from_its_page(office: PageClient) -> None:
    bill = read("INV-000001")
    paid = people.post("acme", "payment", 10_000, "2026-11-05")
    allocating.allocate(SYSTEM, allocating.Wanted(paid.number))
    note = credit(bill, amount=4_000)
    office.get(f"/staff/credit-notes/{note.public_id}")
    there = next(link for link in office.page.links if link.endswith("/refund"))
    assert office.submit(there, {"amount": "40", "on": "2026-11-22"}).status_code == 200
    assert office.post(there, data={**office.page.hidden, "step": "pay"}).status_code == 303
    assert show.credit_note(SYSTEM, note.public_id).refunded == 4_000
    office.get(f"/staff/credit-notes/{note.public_id}")
    assert not [link for link in office.page.links if link.endswith("/refund")]
    assert office.get(there).status_code == 200
    assert "Nothing is left of it." in office.page.words
    assert office.get(path("acme", f"/finance/entries/{bill.public_id}/refund")).status_code == 404


def test_f7_accounts_of_an_invoice_are_ticked(office: PageClient) -> None:
    for name in ("north", "south"):
        people.link("acme", people.customer(name, name=f"{name} <b>O'Brien</b>").reference)
    bill = spread_invoice("acme", {"north": 1_000, "south": 2_000})
    paid = people.post("acme", "payment", 900, "2026-11-05")
    at = path("acme", f"/finance/entries/{paid.public_id}/allocate")
    office.get(at)
    assert "For which accounts" not in office.page.words
    invoice = items.named(bill.number)[0].public_id
    office.get(f"{at}?invoice={invoice}")
    assert "north <b>O'Brien</b> 10.00 open south <b>O'Brien</b> 20.00 open" in office.page.words
    assert "3.00 for north <b>O'Brien</b> 6.00 for south <b>O'Brien</b>" in office.page.words
    south = office.get(f"{at}?invoice={invoice}").text.partition(">south")[0].rpartition('name="account"')[2]
    chosen = {"invoice": invoice, "accounts_of": invoice, "account": re.findall(r'value="(\w+)"', south)[0]}
    html = office.get(at, query_string=chosen).text
    assert "9.00 for south <b>O'Brien</b>" in office.page.words
    mark = re.search(r'name="mark" value="([0-9a-f]+)"', html)
    assert mark is not None
    assert office.submit(at, {"invoice": invoice, "mark": mark[1]}).status_code == 409, "shown was another split"
    assert office.submit(at, {**chosen, "mark": mark[1]}).status_code == 303
    found = allocating.accounts_of(SYSTEM, bill.number)
    assert [(one.reference, one.open_minor) for one in found] == [("north", 1_000), ("south", 1_100)]
    office.get(at, query_string={**chosen, "amount": "12"})
    assert "The chosen accounts have" in office.page.words
    books.check(logged=False)
