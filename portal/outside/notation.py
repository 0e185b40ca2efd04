"""How one locale prints numbers and days, as the rules that read them want to know it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from types import MappingProxyType

from babel import Locale, UnknownLocaleError
from babel.dates import get_month_names, tokenize_pattern
from babel.numbers import get_currency_name, get_decimal_symbol, get_group_symbol, list_currencies

from portal.outside.pens import known_locale
from portal.rules.amounts import Notation
from portal.rules.days import DayNotation
from portal.rules.digits import tidied

_ENGLISH = Locale("en")
_FIELDS = {"y": r"(?P<year>\d{4})", "d": r"(?P<day>\d{1,2})"}


@lru_cache(maxsize=256)
def notation_of(locale: str, currency: str = "") -> Notation:
    """The decimal sign, the groups of digits and the marks of currencies; of `currency` also those of its country."""
    known = known_locale(locale)
    last, others = known.decimal_formats[None].grouping
    return Notation(
        get_decimal_symbol(known), tidied(get_group_symbol(known)) or " ", (last, others), _marks(known, currency)
    )


@lru_cache(maxsize=64)
def days_of(locale: str) -> DayNotation:
    """The names of months, the order of day and month, and the forms in which days are printed."""
    known = known_locale(locale)
    short = known.date_formats["short"].pattern.casefold()
    month_first = short.find("m") < short.find("d") and not short.startswith("y")
    patterns = [known.date_formats[width].pattern for width in ("medium", "long", "short")]
    forms = [_form(pattern, known) for pattern in patterns]
    return DayNotation(month_first, _months(known), tuple(form for form in forms if form is not None))


def _marks(locale: Locale, currency: str) -> Mapping[str, frozenset[str]]:
    """What can stand beside an amount: codes, the signs of this locale, and those of `currency` where it is at home."""
    found: dict[str, set[str]] = defaultdict(set)
    for code in list_currencies():
        found[code.casefold()].add(code)
    for place in (locale, _ENGLISH, Locale("en", "US")):
        for code, sign in place.currency_symbols.items():
            found[_mark(sign)].add(code)
    if currency:
        for word in (*_signs_at_home(currency), *_names(currency, locale)):
            found[_mark(word)].add(currency)
    return MappingProxyType({mark: frozenset(codes) for mark, codes in found.items() if mark})


def _mark(text: str) -> str:
    return tidied(text).casefold().rstrip(".")


def _signs_at_home(currency: str) -> list[str]:
    """A dollar is "$" in its country, whatever it is elsewhere. A code begins with its country, EUR but for one."""
    with suppress(UnknownLocaleError, ValueError):
        sign = Locale.parse(f"und_{currency[:2]}").currency_symbols.get(currency)
        return [sign] if sign else []
    return []


def _names(currency: str, locale: Locale) -> set[str]:
    return {get_currency_name(currency, count, where) for where in (locale, _ENGLISH) for count in (None, 1, 2, 5)}


def _months(locale: Locale) -> Mapping[str, int]:
    found: dict[str, int] = {}
    for where in (locale, _ENGLISH):
        for width in ("abbreviated", "wide"):
            for context in ("format", "stand-alone"):
                for number, name in get_month_names(width, context, where).items():
                    found.setdefault(tidied(name).casefold().strip(". "), number)
    return MappingProxyType(found | {"sept": 9})


def _form(pattern: str, locale: Locale) -> re.Pattern[str] | None:
    """A pattern of the locale as an expression; None where the year has two digits."""
    written = ""
    for _kind, value in tokenize_pattern(pattern):
        if isinstance(value, str):
            written += _literal(value)
            continue
        field, length = value
        if field == "M":
            written += r"(?P<month>.+?)" if length > 2 else r"(?P<month>\d{1,2})"
        elif field == "G":
            written += _literal(locale.eras["abbreviated"][1])
        elif field not in _FIELDS or (field, length) == ("y", 2):
            return None
        else:
            written += _FIELDS[field]
    return re.compile(written, re.DOTALL)


def _literal(text: str) -> str:
    """Text between the fields, in which spaces may be left out."""
    plain = "".join(" " if character.isspace() else tidied(character) for character in text).casefold()
    return re.sub(r"(\\ )+", r"\\s*", re.escape(plain))
