"""Tables as Excel, Numbers and LibreOffice save them in five countries."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import NamedTuple


class Country(NamedTuple):
    """What a spreadsheet takes from the settings of the machine: its list separator and its old encodings."""

    name: str
    separator: str
    windows: str
    macintosh: str
    people: Sequence[str]


COUNTRIES = (
    Country("gb", ",", "cp1252", "mac_roman", ("Siân O’Brien", "Café Noir – Leeds", "Zoë Brontë")),
    Country("de", ";", "cp1252", "mac_roman", ("Jürgen Müller", "Weiß & Söhne, Köln", "Änne Größer")),
    Country("pl", ";", "cp1250", "mac_latin2", ("Łukasz Wiśniewski", "Grażyna Święcicka", "Paweł Dąbrowski")),
    Country("ru", ";", "cp1251", "mac_cyrillic", ("Иван Петров", "Ольга Щукина", "Завод Юг")),
    Country("jp", ",", "cp932", "cp932", ("山田太郎", "株式会社サンプル", "大阪商店")),
)


def files(country: Country, rows: Sequence[Sequence[str]]) -> Iterator[tuple[str, bytes]]:
    """The rows as each kind of file, with the name of the kind. A kind that has no letter for a cell is left out."""
    separator = country.separator
    yield "Excel, CSV UTF-8", b"\xef\xbb\xbf" + _csv(rows, separator, "\r\n").encode()
    yield "Excel, Unicode text", b"\xff\xfe" + _csv(rows, "\t", "\r\n").encode("utf-16-le")
    yield "Excel, CSV", _csv(rows, separator, "\r\n").encode(country.windows)
    yield "Excel, CSV for Macintosh", _csv(rows, separator, "\r").encode(country.macintosh)
    yield (
        "Excel with a hint",
        b"\xef\xbb\xbf" + f"sep={separator}\r\n{_csv(rows, separator, chr(13) + chr(10))}".encode(),
    )
    wide = [[*row, "", ""] for row in rows] + [[""] * (len(rows[0]) + 2)] * 3
    yield "Excel, with cells that were emptied", _csv(wide, separator, "\r\n").encode("utf-8-sig")
    shouted = [[name.upper().replace("_", " ") for name in rows[0]], *rows[1:]]
    yield "Excel, headings as a title", _csv(shouted, separator, "\r\n").encode("utf-8-sig")
    yield "Numbers", _csv(rows, separator, "\n").rstrip("\n").encode()
    yield "Numbers, UTF-16", _csv(rows, separator, "\n").encode("utf-16")
    yield "LibreOffice, every text quoted", _csv(rows, separator, "\n", csv.QUOTE_ALL).encode()
    yield "LibreOffice, pipes", _csv(rows, "|", "\n").encode()
    yield "LibreOffice, system encoding", _csv(rows, ";", "\n", csv.QUOTE_ALL).encode(country.windows)


def _csv(rows: Sequence[Sequence[str]], separator: str, end: str, quoting: int = csv.QUOTE_MINIMAL) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator=end, quoting=quoting).writerows(rows)  # type: ignore[arg-type]
    return out.getvalue()
