"""Reading amounts that people and files write (F17)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from portal.rules.digits import tidied
from portal.rules.money import LARGEST_MINOR, Money, exponent
from portal.rules.sentences import Sentence, say

_PLAIN = re.compile(r"[+-]?\d{1,16}(\.\d{1,4})?", re.ASCII)
_PLAIN_NUMBER = re.compile(r"[+-]?\d{1,9}(\.\d{1,9})?", re.ASCII)
_DIGITS = re.compile(r"\d(?:.*\d)?", re.ASCII)
_LEADING = re.compile(r"(?<![^\W\d_])[.,\u066b]$")
"""A decimal sign in front of the first digit, which the point of an abbreviation ("Rs.50") is not."""
_TRAILING = re.compile(r"[.,\u066b](-(?=\s|$))?")
"""A decimal sign behind the last digit with nothing or a dash for the places: "5.", "5,-"."""
_NEUTRAL = " '’‘`\u066c"
"""What sets thousands apart in some notations and is a decimal sign in none."""
_DECIMAL = ".,\u066b"
"""Signs that are a decimal sign somewhere; the last one is Arabic and nothing else."""
_LONGEST = 60
"""No amount takes more characters than this."""


_LARGEST_NUMBER = 10**9
"""No quantity or rate is as large as this."""


class NoAmount(ValueError):
    """What was written is no amount; `sentence` says why."""

    def __init__(self, sentence: Sentence) -> None:
        self.sentence = sentence
        super().__init__(str(sentence))


@dataclass(frozen=True, slots=True)
class Notation:
    """How numbers are printed for somebody.

    `groups` are the sizes of the last and of the other groups of digits in front of the decimal sign. `marks` gives
    the currencies that a sign, code or word beside an amount can stand for; all of them are casefolded.
    """

    decimal: str = "."
    group: str = ","
    groups: tuple[int, int] = (3, 3)
    marks: Mapping[str, frozenset[str]] = field(default_factory=dict)


def parse_amount(text: str, currency: str) -> int:
    """Minor units of a decimal string in major units ("-12.50"), as imports and the API use it.

    Raises NoAmount for anything else: exponents, NaN, separators, more decimal places than the currency has, or
    amounts beyond LARGEST_MINOR.
    """
    if not _PLAIN.fullmatch(text):
        raise NoAmount(
            say("“{text}” is not an amount. Write it like 12.50, without separators or symbols.", text=text[:40])
        )
    scaled = Decimal(text).scaleb(exponent(currency))
    if scaled != scaled.to_integral_value():
        raise NoAmount(_too_many_places(text, currency))
    return _within(int(scaled), text)


def read_amount(text: str, currency: str, notation: Notation) -> int:
    """Minor units of an amount as somebody types it (F17): as it is printed for them, with or without the currency,
    in the digits of any script; thousands may also be set apart by spaces and apostrophes.

    Another notation is taken where it can mean one thing only ("1,234.50"). Raises NoAmount with both readings where
    it can mean two, and for another currency, too many decimal places, and what is no amount.
    """
    typed = tidied(text)
    found = _DIGITS.search(typed)
    if found is None or len(typed) > _LONGEST:
        raise NoAmount(_no_amount(typed, currency))
    before, number, after = typed[: found.start()], found[0], typed[found.end() :]
    if sign := _LEADING.search(before):
        before, number = before[: sign.start()], sign[0] + number
    if sign := _TRAILING.match(after):
        after = after[sign.end() :]
    own, others = _readings(number, notation)
    if own is None and not others:
        raise NoAmount(_no_amount(typed, currency))
    if after.strip() == "-" and not before.strip():
        raise NoAmount(_minus_behind(typed, _decided(own, others, typed, currency), currency))
    factor = _factor(before, after, typed, currency, notation)
    return _within(factor * _decided(own, others, typed, currency), typed)


def read_count(text: str, notation: Notation) -> int:
    """A whole number as somebody types it, printed or plain: "1,200". Raises NoAmount for anything else."""
    typed = tidied(text)
    number = typed[typed[:1] in ("+", "-") :]
    own, others = _readings(number, notation)
    whole = {reading.whole for reading in filter(None, (own, *others)) if not reading.part}
    if len(whole) != 1 or len(typed) > _LONGEST:
        raise NoAmount(say("“{text}” is not a whole number. Write it in digits, like 12.", text=typed[:40]))
    return int(whole.pop()) * (-1 if typed.startswith("-") else 1)


def parse_number(text: str, places: int) -> Decimal:
    """A number as files and commands write it ("1.5"), with at most so many decimal places. Raises NoAmount."""
    if not _PLAIN_NUMBER.fullmatch(text) or len(text) > _LONGEST:
        raise NoAmount(_no_number(text))
    return _within_places(Decimal(text), places, text)


def read_number(text: str, places: int, notation: Notation) -> Decimal:
    """A number as somebody types it, in their notation or one that can mean nothing else (F17): a quantity, a rate.

    Raises NoAmount with both readings where it can mean two things, for more decimal places, and what is no number.
    """
    typed = tidied(text)
    own, others = _readings(typed[typed[:1] in ("+", "-") :], notation)
    readings = [own] if own is not None else others
    numbers = sorted({Decimal(f"{reading.whole}.{reading.part or 0}") for reading in readings})
    if not numbers or len(typed) > _LONGEST:
        raise NoAmount(_no_number(typed))
    if len(numbers) > 1:
        raise NoAmount(
            say(
                "“{text}” can be read in two ways. Did you mean {first} or {second}? Write it like one of them.",
                text=typed[:40],
                first=number_text(numbers[0]),
                second=number_text(numbers[-1]),
            )
        )
    return _within_places(-numbers[0] if typed.startswith("-") else numbers[0], places, typed)


# The number itself ----------------------------------------------------------------------------------------------------


class _Reading(NamedTuple):
    """The digits in front of the decimal sign and behind it."""

    whole: str
    part: str
    odd: bool = False
    """Set apart in thousands and yet with a zero in front, as no amount is printed: never preferred."""

    def minor(self, places: int) -> int:
        """In minor units; places beyond those of the currency are left out."""
        return int(self.whole + self.part[:places].ljust(places, "0"))


def _readings(number: str, notation: Notation) -> tuple[_Reading | None, list[_Reading]]:
    """What a number says in one's own notation, and what else it says in those of others."""
    own = _read(number, notation.decimal, notation.group, notation.groups)
    found = {_read(number, sign, ".,".replace(sign, ""), notation.groups) for sign in _DECIMAL}
    if own is not None and own.odd:
        return None, sorted(reading for reading in found | {own} if reading is not None)
    return own, sorted(reading for reading in found - {own} if reading is not None)


def _read(number: str, decimal: str, grouping: str, sizes: tuple[int, int]) -> _Reading | None:
    """A number with this decimal sign, or None. Its thousands are set apart by one and the same sign, if at all."""
    whole, sign, part = number.partition(decimal)
    if (sign and not part.isdecimal()) or not number:
        return None
    signs = {character for character in whole if not character.isdecimal()}
    if not signs:
        return _Reading(whole.lstrip("0") or "0", part)
    if len(signs) > 1 or not signs <= {*grouping, *_NEUTRAL}:
        return None
    first, *others = whole.split(signs.pop())
    if not first.strip("0") or not _grouped(first, others, {sizes, (3, 3)}):
        return None
    return _Reading("".join((first, *others)).lstrip("0"), part, first.startswith("0"))


def _grouped(first: str, others: list[str], allowed: set[tuple[int, int]]) -> bool:
    return any(
        len(others[-1]) == last and all(len(one) == size for one in others[:-1]) and len(first) <= size
        for last, size in allowed
    )


def _decided(own: _Reading | None, others: list[_Reading], typed: str, currency: str) -> int:
    """The one meaning of a number in minor units. Raises NoAmount where it has two, or none in this currency."""
    places = exponent(currency)
    if own is not None and len(own.part) <= places:
        return own.minor(places)
    readings = [*filter(None, [own]), *others]
    fitting = [reading.minor(places) for reading in readings if len(reading.part) <= places]
    if len(readings) == 1 and fitting:
        return fitting[0]
    exact = [reading.minor(places) for reading in readings if not reading.part[places:].strip("0")]
    if not fitting or not (more := [minor for minor in exact if minor != fitting[0]]):
        raise NoAmount(_too_many_places(typed[:40], currency, fitting))
    raise NoAmount(
        say(
            "“{text}” can be read in two ways. Did you mean {first} or {second}? Write it like one of them.",
            text=typed[:40],
            first=Money(fitting[0], currency),
            second=Money(more[0], currency),
        )
    )


# What stands around it ------------------------------------------------------------------------------------------------


def _factor(before: str, after: str, typed: str, currency: str, notation: Notation) -> int:
    """−1 or 1. Raises NoAmount where anything but one sign and the currency stands around the number."""
    words = before.replace("+", "-", 1).replace("-", " ", 1), after
    for mark in filter(None, (one.strip().casefold() for one in words)):
        meant = notation.marks.get(mark) or notation.marks.get(mark.rstrip("."), frozenset())
        if not meant and mark != currency.casefold():
            raise NoAmount(_no_amount(typed, currency))
        if meant and currency not in meant:
            raise NoAmount(
                say(
                    "“{text}” is in another currency: amounts here are in {currency}.",
                    text=typed[:40],
                    currency=currency,
                )
            )
    return -1 if "-" in before else 1


def _within(minor: int, text: str) -> int:
    if abs(minor) > LARGEST_MINOR:
        raise NoAmount(say("“{text}” is larger than any amount we keep.", text=text))
    return minor


def _within_places(number: Decimal, places: int, text: str) -> Decimal:
    """The number without zeros at its end. Raises NoAmount where it has more places, or is too large to be meant."""
    if abs(number) >= _LARGEST_NUMBER:
        raise NoAmount(say("“{text}” is larger than any number we keep.", text=text[:40]))
    if number != round(number, places):
        raise NoAmount(
            say(
                "“{text}” has more than {count} decimal place.",
                "“{text}” has more than {count} decimal places.",
                count=places,
                text=text[:40],
            )
        )
    return Decimal(number_text(number))


def number_text(number: Decimal) -> str:
    """A number as files and JSON carry it, without zeros at its end: "7.7", "20"."""
    return f"{number:f}".rstrip("0").rstrip(".") if number % 1 else str(int(number))


def _no_number(text: str) -> Sentence:
    return say("“{text}” is not a number. Write it like 1.5.", text=text[:40])


def _no_amount(typed: str, currency: str) -> Sentence:
    example = Money(123456 * 10 ** exponent(currency) // 100, currency)
    return say("“{text}” is not an amount. Write it like {example}.", text=typed[:40], example=example)


def _minus_behind(typed: str, minor: int, currency: str) -> Sentence:
    return say(
        "“{text}” has its minus sign at the end. If you mean {amount}, write it like that.",
        text=typed[:40],
        amount=Money(-minor, currency),
    )


def _too_many_places(text: str, currency: str, else_minor: Sequence[int] = ()) -> Sentence:
    """`else_minor` is what the text may mean instead."""
    places = exponent(currency)
    if not else_minor:
        return say(
            "“{text}” has more decimal places than {currency} has ({places}).",
            text=text,
            currency=currency,
            places=places,
        )
    return say(
        "“{text}” has more decimal places than {currency} has ({places}). If you mean {amount}, write it like that.",
        text=text,
        currency=currency,
        places=places,
        amount=Money(else_minor[0], currency),
    )
