"""Tables as spreadsheets in any country save them: read as meant, or refused with what to press."""

from __future__ import annotations

import io

import pytest

from portal.outside.sheets.reading import NO_TABLE, TableFile, Unreadable, count_lines
from tests.outside.sheets.spreadsheets import COUNTRIES, Country, files

COLUMNS, REQUIRED = ("external_id", "name", "note"), ("external_id", "name")


def table_rows(content: bytes, **more: int) -> tuple[list[tuple[str | None, ...]], list[str], str]:
    """The rows, what is wrong, and the remark."""
    table = TableFile(io.BytesIO(content), COLUMNS, REQUIRED, **more)  # type: ignore[arg-type]
    wrong: list[str] = []
    rows = [tuple(values) for _, values in table.rows(lambda line, column, text: wrong.append(f"{line} {text}"))]
    return rows, wrong, str(table.remark)


@pytest.mark.parametrize("country", COUNTRIES, ids=[country.name for country in COUNTRIES])
def test_what_a_spreadsheet_saves_is_read_as_meant(country: Country) -> None:
    rows = [["external_id", "name", "note"]]
    rows += [[f"k{place}", name, "a, b; c | d\te"] for place, name in enumerate(country.people)]
    meant = [tuple(row) for row in rows[1:]]
    for kind, content in files(country, rows):
        found, wrong, remark = table_rows(content)
        assert (found, wrong) == (meant, []), kind
        guessed = kind in ("Excel, CSV", "Excel, CSV for Macintosh", "LibreOffice, system encoding")
        assert bool(remark) == guessed, kind


@pytest.mark.parametrize(
    ("codec", "name"),
    [
        ("cp1252", "REÇU À LA CAISSE"),
        ("cp1252", "José Núñez, Peñíscola"),
        ("cp1252", "João Simões"),
        ("cp1252", "Fee £12"),
        ("mac_roman", "Société Générale d’été"),
        ("cp1250", "Jiří Dvořák, Plzeň"),
        ("cp1250", "Győző Kovács"),
        ("cp1253", "Γιώργος Παπαδόπουλος"),
        ("cp1254", "Şükrü Yıldız, Iğdır"),
        ("cp1255", "יוסי כהן"),
        ("cp1256", "شركة النور للخدمات"),
        ("cp874", "สมชาย ใจดี"),
        ("gb18030", "张伟"),
        ("big5", "吳佩慈"),
        ("cp949", "김민준"),
    ],
)
def test_an_encoding_is_told_by_few_letters(codec: str, name: str) -> None:
    found, wrong, remark = table_rows(f'external_id,name\nk1,"{name}"\n'.encode(codec))
    assert (found, wrong) == ([("k1", name, None)], [])
    assert "not in UTF-8" in remark


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF-1.7", b"\x89PNG", b"<html>"])
def test_a_workbook_is_refused_with_what_to_press(start: bytes) -> None:
    with pytest.raises(Unreadable) as refused:
        table_rows(start + b"\0" * 100)
    assert refused.value.sentence is NO_TABLE
    assert "choose “Save as”" in str(NO_TABLE)


def test_the_separator_is_the_one_that_shows_the_headings() -> None:
    text = "external_id;name;note\nk1;Acme, Sons, and Daughters;1,5\nk2;Berg, Ann;2,5\n"
    assert table_rows(text.encode())[0][0] == ("k1", "Acme, Sons, and Daughters", "1,5")
    assert table_rows(b'external_id, name\nk1, "Smith, Ann"\n')[0] == [("k1", "Smith, Ann", None)]


def test_other_rows_may_stand_before_the_headings_of_a_bank() -> None:
    text = '"Konto:";"XX00";\n\n"Von:";"01.01.2026";\n\n"External ID";"Wert";"Name";\n"k1";"16.01.2026";"Einkauf";\n'
    table = TableFile(io.BytesIO(text.encode()), COLUMNS, REQUIRED, preamble=8, others=True)
    assert [(line, tuple(values)) for line, values in table.rows(pytest.fail)] == [(6, ("k1", "Einkauf", None))]


def test_lines_are_counted_whatever_ends_them() -> None:
    assert count_lines(io.BytesIO(b"a\rb\rc\r")) == 3
    assert count_lines(io.BytesIO("a\nb\nऊ".encode("utf-16"))) == 3
    assert count_lines(io.BytesIO(b"")) == 0


def test_a_file_without_marks_in_utf_16_is_read() -> None:
    for codec in ("utf-16-le", "utf-16-be"):
        assert table_rows("external_id,name\r\nk1,Zoë\r\n".encode(codec))[0] == [("k1", "Zoë", None)]


def test_nothing_but_empty_cells_is_an_empty_file() -> None:
    _, wrong, _ = table_rows(b",,\r\n\r\n,,\r\n")
    assert wrong == ["1 The file is empty. Its first line names the columns: external_id, name, note."]
