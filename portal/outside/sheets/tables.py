"""Any list as CSV and as an Excel workbook (O9): stable headings, and nothing that is read as a formula (SEC46)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import xlsxwriter

from portal.outside.sheets.writing import BOM, safe_text
from portal.rules.money import Money, exponent, format_minor

CHUNK_ROWS = 500
LONGEST_CELL = 32_767

Cell = str | int | date | datetime | Money | None
"""What stands in a row: text, a whole number, a day, an instant where whoever reads it is, an amount, or nothing."""


class Column(NamedTuple):
    """A column: its heading, which other systems rely on and no language changes, and its width in a workbook."""

    heading: str
    width: int = 18


def table_csv(columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """A list as CSV in UTF-8 with the mark that Excel needs, in chunks. Days are ISO 8601, amounts decimal strings."""
    out = io.StringIO()
    out.write(BOM)
    writer = csv.writer(out)
    writer.writerow([column.heading for column in columns])
    for number, row in enumerate(rows, start=1):
        writer.writerow([_plain(cell) for cell in row])
        if number % CHUNK_ROWS == 0:
            yield _taken(out)
    yield _taken(out)


def _taken(out: io.StringIO) -> bytes:
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text.encode("utf-8")


def _plain(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Money):
        return format_minor(cell.minor, cell.currency)
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="seconds")
    return safe_text(cell) if isinstance(cell, str) else str(cell)


def table_xlsx(name: str, columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> bytes:
    """A list as a workbook with one sheet called `name`: real days and numbers, the heading frozen."""
    with TemporaryDirectory(prefix="table") as folder:
        path = Path(folder) / "table.xlsx"
        options = {
            "constant_memory": True,
            "tmpdir": folder,
            "strings_to_formulas": False,
            "strings_to_numbers": False,
            "strings_to_urls": False,
        }
        book = xlsxwriter.Workbook(str(path), options)
        _fill(book, name, columns, rows)
        book.close()
        return path.read_bytes()


def _fill(book: Any, name: str, columns: Sequence[Column], rows: Iterable[Sequence[Cell]]) -> None:
    sheet = book.add_worksheet(name[:31])
    sheet.freeze_panes(1, 0)
    bold = book.add_format({"bold": True, "bottom": 1})
    day = book.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
    moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss", "align": "left"})
    for place, column in enumerate(columns):
        sheet.set_column(place, place, column.width)
        sheet.write_string(0, place, column.heading, bold)
    for number, row in enumerate(rows, start=1):
        for place, cell in enumerate(row):
            if cell is None or cell == "":
                continue
            if isinstance(cell, Money):
                sheet.write_number(number, place, float(Decimal(cell.minor).scaleb(-exponent(cell.currency))))
            elif isinstance(cell, datetime):
                sheet.write_datetime(number, place, cell.replace(tzinfo=None, microsecond=0), moment)
            elif isinstance(cell, date):
                sheet.write_datetime(number, place, cell, day)
            elif isinstance(cell, int):
                sheet.write_number(number, place, cell)
            else:
                sheet.write_string(number, place, safe_text(cell).removeprefix("'")[:LONGEST_CELL])
