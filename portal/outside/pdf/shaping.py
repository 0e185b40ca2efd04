"""Shaping: which glyphs of a font show a text, and where each stands, as HarfBuzz says.

Scripts of India, Thailand and their neighbours join, stack and reorder their letters; a letter drawn after the other
would be no text. What is drawn stays readable for whoever searches or copies: each cluster of letters is the text of
its first glyph.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import uharfbuzz
from reportlab.pdfbase import pdfmetrics

from portal.outside.pdf.scripts import SCRIPTS, script_of

JOINERS = "\u200c\u200d"
_BEFORE = frozenset("เแโใไເແໂໃໄ")
"""Thai and Lao vowels that are written in front of the consonant they belong to."""
_SHARED = frozenset("\u0964\u0965\u25cc" + JOINERS)
"""What several scripts use: drawn like the letter before."""
_VIRAMA = 9


def _class() -> str:
    ranges = [pair for script in SCRIPTS if script.shaped for pair in script.ranges]
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)


_COMPLEX = re.compile(f"[\u0300-\u036f{_class()}]")


class Glyph(NamedTuple):
    """A glyph, named by a character of its font; its advance and place are in thousandths of the size."""

    character: str
    advance: float
    right: float
    up: float


class Run(NamedTuple):
    """Characters that stand together, shaped or one by one."""

    text: str
    complex: bool


def is_complex(text: str) -> bool:
    """Whether some of the text has to be shaped."""
    return not text.isascii() and _COMPLEX.search(text) is not None


def runs(text: str) -> Iterator[Run]:
    """The text cut into what is shaped and what is not; marks and joiners stay with the letter before."""
    taken, state, script = "", False, None
    for character in text:
        own = script_of(ord(character))
        attached = bool(taken) and (character in _SHARED or unicodedata.category(character)[0] == "M")
        shaped = state if character in _SHARED and taken else (own is not None and own.shaped)
        if attached and not state and unicodedata.category(character)[0] == "M":
            # The letter before the mark is shaped with it.
            if taken[:-1]:
                yield Run(taken[:-1], False)
            taken, state, script = taken[-1] + character, True, own
            continue
        if taken and not attached and (shaped != state or (shaped and own is not script)):
            yield Run(taken, state)
            taken = ""
        if not taken:
            state, script = shaped, own
        taken += character
    if taken:
        yield Run(taken, state)


def clusters(text: str) -> list[str]:
    """The text cut where a line may be broken if it must: never within what is drawn together."""
    found: list[str] = []
    joined = False
    for character in text:
        kind = unicodedata.category(character)
        if found and (joined or kind[0] == "M" or character in JOINERS):
            found[-1] += character
        else:
            found.append(character)
        joined = (
            unicodedata.combining(character) == _VIRAMA
            or character == "\u200d"
            or character in _BEFORE
            or character in "\u17d2\u1039"
        )
    return found


@lru_cache(maxsize=8192)
def shaped(family: str, text: str, backwards: bool) -> tuple[Glyph, ...]:
    """The glyphs of a run in the order in which they are drawn; `backwards` for text that runs from right to left."""
    font: Any = pdfmetrics.getFont(family)
    buffer = uharfbuzz.Buffer()
    buffer.add_str(text)
    buffer.guess_segment_properties()
    if backwards:
        buffer.direction = "rtl"
    uharfbuzz.shape(_font(family), buffer)
    scale = 1000 / font.hbFace.upem
    starts = sorted({info.cluster for info in buffer.glyph_infos})
    ends = dict(zip(starts, [*starts[1:], len(text)], strict=True))
    seen: set[int] = set()
    glyphs = []
    for info, place in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        words = "" if info.cluster in seen else text[info.cluster : ends[info.cluster]]
        seen.add(info.cluster)
        character = font.glyph(info.codepoint, words)
        glyphs.append(Glyph(character, place.x_advance * scale, place.x_offset * scale, place.y_offset * scale))
    return tuple(glyphs)


@lru_cache(maxsize=128)
def _font(family: str) -> Any:
    font: Any = pdfmetrics.getFont(family)
    return uharfbuzz.Font(font.hbFace)
