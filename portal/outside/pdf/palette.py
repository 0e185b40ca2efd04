"""The colours of a statement, shared by the template and by what is drawn without it. Hex, as CSS writes them."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType


class Tone(StrEnum):
    """A colour that text is set in; the value is the operator that chooses it in a PDF's page."""

    INK = ".13 .14 .17 rg"
    SOFT = ".37 .39 .44 rg"
    OWED = ".6 .2 .07 rg"
    CREDIT = ".09 .4 .22 rg"
    ACCENT = ".04 .37 .35 rg"


def operator(colour: str, name: str) -> str:
    """The page operator that chooses a hex `colour` for filling (rg) or for lines (RG)."""
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return " ".join([*(f"{part:.3g}" for part in parts), name])


INK, SOFT, LINE, SUNK = "#20242c", "#5d6470", "#e4dfd4", "#f2efe8"
ACCENT, ACCENT_WASH = "#0b5f5a", "#e3f0ee"
OWED, CREDIT = "#9a3412", "#176639"

COLOURS = MappingProxyType(
    {
        "ink": INK,
        "soft": SOFT,
        "line": LINE,
        "sunk": SUNK,
        "accent": ACCENT,
        "accent_wash": ACCENT_WASH,
        "owed": OWED,
        "credit": CREDIT,
    }
)
