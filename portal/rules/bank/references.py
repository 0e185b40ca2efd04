"""Finding references and numbers of invoices in what a bank passes on (F16).

Banks change case, split texts anywhere and drop what stands between letters and digits, so "INV-000123" is found in
"inv 0001 23" and "RechnungINV000123". A number of digits alone is only found where it stands by itself: in any text
there are other numbers.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

_TOKENS = re.compile(r"[^\W\d_]+|\d+")
_NUMBERS = re.compile(r"\d+(?:[-/._]\d+)*")
_SHORTEST, _SHORTEST_OF_DIGITS = 4, 5
"""Characters of what is looked for inside a text; anything shorter has to be all that stands there."""
_LONGEST = 2_000
"""More of a text is not looked at."""


class Hit(NamedTuple):
    """What was found: the places of what bears the name, and whether it can be nothing else."""

    places: tuple[int, ...]
    sure: bool


class References:
    """Names to be found in texts, indexed once. Each leads to the places it was given with."""

    def __init__(self, named: Iterable[tuple[str, int]]) -> None:
        """`named` are references and numbers, each with a place."""
        self._alike: dict[str, list[int]] = defaultdict(list)
        self._plain: dict[str, list[int]] = defaultdict(list)
        self._longest: dict[str, int] = {}
        for name, place in named:
            self._add(_usual(name), place)
        self._lengths = sorted({len(first) for first in self._longest} - {1}, reverse=True)

    def _add(self, name: str, place: int) -> None:
        tokens = _TOKENS.findall(name)
        alike = "".join(tokens)
        if not alike or place in self._alike[alike]:
            return
        self._alike[alike].append(place)
        if alike.isdecimal():
            if len(alike) >= _SHORTEST_OF_DIGITS:
                self._plain[name.strip()].append(place)
        elif len(alike) >= _SHORTEST and tokens[0].isalpha() and any(map(str.isdecimal, tokens)):
            # Groups of four characters split a reference further.
            most = len(tokens) + len(alike) // 4 + 1
            self._longest[tokens[0]] = max(most, self._longest.get(tokens[0], 0))

    def found(self, reference: str, text: str) -> list[Hit]:
        """What stands in the field for a reference, and in the text, in the order in which it stands there."""
        hits: dict[tuple[int, ...], bool] = {}
        for written in (_usual(reference), _usual(text)):
            whole = self._alike.get("".join(_TOKENS.findall(written)))
            for hit in [Hit(tuple(whole), True)] if whole else self._inside(written):
                hits[hit.places] = hits.get(hit.places, False) or hit.sure
        return [Hit(places, sure) for places, sure in hits.items()]

    def _inside(self, text: str) -> Iterable[Hit]:
        tokens = _TOKENS.findall(text)
        for start, token in enumerate(tokens):
            first = self._first(token)
            if first and (joined := self._joined(first, tokens, start)):
                yield Hit(tuple(joined), True)
        if self._plain:
            for number in _NUMBERS.findall(text):
                for part in dict.fromkeys((number, *_TOKENS.findall(number))):
                    if places := self._plain.get(part):
                        yield Hit(tuple(places), False)

    def _first(self, token: str) -> str:
        """What a name begins with, if letters are that or end with it."""
        if token in self._longest:
            return token
        if token.isalpha():
            for size in self._lengths:
                if token[-size:] in self._longest:
                    return token[-size:]
        return ""

    def _joined(self, first: str, tokens: list[str], start: int) -> list[int]:
        """The places of the shortest name that these tokens make from `start` on."""
        name = first
        for token in tokens[start + 1 : start + self._longest[first]]:
            name += token
            if places := self._alike.get(name):
                return places
        return []


def _usual(text: str) -> str:
    if text.isascii():
        return text[:_LONGEST].lower()
    return unicodedata.normalize("NFKC", text[:_LONGEST]).casefold()
