"""Invoices in the portal: the list, one of them, its PDF, credit notes (S9, S10, F12)."""

from __future__ import annotations

import re
import subprocess
from datetime import date
from pathlib import Path

import pytest
from flask import Flask

from portal.actions.billing import running
from portal.rules.deciding import SYSTEM
from tests.invoices import credit, issue, pay, read
from tests.pages import PageClient
from tests.people import post
from tests.queries import counted
from tests.web.acme import HTMX, NASTY, at, browser_of, change, company, configure, couple, person


@pytest.fixture
def petra(app: Flask) -> PageClient:
    """Acme's bookkeeper."""
    company()
    configure(iban="CZ6508000000192000145399", account_name="Harbour Net a.s.", bic="GIBACZPX")
    return browser_of(app, "acme")


def words_of(data: bytes, folder: Path) -> str:
    path = folder / "invoice.pdf"
    path.write_bytes(data)
    return " ".join(subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, text=True).stdout.split())


def test_an_empty_list_says_what_will_be_there(petra: PageClient) -> None:
    petra.get("/invoices")
    assert "No invoices yet" in petra.page.words
    assert "Nothing is open." in petra.page.words


def test_the_list_says_what_is_due_and_in_which_state_each_is(petra: PageClient) -> None:
    late = issue("acme", "Broadband|1|100.00|20", on="2026-11-01", number="L-1")
    soon = issue("acme", "Telephony|1|50.00|0|branch", on="2026-11-20", number="S-1")
    paid = issue("acme", "Seat|1|10.00|0", on="2026-11-02", number="P-1")
    payment = post("acme", "payment", 1000, "2026-11-03")
    pay(paid, payment.public_id, 1000, "2026-11-03")
    petra.get("/invoices")
    words = petra.page.words
    assert "120.00 EUR is overdue on 1 invoice." in words
    assert "L-1 Broadband 1 Nov 2026 Overdue 7 days 120.00 120.00" in words
    assert "S-1 Telephony For Riverside branch 20 Nov 2026 Due 4 Dec 2026 50.00 50.00" in words
    assert "P-1 Seat 2 Nov 2026 Paid 10.00 0.00" in words
    assert "Open, all together EUR 170.00" in words
    assert f"/invoices/{late.public_id}" in petra.page.links
    for query, shown in (("state=overdue", {"L-1"}), ("state=paid", {"P-1"}), ("q=telepho", {"S-1"})):
        petra.get(f"/invoices?{query}", headers=HTMX)
        assert {name for name in ("L-1", "S-1", "P-1") if name in petra.page.words} == shown
    petra.get("/invoices?q=nothing")
    assert "No invoice matches" in petra.page.words
    assert soon.public_id


def test_f12_one_open_invoice_says_how_to_pay_on_the_list_and_its_page(petra: PageClient) -> None:
    made = issue("acme", "Broadband|1|20.00|0", on="2026-11-20")
    payment = post("acme", "payment", 766, "2026-11-21")
    pay(made, payment.public_id, 766, "2026-11-21")
    for url in ("/invoices", f"/invoices/{made.public_id}"):
        petra.get(url)
        assert "How to pay EUR 12.34" in petra.page.words
        assert f"IBAN CZ65 0800 0000 1920 0014 5399 BIC GIBACZPX Reference {made.reference}" in petra.page.words
    assert "Total, EUR 20.00 Credited 0.00 Paid 7.66 Open 12.34" in petra.page.words
    assert f"/statements/entries/{payment.public_id}" in petra.page.links


def test_an_invoice_says_what_it_is_for_and_what_became_of_it(petra: PageClient) -> None:
    made = issue("acme", f"{NASTY}|2|10.00|20", "Branch line|1.5|5.00|10|branch|10")
    note = credit(made, amount=500, reason="half given back")
    petra.get(f"/invoices/{made.public_id}")
    words = petra.page.words
    assert petra.page.title.startswith("Invoice INV-000001")
    assert "Overdue 7 days" in words
    assert NASTY in words
    assert "Riverside branch 6.75 Branch line 10 % off 1.5 × 5.00 · tax 10 % 1.5 5.00 10 % 6.75" in words
    assert "10 % 6.75 0.68 7.43" in words
    assert "Together 26.75 4.68 31.43" in words
    assert f"Credit note {note.number} half given back −5.00" in words
    assert f"/credit-notes/{note.public_id}" in petra.page.links
    petra.get(f"/credit-notes/{note.public_id}")
    assert "Credited, EUR 5.00 Paid back 0.00" in petra.page.words
    assert f"/invoices/{made.public_id}" in petra.page.links
    assert "Closed" in petra.page.words


def test_an_invoice_of_one_amount_has_a_page_too(petra: PageClient) -> None:
    made = post("branch", "invoice", 12100, "2026-11-02", description="Broadband", tax_minor=2100)
    petra.get(f"/invoices/{made.public_id}")
    assert "Issued for Riverside branch" in petra.page.words
    assert "Broadband 1 × 121.00 · tax 21 % 1 121.00 21 % 121.00" in petra.page.words


def test_s10_statement_lines_and_entries_lead_to_the_document(petra: PageClient) -> None:
    made = issue("acme", "A|1|10.00|0", on="2026-11-10")
    note = credit(made, amount=100)
    back = post("acme", "credit_note", 100, "2026-11-11")
    petra.get("/statements?from=2026-11-01&to=2026-11-30")
    assert f"/invoices/{made.public_id}" in petra.page.links
    assert f"/credit-notes/{note.public_id}" in petra.page.links
    petra.get(f"/credit-notes/{back.public_id}")
    assert "Refund due" in petra.page.words
    petra.get(f"/statements/entries/{made.public_id}")
    assert f"/invoices/{made.public_id}" in petra.page.links


def test_s10_a_line_leads_to_the_service_that_it_charges_for_who_may_see_it(petra: PageClient) -> None:
    issued = [read(number) for number in running.run(SYSTEM, on=date(2026, 11, 22)).invoices]
    (made,) = [one for one in issued if one.payer.public_id == at("acme").public_id]
    petra.get(f"/invoices/{made.public_id}")
    there = [link for link in petra.page.links if "/services#service-" in link]
    assert there
    assert all(link.startswith(f"/for/{at('branch').public_id}/services#service-") for link in there)
    petra.get(there[0].partition("#")[0])
    assert f'id="{there[0].partition("#")[2]}"' in petra.get(there[0].partition("#")[0]).text
    change("acme", manages_sub_accounts=False)
    petra.get(f"/invoices/{made.public_id}")
    assert not [link for link in petra.page.links if "/services#service-" in link]


def test_home_says_what_is_due_and_leads_to_it(petra: PageClient) -> None:
    made = issue("acme", "A|1|10.00|0", on="2026-11-20")
    petra.get("/")
    assert "10.00 EUR is to be paid by 4 Dec 2026" in petra.page.words
    assert f"/invoices/{made.public_id}" in petra.page.links
    issue("acme", "B|1|5.00|0", on="2026-11-01")
    petra.get("/")
    assert "5.00 EUR is overdue on an invoice" in petra.page.words
    assert "/invoices?state=open" in petra.page.links


def test_the_pdf_is_as_issued_with_what_is_open_now(petra: PageClient, tmp_path: Path) -> None:
    made = issue("acme", "Broadband|1|20.00|0", "Rücknahme|1|0.00|0", on="2026-11-20")
    response = petra.get(f"/invoices/{made.public_id}.pdf")
    assert response.content_type == "application/pdf"
    assert "invoice-inv-000001-2026-11-20.pdf" in response.headers["Content-Disposition"]
    words = words_of(response.data, tmp_path)
    for fact in ("INV-000001", "Billed to", "Acme Ltd", "Rücknahme", "20.00 EUR", made.reference, "4 December 2026"):
        assert fact in words
    credit(made)
    words = words_of(petra.get(f"/invoices/{made.public_id}.pdf").data, tmp_path)
    assert "nothing of it is open" in words
    assert "Please pay" not in words


def test_s9_whose_eyes_it_is_for(app: Flask) -> None:
    company()
    couple()
    person("stranger", called="Sven Stranger")
    acme = issue("acme", "Secret|1|987.65|0|branch")
    for who, code in (("branch", 403), ("stranger", 404), ("franchise", 404)):
        browser = browser_of(app, who)
        for url in (f"/invoices/{acme.public_id}", f"/invoices/{acme.public_id}.pdf"):
            response = browser.get(url)
            assert response.status_code == code
            assert "987" not in response.get_data(as_text=True)
    assert browser_of(app, "branch").get("/invoices").status_code == 403
    both = issue("alex", "For Alex|1|11.11|0", "For Sam|1|22.22|0|sam")
    sam = browser_of(app, "sam")
    sam.get(f"/invoices/{both.public_id}")
    assert "For Sam" in sam.page.words
    assert "It is billed to Alex Moreau" in sam.page.words
    assert not re.search(r"For Alex|11\.11|33\.33", sam.page.words)
    alone = issue("sam", "Only Sam|1|5.00|0")
    sam.get("/invoices")
    assert alone.number in sam.page.words
    assert both.number not in sam.page.words


def test_a_grant_with_finance_shows_the_subjects_invoices(petra: PageClient) -> None:
    made = issue("franchise", "Own|1|1.00|0")
    assert petra.get(f"/for/{at('franchise').public_id}/invoices/{made.public_id}").status_code in (403, 404)


def test_the_list_takes_few_queries(petra: PageClient) -> None:
    for number in range(4):
        issue("acme", f"A{number}|1|1.00|0")
    petra.get("/invoices")
    with counted() as few:
        petra.get("/invoices")
    for number in range(12):
        issue("acme", f"B{number}|1|1.00|0")
    with counted() as many:
        petra.get("/invoices")
    assert len(many) == len(few) <= 10
