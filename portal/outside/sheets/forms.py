"""What form a table in a file has: its encoding, its line ends, its separator, and where its headings stand."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO

from portal.outside.sheets import letters
from portal.rules.sentences import NOTHING, Sentence, say

LONGEST_LINE = 1_000_000
LONGEST_FIELD = 100_000
HEAD = 65_536
"""So many bytes at the beginning show the form."""
CHUNK = 1 << 20
SEPARATORS = ",;\t|"

NO_TABLE = say(
    "This is not a CSV file. In a spreadsheet, choose “Save as” (in Numbers: “Export to”), then CSV UTF-8, "
    "and use that file."
)
_OTHER_FILES = (b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0", b"%PDF", b"\x1f\x8b", b"\x89PNG", b"\xff\xd8\xff")
"""How workbooks (.xlsx, .ods, .numbers, .xls), PDFs, packed files and pictures begin."""
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HINT = re.compile(r"""\ufeff?"?sep=(.)"?[,;\t|]*\s*""", re.IGNORECASE)
_ONE_WORD = re.compile(r"[\s\-_]+")


class Unreadable(Exception):
    """The file cannot be read at all; `sentence` says why."""

    def __init__(self, sentence: Sentence) -> None:
        self.sentence = sentence
        super().__init__(str(sentence))


@dataclass(frozen=True, slots=True)
class Form:
    """How a file is read: its encoding, and the character that ends its lines.

    `remark` says so where the encoding was told by the letters alone.
    """

    codec: str = "utf-8"
    line_end: str = "\n"
    remark: Sentence = NOTHING

    @property
    def plain(self) -> bool:
        """UTF-8 in lines that end with a line feed, as most files are."""
        return self.codec in ("utf-8", "utf-8-sig") and self.line_end == "\n"


def form_of(file: BinaryIO, *, any_encoding: bool) -> Form:
    """The form of a file that can be wound back. Encodings other than Unicode only with `any_encoding`.

    Raises Unreadable for what is no text at all: a workbook, a picture.
    """
    file.seek(0)
    head = file.read(HEAD)
    if head.startswith(_OTHER_FILES) or head.lstrip().startswith((b"<", codecs.BOM_UTF8 + b"<")):
        raise Unreadable(NO_TABLE)
    codec = next((codec for mark, codec in _MARKS if head.startswith(mark)), None) or _unmarked(head)
    remark = NOTHING
    if codec is None:
        found = _by_letters(file) if any_encoding and not _is_utf8(file) else None
        codec = found.codec if found else "utf-8"
        if found:
            remark = say(
                "The file is not in UTF-8, so its letters were read as {encoding}. Check a name with accents; if it is "
                "wrong, save the file as CSV UTF-8.",
                encoding=found.label,
            )
    file.seek(0)
    return Form(codec, _line_end(head.decode(codec, "ignore")), remark)


def _unmarked(head: bytes) -> str | None:
    """UTF-16 without a byte order mark, which shows by its zeros: every second byte of plain letters is one."""
    even, odd, half = head[::2].count(0), head[1::2].count(0), len(head) // 2
    if not even and half and odd >= 0.4 * half:
        return "utf-16-le"
    if not odd and half and even >= 0.4 * half:
        return "utf-16-be"
    return None


def _line_end(head: str) -> str:
    return "\r" if "\r" in head and "\n" not in head else "\n"


def _is_utf8(file: BinaryIO) -> bool:
    """Whether all of the file is UTF-8; a file of plain ASCII takes no time."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while chunk := file.read(CHUNK):
            if not chunk.isascii() or decoder.getstate()[0]:
                decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _by_letters(file: BinaryIO) -> letters.Encoding | None:
    """The encoding of a file that is not UTF-8; None for one that is so but for a few lines, and where nobody knows."""
    right, wrong = 0, list[bytes]()
    taken = 0
    for line in _raw_lines(file):
        if line.isascii():
            continue
        try:
            line.decode()
            right += 1
        except UnicodeDecodeError:
            wrong.append(line)
            taken += len(line)
            if taken >= letters.SAMPLED:
                break
    return letters.guessed(wrong) if right < len(wrong) else None


def _raw_lines(file: BinaryIO) -> Iterator[bytes]:
    file.seek(0)
    while line := file.readline(LONGEST_LINE):
        yield from line.split(b"\r")


# Separator and headings -----------------------------------------------------------------------------------------------


def heading(text: str) -> str:
    """A heading as it is compared: "External ID", "external-id" and "EXTERNAL_ID" are the same one."""
    return _ONE_WORD.sub("_", text.strip().casefold())


def is_hint(line: str) -> bool:
    """Whether a line says which character separates (`sep=;`), as Excel has it."""
    return _HINT.fullmatch(line) is not None


def separator_of(lines: Sequence[str], known: Mapping[str, str], preamble: int) -> str:
    """The separator with which the headings are found; `known` are those as they are compared.

    What a hint line says goes first. Where none shows a heading that we know, the one that gives most cells is taken.
    Up to `preamble` rows may stand before the headings.
    """
    hinted = [match[1] for line in lines[:1] if (match := _HINT.fullmatch(line))]
    rest, marks = lines[len(hinted) :], dict.fromkeys([*hinted, *SEPARATORS])
    counts: dict[str, tuple[int, int]] = {mark: _known_headings(rest, mark, known, preamble) for mark in marks}
    return max(counts, key=counts.__getitem__)


def _known_headings(lines: Sequence[str], mark: str, known: Mapping[str, str], preamble: int) -> tuple[int, int]:
    """How many headings we know a row has, at most, when separated like this; and how often the first is separated."""
    best = looked_at = cells = 0
    with suppress(csv.Error, TypeError, ValueError):
        for row in csv.reader(lines, delimiter=mark):
            if not is_blank(row):
                best, cells = max(best, sum(heading(cell) in known for cell in row)), cells or len(row) - 1
                looked_at += 1
            if looked_at > preamble:
                break
    return best, cells


def is_blank(row: Sequence[str]) -> bool:
    """Whether nothing stands in any cell."""
    return not any(cell.strip() for cell in row)
