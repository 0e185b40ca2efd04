"""Text messages: how many a text takes, and phone numbers as gateways want them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from portal.rules.digits import tidied

_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWICE = frozenset("^{}\\[~]|€")
"""The alphabet of 3GPP TS 23.038, and the characters of its extension, which take two places each."""

_FILLING = re.compile(r"\(0\)|\([^()\d]+\)|[\s().\-/\u2010-\u2015\u00a0]")


@dataclass(frozen=True, slots=True)
class Length:
    """How long a text is in a phone network: `units` of the `room` that `parts` messages have together.

    `plain` is False where a character outside the alphabet of phones makes every message shorter.
    """

    parts: int
    units: int
    room: int
    plain: bool


def measured(text: str) -> Length:
    """How many messages `text` takes. A text in several parts has a little less room in each."""
    plain = all(character in _GSM or character in _GSM_TWICE for character in text)
    if plain:
        units = sum(2 if character in _GSM_TWICE else 1 for character in text)
        alone, each = 160, 153
    else:
        units = len(text.encode("utf-16-le")) // 2
        alone, each = 70, 67
    if units <= alone:
        return Length(1, units, alone, plain)
    parts = -(-units // each)
    return Length(parts, units, parts * each, plain)


def number(phone: str) -> str | None:
    """ "+44 (0)1273 555-010 (Rosa)" as gateways take it: "+441273555010". None where no country can be read from it."""
    digits = _FILLING.sub("", tidied(phone))
    if digits.startswith("00"):
        digits = "+" + digits[2:]
    return digits if re.fullmatch(r"\+[1-9][0-9]{6,14}", digits, re.ASCII) else None
