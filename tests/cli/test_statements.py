"""`flask statement`: five forms of the same figures."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest
from flask import Flask
from openpyxl import load_workbook
from pypdf import PdfReader

from portal.actions import imports
from portal.rules.deciding import SYSTEM
from tests import people
from tests.cli.commands import answer, run

YEAR = ("--from", "2026-01-01", "--to", "2026-12-31")


@pytest.fixture
def acme(app: Flask) -> None:
    people.customer("acme", name="Acme Ltd")
    people.customer("branch", name="Żabka 株式会社")
    people.link("acme", "branch")
    people.post("acme", "invoice", 1000, "2025-12-31")
    people.post("branch", "invoice", 1250, "2026-01-02", description="Broadband", category="Internet", external_id="t1")
    people.post("acme", "payment", 500, "2026-01-03")
    people.post("acme", "debit", 100, "2026-01-04")
    people.post("acme", "payment", 300, "2026-02-01", ledger="credit")
    future = {"external_id": "f1", "customer": "branch", "date": "2026-12-01", "kind": "future_item", "amount": "3.50"}
    imports.post_one(SYSTEM, {**future, "description": "Setup"})


@pytest.mark.usefixtures("acme")
def test_json_has_every_key(app: Flask) -> None:
    said = answer(app, "statement", "acme", "--from", "2026-01-01", "--to", "2026-01-31", "--type", "documents")
    assert said == {
        "payer": "acme",
        "account": None,
        "from": "2026-01-01",
        "to": "2026-01-31",
        "currency": "EUR",
        "type": "documents",
        "opening": "-10.00",
        "lines": [
            {
                "date": "2026-01-02",
                "number": "INV-000002",
                "description": "Broadband",
                "account": "branch",
                "category": "Internet",
                "debit": "12.50",
                "credit": None,
                "balance": "-22.50",
                "external_id": "t1",
                "kind": "invoice",
            },
            {
                "date": "2026-01-03",
                "number": "PAY-000001",
                "description": "",
                "account": "acme",
                "category": "",
                "debit": None,
                "credit": "5.00",
                "balance": "-17.50",
                "external_id": None,
                "kind": "payment",
            },
        ],
        "hidden": {"debit": "1.00", "credit": "0.00"},
        "closing": "-18.50",
        "notes": [],
        "future_items": [
            {
                "date": "2026-12-01",
                "number": "FUT-000001",
                "description": "Setup",
                "account": "branch",
                "amount": "3.50",
                "external_id": "f1",
            }
        ],
        "customer_credit": None,
        "accounts": [
            {"account": "acme", "charged": "1.00", "credited": "5.00", "open": "1.00"},
            {"account": "branch", "charged": "12.50", "credited": "0.00", "open": "12.50"},
        ],
        "charged": "13.50",
        "credited": "5.00",
        "open": "13.50",
    }


@pytest.mark.usefixtures("acme")
def test_json_of_customer_credit_notes_and_one_account(app: Flask) -> None:
    said = answer(app, "statement", "acme", *YEAR)
    assert said["customer_credit"]["opening"] == "0.00"
    assert said["customer_credit"]["closing"] == "3.00"
    assert [line["credit"] for line in said["customer_credit"]["lines"]] == ["3.00"]
    assert [note["date"] for note in said["notes"]] == ["2026-11-22"]
    one = answer(app, "statement", "acme", *YEAR, "--account", "branch")
    other = answer(app, "statement", "branch", *YEAR)
    assert one == other
    assert answer(app, "statement", "branch", *YEAR, "--payer", "acme") == one


@pytest.mark.usefixtures("acme")
@pytest.mark.parametrize("account", ["acme", "branch"])
def test_s13_json_of_a_part_has_no_balance(app: Flask, account: str) -> None:
    people.post(account, "payment", 100, "2026-03-01", ledger="credit")
    part = answer(app, "statement", "acme", *YEAR, "--account", account)
    charged, credited = {"acme": ("1.00", "5.00"), "branch": ("12.50", "0.00")}[account]
    assert (part["payer"], part["account"], part["opening"], part["closing"]) == ("acme", account, None, None)
    assert {line["balance"] for line in part["lines"]} == {None}
    assert (part["charged"], part["credited"], part["open"]) == (charged, credited, charged)
    assert part["accounts"] == [{"account": account, "charged": charged, "credited": credited, "open": charged}]
    credit = part["customer_credit"]
    assert (credit["opening"], credit["closing"], credit["lines"][-1]["balance"]) == (None, None, None)


@pytest.mark.usefixtures("acme")
def test_s13_the_table_and_csv_of_a_part_end_with_a_total(app: Flask) -> None:
    lines = run(app, "statement", "branch", *YEAR).stdout.splitlines()
    assert lines[0] == "Activity of Acme Ltd (acme), Żabka 株式会社"
    head = next(line for line in lines if line.startswith("Date"))
    assert head.split() == ["Date", "Number", "Description", "Account", "Charged", "Credited"]
    assert [line.split() for line in lines if "Total" in line] == [["Total", "12.50", "0.00"]]
    assert not [line for line in lines if "alance" in line.replace("not in any balance", "")]
    found = run(app, "statement", "branch", *YEAR, "--format", "csv").stdout
    rows = list(csv.DictReader(io.StringIO(found.removeprefix("\ufeff"))))
    assert [row["record"] for row in rows] == ["line", "note", "total", "open", "future_item"]
    assert (rows[2]["debit"], rows[2]["credit"], rows[2]["balance"]) == ("12.50", "0.00", "")


@pytest.mark.usefixtures("acme")
def test_the_table_is_aligned(app: Flask) -> None:
    lines = run(app, "statement", "acme", *YEAR).stdout.splitlines()
    assert lines[0] == "Statement of Acme Ltd (acme), all accounts"
    head = next(line for line in lines if line.startswith("Date"))
    for line in lines[lines.index(head) : lines.index(head) + 5]:
        assert len(line) <= len(head)
    assert "Customer Credit" in lines
    assert "Future items, not in any balance" in lines
    text = run(app, "statement", "acme", *YEAR, "--type", "documents").stdout
    assert ["Not", "shown", "here", "1.00", "0.00"] in [line.split() for line in text.splitlines()]


@pytest.mark.usefixtures("acme")
def test_csv_xlsx_and_pdf_give_the_same_closing_balance(app: Flask, tmp_path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(run(app, "statement", "acme", *YEAR, "--format", "csv").stdout)))
    assert [row["balance"] for row in rows if row["record"] == "closing"] == ["-18.50"]
    for form in ("xlsx", "pdf"):
        run(app, "statement", "acme", *YEAR, "--format", form, "-o", tmp_path / f"s.{form}")
    cells = [cell for row in load_workbook(tmp_path / "s.xlsx").active.iter_rows(values_only=True) for cell in row]  # type: ignore[union-attr]
    assert -18.5 in cells
    assert "18.50" in "".join(page.extract_text() for page in PdfReader(tmp_path / "s.pdf").pages)
    straight = run(app, "statement", "acme", *YEAR, "--format", "pdf")
    assert straight.stdout_bytes.startswith(b"%PDF")


@pytest.mark.usefixtures("acme")
def test_a_file_is_written_with_o(app: Flask, tmp_path: Path) -> None:
    assert run(app, "statement", "acme", *YEAR, "--format", "json", "-o", tmp_path / "s.json").stdout == ""
    assert json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))["closing"] == "-18.50"
    result = run(app, "statement", "acme", *YEAR, "-o", tmp_path / "none" / "s.txt", code=1)
    assert "cannot be written" in result.stderr


@pytest.mark.usefixtures("acme")
def test_what_cannot_be_asked_for(app: Flask) -> None:
    people.customer("stranger")
    late = ("--from", "2026-02-01", "--to", "2026-01-01")
    assert "after the last one" in run(app, "statement", "acme", *late, code=1).stderr
    assert "invalid" in answer(app, "statement", "acme", *late, code=1)
    run(app, "statement", "acme", "--from", "2026-02-31", "--to", "2026-03-01", code=2)
    run(app, "statement", "acme", "--from", "2026-02-01", code=2)
    run(app, "statement", "acme", *YEAR, "--type", "some", code=2)
    run(app, "statement", "acme", "--from", "1900-01-01", "--to", "2026-03-01", code=1)
    run(app, "statement", "nobody", *YEAR, code=1)
    run(app, "statement", "acme", *YEAR, "--account", "stranger", code=1)
