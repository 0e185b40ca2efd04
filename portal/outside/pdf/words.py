"""Amounts and dates as a letterhead's locale writes them, and every fixed word of a statement's PDF."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_interval, format_skeleton
from babel.numbers import parse_pattern

from portal.rules.money import exponent

MINUS = "−"
_EXACT_AS_FLOAT = 10**12
"""Below this, minor units divided by up to 10 000 are a float that prints all its decimal places rightly."""


@dataclass(frozen=True, slots=True)
class Labels:
    """The fixed words of a statement. Fields with braces are filled by `str.format`."""

    title: str = "Statement"
    payer: str = "Billed to"
    account: str = "Account"
    all_accounts: str = "All accounts"
    amounts_in: str = "Amounts in {currency}"
    opening_on: str = "Opening, {day}"
    closing_on: str = "Closing, {day}"
    charged: str = "Charged"
    paid: str = "Paid and credited"
    lowest: str = "Lowest {amount} on {day}"
    records: str = "Shown: {records}. What is not shown is summed up in one row."
    date: str = "Date"
    number: str = "Number"
    description: str = "Description"
    debit: str = "Debit"
    credit: str = "Credit"
    balance: str = "Balance"
    amount: str = "Amount"
    opening: str = "Opening"
    closing: str = "Closing"
    opening_balance: str = "Opening balance"
    closing_balance: str = "Closing balance"
    hidden: str = "Not shown here"
    total: str = "Total"
    nothing: str = "Nothing was charged or paid in this period."
    by_account: str = "By account"
    customer_credit: str = "Customer Credit"
    waiting: str = "Waiting for the next invoice"
    waiting_note: str = "Not part of the balances above."
    other_payer: str = "In this period {account} was also paid for by {payer}{dates}; that part is on their statement."
    from_to: str = " from {first} to {last}"
    since: str = " from {first}"
    until: str = " until {last}"
    made_on: str = "Made on {day}"
    page_of: str = "Page {page} of "


def locale_of(name: str) -> Locale:
    """The Babel locale called `name` (en_GB, de-CH); British English where there is none."""
    try:
        return Locale.parse(name.replace("-", "_"))
    except (ValueError, UnknownLocaleError):
        return Locale("en", "GB")


class Style:
    """How a locale writes amounts of one currency, and dates. Figures are always 0 to 9."""

    def __init__(self, locale: str, currency: str, first: date, last: date) -> None:
        self._locale = locale_of(locale)
        self.language = str(self._locale).replace("_", "-")
        symbols = self._locale.number_symbols
        latin = symbols.get("latn", symbols)
        group = {"\u202f": " ", "\u00a0": " ", "٬": ","}.get(latin["group"], latin["group"])
        point = latin["decimal"] if latin["decimal"] in (",", ".") else "."
        known = group in (",", ".", "'", "’", " ") and group != point
        self._marks = str.maketrans({",": group if known else "", ".": point})
        self._indian = parse_pattern(self._locale.decimal_formats[None]).grouping == (3, 2)
        self._places = exponent(currency)
        self._unit = 10**self._places
        self._plain = not self._indian and (group, point) == (",", ".")
        self._same_year = first.year == last.year
        self.day: Callable[[date], str] = lru_cache(maxsize=1024)(self._day)

    def amount(self, minor: int) -> str:
        """`minor` units in major ones, grouped; a minus sign before what is negative, nothing before the rest."""
        sign, size = (MINUS, -minor) if minor < 0 else ("", minor)
        if self._plain and size < _EXACT_AS_FLOAT:
            return f"{sign}{size / self._unit:,.{self._places}f}"
        whole, part = divmod(size, self._unit)
        grouped = _indian(whole) if self._indian else f"{whole:,}"
        text = f"{sign}{grouped}.{part:0{self._places}d}" if self._places else sign + grouped
        return text if self._plain else text.translate(self._marks)

    def _day(self, on: date) -> str:
        """A day in a column: without the year where the period lies within one."""
        skeleton = "MMMd" if self._same_year else "yMMMd"
        text: str = format_skeleton(skeleton, on, locale=self._locale)
        return text

    def full_day(self, on: date) -> str:
        """A day in a sentence: 31 October 2026."""
        text: str = format_date(on, "long", locale=self._locale)
        return text

    def period(self, first: date, last: date) -> str:
        """Two inclusive days."""
        text: str = format_interval(first, last, "yMMMMd", locale=self._locale)
        return self.full_day(first) if first == last else text


def _indian(whole: int) -> str:
    digits = str(whole)
    head, tail = digits[:-3], digits[-3:]
    pairs = []
    while head:
        pairs.append(head[-2:])
        head = head[:-2]
    return ",".join([*reversed(pairs), tail])
