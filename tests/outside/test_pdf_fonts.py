"""The faces of the PDF: their files, their figures, and which one draws what."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from portal.outside.pdf import fonts, scripts
from portal.outside.pdf.pen import Pen
from portal.outside.pdf.words import Style
from portal.rules.money import format_minor
from tests.outside.statements import FIRST, LAST

INSTALL = "import sys; from pathlib import Path; from portal.outside.pdf import fonts; fonts.install(Path(sys.argv[1]))"


@pytest.fixture(scope="module", autouse=True)
def installed(tmp_path_factory: pytest.TempPathFactory) -> None:
    fonts.install(tmp_path_factory.mktemp("fonts"))


@pytest.fixture
def pen(tmp_path: Path) -> Pen:
    return Pen(Canvas(str(tmp_path / "a.pdf")), 8)


def test_processes_that_start_together_find_whole_files(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "error", "-c", INSTALL, str(tmp_path / "new")]
    started = [subprocess.Popen(command) for _ in range(3)]
    assert [process.wait(60) for process in started] == [0, 0, 0]
    assert sorted(path.suffix for path in (tmp_path / "new").iterdir()) == [".ttf"] * 3


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    command = [sys.executable, "-c", INSTALL, str(tmp_path / "file" / "fonts")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180)
    assert done.returncode == 1
    assert "FontFileError: The font file" in done.stderr
    assert "Not a directory" in done.stderr


@pytest.mark.parametrize("name", [fonts.REGULAR, fonts.BOLD])
def test_all_figures_are_equally_wide(name: str) -> None:
    assert len({pdfmetrics.stringWidth(figure, name, 10) for figure in "0123456789"}) == 1


@pytest.mark.parametrize(
    ("text", "face"),
    [
        ("Łукаςע₹€₺−…✓", None),
        ("₿", "KithExtra"),
    ],
)
def test_each_character_has_the_first_face_that_draws_it(text: str, face: str | None) -> None:
    if face is None:
        assert {fonts.face_of(letter) for letter in text} <= {fonts.REGULAR, None}
    else:
        assert fonts.face_of(text) == face


def test_a_name_is_drawn_in_one_east_asian_style(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scripts, "file_of", lambda script: None)
    for cache in (caches := (fonts.family_of, fonts.face_of, fonts.collection_for, fonts.drawable)):
        cache.cache_clear()
    assert fonts.collection_for("简体中文") == "KithSimplified"
    assert fonts.collection_for("株式会社") == "KithJapanese"
    assert fonts.collection_for("Łukasz") == ""
    for cache in caches:
        cache.cache_clear()


def test_right_to_left_lines_keep_the_direction_of_their_text() -> None:
    assert fonts.direction("Łukasz עברית") == "L"
    assert fonts.direction("12 עברית abc") == "R"
    assert fonts.visual("(אב) 12", "R") == "12 (בא)"


def test_what_could_forge_a_line_is_gone() -> None:
    assert fonts.drawable("pay\u202e00.1\u202c\u2066 now\x07\x00") == "pay00.1 now"
    assert fonts.drawable("e\u0301 \ud800 \U0001f600\ufe0f") == "é ▯ ▯"


@settings(max_examples=60, deadline=None)
@given(some.text(max_size=80), some.floats(12, 200), some.integers(1, 4))
def test_lines_never_exceed_their_width_or_number(text: str, width: float, limit: int) -> None:
    pen = Pen(Canvas("never-written.pdf"), 8)
    lines = pen.lines(text, width, limit)
    assert 1 <= len(lines) <= limit
    assert all(line.width <= max(width, 12) + 0.01 for line in lines)


@given(some.integers(-(10**18), 10**18), some.sampled_from(["EUR", "JPY", "BHD", "CLF"]))
def test_grouped_amounts_are_the_plain_ones(minor: int, currency: str) -> None:
    shown = Style("en_GB", currency, FIRST, LAST).amount(minor)
    assert shown.replace(",", "").replace("−", "-") == format_minor(minor, currency)
    german = Style("de_DE", currency, FIRST, LAST).amount(minor)
    assert german.replace(".", "").replace(",", ".").replace("−", "-") == format_minor(minor, currency)
