"""Every script is drawn by a font that has it, shaped, readable for whoever copies it; what no font has is marked."""

from __future__ import annotations

import io
import subprocess
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdf
import pytest
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from portal.outside.pdf import fonts, scripts, shaping
from portal.outside.pdf.pen import Pen
from tests.outside.test_pdf import poppler
from tests.wanting import without

WORDS = {
    "Armenian": "Հայերեն",
    "Syriac": "ܣܘܪܝܝܐ",
    "Thaana": "ދިވެހި",
    "N’Ko": "ߒߞߏ",
    "Devanagari": "राम शर्मा पुणे शाखा क्षेत्र",
    "Bengali": "বাংলা ক্ষুদ্র স্ত্রী",
    "Gurmukhi": "ਪੰਜਾਬੀ ਸਿੰਘ",
    "Gujarati": "ગુજરાતી ક્ષેત્ર",
    "Oriya": "ଓଡ଼ିଆ କ୍ଷେତ୍ର",
    "Tamil": "தமிழ் கொடுக்கை",
    "Telugu": "తెలుగు క్షేత్రం",
    "Kannada": "ಕನ್ನಡ ಕ್ಷೇತ್ರ",
    "Malayalam": "മലയാളം ക്ഷേത്രം",
    "Sinhala": "සිංහල ශ්‍රී",
    "Thai": "ที่นี่ น้ำ ผู้ใหญ่",
    "Lao": "ພາສາລາວ ຜູ້ໃຫຍ່",
    "Tibetan": "བོད་སྐད་ རྒྱལ་པོ་",
    "Burmese": "မြန်မာဘာသာ ကျွန်ုပ်",
    "Georgian": "ქართული ᲥᲐᲠᲗᲣᲚᲘ",
    "Ethiopic": "አማርኛ ድርጅት",
    "Cherokee": "ᏣᎳᎩ",
    "Khmer": "ភាសាខ្មែរ ស្ត្រី",
    "Mongolian": "ᠮᠣᠩᠭᠣᠯ",
    "Javanese": "ꦗꦮ",
    "Chinese and Japanese": "吳佩慈 张伟 山田太郎",
    "Korean": "김민준 서울",
}
READ_FROM_THE_RIGHT = {"Syriac", "Thaana", "N’Ko"}
UNSEEN = dict.fromkeys((0x200E, 0x200F, *range(0x202A, 0x202F), 0x0C))


@pytest.fixture(scope="module", autouse=True)
def installed(tmp_path_factory: pytest.TempPathFactory) -> None:
    fonts.install(tmp_path_factory.mktemp("fonts"))


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine without fonts of its own."""
    caches = (fonts.family_of, fonts.face_of, fonts.collection_for, fonts.drawable)
    monkeypatch.setattr(scripts, "file_of", lambda script: None)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


def drawn(text: str, path: Path) -> bytes:
    """A page with this text in both weights."""
    canvas = Canvas(str(path), pagesize=(600, 100))
    for up, bold in ((60, False), (20, True)):
        pen = Pen(canvas, 20, bold=bold)
        canvas._code.append(f"BT {pen.select} 10 {up} Td {pen.line(text).operators} ET")
    canvas.save()
    return path.read_bytes()


def faces(pdf: bytes) -> list[dict[str, Any]]:
    """The fonts of the page."""
    page: Any = pypdf.PdfReader(io.BytesIO(pdf)).pages[0]
    return [face.get_object() for face in page["/Resources"]["/Font"].values()]


def read(path: Path) -> list[str]:
    """The lines that a reader finds; it complains of nothing."""
    done = subprocess.run([poppler("pdftotext"), str(path), "-"], check=True, capture_output=True, timeout=180)
    assert done.stderr == b""
    return [line.strip() for line in done.stdout.decode().split("\n") if line.strip()]


def present(name: str) -> str:
    script = next(script for script in scripts.SCRIPTS if script.name == name)
    if scripts.file_of(script) is None:
        without(f"{script.package} is not installed")
    return WORDS[name]


@pytest.mark.parametrize("name", WORDS)
def test_every_script_is_drawn_and_can_be_copied(name: str, tmp_path: Path) -> None:
    text = present(name)
    assert fonts.undrawable(text) == ""
    for face in faces(drawn(text, tmp_path / "a.pdf")):
        assert face["/BaseFont"] == "/Helvetica" or "/FontFile2" in face["/FontDescriptor"], face
    lines = read(tmp_path / "a.pdf")
    said = [line.translate(UNSEEN) for line in lines]
    if name in READ_FROM_THE_RIGHT:
        assert [sorted(line) for line in said] == [sorted(text)] * 2
    else:
        assert said == [text, text]


@pytest.mark.parametrize("name", [name for name in WORDS if name not in ("Chinese and Japanese", "Korean")])
def test_no_glyph_is_the_one_for_a_letter_that_is_missing(name: str) -> None:
    for run in shaping.runs(present(name)):
        face = fonts.face_of(run.text[0])
        assert face is not None
        if run.complex:
            font = pdfmetrics.getFont(face)
            glyphs = shaping.shaped(face, run.text, False)
            assert all(font.face.charToGlyph[ord(glyph.character)] for glyph in glyphs), run


def test_letters_that_join_or_stack_are_shaped() -> None:
    """Conjuncts are fewer glyphs than letters, a vowel sign moves to the front, and Thai marks stand on each other."""
    conjunct = shaping.shaped(fonts.REGULAR, "क्षे", False)
    assert len(conjunct) == 2
    regular = pdfmetrics.getFont(fonts.REGULAR).face.charToGlyph
    sign, letter = shaping.shaped(fonts.REGULAR, "कि", False)
    assert [regular[ord(sign.character)], regular[ord(letter.character)]] != [regular[ord("क")], regular[ord("ि")]]
    assert regular[ord(letter.character)] == regular[ord("क")]
    marks = shaping.shaped(fonts.REGULAR, "ที่", False)[1:]
    assert [mark.advance for mark in marks] == [0, 0]
    assert marks[1].up > 0


def test_a_line_is_never_broken_within_what_is_drawn_together() -> None:
    pen = Pen(Canvas("never-written.pdf"), 10)
    for text in ("क्षेत्रक्षेत्रक्षेत्र", "ผู้ใหญ่ที่นี่เก้าเก้า", "ស្ត្រីស្ត្រីស្ត្រី"):
        pieces = pen._pieces(text, 30)
        assert "".join(pieces) == text
        assert len(pieces) > 1
        for piece in pieces:
            assert unicodedata.category(piece[0])[0] != "M"
            assert unicodedata.combining(piece[-1]) != 9
            assert piece[-1] not in "เแโใไ"


@pytest.mark.usefixtures("bare")
def test_without_fonts_east_asia_is_drawn_by_the_viewers_own(tmp_path: Path) -> None:
    """Each collection with its own character map; with another's, viewers show nothing."""
    for text, face, character_map in (
        ("吳佩慈", "/MSung-Light", "/UniCNS-UCS2-H"),
        ("张伟", "/STSong-Light", "/UniGB-UCS2-H"),
        ("山田太郎", "/HeiseiKakuGo-W5", "/UniJIS-UCS2-H"),
        ("김민준", "/HYSMyeongJo-Medium", "/UniKS-UCS2-H"),
    ):
        pdf = drawn(text, tmp_path / "a.pdf")
        used = [(one["/BaseFont"], one.get("/Encoding")) for one in faces(pdf) if one["/Subtype"] == "/Type0"]
        assert used == [(face, character_map)]
        assert read(tmp_path / "a.pdf") == [text, text]


@pytest.mark.usefixtures("bare")
def test_what_no_font_has_is_marked_and_named() -> None:
    assert fonts.drawable("Ann বাংলা") == "Ann " + "▯" * 5
    assert fonts.undrawable("Ann বাংলা") == "বাংল"
    assert "Sinhala" in scripts.missing()["fonts-noto-core"]


def test_a_long_life_does_not_run_out_of_glyph_names() -> None:
    font = pdfmetrics.getFont(fonts.EXTRA)
    assert isinstance(font, fonts.EmbeddedFont)
    names = [font.glyph(5, f"x{number}") for number in range(7_000)]
    assert len(set(names)) > 6_000
    assert names[-1]
