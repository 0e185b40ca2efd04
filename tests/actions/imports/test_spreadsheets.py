"""Every import reads what Excel, Numbers and LibreOffice save in five countries; a workbook is refused."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from flask import Flask

from portal.actions.imports import Outcome, import_file
from portal.db.customers import profiles as customers
from portal.rules.deciding import SYSTEM
from portal.rules.errors import Missing
from portal.rules.imports import FileKind
from tests import people
from tests.outside.sheets.spreadsheets import COUNTRIES, Country, files

ROWS = {
    FileKind.CUSTOMERS: (
        ("external_id", "name", "kind", "status", "currency"),
        ("new-1", "{0}", "Business", "ACTIVE", "eur"),
        ("new-2", "{1}", "INDIVIDUAL", "", ""),
    ),
    FileKind.LINKS: (
        ("main", "sub", "billing_mode", "action"),
        ("acme", "a", "AGGREGATED", "Link"),
        ("acme", "b", "Independent", ""),
    ),
    FileKind.SHARED_BALANCES: (("primary", "secondary"), ("ann", "bob"), ("cem", "dan")),
    FileKind.GROUPS: (("group", "customer", "role", "label"), ("fam", "ann", "Owner", ""), ("fam", "bob", "ADMIN", "")),
    FileKind.TRANSACTIONS: (
        ("external_id", "customer", "date", "kind", "amount", "description", "category"),
        ("t1", "acme", "2026-11-01", "Invoice", "12.50", "{0}", "{2}"),
        ("t2", "acme", "2026-11-02", "FUTURE ITEM", "7.00", "{1}", ""),
    ),
    FileKind.SERVICES: (
        ("external_id", "customer", "plan", "price", "period", "prices", "state", "started_on"),
        ("s1", "acme", "{0}", "12.50", "Month", "GROSS", "Active", "2026-11-01"),
        ("s2", "a", "{1}", "7.00", "QUARTER", "Net", "", "2026-11-02"),
    ),
}


@pytest.fixture
def crowd(app: Flask) -> None:
    for name in ("acme", "a", "b"):
        people.customer(name)
    for name in ("ann", "bob", "cem", "dan"):
        people.customer(name, kind="individual", born_on=date(1980, 5, 1))


def brought_in(kind: FileKind, content: bytes, path: Path, *, dry_run: bool = True) -> Outcome:
    path.write_bytes(content)
    return import_file(SYSTEM, kind, path, dry_run=dry_run)


@pytest.mark.usefixtures("crowd")
@pytest.mark.parametrize("country", COUNTRIES, ids=[country.name for country in COUNTRIES])
def test_every_import_reads_what_spreadsheets_save(country: Country, tmp_path: Path) -> None:
    for kind, rows in ROWS.items():
        filled = [[cell.format(*country.people) for cell in row] for row in rows]
        for form, content in files(country, filled):
            outcome = brought_in(kind, content, tmp_path / "file.csv")
            assert [str(error.sentence) for error in outcome.errors] == [], (kind, form)
            assert (outcome.rows, outcome.created) == (2, 2), (kind, form)


@pytest.mark.parametrize("country", COUNTRIES, ids=[country.name for country in COUNTRIES])
def test_a_name_is_the_same_from_every_file(app: Flask, country: Country, tmp_path: Path) -> None:
    rows = [["external_id", "name"], *([f"k{place}", name] for place, name in enumerate(country.people))]
    for place, (form, content) in enumerate(files(country, rows)):
        outcome = brought_in(FileKind.CUSTOMERS, content, tmp_path / "file.csv", dry_run=False)
        assert (outcome.created, outcome.skipped) == ((0, 3) if place else (3, 0)), form
    found = customers.by_reference("k0")
    assert found is not None
    assert found.name == country.people[0]


@pytest.mark.usefixtures("crowd")
def test_amounts_and_dates_keep_their_form_and_say_which(tmp_path: Path) -> None:
    text = "external_id;customer;date;kind;amount\nt1;acme;01.11.2026;invoice;12.50\nt2;acme;2026-11-01;invoice;12,50\n"
    outcome = brought_in(FileKind.TRANSACTIONS, text.encode(), tmp_path / "file.csv")
    assert [str(error.sentence) for error in outcome.errors] == [
        "line 2, date: “01.11.2026” is not a date. Write it like 2026-01-31, year first.",
        "line 3, amount: “12,50” is not an amount. Write it like 12.50, without separators or symbols.",
    ]


def test_a_workbook_is_refused_with_what_to_press(app: Flask, tmp_path: Path) -> None:
    for kind in FileKind:
        with pytest.raises(Missing, match="choose “Save as”"):
            brought_in(kind, b"PK\x03\x04" + b"\0" * 60, tmp_path / "file.csv")


def test_an_encoding_that_was_guessed_is_said(app: Flask, tmp_path: Path) -> None:
    text = "external_id;name\nk1;Jürgen Müller\n"
    assert "Windows, Western Europe" in str(
        brought_in(FileKind.CUSTOMERS, text.encode("cp1252"), tmp_path / "file.csv").remark
    )
    assert not brought_in(FileKind.CUSTOMERS, text.encode(), tmp_path / "file.csv").remark


def test_letters_that_no_font_has_are_named(app: Flask, tmp_path: Path) -> None:
    text = "external_id,name\nk1,Zoë Łukasz 株式会社 राम\nk2,𓀀 𓀁\n"
    remark = str(brought_in(FileKind.CUSTOMERS, text.encode(), tmp_path / "file.csv").remark)
    assert remark.startswith("Statements as PDF will show ▯ for letters that no font here has: 𓀀 𓀁.")
