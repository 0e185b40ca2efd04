"""Reading tables from files: CSV with a header, or JSON Lines, in UTF-8, row by row with flat memory.

Values come as stripped texts in the order of the wanted columns; None where the file does not have the column. What
is wrong with a file is reported by line, and reading goes on as long as what follows can still be trusted.
"""

from __future__ import annotations

import csv
import json
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from operator import itemgetter
from pathlib import Path
from typing import BinaryIO, NoReturn

from portal.rules.sentences import Sentence, say

LONGEST_LINE = 1_000_000
LONGEST_FIELD = 100_000
SNIFFED = 4096
_JSON_SUFFIXES = frozenset({".jsonl", ".ndjson", ".json"})
_BOM = b"\xef\xbb\xbf"
_WHITE = b" \t\r\n"

Values = Sequence[str | None]
Report = Callable[[int, str, Sentence], None]
"""Takes a line, a column ("" for the line as a whole) and a sentence."""


class Unreadable(Exception):
    """The file cannot be read at all; `sentence` says why."""

    def __init__(self, sentence: Sentence) -> None:
        self.sentence = sentence
        super().__init__(str(sentence))


class _Stop(Exception):
    """Nothing after this line can be trusted; it has been reported."""


class TableFile:
    """A file with rows of some columns. It can be read several times; `position` and `size` are in bytes.

    `columns` are the names it may have, `required` those it must have. With `columns_vary`, each row may have others
    (JSON Lines); all rows of a CSV file have the same. Raises Unreadable for a file that is not there, is a folder, or
    may not be read. A pipe is first copied to a temporary file.
    """

    def __init__(self, path: Path, columns: Sequence[str], required: Sequence[str]) -> None:
        self.path = path
        self.name = path.name
        self.columns = columns
        self.required = required
        self.position = 0
        self._file = _opened(path)
        self.size = _size(self._file)
        self.columns_vary = self._sniff()

    def close(self) -> None:
        """Give the file back."""
        self._file.close()

    def rows(self, report: Report) -> Iterator[tuple[int, Values]]:
        """Each row with the number of the line it begins on, the first line being 1."""
        self._file.seek(0)
        self.position = 0
        with suppress(_Stop):
            yield from self._json_rows(report) if self.columns_vary else self._csv_rows(report)

    def _sniff(self) -> bool:
        """JSON by the name of the file, or else by its first character."""
        if self.path.suffix.lower() in _JSON_SUFFIXES:
            return True
        if self.path.suffix.lower() == ".csv":
            return False
        return self._file.read(SNIFFED).removeprefix(_BOM).lstrip(_WHITE)[:1] in (b"{", b"[")

    def _lines(self, report: Report) -> Iterator[tuple[int, str]]:
        """The lines as text. One that is no text is reported and read with its bad bytes replaced."""
        read, line = self._file.readline, 0
        while raw := read(LONGEST_LINE + 1):
            line += 1
            if len(raw) > LONGEST_LINE:
                _fatal(
                    report,
                    line,
                    say("The line is longer than {most} bytes. This may not be a table.", most=LONGEST_LINE),
                )
            self.position += len(raw)
            if line == 1:
                raw = raw.removeprefix(_BOM)
            if b"\0" in raw:
                report(line, "", say("The line holds a NUL character. This may not be a text file in UTF-8."))
                raw = raw.replace(b"\0", b" ")
            try:
                yield line, raw.decode()
            except UnicodeDecodeError as error:
                report(line, "", say("The line is not UTF-8: byte {place} of it is not valid.", place=error.start + 1))
                yield line, raw.decode(errors="replace")

    # CSV

    def _csv_rows(self, report: Report) -> Iterator[tuple[int, Values]]:
        lines = _Counted(self._lines(report))
        rows = _parsed(lines, report)
        header = next(rows, None)
        if header is None:
            _fatal(
                report,
                1,
                say("The file is empty. Its first line names the columns: {columns}.", columns=", ".join(self.columns)),
            )
        names = [name.strip() for name in header[1]]
        self._check_header(header[0], names, report)
        width = len(names)
        places = [names.index(column) if column in names else width for column in self.columns]
        pick = itemgetter(*places)
        for line, row in rows:
            if len(row) == width:
                yield line, pick([*map(str.strip, row), None])
            elif row:
                report(line, "", _uneven(len(row), width))

    def _check_header(self, line: int, names: Sequence[str], report: Report) -> None:
        if len(names) == 1 and any(mark in names[0] for mark in ";\t|"):
            _fatal(report, line, say("Columns are separated by commas, and this file uses another character."))
        problems = [(name, _TWICE) for name in sorted({n for n in names if names.count(n) > 1})]
        problems += [(name, self._unknown(name)) for name in dict.fromkeys(names) if name not in self.columns]
        problems += [(name, _MISSING) for name in self.required if name not in names]
        for name, sentence in problems:
            report(line, name, sentence)
        if problems:
            raise _Stop

    def _unknown(self, name: str) -> Sentence:
        known = ", ".join(self.columns)
        if not name:
            return say("A column has no name. Known are {known}.", known=known)
        return say("“{name}” is not a column we know. Known are {known}.", name=name[:60], known=known)

    # JSON Lines

    def _json_rows(self, report: Report) -> Iterator[tuple[int, Values]]:
        known = frozenset(self.columns)
        some = False
        for line, text in self._lines(report):
            if not text.strip():
                continue
            if not some and text.lstrip().startswith("["):
                fault = say("This is a JSON list. Write one object a line instead, without brackets around.")
                _fatal(report, line, fault)
            some = True
            row = self._json_row(line, text, known, report)
            if row is not None:
                yield line, row
        if not some:
            _fatal(report, 1, say("The file is empty."))

    def _json_row(self, line: int, text: str, known: frozenset[str], report: Report) -> Values | None:
        try:
            pairs = _DECODER.decode(text)
        except (ValueError, RecursionError) as error:
            report(line, "", _json_fault(error))
            return None
        if not isinstance(pairs, _Pairs):
            report(line, "", say("The line is not a JSON object."))
            return None
        values = dict(pairs)
        problems = [(name, self._unknown(name)) for name in values if name not in known]
        if len(values) < len(pairs):
            problems.append(("", say("The line gives one name twice.")))
        problems += [(name, _MISSING) for name in self.required if name not in values]
        problems += [(name, _NO_TEXT) for name, value in values.items() if not _is_text(value)]
        problems += [(name, _UNFIT) for name, value in values.items() if isinstance(value, str) and not _fit(value)]
        for name, sentence in problems:
            report(line, name, sentence)
        if problems:
            return None
        return [_stripped(values[name]) if name in values else None for name in self.columns]


_TWICE = say("This column appears twice.")
_MISSING = say("This column is required and missing.")
_NO_TEXT = say("The value must be a text.")
_UNFIT = say("The value holds a character that cannot be kept (NUL or half of a surrogate pair).")


class _Pairs(list[tuple[str, object]]):
    """The members of a JSON object as they stand in the file."""


def _number_as_written(text: str) -> str:
    return text


_DECODER = json.JSONDecoder(
    object_pairs_hook=_Pairs,
    parse_float=_number_as_written,
    parse_int=_number_as_written,
    parse_constant=_number_as_written,
)
"""Numbers stay as they are written, so that 12.50 is never rounded and 1e5 is seen."""


def _is_text(value: object) -> bool:
    return value is None or isinstance(value, str)


def _fit(value: str) -> bool:
    return "\0" not in value and not any("\ud800" <= character <= "\udfff" for character in value)


def _stripped(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _json_fault(error: Exception) -> Sentence:
    if isinstance(error, json.JSONDecodeError):
        fault, place = f"{error.msg[:1].lower()}{error.msg[1:]}", error.pos + 1
        return say("The line is not a JSON object: {fault} at character {place}.", fault=fault, place=place)
    if isinstance(error, RecursionError):
        return say("The line is not a JSON object: it is nested too deeply.")
    return say("The line is not a JSON object: {fault}.", fault=str(error))


class _Counted:
    """Lines for the CSV reader, which wants texts alone; `line` is the last one it took."""

    def __init__(self, lines: Iterator[tuple[int, str]]) -> None:
        self._lines = lines
        self.line = 0

    def __iter__(self) -> Iterator[str]:
        for line, text in self._lines:
            self.line = line
            yield text


def _parsed(lines: _Counted, report: Report) -> Iterator[tuple[int, list[str]]]:
    """Records with the line each begins on; a quote that is not closed ends it all."""
    csv.field_size_limit(LONGEST_FIELD)
    reader = csv.reader(iter(lines), strict=True)
    start = 1
    try:
        for row in reader:
            yield start, row
            start = lines.line + 1
    except csv.Error as error:
        _fatal(report, start, _csv_fault(str(error), start, lines.line))


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


def _fatal(report: Report, line: int, sentence: Sentence) -> NoReturn:
    report(line, "", sentence)
    raise _Stop


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
