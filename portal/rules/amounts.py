"""Reading amounts that people and files write."""

from __future__ import annotations

import re
from decimal import Decimal

from portal.rules.money import LARGEST_MINOR, exponent
from portal.rules.sentences import Sentence, say

_PLAIN = re.compile(r"[+-]?\d{1,16}(\.\d{1,4})?", re.ASCII)


class NoAmount(ValueError):
    """What was written is no amount; `sentence` says why."""

    def __init__(self, sentence: Sentence) -> None:
        self.sentence = sentence
        super().__init__(str(sentence))


def parse_amount(text: str, currency: str) -> int:
    """Minor units of a decimal string in major units ("-12.50"), as imports and the API use it.

    Raises NoAmount for anything else: exponents, NaN, separators, more decimal places than the currency has, or
    amounts beyond LARGEST_MINOR.
    """
    if not _PLAIN.fullmatch(text):
        raise NoAmount(
            say("“{text}” is not an amount. Write it like 12.50, without separators or symbols.", text=text[:40])
        )
    places = exponent(currency)
    scaled = Decimal(text).scaleb(places)
    if scaled != scaled.to_integral_value():
        raise NoAmount(
            say(
                "“{text}” has more decimal places than {currency} has ({places}).",
                text=text,
                currency=currency,
                places=places,
            )
        )
    minor = int(scaled)
    if abs(minor) > LARGEST_MINOR:
        raise NoAmount(say("“{text}” is larger than any amount we keep.", text=text))
    return minor
