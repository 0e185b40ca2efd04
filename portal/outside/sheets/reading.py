"""Reading tables from files, row by row with flat memory: as spreadsheets save them, or as JSON Lines.

Values come as stripped texts in the order of the wanted columns; None where the file does not have the column. What
is wrong with a file is reported by line, and reading goes on as long as what follows can still be trusted.
"""

from __future__ import annotations

import csv
import io
import itertools
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO, NoReturn

from portal.outside.sheets import json_lines
from portal.outside.sheets.forms import (
    HEAD,
    LONGEST_FIELD,
    LONGEST_LINE,
    NO_TABLE,
    SEPARATORS,
    Form,
    Unreadable,
    form_of,
    heading,
    is_blank,
    is_hint,
    separator_of,
)
from portal.outside.sheets.json_lines import MISSING, Report, Stop, Values
from portal.rules.sentences import Sentence, say

__all__ = ["LONGEST_LINE", "NO_TABLE", "Report", "TableFile", "Unreadable", "Values", "count_lines"]

SNIFFED = 4096
_JSON_SUFFIXES = frozenset({".jsonl", ".ndjson", ".json"})
_BOM = b"\xef\xbb\xbf"
_WHITE = b" \t\r\n"
_TWICE = say("This column appears twice.")
Parsed = Iterator[tuple[int, list[str]]]


class TableFile:
    """A file, or a stream that can be wound back, with rows of some columns. It can be read several times.

    A table from a spreadsheet is read whatever separates its columns, ends its lines and encodes its letters; empty
    rows and columns are no rows and columns, and headings are found in any letter case. `columns` are the headings it
    may have, `required` those it must have. As banks have it, up to `preamble` rows may stand before them, and columns
    that are none of ours beside them with `others`. With `columns_vary`, each row may have others (JSON Lines).

    `position` and `size` are in bytes. `remark` says how it was read where that was a guess. Raises Unreadable for a
    file that is not there, is a folder, may not be read, or is a workbook. A pipe is first copied to a temporary file.
    """

    def __init__(
        self,
        source: Path | BinaryIO,
        columns: Sequence[str],
        required: Sequence[str],
        *,
        preamble: int = 0,
        others: bool = False,
    ) -> None:
        self.path = source if isinstance(source, Path) else Path()
        self.name = self.path.name
        self.columns = columns
        self.required = required
        self.position = 0
        self._preamble, self._others = preamble, others
        self._file = _opened(source) if isinstance(source, Path) else source
        try:
            self.size = _size(self._file)
            self.columns_vary = self._sniff()
            self._form = form_of(self._file, any_encoding=not self.columns_vary)
        except Unreadable:
            self.close()
            raise
        self.remark = self._form.remark

    def close(self) -> None:
        """Give the file back."""
        self._file.close()

    def rows(self, report: Report) -> Iterator[tuple[int, Values]]:
        """Each row with the number of the line it begins on, the first line being 1."""
        self._file.seek(0)
        self.position = 0
        with suppress(Stop):
            if self.columns_vary:
                lines = self._lines(report)
                yield from json_lines.rows(lines, self.columns, self.required, self._unknown, report)
            else:
                yield from self._csv_rows(report)

    def _sniff(self) -> bool:
        """JSON by the name of the file, or else by its first character."""
        if self.path.suffix.lower() in _JSON_SUFFIXES:
            return True
        if self.path.suffix.lower() == ".csv":
            return False
        return self._file.read(SNIFFED).removeprefix(_BOM).lstrip(_WHITE)[:1] in (b"{", b"[")

    def _lines(self, report: Report) -> Iterator[tuple[int, str]]:
        return self._plain_lines(report) if self._form.plain else self._decoded_lines(report)

    def _plain_lines(self, report: Report) -> Iterator[tuple[int, str]]:
        """The lines as text. One that is no text is reported and read with its bad bytes replaced."""
        read, line = self._file.readline, 0
        while raw := read(LONGEST_LINE + 1):
            line += 1
            if len(raw) > LONGEST_LINE:
                _too_long(report, line)
            self.position += len(raw)
            if line == 1:
                raw = raw.removeprefix(_BOM)
            if b"\0" in raw:
                report(line, "", _NUL)
                raw = raw.replace(b"\0", b" ")
            try:
                yield line, raw.decode()
            except UnicodeDecodeError as error:
                report(line, "", _not_utf8(error.start + 1))
                yield line, raw.decode(errors="replace")

    def _decoded_lines(self, report: Report) -> Iterator[tuple[int, str]]:
        """The same in other encodings, or with other line ends; those cost a little more."""
        form = self._form
        wrapped = io.TextIOWrapper(self._file, form.codec, errors="replace", newline=form.line_end)
        try:
            for line in itertools.count(1):
                text = wrapped.readline(LONGEST_LINE + 1)
                if not text:
                    break
                if len(text) > LONGEST_LINE:
                    _too_long(report, line)
                self.position = min(self._file.tell(), self.size)
                if "\0" in text:
                    report(line, "", _NUL)
                    text = text.replace("\0", " ")
                if "\ufffd" in text:
                    report(line, "", _no_letter(form))
                yield line, text
        finally:
            wrapped.detach()

    # CSV

    def _csv_rows(self, report: Report) -> Iterator[tuple[int, Values]]:
        known = {heading(column): column for column in self.columns}
        separator = separator_of(self._head(), known, self._preamble)
        self._file.seek(0)
        self.position = 0
        rows = _parsed(_Counted(self._lines(report)), separator, report)
        line, names = self._headings(rows, known, report)
        places = [names.index(column) if column in names else len(names) for column in self.columns]
        pick, width = _picker(places), len(names)
        nameless = [place for place, name in enumerate(names) if not name]
        for line, row in rows:
            if len(row) != width:
                row = _fitted(row, width, line, report)
            cells: list[str | None] = [*map(str.strip, row)]
            if not any(cells):
                continue
            if nameless:
                _check_nameless(cells, nameless, line, report)
            cells.append(None)
            yield line, pick(cells)

    def _head(self) -> list[str]:
        """The first lines, which show what separates the columns."""
        taken, size = list[str](), 0
        with suppress(Stop):
            for _, text in self._lines(_unheard):
                taken.append(text)
                size += len(text)
                if size >= HEAD:
                    break
        return taken

    def first_rows(self, most: int) -> list[list[str]]:
        """The first rows that are not empty, as they stand: whatever their headings are. Raises Unreadable."""
        lines = self._head()
        separator = max(SEPARATORS, key=lambda mark: sum(line.count(mark) > 0 for line in lines))
        self._file.seek(0)
        found: list[list[str]] = []
        for _, row in _parsed(_Counted(self._lines(_refused)), separator, _refused):
            if not is_blank(row):
                found.append([cell.strip() for cell in row])
            if len(found) >= most:
                break
        return found

    def _headings(self, rows: Parsed, known: dict[str, str], report: Report) -> tuple[int, list[str]]:
        """The first row that is not empty, or after a preamble the one that has the required headings, as columns."""
        first: tuple[int, list[str]] | None = None
        seen = 0
        for line, row in rows:
            if is_blank(row):
                continue
            names = [known.get(heading(name), name.strip()) for name in row]
            while not names[-1]:
                names.pop()
            first = first or (line, names)
            if self._preamble == 0 or all(name in names for name in self.required):
                first = line, names
                break
            seen += 1
            if seen > self._preamble:
                break
        if first is None:
            columns = ", ".join(self.columns)
            _fatal(report, 1, say("The file is empty. Its first line names the columns: {columns}.", columns=columns))
        self._check_headings(first[0], first[1], report)
        return first

    def _check_headings(self, line: int, names: Sequence[str], report: Report) -> None:
        named = [name for name in names if name]
        problems = [(name, _TWICE) for name in sorted({n for n in named if named.count(n) > 1})]
        if not self._others:
            problems += [(name, self._unknown(name)) for name in dict.fromkeys(named) if name not in self.columns]
        problems += [(name, MISSING) for name in self.required if name not in named]
        for name, sentence in problems:
            report(line, name, sentence)
        if problems:
            raise Stop

    def _unknown(self, name: str) -> Sentence:
        known = ", ".join(self.columns)
        return say("“{name}” is not a column we know. Known are {known}.", name=name[:60], known=known)


def count_lines(stream: BinaryIO) -> int:
    """How many lines a stream has, whatever ends them; none where nothing stands in them.

    Raises Unreadable for what is no text.
    """
    form, lines, last, some = form_of(stream, any_encoding=True), 0, "", False
    wrapped = io.TextIOWrapper(stream, form.codec, errors="replace", newline="")
    try:
        while text := wrapped.read(HEAD):
            if "\0" in text:
                raise Unreadable(NO_TABLE)
            lines += text.count(form.line_end)
            last, some = text[-1], some or not text.isspace()
    finally:
        wrapped.detach()
    stream.seek(0)
    return lines + (last not in ("", form.line_end)) if some else 0


class _Counted:
    """Lines for the CSV reader, which wants texts alone; `line` is the last one it took. A hint line is no row."""

    def __init__(self, lines: Iterator[tuple[int, str]]) -> None:
        self._lines = lines
        self.line = 0

    def __iter__(self) -> Iterator[str]:
        for line, text in self._lines:
            self.line = line
            yield "\n" if line == 1 and is_hint(text) else text


def _parsed(lines: _Counted, separator: str, report: Report) -> Parsed:
    """Records with the line each begins on; a quote that is not closed ends it all."""
    csv.field_size_limit(LONGEST_FIELD)
    reader = csv.reader(iter(lines), delimiter=separator, skipinitialspace=True, strict=True)
    start = 1
    try:
        for row in reader:
            yield start, row
            start = lines.line + 1
    except csv.Error as error:
        _fatal(report, start, _csv_fault(str(error), start, lines.line))


def _fitted(row: list[str], width: int, line: int, report: Report) -> list[str]:
    """A row of another width than the headings; only empty cells may be too many. An empty row where it is wrong."""
    if len(row) > width and is_blank(row[width:]):
        return row[:width]
    if not is_blank(row):
        report(line, "", _uneven(len(row), width))
    return []


def _check_nameless(cells: Sequence[str | None], nameless: Sequence[int], line: int, report: Report) -> None:
    for place in nameless:
        if cell := cells[place]:
            text = say(
                "Column {number} has no name in the header, and “{text}” stands in it.",
                number=place + 1,
                text=cell[:40],
            )
            report(line, "", text)


def _picker(places: Sequence[int]) -> Callable[[Sequence[str | None]], Values]:
    """What takes the cells at these places out of a row."""
    if len(places) == 1:
        return lambda cells: (cells[places[0]],)
    return itemgetter(*places)


_NUL = say("The line holds a NUL character. This may not be a text file in UTF-8.")


def _not_utf8(place: int) -> Sentence:
    return say(
        "The line is not UTF-8: byte {place} of it is not valid. In a spreadsheet, choose “Save as”, then CSV UTF-8.",
        place=place,
    )


def _no_letter(form: Form) -> Sentence:
    return say(
        "The line holds something that is no letter in {encoding}. In a spreadsheet, choose “Save as”, then CSV UTF-8.",
        encoding=form.codec,
    )


def _csv_fault(text: str, start: int, line: int) -> Sentence:
    if "expected after" in text:
        return say("A quotation mark stands where none may be. Double those inside a quoted value.")
    if "unexpected end" in text:
        return say("A quotation mark is opened here and never closed.")
    if "field limit" in text and line > start:
        return say(
            "A value is longer than {most} characters by line {line}; a quotation mark may not be closed.",
            most=LONGEST_FIELD,
            line=line,
        )
    if "field limit" in text:
        return say("A value is longer than {most} characters; a quotation mark may not be closed.", most=LONGEST_FIELD)
    if "new-line" in text:
        return say("A carriage return stands inside a value. Put quotation marks around the value.")
    return say("The line cannot be read as CSV: {text}.", text=text)


def _uneven(count: int, width: int) -> Sentence:
    return say(
        "The line has one column, the header {width}.",
        "The line has {count} columns, the header {width}.",
        count=count,
        width=width,
    )


def _too_long(report: Report, line: int) -> NoReturn:
    _fatal(report, line, say("The line is longer than {most} bytes. This may not be a table.", most=LONGEST_LINE))


def _fatal(report: Report, line: int, sentence: Sentence) -> NoReturn:
    report(line, "", sentence)
    raise Stop


def _refused(_line: int, _column: str, sentence: Sentence) -> None:
    raise Unreadable(sentence)


def _unheard(_line: int, _column: str, _sentence: Sentence) -> None:
    """What is wrong with the first lines is reported when they are read as rows."""


def _opened(path: Path) -> BinaryIO:
    try:
        file = path.open("rb")
    except FileNotFoundError:
        raise Unreadable(say("There is no file {path}.", path=str(path))) from None
    except IsADirectoryError:
        raise Unreadable(say("{path} is a folder, not a file.", path=str(path))) from None
    except PermissionError:
        raise Unreadable(say("{path} may not be read: permission denied.", path=str(path))) from None
    except (OSError, ValueError) as error:
        raise Unreadable(say("{path} cannot be read: {error}.", path=str(path), error=str(error))) from None
    return file if stat.S_ISREG(path.stat().st_mode) else _copied(file)


def _copied(pipe: BinaryIO) -> BinaryIO:
    """What comes from a pipe, in a temporary file that vanishes when it is closed."""
    copy = tempfile.TemporaryFile()  # noqa: SIM115
    with pipe:
        shutil.copyfileobj(pipe, copy)
    copy.seek(0)
    return copy


def _size(file: BinaryIO) -> int:
    size = file.seek(0, 2)
    file.seek(0)
    return size
