"""Phone numbers as people write them: reading one, and telling whether two are the same (F17, C5)."""

from __future__ import annotations

import re

from portal.rules.digits import tidied
from portal.rules.sentences import Sentence, say

SHORTEST = 6
"""Fewer digits tell nobody apart."""

TAIL = 7
"""So many of the last digits a number at home and abroad have in common at least."""

_WRITTEN = re.compile(r"\+?[\d(][\d\s().\-/+]*", re.ASCII)
_LONGEST = 15
"""No number in the world has more digits (ITU-T E.164)."""


class NoPhone(ValueError):
    """What was written is no phone number; `sentence` says why."""

    def __init__(self, sentence: Sentence) -> None:
        self.sentence = sentence
        super().__init__(str(sentence))


def read_phone(text: str) -> str:
    """A phone number as it is kept: the way it was written ("+44 (0)1273 555-010, mornings"), in Western digits and
    without invisible marks. Raises NoPhone for text in which nothing could be dialled.
    """
    typed = tidied(text)
    if not any(character.isdecimal() for character in typed):
        raise NoPhone(say("“{text}” is not a phone number. Write it like +44 1273 555 010.", text=typed[:40]))
    return typed


def dialled(text: str) -> str:
    """The number in what is on file, without notes and what stands between digits, as far as it is known with its
    country: "+442079460000" for "+44 (0)20 7946 0000 (Rosa)", "02079460000" for "020 7946 0000, mornings".

    Of several the first; "" where nothing has enough digits to be one.
    """
    for written in _WRITTEN.findall(tidied(text).replace("(0)", " ")):
        for part in [written] if _count(written) <= _LONGEST else re.split(r"[/+]", written):
            digits = "".join(filter(str.isdecimal, part))
            if SHORTEST <= len(digits.removeprefix("00")) <= _LONGEST:
                abroad = part.startswith("+") or digits.startswith("00")
                return f"+{digits.removeprefix('00')}" if abroad else digits
    return ""


def _count(text: str) -> int:
    return sum(map(str.isdecimal, text))


def tail(text: str) -> str:
    """The last digits of the number on file, by which others that may be the same are looked up; "" without one."""
    return dialled(text)[-TAIL:].lstrip("+")


def same_phone(one: str, other: str) -> bool:
    """Whether two numbers as `dialled` gives them may be the same, written at home or from abroad (C5): "020 7946 0000"
    and "+44 20 7946 0000" are, "+44 20 7946 0000" and "+49 20 7946 0000" are not.
    """
    if not one or not other or (one.startswith("+") and other.startswith("+")):
        return bool(one) and one == other
    short, long = sorted((_at_home(one), _at_home(other)), key=len)
    return short == long or (len(short) >= TAIL and long.endswith(short))


def _at_home(number: str) -> str:
    """Without the sign of a country, and without the zero that is dialled in front at home."""
    return number.removeprefix("+").lstrip("0")
