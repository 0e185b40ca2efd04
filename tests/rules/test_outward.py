"""What goes to terminals, logs and file names: nothing in a name has powers there, and no letter is lost."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as some

from portal.rules.outward import LONGEST_FILE_NAME, file_name, shortened, shown, shown_json, words


def test_what_has_powers_in_a_terminal_is_spelt_out() -> None:
    assert shown("a\x1b[2Jb\r\nc\u202etxt.\x9b1m\x7f") == "a\\x1b[2Jb\\r\\nc\\u202etxt.\\x9b1m\\x7f"
    assert shown("Zoë राम 👨\u200d👩 שלום") == "Zoë राम 👨\u200d👩 שלום"


@given(some.text())
def test_json_keeps_its_meaning(text: str) -> None:
    out = shown_json(json.dumps(text, ensure_ascii=False))
    assert json.loads(out) == text
    assert shown(out) == out


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("पुणे शाखा.pdf", "पुणे शाखा.pdf"),
        ("e\u0301tude.pdf", "étude.pdf"),
        ("../../etc/passwd", "etc-passwd"),
        ("a\x1b[31m\r\nSet-Cookie: x.pdf", "a-[31m-Set-Cookie- x.pdf"),
        ("txt\u202efdp.exe", "txtfdp.exe"),
        ("half \ud800.pdf", "half .pdf"),
        ("CON.txt", "_CON.txt"),
        ("  .. ", "file"),
        ("नि\u200dक.csv", "नि\u200dक.csv"),
    ],
)
def test_a_file_name_keeps_every_letter_and_nothing_else(name: str, kept: str) -> None:
    assert file_name(name) == kept


@given(some.text(max_size=400), some.sampled_from(["", ".pdf", ".csv"]))
def test_a_file_name_fits_everywhere(name: str, ending: str) -> None:
    made = file_name(name + ending)
    assert 0 < len(made.encode()) <= LONGEST_FILE_NAME
    assert not set(made) & set('/\\:*?"<>|\x00\r\n\x1b\u202e')
    assert all(unicodedata.category(one) != "Cc" for one in made)


def test_a_long_name_is_shortened_by_bytes_between_letters() -> None:
    assert file_name("株" * 200 + ".pdf") == "株" * 83 + ".pdf"
    marked = "क्षे" * 100
    made = shortened(marked, 20)
    assert len(made.encode()) <= 20
    assert unicodedata.category(marked[len(made)])[0] != "M"


def test_words_of_a_name_keep_marks() -> None:
    assert words("पुणे शाखा / कंपनी", 100, "account") == "पुणे-शाखा-कंपनी"
    assert words("Acme Ltd. & Co_KG", 100, "account") == "acme-ltd-co-kg"
    assert words("💥", 100, "account") == "account"
    assert len(words("ဦးစီး " * 40, 100, "account").encode()) <= 100
