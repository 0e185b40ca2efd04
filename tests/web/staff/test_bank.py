"""Bank files in the back office."""

from __future__ import annotations

import io
import re

import pytest
from flask import Flask

from portal.actions import jobs
from portal.actions.bank import confirming, uploading
from portal.actions.bank.confirming import Choice, Part
from portal.db.engine import db
from portal.db.invoices import items
from portal.rules.deciding import SYSTEM
from tests import books
from tests.banks import opened, take_in
from tests.outside.bank.writing import camt, details, entry, statement
from tests.pages import PageClient
from tests.people import customer, post
from tests.web.acme import NASTY, browser_of, company
from tests.web.staff.office import audit, staff

INDEX = "/staff/bank"


def data(*rows: tuple[str, str, str]) -> bytes:
    """A file of lines with amount, name and text."""
    total = sum(float(amount) for amount, _, _ in rows)
    found = [
        entry(amount, details(name.replace("<", "&lt;"), text=text), ref=f"R{place}{amount}")
        for place, (amount, name, text) in enumerate(rows)
    ]
    return camt(statement("0.00", f"{total:.2f}", found))


def upload(client: PageClient, content: bytes, **more: str) -> int:
    client.get(INDEX)
    fields = {**client.page.hidden, **more, "file": (io.BytesIO(content), "november.xml")}
    return client.post(INDEX, data=fields, content_type="multipart/form-data").status_code


def page_of(client: PageClient) -> str:
    html = client.get(INDEX).get_data(as_text=True)
    return re.search(r'href="(/staff/bank/[0-9a-f]{20})"', html)[1]  # type: ignore[index]


def open_of(number: str) -> int:
    db.session.rollback()
    return items.named(number)[0].left_minor


@pytest.fixture
def office(app: Flask) -> PageClient:
    """The administrator, with what Acme and Ben owe."""
    company()
    customer("ben", name="Ben Ort")
    post("acme", "invoice", 10000, "2026-11-01", number="INV-000101")
    post("acme", "invoice", 5000, "2026-11-02", number="INV-000102")
    post("ben", "invoice", 5000, "2026-11-03", number="INV-000103")
    return staff(app, "admin")


def test_f16_a_file_is_taken_in_looked_at_and_confirmed(office: PageClient) -> None:
    office.get(INDEX)
    assert "There are no bank files yet" in office.page.words
    assert upload(office, data(("120.00", NASTY[:40], "INV-000101 INV-000102"), ("-3.00", "Bank", "fee"))) == 303
    page = page_of(office)
    office.get(page)
    words = office.page.words
    assert "120.00 EUR from Zoë" in words
    assert "0.00 + 117.00 = 117.00 EUR" in words
    assert "Nothing" not in words.split("Lines")[0]
    line = opened(page.rpartition("/")[2]).lines[0].line.public_id
    office.get(f"{page}?line={line}")
    sent = {"choice": "0", "pays-0-0": "70,00", "pays-0-1": "50.00", "do": "confirm"}
    hidden = dict(office.page.hidden)
    hidden |= {"customer-0": "acme", "invoice-0-0": "INV-000101", "invoice-0-1": "INV-000102"}
    assert office.post(f"{page}/lines/{line}", data={**hidden, **sent}).status_code == 303
    assert (open_of("INV-000101"), open_of("INV-000102")) == (3000, 0)
    office.get(page)
    assert "is posted for acme" in office.page.words
    assert any(action == "bank.confirm" for action, _ in audit())
    office.get(f"{page}?view=all")
    assert "Confirmed" in office.page.words


def test_f16_what_is_sure_is_checked_and_confirmed_together(office: PageClient) -> None:
    rows = ("100.00", "A", "INV-000101"), ("50.00", "B", "INV-000103"), ("9.00", "C", "hello")
    upload(office, data(*rows, ("53.80", "D", "INV-000102")))
    page = page_of(office)
    office.get(page)
    assert "3.80 EUR too much" in office.page.words
    office.get(f"{page}/sure")
    assert "Post 2 payments" in office.page.words
    assert "hello" not in office.page.words
    lines = [one.line.public_id for one in opened(page.rpartition("/")[2]).lines[:2]]
    hidden = dict(office.page.hidden)
    assert office.post(f"{page}/sure", data={**hidden, "line": []}).status_code == 422
    assert "Tick at least one line." in office.page.words
    assert office.post(f"{page}/sure", data={**hidden, "line": lines}).status_code == 303
    assert (open_of("INV-000101"), open_of("INV-000103")) == (0, 0)
    assert office.post(f"{page}/sure", data={**hidden, "line": lines}).status_code == 303  # a double click
    office.get(f"{page}/sure")
    assert "Nothing is sure" in office.page.words


def test_f16_somebody_else_is_named_with_invoices(office: PageClient) -> None:
    upload(office, data(("60.00", "C", "hello")))
    page = page_of(office)
    line = opened(page.rpartition("/")[2]).lines[0].line.public_id
    office.get(page)
    hidden = dict(office.page.hidden)

    def send(**fields: str) -> int:
        return office.post(f"{page}/lines/{line}", data={**hidden, "choice": "other", **fields}).status_code

    assert send() == 422
    assert "Say whose payment it is, or which invoices it pays." in office.page.words
    assert send(invoices="INV-000101=much") == 422
    assert "“much” is not an amount" in office.page.words
    assert send(customer="nobody") == 422
    assert send(invoices="INV-000101=90") == 409
    assert "it has 100.00 EUR open, and the payment has 60.00 EUR left" in office.page.words
    assert office.post(f"{page}/lines/{line}", data={**hidden, "choice": "7"}).status_code == 422
    assert "Choose whose payment it is." in office.page.words
    assert send(invoices="INV-000101=40 INV-000102") == 303
    assert (open_of("INV-000101"), open_of("INV-000102")) == (6000, 3000)
    assert send(customer="acme") in (303, 409, 422)
    assert open_of("INV-000101") == 6000


def test_f16_a_line_is_set_aside(office: PageClient) -> None:
    upload(office, data(("-3.00", "Bank", "fee")))
    page = page_of(office)
    office.get(page)
    assert "This is no credit" in office.page.words
    line = opened(page.rpartition("/")[2]).lines[0].line.public_id
    assert office.post(f"{page}/lines/{line}", data={**office.page.hidden, "do": "ignore"}).status_code == 303
    office.get(page)
    assert "Nothing to look at" in office.page.words
    office.get(f"{page}?view=all&line={line}")
    assert "Ignored" in office.page.words


def test_f16_what_is_wrong_with_a_file_is_told(office: PageClient) -> None:
    office.get(INDEX)
    assert office.post(INDEX, data=dict(office.page.hidden), content_type="multipart/form-data").status_code == 422
    assert "Choose a file." in office.page.words
    assert upload(office, b"<x>") == 422
    assert "cut off or damaged" in office.page.words
    assert upload(office, camt(statement("0.00", "7.00"))) == 409
    assert "The difference is 7.00 EUR" in office.page.words
    assert upload(office, camt(statement("7.00", "7.00"))) == 303
    office.get(page_of(office))
    assert "This file has no lines" in office.page.words
    assert upload(office, camt(statement("7.00", "7.00"))) == 303


def test_two_thousand_lines_have_pages(office: PageClient) -> None:
    rows = [entry("1.00", details(f"Name {n}"), ref=f"N{n}") for n in range(2000)]
    file = take_in(camt(statement("0.00", "2000.00", rows))).file
    office.get(f"{INDEX}/{file}")
    assert "1–50 of 2,000" in office.page.words
    office.get(f"{INDEX}/{file}?page=40")
    assert "1,951–2,000 of 2,000" in office.page.words
    office.get(f"{INDEX}/{file}?page=900")
    assert office.get(f"{INDEX}/{'0' * 20}").status_code == 404


def test_o4_who_may(app: Flask, office: PageClient) -> None:
    file = take_in(data(("5.00", "A", "x"))).file
    line = opened(file).lines[0].line.public_id
    assert staff(app, "desk").get(INDEX).status_code == 403
    assert browser_of(app, "acme").get(INDEX).status_code == 404
    bound = staff(app, "admin", of="Other Net")
    assert bound.get(f"{INDEX}/{file}").status_code == 404
    other = take_in(data(("6.00", "A", "x")), partner="Other Net").file
    bound.get(f"{INDEX}/{other}")
    hidden = dict(bound.page.hidden)
    assert bound.post(f"{INDEX}/{other}/lines/{line}", data={**hidden, "do": "ignore"}).status_code == 404
    assert opened(file).lines[0].line.state == "open"


def test_f16_a_line_is_split_over_several_customers(office: PageClient) -> None:
    assert upload(office, data(("170.00", "Somebody", "together"))) == 303
    file = page_of(office)
    office.get(file)
    (url,) = {link for link in _actions(office) if "/lines/" in link}
    for amounts, code in (("", 422), ("0", 409), ("170", 409), ("100\n80", 409), ("ten", 422)):
        assert office.submit(url, {"do": "split", "amounts": amounts}, at=file).status_code == code, amounts
    answer = office.submit(url, {"do": "split", "amounts": "100.00\n50.00"}, at=file)
    assert answer.status_code == 303
    office.get(answer.location)
    assert "The line is split into 3 parts." in office.page.words
    lines = opened(file.rpartition("/")[2]).lines
    assert [one.line.amount_minor for one in lines] == [10000, 5000, 2000]
    confirming.confirm(SYSTEM, [lines[0].line.public_id], Choice(None, (Part("INV-000101"),)))
    confirming.confirm(SYSTEM, [lines[1].line.public_id], Choice(None, (Part("INV-000103"),)))
    assert (open_of("INV-000101"), open_of("INV-000103"), open_of("INV-000102")) == (0, 0, 5000)
    assert office.post(url, data={**office.page.hidden, "do": "split", "amounts": "1"}).status_code == 404
    office.get(file)
    assert "Lines 3 Confirmed 2 Set aside 0 To look at 1" in office.page.words
    assert upload(office, data(("170.00", "Somebody", "together"))) == 303
    assert len(opened(file.rpartition("/")[2]).lines) == 3
    books.check()


def _actions(client: PageClient) -> set[str]:
    html = client.get(page_of(client)).get_data(as_text=True)
    return set(re.findall(r'action="([^"]+)"', html))


CSV = (
    "Kontoauszug;November\n\n"
    "Buchungstag;Auftraggeber/Empfänger;Verwendungszweck;Betrag\n"
    "20.11.2026;Acme GmbH;INV-000101;1.100,50\n21.11.2026;Stadtwerke;Strom;-12,00\n"
).encode("cp1252")


def test_f16_a_table_with_unknown_columns_is_asked_about_once(office: PageClient) -> None:
    office.get(INDEX)
    fields = {**office.page.hidden, "file": (io.BytesIO(CSV), "auszug.csv")}
    answer = office.post(INDEX, data=fields, content_type="multipart/form-data")
    assert answer.location.startswith("/staff/bank/columns?")
    office.get(answer.location)
    assert "20.11.2026 Acme GmbH INV-000101 1.100,50" in office.page.words
    chosen = {
        "date": "Buchungstag", "amount": "Betrag", "name": "Auftraggeber/Empfänger", "text": "Verwendungszweck",
        "dates": "dd.mm.yyyy", "decimal": ",", "title": "Sparkasse",
    }  # fmt: skip
    html = office.get(answer.location).get_data(as_text=True)
    for field in ("date", "amount", "name", "text"):
        assert re.search(rf'<select[^>]* id="{field}"[^>]*>(?:(?!</select>).)*selected', html, re.DOTALL), field
    send = f"{INDEX}/columns"
    assert not {"name", "date", "amount", "text"} & office.page.hidden.keys(), "what is chosen is sent under these"
    assert office.submit(send, {**chosen, "amount": "", "step": "look"}, at=answer.location).status_code == 422
    assert "Say which column has the amount" in office.page.words
    assert office.submit(send, {**chosen, "step": "look"}, at=answer.location).status_code == 200
    assert "20 Nov 2026 Acme GmbH INV-000101 1,100.50" in office.page.words
    done = office.submit(send, {**chosen, "step": "take"}, at=answer.location)
    assert done.status_code == 303
    assert [one.line.amount_minor for one in opened(page_of(office).rpartition("/")[2]).lines] == [110050, -1200]
    assert upload(office, CSV, mapping="Sparkasse") == 303, "the next one needs no question"
    assert office.get(answer.location).status_code == 404, "it is not kept any longer than needed"


def test_ux11_a_long_file_is_taken_in_by_the_worker(office: PageClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploading, "LONG", 100)
    assert upload(office, data(("100.00", "Acme", "INV-000101"), ("5.00", "Ben", "x"))) == 303
    html = office.get(INDEX).get_data(as_text=True)
    assert "There are no bank files yet" in html
    assert jobs.run_due() == 1
    office.get("/staff/jobs")
    (job,) = [link for link in office.page.links if link.startswith("/staff/jobs/")]
    office.get(job)
    assert "2 lines added." in office.page.words
    (there,) = [link for link in office.page.links if link.startswith("/staff/bank/")]
    assert there == page_of(office)
    assert len(opened(there.rpartition("/")[2]).lines) == 2
