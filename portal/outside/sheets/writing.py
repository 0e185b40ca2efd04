"""A statement as CSV and as an Excel workbook: the same figures as the page and the PDF (S5).

No cell is ever read as a formula (SEC46). In CSV, what begins like one gets an apostrophe in front, also inside a text
behind a character that other programs take for the end of a cell; amounts and dates are written by us and need none.
In a workbook, texts are stored as texts.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import xlsxwriter

from portal.outside.pens import pen_for
from portal.rules.books import EntryKind
from portal.rules.money import exponent, format_minor
from portal.rules.sentences import PLAIN, Pen, Sentence, say, write
from portal.rules.statements.figures import Line, Note, Statement, WaitingItem
from portal.rules.statements.layout import Edge, Kind, LaidOut, credit_laid_out, laid_out
from portal.rules.statements.words import title_of

COLUMNS = (
    "record",
    "date",
    "number",
    "description",
    "account",
    "account_name",
    "category",
    "debit",
    "credit",
    "balance",
    "external_id",
)
"""The header of the CSV form. Its order and names are relied on by other systems."""

BOM = "\ufeff"
_FORMULA_STARTS = re.compile(r"""^(?=[ \u00a0]*[=+\-@\t\r\n＝＋－＠])|(?<=[;\t\r\n])(?=[ \u00a0"]*[=+\-@＝＋－＠])""")
"""Where a formula would begin: a text, or a part of it that is a cell of its own to who reads by semicolon or tab."""
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_LONGEST_CELL = 32_767
_LONGEST_SHEET_NAME = 31
_NO_SHEET_NAME = re.compile(r"[\[\]:*?/\\]")
_MOST_ROWS = 1_048_000
_CHUNK_ROWS = 500


def safe_text(text: str) -> str:
    """`text` as a spreadsheet may open it: no control characters, and an apostrophe wherever a formula would begin."""
    return _FORMULA_STARTS.sub("'", _UNWRITABLE.sub("", text))


# CSV -----------------------------------------------------------------------------------------------------------------


def statement_csv(statement: Statement, *, bom: bool = False, pen: Pen = PLAIN) -> Iterator[str]:
    """The statement as CSV text in chunks, with COLUMNS as its header and CRLF line ends.

    The column `record` says what a row is: opening, line, note, hidden (what the record type leaves out), closing; then
    open for each account, how much of what was charged is not settled by the last day, as a debit; credit_opening,
    credit_line and credit_closing where there is a table on Customer Credit; then future_item, whose amount is not in
    any balance. Account by account, each one's lines are followed by its subtotal, and have no balance. A part of
    somebody's books has no balance either (S13): rows total and open stand in the place of opening and closing, and
    credit_total likewise. closing, subtotal and total have the sums of all lines. Amounts are decimal strings in major
    units; debit and credit are positive. `bom` puts the mark in front that Excel needs to read UTF-8, and `pen` writes
    the notes.
    """
    out = io.StringIO()
    if bom:
        out.write(BOM)
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for number, row in enumerate(_csv_rows(statement, pen), start=1):
        writer.writerow(row)
        if number % _CHUNK_ROWS == 0:
            yield _taken(out)
    yield _taken(out)


def _taken(out: io.StringIO) -> str:
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text


def _csv_rows(statement: Statement, pen: Pen) -> Iterator[Sequence[str]]:
    currency = statement.currency
    for row in laid_out(statement):
        if isinstance(row, Line):
            yield _csv_line("line", row, currency)
        elif isinstance(row, Note):
            yield "note", row.on.isoformat(), "", safe_text(write(row.text, pen)), "", "", "", "", "", "", ""
        elif row.kind is not Kind.HEADING:
            yield _csv_edge(row.kind.value, row, currency)
    if statement.account is None:
        for one in statement.accounts:
            opened = Edge(Kind.OPEN, statement.last, one.open_minor, account=one.account)
            yield _csv_edge(Kind.OPEN.value, opened, currency)
    for row in credit_laid_out(statement):
        if isinstance(row, Line):
            yield _csv_line("credit_line", row, currency)
        else:
            yield _csv_edge(f"credit_{row.kind.value}", row, currency)
    yield from (_csv_waiting(item, currency) for item in statement.waiting)


def _amount(minor: int | None, currency: str) -> str:
    return "" if minor is None else format_minor(minor, currency)


def _csv_edge(record: str, edge: Edge, currency: str) -> Sequence[str]:
    account = (safe_text(edge.account.reference), safe_text(edge.account.name)) if edge.account else ("", "")
    amounts = (_amount(minor, currency) for minor in (edge.debit_minor, edge.credit_minor, edge.balance_minor))
    return (record, edge.on.isoformat() if edge.on else "", "", "", *account, "", *amounts, "")


def _csv_line(record: str, line: Line, currency: str) -> Sequence[str]:
    return (
        record,
        line.booked_on.isoformat(),
        safe_text(line.number),
        safe_text(line.description),
        safe_text(line.account),
        safe_text(line.account_name),
        safe_text(line.category),
        _amount(line.debit_minor, currency),
        _amount(line.credit_minor, currency),
        _amount(line.balance_minor, currency),
        safe_text(line.external_id or ""),
    )


def _csv_waiting(item: WaitingItem, currency: str) -> Sequence[str]:
    debit, credit = (item.amount_minor, None) if item.amount_minor >= 0 else (None, -item.amount_minor)
    return (
        "future_item",
        item.on.isoformat(),
        safe_text(item.number),
        safe_text(item.description),
        safe_text(item.account.reference),
        safe_text(item.account.name),
        "",
        _amount(debit, currency),
        _amount(credit, currency),
        "",
        safe_text(item.external_id),
    )


# Excel ---------------------------------------------------------------------------------------------------------------


class TooManyLines(Exception):
    """A worksheet cannot hold so many lines."""

    def __init__(self, sentence: Sentence) -> None:
        self.sentence = sentence
        super().__init__(str(sentence))


class _Column(NamedTuple):
    heading: Sentence
    width: float
    kind: str  # date, text or amount


_DATE = _Column(say("Date"), 12, "date")
_LINE_COLUMNS = (
    _DATE,
    _Column(say("Number"), 18, "text"),
    _Column(say("Description"), 46, "text"),
    _Column(say("Account"), 18, "text"),
    _Column(say("Account name"), 28, "text"),
    _Column(say("Category"), 18, "text"),
    _Column(say("Debit"), 16, "amount"),
    _Column(say("Credit"), 16, "amount"),
    _Column(say("Balance"), 16, "amount"),
    _Column(say("External id"), 24, "text"),
)
_ACCOUNT_COLUMNS = (
    _Column(say("Account"), 18, "text"),
    _Column(say("Account name"), 36, "text"),
    _Column(say("Charged"), 16, "amount"),
    _Column(say("Credited"), 16, "amount"),
    _Column(say("Not yet paid"), 16, "amount"),
)
_WAITING_COLUMNS = (*_LINE_COLUMNS[:5], _Column(say("Amount"), 16, "amount"), _LINE_COLUMNS[-1])

_PART_COLUMNS = (*_LINE_COLUMNS[:6], *_ACCOUNT_COLUMNS[2:4], _LINE_COLUMNS[-1])

Cell = date | str | int | None
"""What a cell holds; an int is an amount in minor units."""


def statement_xlsx(statement: Statement, *, pen: Pen | None = None) -> bytes:
    """The statement as an Excel workbook: real dates and numbers, the heading frozen, one sheet per table.

    Sheets: Statement; Customer Credit where there is such a table; By account where there are several; Future items
    where there are any. `pen` writes the words, by default in the language of the letterhead. Equal statements give
    equal bytes. Memory stays small: rows go to a temporary file first.
    Raises TooManyLines beyond what a worksheet can hold.
    """
    if len(statement.lines) + len(statement.notes) > _MOST_ROWS:
        raise TooManyLines(
            say(
                "A worksheet holds {most} lines; the statement has {lines}.",
                most=_MOST_ROWS,
                lines=len(statement.lines),
            )
        )
    with TemporaryDirectory(prefix="statement") as folder:
        path = Path(folder) / "statement.xlsx"
        with _Workbook(path, folder, statement, pen or pen_for(statement.letterhead.locale)) as workbook:
            workbook.write()
        return path.read_bytes()


class _Workbook:
    """Writes one statement's sheets."""

    def __init__(self, path: Path, folder: str, statement: Statement, pen: Pen) -> None:
        options = {
            "constant_memory": True,
            "tmpdir": folder,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
            "nan_inf_to_errors": False,
        }
        self._statement, self._pen = statement, pen
        self._book = xlsxwriter.Workbook(str(path), options)
        self._book.set_properties(
            {
                "title": _cell_text(self._word(title_of(statement)))[:200],
                "author": _cell_text(statement.letterhead.name)[:150],
                "created": datetime(2000, 1, 1),  # noqa: DTZ001 - the writer takes naive instants; fixed for equal bytes
            }
        )
        self._unit = 10 ** exponent(statement.currency)
        places = exponent(statement.currency)
        number = "#,##0" + ("." + "0" * places if places else "")
        self._formats = {
            bold: {
                "date": self._book.add_format({"num_format": "yyyy-mm-dd", "bold": bold, "align": "left"}),
                "amount": self._book.add_format({"num_format": number, "bold": bold}),
                "text": self._book.add_format({"bold": bold}),
            }
            for bold in (False, True)
        }
        self._heading = {
            "bold": True,
            "font_color": "#0b5f5a",
            "bg_color": "#e3f0ee",
            "bottom": 1,
            "bottom_color": "#0b5f5a",
        }

    def __enter__(self) -> _Workbook:
        return self

    def __exit__(self, *_: object) -> None:
        self._book.close()

    def _word(self, sentence: Sentence) -> str:
        return write(sentence, self._pen)

    def write(self) -> None:
        """Write every sheet that the statement has."""
        statement = self._statement
        whole = statement.balance is not None
        columns = _LINE_COLUMNS if whole else _PART_COLUMNS
        name = say("Statement") if whole else say("Activity")
        self._sheet(name, columns, map(self._laid_out, laid_out(statement)))
        if statement.credit is not None:
            self._sheet(say("Customer Credit"), columns, map(self._laid_out, credit_laid_out(statement)))
        if len(statement.accounts) > 1:
            self._sheet(say("By account"), _ACCOUNT_COLUMNS, _totals(statement, self._word(say("Total"))))
        if statement.waiting:
            self._sheet(say("Future items"), _WAITING_COLUMNS, map(_waiting_row, statement.waiting))

    def _laid_out(self, row: LaidOut) -> tuple[bool, Sequence[Cell]]:
        """A row of lines, and whether it is bold. Without a balance the statement has no column for it (S13)."""
        if isinstance(row, Note):
            return False, self._placed((row.on, None, self._word(row.text), None, None, None), (None, None, None), None)
        amounts = (row.debit_minor, row.credit_minor, row.balance_minor)
        if isinstance(row, Edge):
            account = (row.account.reference, row.account.name) if row.account else (None, None)
            return True, self._placed((row.on, None, self._word(row.label), *account, None), amounts, None)
        text = row.description or self._word(EntryKind(row.kind).label)
        named = (row.booked_on, row.number, text, row.account, row.account_name, row.category)
        return False, self._placed(named, amounts, row.external_id)

    def _placed(self, named: Sequence[Cell], amounts: Sequence[Cell], last: Cell) -> Sequence[Cell]:
        return *named, *(amounts if self._statement.balance is not None else amounts[:2]), last

    def _sheet(self, name: Sentence, columns: Sequence[_Column], rows: Iterable[tuple[bool, Sequence[Cell]]]) -> None:
        sheet = self._book.add_worksheet(_NO_SHEET_NAME.sub(" ", self._word(name))[:_LONGEST_SHEET_NAME])
        sheet.freeze_panes(1, 0)
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        sheet.set_footer(self._word(say("&L&A&RPage {page} of {pages}", page="&P", pages="&N")))
        for index, column in enumerate(columns):
            sheet.set_column(index, index, column.width)
        self._head(sheet, columns)
        for number, (bold, row) in enumerate(rows, start=1):
            self._row(sheet, number, columns, row, self._formats[bold])

    def _head(self, sheet: Any, columns: Sequence[_Column]) -> None:
        left = self._book.add_format(self._heading)
        right = self._book.add_format({**self._heading, "align": "right"})
        for index, column in enumerate(columns):
            money = column.kind == "amount"
            text = column.heading
            if money:
                text = say("{heading} ({currency})", heading=text, currency=self._statement.currency)
            sheet.write_string(0, index, self._word(text), right if money else left)

    def _row(
        self, sheet: Any, number: int, columns: Sequence[_Column], row: Sequence[Cell], formats: dict[str, Any]
    ) -> None:
        for index, (column, cell) in enumerate(zip(columns, row, strict=True)):
            if cell is None or cell == "":
                continue
            if isinstance(cell, str):
                sheet.write_string(number, index, _cell_text(cell), formats["text"])
            elif isinstance(cell, date):
                sheet.write_datetime(number, index, cell, formats["date"])
            else:
                sheet.write_number(number, index, cell / self._unit, formats[column.kind])


def _cell_text(text: str) -> str:
    return _UNWRITABLE.sub("", text)[:_LONGEST_CELL]


def _totals(statement: Statement, total: str) -> Iterator[tuple[bool, Sequence[Cell]]]:
    for one in statement.accounts:
        sums = (one.charged_minor, one.credited_minor, one.open_minor)
        yield False, (one.account.reference, one.account.name, *sums)
    yield True, (total, None, statement.charged_minor, statement.credited_minor, statement.open_minor)


def _waiting_row(item: WaitingItem) -> tuple[bool, Sequence[Cell]]:
    account = (item.account.reference, item.account.name)
    return False, (item.on, item.number, item.description, *account, item.amount_minor, item.external_id)
