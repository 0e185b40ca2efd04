"""O5: a partner's colour is read strictly, and texts are readable whatever it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.partners.branding import CARD, DARK_CARD, DARK_PAPER, WHITE, contrast, read_colour, shades

READ = {
    "#0b5f5a": "#0b5f5a",
    " 0B5F5A ": "#0b5f5a",
    "#0bf": "#00bbff",
    "": "",
    "  ": "",
    "teal": None,
    "#0b5f5": None,
    "#0b5f5a;}": None,
    "rgb(1,2,3)": None,
    "#٠b5f5a": None,
}
AA = 4.5
"""WCAG 1.4.3."""


@pytest.mark.parametrize("text", READ)
def test_o5_a_colour_is_six_digits_or_three(text: str) -> None:
    assert read_colour(text) == READ[text]


def test_contrast_is_that_of_the_guidelines() -> None:
    assert contrast((0, 0, 0), WHITE) == pytest.approx(21)
    assert contrast((118, 118, 118), WHITE) == pytest.approx(4.54, abs=0.01)
    assert contrast(WHITE, (118, 118, 118)) == contrast((118, 118, 118), WHITE)


@given(st.integers(0, 0xFFFFFF))
def test_o5_texts_are_readable_in_every_colour(number: int) -> None:
    light, dark = shades(f"#{number:06x}")
    for values, grounds in ((light, [CARD]), (dark, [DARK_CARD, DARK_PAPER])):
        seen = {name: _colour(value) for name, value in values.items() if value.startswith("#")}
        for ground in (*grounds, seen["accent-wash"], seen["accent-ink"]):
            assert contrast(seen["accent"], ground) >= AA
        for name in ("deep-ink", "deep-soft"):
            assert contrast(seen["deep"], seen[name]) >= AA
        assert contrast(seen["accent-strong"], seen["accent-ink"]) >= AA
        assert values["link"] == ", ".join(map(str, seen["accent"]))


def test_o5_a_colour_that_is_readable_stays_as_it_is() -> None:
    assert shades("#0b5f5a")[0]["accent"] == "#0b5f5a"
    assert shades("#ffe600")[0]["accent"] != "#ffe600"


def _colour(value: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(value[1:])
    return red, green, blue
