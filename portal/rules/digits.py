"""Text as people type it, made alike: Western digits, plain spaces and minus signs, none of the invisible marks."""

from __future__ import annotations

import re
import unicodedata

_INVISIBLE = re.compile("[\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_MINUS = re.compile("[\u2010-\u2015\u2212\ufe58\ufe63\uff0d]")
_SPACES = re.compile(r"\s+")


def tidied(text: str) -> str:
    """`text` with the digits of any script as 0 to 9, one plain space for several or other ones, one kind of minus, and
    without the marks of direction that pages and other programs put around numbers.
    """
    plain = _MINUS.sub("-", _INVISIBLE.sub("", unicodedata.normalize("NFC", text)))
    return _SPACES.sub(" ", "".join(map(_usual, plain))).strip()


def _usual(character: str) -> str:
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    if unicodedata.decomposition(character).startswith(("<wide>", "<narrow>")):
        return unicodedata.normalize("NFKC", character)
    return character
