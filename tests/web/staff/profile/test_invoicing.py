"""Issuing and crediting invoices in the back office (F2 to F4, F6)."""

from __future__ import annotations

import pytest
from flask import Flask

from portal.actions.statements.view import balance_of
from tests.invoices import credit, issue, read
from tests.pages import PageClient
from tests.people import customer, link
from tests.web.acme import HTMX, NASTY
from tests.web.staff.office import audit, now, path, staff

NEW, LIST = "/finance/invoices/new", "/finance/invoices"
LINE = {
    "line-0-description": "Broadband",
    "line-0-quantity": "2",
    "line-0-unit_price": "1,000.50",
    "line-0-tax_rate": "21",
}
HEAD = {"on": "2026-11-22", "prices": "net", "due-choice": "none"}


@pytest.fixture
def admin(app: Flask) -> PageClient:
    customer("acme", name="Acme Ltd")
    customer("branch", name="Riverside branch")
    customer("stranger", name="Stranger")
    link("acme", "branch")
    return staff(app, "admin")


def test_an_invoice_is_written_looked_at_and_issued_once(admin: PageClient) -> None:
    admin.get(path("acme", NEW))
    assert "Line 1" in admin.page.words
    lines = {**LINE, "line-1-description": NASTY, "line-1-unit_price": "5", "line-1-account": now("branch").public_id}
    answer = admin.submit(path("acme", NEW), {**HEAD, **lines, "step": "check"})
    assert answer.status_code == 200
    words = admin.page.words
    assert "Check before issuing" in words
    assert "Total 2,427.21 EUR" not in words
    assert "Total 2,426.21 EUR" in words
    assert "House Account of Acme Ltd 0.00 → −2,426.21 EUR" in words
    assert NASTY in words
    sent = {**admin.page.hidden, "step": "issue"}
    first = admin.post(path("acme", NEW), data=sent)
    again = admin.post(path("acme", NEW), data=sent)
    assert first.status_code == again.status_code == 303
    assert first.location == again.location
    admin.get(first.location)
    assert "Invoice INV-000001" in admin.page.words
    assert balance_of(now("acme")).house_minor == -242621
    paper = read("INV-000001")
    assert [line.account.reference for line in paper.lines] == ["acme", "branch"]
    admin.get(path("acme", LIST))
    assert "INV-000001" in admin.page.words


def test_lines_are_added_and_removed_with_and_without_htmx(admin: PageClient) -> None:
    admin.get(path("acme", NEW))
    admin.submit(path("acme", NEW), {**HEAD, **LINE, "step": "add"})
    assert "Line 2" in admin.page.words
    assert any(one.get("value") == "1,000.50" for one in admin.page.fields)
    token = admin.page.hidden["csrf_token"]
    answer = admin.post(path("acme", NEW), data={**HEAD, **LINE, "csrf_token": token, "step": "add"}, headers=HTMX)
    assert answer.get_data(as_text=True).lstrip().startswith("<section")
    two = {**LINE, "line-1-description": "Second", "csrf_token": token}
    admin.post(path("acme", NEW), data={**HEAD, **two, "step": "remove-0"})
    assert [one["value"] for one in admin.page.fields if one.get("name") == "line-0-description"] == ["Second"]
    assert "Line 2" not in admin.page.words


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"line-0-description": ""}, "Line 1: Say what this line is for."),
        ({"line-0-unit_price": ""}, "Line 1: A unit price is needed."),
        ({"line-0-unit_price": "1.5.5"}, "Line 1:"),
        ({"line-0-tax_rate": "101"}, "is not a percentage from 0 to 100"),
        ({"line-0-account": "Stranger"}, "pays for no account called"),
        ({"on": ""}, "Enter the day it is issued."),
        ({"due": "2026-10-01", "due-choice": "day"}, "It would be due on"),
    ],
)
def test_what_is_wrong_stands_beside_what_was_typed(admin: PageClient, change: dict[str, str], said: str) -> None:
    admin.get(path("acme", NEW))
    answer = admin.submit(path("acme", NEW), {**HEAD, **LINE, **change, "step": "check"})
    assert answer.status_code == 422
    assert said in admin.page.words
    assert any(one.get("value") == "2" for one in admin.page.fields)
    assert balance_of(now("acme")).house_minor == 0


def test_f4_below_zero_is_refused_with_a_credit_note_offered(admin: PageClient) -> None:
    admin.get(path("acme", NEW))
    answer = admin.submit(path("acme", NEW), {**HEAD, **LINE, "line-0-quantity": "-1", "step": "check"})
    assert answer.status_code == 409
    assert "issue a credit note" in admin.page.words


def test_f10_a_preview_out_of_date_is_shown_again(admin: PageClient) -> None:
    admin.get(path("acme", NEW))
    admin.submit(path("acme", NEW), {**HEAD, **LINE, "step": "check"})
    sent = {**admin.page.hidden, "step": "issue"}
    issue("acme", "Another|1|1.00|0")
    answer = admin.post(path("acme", NEW), data=sent)
    assert answer.status_code == 409
    assert "The figures have changed" in admin.page.words
    assert "House Account of Acme Ltd −1.00 →" in admin.page.words
    answer = admin.post(path("acme", NEW), data={**admin.page.hidden, "step": "issue"})
    assert answer.status_code == 303


def test_a_draft_is_kept_changed_issued_and_never_overwritten(admin: PageClient) -> None:
    admin.get(path("acme", NEW))
    kept = admin.submit(path("acme", NEW), {**HEAD, **LINE, "step": "draft"})
    admin.get(kept.location)
    assert "This is a draft" in admin.page.words
    public_id = kept.location.rsplit("/", 1)[1]
    admin.get(path("acme", LIST))
    assert "Drafts 1 Broadband" in admin.page.words
    draft = path("acme", f"/finance/drafts/{public_id}")
    admin.get(draft)
    assert any(one.get("value") == "1,000.50" for one in admin.page.fields)
    stale = dict(admin.page.hidden)
    changed = {**HEAD, **LINE, "line-0-unit_price": "10", "step": "draft"}
    assert admin.submit(draft, changed).status_code == 303
    answer = admin.post(draft, data={**stale, **changed, "line-0-unit_price": "11", "idempotency_key": "other"})
    assert answer.status_code == 409
    assert read(public_id).lines[0].unit_minor == 1000
    admin.get(draft)
    admin.submit(draft, {**HEAD, **LINE, "step": "check"})
    done = admin.post(draft, data={**admin.page.hidden, "step": "issue"})
    assert done.location.endswith(public_id)
    assert read(public_id).number == "INV-000001"
    assert admin.get(draft).status_code == 404


def test_a_draft_can_be_thrown_away(admin: PageClient) -> None:
    admin.get(path("acme", NEW))
    kept = admin.submit(path("acme", NEW), {**HEAD, **LINE, "step": "draft"})
    draft = path("acme", f"/finance/drafts/{kept.location.rsplit('/', 1)[1]}")
    admin.get(draft)
    assert admin.submit(draft, {**HEAD, **LINE, "step": "drop"}).status_code == 303
    admin.get(path("acme", LIST))
    assert "Drafts" not in admin.page.words


def test_an_invoice_is_credited_by_line_amount_or_whole(admin: PageClient) -> None:
    made = issue("acme", "A|1|10.00|20", "B|1|20.00|20")
    url = path("acme", f"/finance/invoices/{made.public_id}/credit")
    admin.get(url)
    assert "36.00 EUR of 36.00 can still be credited; 36.00 is open." in admin.page.words
    head = {"on": "2026-11-22", "reason": "given back"}
    admin.submit(url, {**head, "way": "lines", "line-2": "1", "amount-2": "6.00", "step": "check"})
    assert "B 6.00 Total, of it tax 6.00 EUR , 1.00" in admin.page.words
    sent = {**admin.page.hidden, "step": "issue"}
    first, again = admin.post(url, data=sent), admin.post(url, data=sent)
    assert first.location == again.location
    admin.get(first.location)
    assert "Credit note CN-000001" in admin.page.words
    admin.get(url)
    admin.submit(url, {**head, "way": "amount", "amount": "30.01", "step": "check"})
    assert "is above what remains of this invoice: 30.00 EUR" in admin.page.words
    admin.submit(url, {**head, "way": "lines", "step": "check"})
    assert "Choose a line." in admin.page.words
    admin.submit(url, {"on": "2026-11-22", "way": "whole", "step": "check"})
    assert "Say why it is credited." in admin.page.words
    admin.submit(url, {**head, "way": "whole", "step": "check"})
    stale = {**admin.page.hidden, "step": "issue"}
    credit(made, amount=100)
    assert admin.post(url, data=stale).status_code == 409
    assert admin.post(url, data={**admin.page.hidden, "step": "issue"}).status_code == 303
    assert read(made.public_id).creditable == 0


def test_who_may_only_look_sees_no_buttons(app: Flask) -> None:
    customer("acme", name="Acme Ltd")
    made = issue("acme", "A|1|10.00|20")
    desk = staff(app, "desk")
    assert desk.get(f"/staff/invoices/{made.public_id}").status_code == 403
    assert desk.get(path("acme", NEW)).status_code == 403


def test_a_statement_line_leads_to_the_invoice_in_the_back_office(admin: PageClient) -> None:
    made = issue("acme", "A|1|10.00|20", on="2026-11-10")
    admin.get(path("acme", "/finance?from=2026-11-01&to=2026-11-30"))
    assert f"/staff/invoices/{made.public_id}" in admin.page.links
    assert admin.get(f"/staff/invoices/{made.public_id}.pdf").content_type == "application/pdf"


def test_sec62_looking_at_an_invoice_leaves_a_trace(app: Flask) -> None:
    customer("acme", name="Acme Ltd")
    made = issue("acme", "A|1|10.00|20")
    note = credit(made, amount=100)
    for who, page in (("admin", f"invoices/{made.public_id}"), ("super", f"credit-notes/{note.public_id}")):
        before = len([deed for deed, _ in audit() if deed == "finance.read"])
        staff(app, who).get(f"/staff/{page}")
        assert len([deed for deed, _ in audit() if deed == "finance.read"]) == before + 1
