"""SEC13, SEC14: what a password must be."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.logins.passwords import LONGEST_BYTES, weaknesses

COMMON = {"sunshine", "12345678", "iloveyou"}
ABOUT = ("dana.novak@harbour.example", "Dana Novák", "Harbour Net")


def wrong(password: str) -> list[str]:
    return [str(sentence) for sentence in weaknesses(password, about=ABOUT, is_common=COMMON.__contains__)]


@pytest.mark.parametrize(
    "password",
    [
        "tram owl brick",
        "zq8!kmwp",
        "żółw jaźń źdźbło",
        "🦉🦉🦉🦉 owls eight of them",
        "q" * 64,
        "pass phrases may be as long as people like, " * 5,
        " leading and trailing spaces ",
        "harbour lights at dusk",
        "sunshine over the tram depot",
    ],
)
def test_sec13_long_enough_is_enough(password: str) -> None:
    assert wrong(password) == []


@pytest.mark.parametrize("password", ["", "short", "1234567", "żółwjaź"])
def test_sec13_fewer_than_eight_characters_are_refused(password: str) -> None:
    assert "at least 8 characters" in wrong(password)[0]


def test_sec13_the_limit_is_in_bytes_and_nothing_is_cut_off() -> None:
    assert wrong("ab cd ef " * 113) == []
    assert "fewer" in wrong("é" * (LONGEST_BYTES // 2 + 1))[0]


@pytest.mark.parametrize("password", ["sunshine", "SunShine", "12345678", "sunshine1", "Sunshine2026!", "iloveyou!!!"])
def test_sec14_common_ones_and_common_ones_with_a_tail_are_refused(password: str) -> None:
    assert "tried first" in wrong(password)[0]


@pytest.mark.parametrize(
    "password",
    ["kith2026!", "Kith-Portal-1", "dana.novak", "DanaNovak2026", "harbour-net", "Harbour.Dana.12", "novák-portal"],
)
def test_sec14_words_about_the_person_or_the_site_do_not_count(password: str) -> None:
    assert "built on your name" in wrong(password)[0]


@given(st.text(min_size=8, max_size=200))
def test_every_text_gets_an_answer(password: str) -> None:
    assert len(wrong(password)) <= 1
