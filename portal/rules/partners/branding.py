"""A partner's colour and logo on its customers' portal, and the shades that keep every text readable (O5)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

Colour = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""

WHITE, BLACK = (255, 255, 255), (0, 0, 0)
CARD, DARK_CARD, DARK_PAPER = WHITE, (28, 32, 38), (20, 23, 27)
"""What stands behind texts: a card in the light and in the dark, and the darker ground around cards."""
READABLE = 4.6
"""WCAG 1.4.3 asks for 4.5; a shade is rounded to whole numbers once more by whoever draws it."""
DEEP = 9.5
"""How far the balance card stands from white, so that its pale amounts are readable on it too."""
_STEPS = 40
_HEX = re.compile(r"#?([0-9a-fA-F]{6}|[0-9a-fA-F]{3})")


@dataclass(frozen=True, slots=True)
class Brand:
    """How a partner's portal looks. `colour` is like #0b5f5a or empty, `logo` the version of its picture or empty.

    With neither, the portal has its own face.
    """

    public_id: str
    name: str
    colour: str = ""
    logo: str = ""

    @property
    def is_set(self) -> bool:
        """Whether the partner chose anything."""
        return bool(self.colour or self.logo)


def read_colour(text: str) -> str | None:
    """A colour as it is stored, from #0b5f5a, 0B5F5A or #0bf; "" from nothing, None from anything else."""
    text = text.strip()
    if not text:
        return ""
    found = _HEX.fullmatch(text)
    if found is None:
        return None
    digits = found[1].lower()
    return "#" + (digits if len(digits) == 6 else "".join(digit * 2 for digit in digits))


def contrast(one: Colour, other: Colour) -> float:
    """WCAG's ratio of two colours, 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def shades(colour: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """The values of the style sheet's variables in the light and in the dark, made from a stored colour.

    It is darkened or lightened as far as texts need it, whatever was chosen.
    """
    base = _parsed(colour)
    return _light(base), _dark(base)


def _light(base: Colour) -> Mapping[str, str]:
    wash = _mixed(base, WHITE, 0.88)
    accent = _until(base, BLACK, READABLE, wash, CARD)
    strong = _mixed(accent, BLACK, 0.25)
    return _variables(accent, strong, WHITE, wash, accent, _until(_mixed(accent, BLACK, 0.2), BLACK, DEEP, WHITE), base)


def _dark(base: Colour) -> Mapping[str, str]:
    wash = _mixed(DARK_CARD, base, 0.16)
    accent = _until(base, WHITE, READABLE, wash, DARK_CARD, DARK_PAPER)
    strong = _mixed(accent, WHITE, 0.3)
    ink = _until(_mixed(base, BLACK, 0.6), BLACK, READABLE, accent)
    return _variables(accent, strong, ink, wash, strong, _until(_mixed(base, BLACK, 0.4), BLACK, DEEP, WHITE), base)


def _variables(
    accent: Colour, strong: Colour, ink: Colour, wash: Colour, focus: Colour, deep: Colour, base: Colour
) -> Mapping[str, str]:
    soft = _until(_mixed(base, WHITE, 0.72), WHITE, READABLE, deep)
    named = {
        "accent": accent,
        "accent-strong": strong,
        "accent-ink": ink,
        "accent-wash": wash,
        "focus": focus,
        "deep": deep,
        "deep-2": _mixed(deep, BLACK, 0.2),
        "deep-ink": WHITE,
        "deep-soft": soft,
    }
    links = {"link": accent, "link-hover": strong}
    return {name: _written(value) for name, value in named.items()} | {
        name: ", ".join(map(str, value)) for name, value in links.items()
    }


def _until(colour: Colour, towards: Colour, wanted: float, *grounds: Colour) -> Colour:
    """The colour, mixed with another until it stands out enough from every ground."""
    for step in range(_STEPS + 1):
        mixed = _mixed(colour, towards, step / _STEPS)
        if all(contrast(mixed, ground) >= wanted for ground in grounds):
            return mixed
    return towards


def _mixed(one: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _luminance(colour: Colour) -> float:
    red, green, blue = (_linear(part / 255) for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _parsed(colour: str) -> Colour:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue


def _written(colour: Colour) -> str:
    return "#" + bytes(colour).hex()
