"""`flask invoice` and `flask credit-note`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from tests import people
from tests.books import check
from tests.cli.commands import answer, run

DAY = ("--date", "2026-11-01")


def issue(app: Flask, customer: str, *lines: str, more: tuple[str, ...] = (), code: int = 0) -> Any:
    """Issue an invoice of these lines on the first of November."""
    named = [part for line in lines for part in ("--line", line)]
    return answer(app, "invoice", "issue", customer, *DAY, *named, *more, code=code)


def credit(app: Flask, invoice: str, *how: str, code: int = 0) -> Any:
    return answer(app, "credit-note", "issue", invoice, *how, "--reason", "given back", code=code)


@pytest.fixture
def acme(app: Flask) -> None:
    people.customer("acme")
    people.customer("branch")
    people.link("acme", "branch")


@pytest.mark.usefixtures("acme")
def test_f4_tax_is_computed_by_rate_and_handed_down_to_the_lines(app: Flask) -> None:
    said = issue(app, "acme", *["Seat|1|84.03|19"] * 5)
    assert (said["net"], said["tax"], said["total"]) == ("420.15", "79.83", "499.98")
    assert [line["tax"] for line in said["lines"]] == ["15.97", "15.97", "15.97", "15.96", "15.96"]
    assert said["taxes"] == [{"rate": "19", "net": "420.15", "tax": "79.83"}]
    assert (said["number"], said["payer"], said["issued_for"]) == ("INV-000001", "acme", "acme")
    assert (said["date"], said["due"], said["prices"], said["state"]) == ("2026-11-01", "2026-11-15", "net", "overdue")
    assert (said["open"], said["creditable"], said["refundable"], said["announced"]) == (
        *("499.98", "499.98", "0.00", "0.00"),
    )
    assert said["reference"].startswith("RF")
    assert said["reference"].endswith("INV000001")
    assert said == answer(app, "invoice", "show", "INV-000001") == answer(app, "invoice", "show", said["public_id"])
    assert answer(app, "customer", "show", "acme")["balance"]["house_account"] == "-499.98"
    check()


@pytest.mark.usefixtures("acme")
def test_f4_a_total_of_zero_is_paid_from_the_start(app: Flask) -> None:
    said = issue(app, "acme", "On|1|720.81|19", "a|1|0.01|0", "Off|-1|720.81|19", "b|1|-0.01|0")
    assert (said["net"], said["tax"], said["total"], said["open"], said["state"]) == ("0.00",) * 4 + ("paid",)
    check()


@pytest.mark.usefixtures("acme")
def test_f4_discounts_come_off_the_lines(app: Flask) -> None:
    lines = ("A|1|100.00|10||5", "B|1|50.00|0||5", "C|1|30.00|20||5", "D|1|20.00|20||5")
    said = issue(app, "acme", *lines)
    assert [line["net"] for line in said["lines"]] == ["95.00", "47.50", "28.50", "19.00"]
    assert [line["tax"] for line in said["lines"]] == ["9.50", "0.00", "5.70", "3.80"]
    assert (said["net"], said["tax"], said["total"]) == ("190.00", "19.00", "209.00")
    assert said["lines"][0]["discount"] == "5"


@pytest.mark.usefixtures("acme")
def test_f4_a_total_below_zero_offers_a_credit_note(app: Flask) -> None:
    said = issue(app, "acme", "Off|1|-5.00|0", code=1)
    [reason] = said["refused"]
    assert reason["rule"] == "F4"
    assert "-5.00 EUR" in reason["message"]
    assert "credit note" in reason["remedy"]
    assert answer(app, "customer", "show", "acme")["balance"]["total"] == "0.00"


@pytest.mark.usefixtures("acme")
def test_f3_lines_are_for_the_payer_or_whom_it_pays_for(app: Flask) -> None:
    people.customer("stranger")
    lines = ("Line|1|10.00|20", "Branch line|2|5.00|20|branch")
    said = issue(app, "acme", *lines)
    assert said["issued_for"] == said["payer"] == "acme"
    assert [line["account"] for line in said["lines"]] == ["acme", "branch"]
    assert said["accounts"] == [
        {"account": "acme", "net": "10.00", "tax": "2.00", "gross": "12.00"},
        {"account": "branch", "net": "10.00", "tax": "2.00", "gross": "12.00"},
    ]
    only = issue(app, "branch", "Its own|1|1.00|0")
    assert (only["payer"], only["issued_for"]) == ("acme", "branch")
    refused = issue(app, "acme", "x|1|1.00|0|stranger", "y|1|1.00|0|nobody", code=1)["refused"]
    assert [one["rule"] for one in refused] == ["F3", "F3"]
    assert "stranger" in refused[0]["message"]
    activity = answer(app, "statement", "branch", "--from", "2026-11-01", "--to", "2026-11-30")
    assert activity["charged"] == "13.00"
    check()


@pytest.mark.usefixtures("acme")
def test_prices_can_contain_the_tax(app: Flask) -> None:
    said = issue(app, "acme", "A|1|12.10|21", "B|1|9.99|21", more=("--prices", "gross"))
    assert (said["prices"], said["total"], said["tax"], said["net"]) == ("gross", "22.09", "3.83", "18.26")


@pytest.mark.usefixtures("acme")
def test_f2_numbers_and_external_ids_are_taken_once(app: Flask) -> None:
    more = ("--external-id", "x1", "--number", "2026/7", "--due", "2026-12-24")
    first = issue(app, "acme", "A|1|1.00|0", more=more)
    assert (first["number"], first["external_id"], first["due"]) == ("2026/7", "x1", "2026-12-24")
    assert issue(app, "acme", "A|1|1.00|0", more=more) == first
    assert "nothing was issued" in run(app, "invoice", "issue", "acme", *DAY, "--line", "A|1|1|0", *more).stdout
    other = issue(app, "acme", "A|2|1.00|0", more=more, code=1)["refused"]
    assert other[0]["rule"] == "F2"
    assert "another lines" in other[0]["message"]
    taken = issue(app, "acme", "A|1|1.00|0", more=("--number", "2026/7"), code=1)["refused"]
    assert taken[0]["rule"] == "F2"
    assert "2026/7" in taken[0]["message"]
    assert answer(app, "customer", "show", "acme")["balance"]["total"] == "-1.00"
    # external ids come before numbers
    people.post("acme", "payment", 100, "2026-11-01")
    issue(app, "acme", "B|1|2.00|0", more=("--external-id", "2026/7"))
    assert answer(app, "invoice", "show", "2026/7")["total"] == "2.00"


def test_f2_a_number_that_several_partners_have_needs_a_partner(app: Flask) -> None:
    for name, partner in (("one", "Quay Net"), ("two", "Zebra Net")):
        people.customer(name, of=partner)
        issue(app, name, "A|1|1.00|0")
    said = answer(app, "invoice", "show", "INV-000001", code=1)["refused"]
    assert "Quay Net and Zebra Net" in said[0]["message"]
    shown = answer(app, "invoice", "show", "INV-000001", "--partner", "Zebra Net")
    assert shown["payer"] == "two"
    assert "no partner" in run(app, "invoice", "show", "INV-000001", "--partner", "Nobody", code=1).stderr
    assert "no customer" in run(
        app, "invoice", "issue", "two", *DAY, "--line", "A|1|1|0", "--partner", "Quay Net", code=1
    ).stderr  # fmt: skip


@pytest.mark.usefixtures("acme")
def test_f4_a_draft_has_no_number_and_touches_nothing(app: Flask) -> None:
    draft = issue(app, "acme", "A|2|5.00|20", more=("--draft", "--external-id", "d1"))
    assert (draft["number"], draft["state"], draft["total"], draft["open"]) == (None, "draft", "12.00", "0.00")
    assert draft["reference"] is None
    assert issue(app, "acme", "A|2|5.00|20", more=("--draft", "--external-id", "d1")) == draft
    assert issue(app, "acme", "A|2|5.00|20", more=("--external-id", "d1"), code=1)["refused"][0]["rule"] == "F2"
    assert answer(app, "invoice", "show", "d1") == draft
    assert answer(app, "customer", "show", "acme")["balance"]["total"] == "0.00"
    said = answer(app, "invoice", "confirm", "d1", "--date", "2026-11-20")
    assert (said["number"], said["date"], said["due"]) == ("INV-000001", "2026-11-20", "2026-12-04")
    assert (said["state"], said["public_id"], said["external_id"]) == ("open", draft["public_id"], "d1")
    assert answer(app, "invoice", "confirm", draft["public_id"]) == said
    assert answer(app, "customer", "show", "acme")["balance"]["total"] == "-12.00"
    assert "no draft" in run(app, "invoice", "confirm", "d2", code=1).stderr
    check()


@pytest.mark.usefixtures("acme")
def test_an_invoice_of_one_amount_reads_as_one_line(app: Flask) -> None:
    post = ("--external-id", "t1", "--description", "Broadband", "--tax", "4.16")
    run(app, "post", "invoice", "branch", "23.96", *DAY, *post)
    said = answer(app, "invoice", "show", "t1")
    [line] = said["lines"]
    assert (line["description"], line["quantity"], line["unit_price"]) == ("Broadband", "1", "23.96")
    assert (line["tax_rate"], line["net"], line["tax"], line["gross"]) == ("21", "19.80", "4.16", "23.96")
    assert (said["prices"], said["payer"], said["issued_for"]) == ("gross", "acme", "branch")
    note = credit(app, "t1", "--amount", "10.00")
    assert (note["net"], note["tax"], note["total"]) == ("8.26", "1.74", "10.00")
    assert answer(app, "invoice", "show", "t1")["open"] == "13.96"
    check()


@pytest.mark.usefixtures("acme")
def test_what_cannot_be_read_is_said_by_line(app: Flask) -> None:
    said = issue(app, "acme", "A|1|x|19", "|1|1.00|101", code=1)["invalid"]
    assert set(said) == {"lines-0-unit_price", "lines-1-description", "lines-1-tax_rate"}
    assert said["lines-0-unit_price"][0].startswith("Line 1: ")
    assert "is not a line" in run(app, "invoice", "issue", "acme", *DAY, "--line", "A|1", code=1).stderr
    late = ("--due", "2026-10-01")
    assert issue(app, "acme", "A|1|1|0", more=late, code=1)["invalid"].keys() == {"due"}


@pytest.mark.usefixtures("acme")
def test_a_customers_tax_rate_is_that_of_lines_without_one(app: Flask) -> None:
    run(app, "config", "set", "Harbour Net", "tax_rate=7.7", "prices=gross", "terms=month end")
    said = issue(app, "acme", "A|1|10.77|")
    assert (said["tax"], said["prices"], said["due"]) == ("0.77", "gross", "2026-11-30")


def test_currencies_without_and_with_three_decimals(app: Flask) -> None:
    people.partner("Tokyo Net", currency="JPY")
    people.customer("edo", of="Tokyo Net", currency="JPY")
    people.customer("manama", of="Gulf Net", currency="BHD")
    assert issue(app, "edo", "A|1|105|10")["total"] == "116"
    assert issue(app, "manama", "A|1|1.005|5")["total"] == "1.055"


# Credit notes ---------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("acme")
def test_f6_the_last_credit_note_of_a_line_takes_the_remaining_cents(app: Flask) -> None:
    invoice = issue(app, "acme", *["Seat|1|68.33|20"] * 4)
    assert [line["gross"] for line in invoice["lines"]] == ["82.00", "82.00", "81.99", "81.99"]
    number = invoice["number"]
    notes = [credit(app, number, "--line", line) for line in ("1", "2", "3", "4:16.40", "4:26.80", "4")]
    assert [note["total"] for note in notes] == ["82.00", "82.00", "81.99", "16.40", "26.80", "38.79"]
    assert [note["net"] for note in notes][3:] == ["13.67", "22.33", "32.33"]
    assert notes[-1]["tax"] == "6.46"
    after = answer(app, "invoice", "show", number)
    assert (after["open"], after["creditable"], after["state"], after["credited"]) == (
        *("0.00", "0.00", "credited", "327.98"),
    )
    assert [note["number"] for note in after["credit_notes"]] == [f"CN-00000{n}" for n in range(1, 7)]
    said = credit(app, number, "--whole", code=1)["refused"]
    assert said[0]["rule"] == "F6"
    assert "327.98" in said[0]["message"]
    check()


@pytest.mark.usefixtures("acme")
def test_f6_by_line_amount_or_whole_and_never_above_what_remains(app: Flask) -> None:
    invoice = issue(app, "acme", "A|1|179.00|10", "B|1|149.00|20")
    assert (invoice["total"], invoice["creditable"]) == ("375.70", "375.70")
    note = credit(app, invoice["number"], "--line", "2:117.67")
    assert note["lines"] == [{"line": 2, "net": "98.06", "tax": "19.61", "gross": "117.67"}]
    assert note["taxes"] == [{"rate": "20", "net": "98.06", "tax": "19.61"}]
    assert (note["invoice"], note["refunded"], note["state"], note["date"]) == (
        *(invoice["number"], "0.00", "closed", "2026-11-22"),
    )
    assert answer(app, "credit-note", "show", "CN-000001") == note
    assert "117.67" in run(app, "credit-note", "show", "CN-000001").stdout
    over = credit(app, invoice["number"], "--amount", "258.04", code=1)["refused"]
    assert over[0]["rule"] == "F6"
    assert "258.03" in over[0]["message"]
    assert credit(app, invoice["number"], code=1)["invalid"].keys() == {"what"}
    assert credit(app, invoice["number"], "--whole", "--amount", "1", code=1)["invalid"].keys() == {"what"}
    amount = credit(app, invoice["number"], "--amount", "200.00")
    assert [line["gross"] for line in amount["lines"]] == ["196.90", "3.10"]
    assert credit(app, invoice["number"], "--whole")["total"] == "58.03"
    check()


@pytest.mark.usefixtures("acme")
def test_f6_a_credit_note_for_accounts_lands_where_each_was_charged(app: Flask) -> None:
    invoice = issue(app, "acme", "A|1|10.00|0", "B|1|20.00|0|branch")
    note = credit(app, invoice["number"], "--line", "2")
    assert (note["payer"], note["issued_for"]) == ("acme", "branch")
    period = ("--from", "2026-11-01", "--to", "2026-11-30")
    activity = answer(app, "statement", "branch", *period)
    assert (activity["charged"], activity["credited"]) == ("20.00", "20.00")
    check()


@pytest.mark.usefixtures("acme")
def test_the_same_external_id_credits_once(app: Flask) -> None:
    invoice = issue(app, "acme", "A|1|10.00|0")
    first = credit(app, invoice["number"], "--amount", "4", "--external-id", "c1")
    assert credit(app, invoice["number"], "--amount", "4", "--external-id", "c1") == first
    assert credit(app, invoice["number"], "--amount", "5", "--external-id", "c1", code=1)["refused"][0]["rule"] == "F2"
    assert answer(app, "invoice", "show", invoice["number"])["credited"] == "4.00"


@pytest.mark.usefixtures("acme")
def test_an_imported_credit_note_shows_too(app: Flask) -> None:
    run(app, "post", "credit_note", "acme", "12.10", *DAY, "--tax", "2.10", "--external-id", "old")
    note = answer(app, "credit-note", "show", "old")
    assert (note["invoice"], note["total"], note["state"]) == (None, "12.10", "refund_due")
    assert note["lines"] == [{"line": 1, "net": "10.00", "tax": "2.10", "gross": "12.10"}]
    assert note["taxes"][0]["rate"] == "21"


@pytest.mark.usefixtures("acme")
def test_a_reversed_invoice_is_not_credited(app: Flask) -> None:
    issue(app, "acme", "A|1|10.00|0", more=("--external-id", "x"))
    run(app, "reverse", "x", "--reason", "wrong")
    said = answer(app, "invoice", "show", "x")
    assert (said["open"], said["creditable"], said["state"]) == ("0.00", "0.00", "credited")
    assert credit(app, "x", "--whole", code=1)["refused"][0]["rule"] == "F6"


@pytest.mark.usefixtures("acme")
def test_f12_the_pdf_of_an_invoice_and_of_a_draft(app: Flask, tmp_path: Path) -> None:
    number = issue(app, "acme", "A|1|20.00|0")["number"]
    draft = issue(app, "acme", "B|1|1.00|0", more=("--draft",))["public_id"]
    for name in (number, draft):
        run(app, "invoice", "pdf", name, "-o", tmp_path / "one.pdf")
        assert (tmp_path / "one.pdf").read_bytes().startswith(b"%PDF")
    assert "cannot be written" in run(app, "invoice", "pdf", number, "-o", tmp_path / "no" / "x.pdf", code=1).stderr
    assert "no invoice" in run(app, "invoice", "pdf", "INV-9", "-o", tmp_path / "x.pdf", code=1).stderr
