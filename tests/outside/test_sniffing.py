"""M3, SEC49: the content of a file decides what it is, and what is none of the kinds that are taken is not taken."""

from __future__ import annotations

import io

import pytest

from portal.outside import sniffing
from portal.rules.documents import FileKind, Unfit, label, saved_as
from tests.outside import files

CASES = [
    ("a.pdf", files.PDF, FileKind.PDF),
    ("a.png", files.png(), FileKind.PNG),
    ("a.jpg", files.JPEG, FileKind.JPEG),
    ("a.webp", files.webp(), FileKind.WEBP),
    ("a.heic", files.heic(), FileKind.HEIC),
    ("a.txt", "Zoë <b>O'Brien</b> 株式会社 عربى".encode(), FileKind.TXT),
    ("a.txt", "Příliš žluťoučký".encode("utf-16"), FileKind.TXT),
    ("a.csv", b"name;amount\r\nM\xfcller;1,50\r\n", FileKind.CSV),
    ("a.docx", files.docx(), FileKind.DOCX),
    ("a.xlsx", files.xlsx(), FileKind.XLSX),
    ("a.odt", files.odt(), FileKind.ODT),
    ("picture that says it is a letter.docx", files.png(), FileKind.PNG),
    ("text about <html>.txt", b"Use <html> to begin a page.", FileKind.TXT),
    ("nothing.pdf", b"", Unfit.EMPTY),
    ("blank.txt", b" \r\n\t", Unfit.UNKNOWN),
    ("program.pdf", b"MZ\x90\x00\x03\x00\x00\x00", Unfit.UNKNOWN),
    ("program", b"\x7fELF\x02\x01\x01\x00", Unfit.UNKNOWN),
    ("page.txt", b"\xef\xbb\xbf \n<!DOCTYPE html><script>alert(1)</script>", Unfit.PAGE),
    ("page.png", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", Unfit.PAGE),
    ("page.csv", "\ufeff<script >".encode("utf-16-le"), Unfit.PAGE),
    ("bare archive.docx", files.packed({"a.txt": "a"}), Unfit.UNKNOWN),
    ("half a picture.png", files.png()[:-8], Unfit.BROKEN),
    ("picture and more.png", files.png() + b"more", Unfit.BROKEN),
    ("half a pdf", files.PDF[:30], Unfit.BROKEN),
    ("half a phone picture", files.heic()[:-2], Unfit.BROKEN),
    ("half a web picture", files.webp()[:-2], Unfit.BROKEN),
    ("half a letter", files.docx()[:-30], Unfit.BROKEN),
    ("letter with a fault", files.odt().replace(b"text", b"next", 1), Unfit.BROKEN),
    ("pdf and archive", files.PDF[:-6] + files.packed({"a": "a"}) + b"%%EOF\n", Unfit.TWO_KINDS),
    ("jpeg and archive", files.JPEG + files.packed({"a": "a"}), Unfit.TWO_KINDS),
    ("jpeg and pdf", files.JPEG[:20] + b"%PDF-1.4" + files.JPEG[20:], Unfit.TWO_KINDS),
    ("jpeg and page", files.JPEG[:20] + b"<script>" + files.JPEG[20:], Unfit.TWO_KINDS),
    ("letter and more", files.docx() + b"more", Unfit.TWO_KINDS),
    ("letter with macros", files.docx(**{"word/vbaProject.bin": b"x"}), Unfit.MACROS),
    ("letter with scripts", files.odt(**{"Basic/Standard/Module1.xml": "x"}), Unfit.MACROS),
    ("locked", files.locked(), Unfit.LOCKED),
    ("bomb", files.bomb(), Unfit.BOMB),
    ("bomb that lies", files.liar(), Unfit.BROKEN),
    ("large.txt", b"x" * (20 * 1024 * 1024 + 1), Unfit.LARGE),
]


@pytest.mark.parametrize(("name", "data", "expected"), CASES, ids=[name for name, *_ in CASES])
def test_m3_content_decides_what_a_file_is(name: str, data: bytes, expected: FileKind | Unfit) -> None:
    file = io.BytesIO(data)
    assert sniffing.kind_of(file, name) is expected
    assert file.tell() == 0, "it is rewound for whoever stores it"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\Smlouva č. 1.pdf", "Smlouva č. 1.pdf"),
        ("a\x00b\r\nSet-Cookie: x.pdf", "ab Set-Cookie- x.pdf"),
        ("/", "file"),
        ("Zoë <b>O'Brien.pdf", "Zoë -b-O'Brien.pdf"),
        ("x" * 400 + ".pdf", "x" * 196 + ".pdf"),
    ],
)
def test_m3_a_name_is_a_label_and_never_a_path(given: str, kept: str) -> None:
    assert label(given) == kept


def test_m3_a_file_is_saved_with_the_ending_of_what_it_is() -> None:
    assert saved_as("run.sh", "text/plain") == "run.sh.txt"
    assert saved_as("scan.JPEG", "image/jpeg") == "scan.JPEG"
    assert saved_as("page.html.pdf", "image/png") == "page.html.pdf.png"
