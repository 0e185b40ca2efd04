"""CSV and workbook of a statement: every figure read back and compared, and no cell that runs as a formula (SEC46)."""

from __future__ import annotations

import csv
import dataclasses
import io
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as some

from portal.outside.sheets.writing import BOM, COLUMNS, safe_text, statement_csv, statement_xlsx
from portal.rules.money import exponent, format_minor
from portal.rules.sentences import verbatim
from portal.rules.statements.figures import Note, Party, RecordType, Statement, WaitingItem
from tests.outside.statements import ACME, FIRST, HARBOUR, LAST, RIVERSIDE, full, many, part, statement

FORMULAS = [
    "=1+1",
    "+1",
    "-1+2",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    " =cmd|' /C calc'!A0",
    "＝1",
    '=HYPERLINK("http://127.0.0.1")',
]

SHAPES = [full(), statement([]), many(1), many(1_201), *(statement(record_type=kind) for kind in RecordType)]


def rows(made: Statement, **options: Any) -> list[dict[str, str]]:
    """The CSV's rows by column name."""
    return list(csv.DictReader(io.StringIO("".join(statement_csv(made, **options)), newline="")))


def minor(text: str, currency: str = "EUR") -> int:
    return int(Decimal(text).scaleb(exponent(currency)))


def on(day: date) -> datetime:
    """A day as a workbook holds it."""
    return datetime.combine(day, datetime.min.time())


def sheets(made: Statement) -> dict[str, list[tuple[Any, ...]]]:
    """The workbook's rows by sheet name, headings included."""
    book = openpyxl.load_workbook(io.BytesIO(statement_xlsx(made)))
    return {sheet.title: [tuple(cell.value for cell in row) for row in sheet.iter_rows()] for sheet in book}


# CSV -----------------------------------------------------------------------------------------------------------------


def test_csv_has_the_promised_header() -> None:
    text = "".join(statement_csv(statement()))
    assert text.startswith(
        "record,date,number,description,account,account_name,category,debit,credit,balance,external_id\r\n"
    )
    assert ",".join(COLUMNS) == text.split("\r\n", 1)[0]
    assert "".join(statement_csv(statement(), bom=True)) == BOM + text


def test_csv_holds_every_record_in_order() -> None:
    made = full()
    found = rows(made)
    assert [row["record"] for row in found] == [
        "opening",
        "line",
        "note",
        *["line"] * 7,
        "note",
        "closing",
        *["open"] * len(made.accounts),
        "credit_opening",
        "credit_line",
        "credit_line",
        "credit_closing",
        "future_item",
    ]
    assert found[-1]["debit"] == "49.90"
    assert found[-1]["balance"] == ""
    assert found[2]["description"] == "Harbour branch was linked."


@pytest.mark.parametrize("made", SHAPES)
def test_csv_figures_are_those_of_the_statement_and_add_up(made: Statement) -> None:
    found = rows(made)
    lines = [row for row in found if row["record"] == "line"]
    assert len(lines) == len(made.lines)
    for row, line in zip(lines, made.lines, strict=True):
        assert (row["date"], row["number"]) == (line.booked_on.isoformat(), line.number)
        assert (row["account"], row["account_name"], row["category"]) == (
            line.account,
            line.account_name,
            line.category,
        )
        assert row["external_id"] == (line.external_id or "")
        assert minor(row["credit"] or "0") - minor(row["debit"] or "0") == line.amount_minor
        assert (row["debit"] == "") != (row["credit"] == "")
        assert minor(row["balance"]) == line.balance_minor
    by_record = {row["record"]: row for row in found}
    counted = [row for row in found if row["record"] in ("line", "hidden")]
    moved = sum(minor(row["credit"] or "0") - minor(row["debit"] or "0") for row in counted)
    assert (
        minor(by_record["opening"]["balance"]) + moved == minor(by_record["closing"]["balance"]) == made.closing_minor
    )
    assert ("hidden" in by_record) == made.hides


@pytest.mark.parametrize("currency", ["EUR", "JPY", "BHD", "CLF"])
def test_csv_amounts_are_plain_decimal_strings(currency: str) -> None:
    found = rows(statement(currency=currency))
    assert found[0]["balance"] == format_minor(-120_450, currency)
    assert found[1]["debit"] == format_minor(4_990, currency)


@pytest.mark.parametrize("formula", FORMULAS)
def test_csv_texts_that_begin_a_formula_are_defused_and_amounts_are_not(formula: str) -> None:
    party = dataclasses.replace(ACME, reference=formula, name=formula)
    moves = [(3, formula, formula, party, formula, "invoice", -100)]
    made = statement(moves, accounts=[party], notes=[Note(FIRST, verbatim(formula))])
    made = dataclasses.replace(
        made,
        lines=[line._replace(external_id=formula) for line in made.lines],
        waiting=[WaitingItem(LAST, formula, formula, party, -100, formula)],
    )
    found = rows(made)
    for row in found:
        for name in ("number", "description", "account", "account_name", "category", "external_id"):
            assert row[name] == "" or row[name] == safe_text(formula)
            assert not row[name].startswith(tuple("=+-@\t\r ＝"))
        assert not row["balance"].startswith("'")
    assert found[0]["balance"] == "-1204.50"
    assert found[-1]["credit"] == "1.00"


def test_csv_keeps_quotes_commas_line_breaks_and_scripts() -> None:
    odd = 'He said "no, thanks";\nŁukasz Ελένη عربى 株式会社 😀'
    found = rows(statement([(3, "INV-1", odd + "\x00\ud800", RIVERSIDE, "", "invoice", -100)]))
    assert found[1]["description"] == odd


CELLS = some.lists(
    some.text(some.sampled_from([*"ab=+-@,;\t\r\n \"'|", "\u00a0", "＝"]), max_size=8), min_size=1, max_size=4
)


@given(CELLS, some.sampled_from(",;\t"))
def test_sec46_no_formula_begins_whatever_ends_a_cell(texts: list[str], separator: str) -> None:
    out = io.StringIO()
    csv.writer(out).writerow(map(safe_text, texts))
    for row in csv.reader(io.StringIO(out.getvalue(), newline=""), delimiter=separator):
        for cell in row:
            assert not cell.lstrip(" \u00a0").startswith(tuple("=+-@＝＋－＠")), (row, out.getvalue())


@given(some.text())
def test_no_text_begins_a_formula_or_breaks_a_cell(text: str) -> None:
    safe = safe_text(text)
    assert not safe.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    safe.encode()
    assert "\x00" not in safe


# Excel ---------------------------------------------------------------------------------------------------------------


def test_workbook_has_a_sheet_per_table() -> None:
    assert list(sheets(full())) == ["Statement", "Customer Credit", "By account", "Future items"]
    assert list(sheets(statement([], accounts=[ACME]))) == ["Statement"]
    assert list(sheets(part(RIVERSIDE))) == ["Activity", "Customer Credit", "Future items"]


@pytest.mark.parametrize("made", SHAPES)
def test_workbook_figures_are_those_of_the_statement(made: Statement) -> None:
    found = sheets(made)
    head, opening, *middle, closing = found["Statement"]
    assert head[:6] == ("Date", "Number", "Description", "Account", "Account name", "Category")
    assert head[6:] == ("Debit (EUR)", "Credit (EUR)", "Balance (EUR)", "External id")
    assert (opening[0], opening[2], opening[8]) == (on(FIRST), "Opening balance", (made.opening_minor or 0) / 100)
    assert (closing[0], closing[2], closing[8]) == (on(LAST), "Closing balance", (made.closing_minor or 0) / 100)
    lines = [row for row in middle if row[1] is not None]
    assert len(lines) == len(made.lines)
    for row, line in zip(lines, made.lines, strict=True):
        assert row[0].date() == line.booked_on
        assert row[1:6] == (line.number, line.description, line.account, line.account_name, line.category or None)
        assert round(100 * ((row[7] or 0) - (row[6] or 0))) == line.amount_minor
        assert round(100 * row[8]) == line.balance_minor
    if made.hides:
        assert middle[-1][2] == "Not shown here"
        assert middle[-1][6:8] == (made.hidden_debit_minor / 100, made.hidden_credit_minor / 100)
    if len(made.accounts) > 1:
        *accounts, total = found["By account"][1:]
        assert found["By account"][0] == (
            "Account",
            "Account name",
            "Charged (EUR)",
            "Credited (EUR)",
            "Not yet paid (EUR)",
        )
        assert [(round(100 * row[2]), round(100 * row[3])) for row in accounts] == [
            (one.charged_minor, one.credited_minor) for one in made.accounts
        ]
        assert (round(100 * total[2]), round(100 * total[3])) == (made.charged_minor, made.credited_minor)


@pytest.mark.parametrize("account", [ACME, RIVERSIDE, HARBOUR])
def test_s13_a_part_has_totals_and_no_balance(account: Party) -> None:
    made = part(account)
    found = rows(made)
    assert {row["balance"] for row in found} == {""}
    records = {"line", "note", "total", "open", "credit_line", "credit_total", "future_item"}
    assert {row["record"] for row in found} <= records
    (total,) = (row for row in found if row["record"] == "total")
    assert (minor(total["debit"]), minor(total["credit"])) == (made.charged_minor, made.credited_minor)
    spent = [row for row in found if row["record"] == "credit_total"]
    assert len(spent) == (made.credit is not None)
    book = sheets(made)
    assert next(iter(book)) == "Activity"
    for name in ("Activity", *(["Customer Credit"] if made.credit else [])):
        head, *lines = book[name]
        assert head[6:] == ("Charged (EUR)", "Credited (EUR)", "External id")
        assert "Total" in [row[2] for row in lines if row[1] is None][-2:]
    assert book["Activity"][-2][6:8] == (made.charged_minor / 100, made.credited_minor / 100)
    assert book["Activity"][-1][2:7:4] == ("Of it not yet paid", made.open_minor / 100)
    assert not [text for sheet in book.values() for row in sheet for text in row if "alance" in str(text)]


@pytest.mark.parametrize("shown", RecordType)
def test_s4_files_follow_the_grouping(shown: RecordType) -> None:
    made = full(record_type=shown, grouped=True)
    found = rows(made)
    subtotals = [row for row in found if row["record"] == "subtotal"]
    assert [(row["account"], minor(row["debit"]), minor(row["credit"])) for row in subtotals] == [
        (one.account.reference, one.charged_minor, one.credited_minor) for one in made.accounts
    ]
    assert {row["balance"] for row in found if row["record"] in ("line", "hidden", "subtotal")} == {""}
    accounts = [row["account"] for row in found if row["record"] == "line"]
    assert accounts == sorted(accounts, key=[one.account.reference for one in made.accounts].index)
    closing = next(row for row in found if row["record"] == "closing")
    assert [minor(closing[name]) for name in ("debit", "credit", "balance")] == [
        made.charged_minor,
        made.credited_minor,
        made.closing_minor,
    ]
    texts = [row[2] for row in sheets(made)["Statement"][1:] if row[1] is None]
    names = [one.account.name for one in made.accounts]
    assert [text for text in texts if text in names] == names
    assert [text for text in texts if text.startswith("Total of")] == [f"Total of {name}" for name in names]


def test_workbook_shows_customer_credit_and_future_items_apart() -> None:
    found = sheets(full())
    assert [row[8] for row in found["Customer Credit"][1:]] == [0, 50, 37.5, 37.5]
    assert found["Future items"][1] == (
        on(date(2026, 11, 1)),
        "FI-000001",
        "Broadband, November",
        "demo-branch",
        "Riverside branch",
        49.9,
        "f1",
    )


def test_s5_a_line_without_a_description_says_what_it_is_as_on_the_page() -> None:
    made = statement([(3, "TRX-7", "", RIVERSIDE, "", "debit", -100)])
    assert sheets(made)["Statement"][2][1:3] == ("TRX-7", "Debit")


def test_workbook_never_holds_a_formula() -> None:
    moves = [(3, text, text, RIVERSIDE, text, "invoice", -100) for text in FORMULAS]
    book = openpyxl.load_workbook(io.BytesIO(statement_xlsx(statement(moves, notes=[Note(FIRST, verbatim("=1+1"))]))))
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds
    texts = [row[2].value for row in book["Statement"].iter_rows(min_row=4)]
    assert [text for text in FORMULAS if text in texts] == [text for text in FORMULAS if "\r" not in text]


@pytest.mark.parametrize(
    ("currency", "pattern", "shown"),
    [("EUR", "#,##0.00", -1204.5), ("JPY", "#,##0", -120450), ("BHD", "#,##0.000", -120.45)],
)
def test_workbook_uses_the_currencys_decimal_places(currency: str, pattern: str, shown: float) -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(statement_xlsx(statement(currency=currency))))["Statement"]
    assert sheet["I2"].value == shown
    assert sheet["I2"].number_format == pattern
    assert sheet["A2"].number_format == "yyyy-mm-dd"
    assert sheet.freeze_panes == "A2"
    assert sheet.column_dimensions["C"].width > 40


def test_workbook_survives_odd_and_endless_texts() -> None:
    odd = "a\x00b\ud800 😀 " + "x" * 40_000
    made = statement([(3, odd, odd, RIVERSIDE, odd, "invoice", -100)])
    found = sheets(dataclasses.replace(made, payer=dataclasses.replace(ACME, name=odd)))
    assert found["Statement"][2][2].startswith("ab 😀 x")


def test_equal_statements_give_equal_workbooks() -> None:
    assert statement_xlsx(full()) == statement_xlsx(full())
