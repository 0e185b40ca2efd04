"""Amounts and dates as a letterhead's locale writes them, and every fixed word of a statement's PDF."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import lru_cache

from babel.dates import format_date, format_interval, format_skeleton
from babel.numbers import parse_pattern

from portal.outside.pens import MINUS, known_locale
from portal.rules.amounts import number_text
from portal.rules.money import exponent
from portal.rules.periods import Period
from portal.rules.sentences import Pen, Sentence, say, write
from portal.rules.statements.figures import OtherPayer, RecordType

_EXACT_AS_FLOAT = 10**12
"""Below this, minor units divided by up to 10 000 are a float that prints all its decimal places rightly."""

_TOTAL = "\ue000"
"""Stands for the number of pages, which nobody knows before the last one."""


class Labels:
    """The words of a statement, written with one pen; the amounts and days in them are written already."""

    def __init__(self, pen: Pen) -> None:
        self._pen = pen
        self.title = self.of(say("Statement"))
        self.activity = self.of(say("Activity"))
        self.payer = self.of(say("Billed to"))
        self.account = self.of(say("Account"))
        self.all_accounts = self.of(say("All accounts"))
        self.charged = self.of(say("Charged"))
        self.paid = self.of(say("Paid and credited"))
        self.credited = self.of(say("Credited"))
        self.open = self.of(say("Not yet paid"))
        self.settled = self.of(say("Paid of it"))
        self.date = self.of(say("Date"))
        self.number = self.of(say("Number"))
        self.description = self.of(say("Description"))
        self.debit = self.of(say("Debit"))
        self.credit = self.of(say("Credit"))
        self.balance = self.of(say("Balance"))
        self.amount = self.of(say("Amount"))
        self.total = self.of(say("Total"))
        self.nothing = self.of(say("Nothing was charged or paid in this period."))
        self.by_account = self.of(say("By account"))
        self.customer_credit = self.of(say("Customer Credit"))
        self.waiting = self.of(say("Waiting for the next invoice"))
        self.waiting_note = self.of(say("Not part of the figures above."))

    def of(self, sentence: Sentence) -> str:
        """A sentence in the language of these labels."""
        return write(sentence, self._pen)

    def so_far(self, period: str) -> str:
        """A period that is not over (S12)."""
        return self.of(say("{period} so far", period=period))

    def amounts_in(self, currency: str) -> str:
        return self.of(say("Amounts in {currency}", currency=currency))

    def opening_on(self, day: str) -> str:
        return self.of(say("Opening, {day}", day=day))

    def closing_on(self, day: str) -> str:
        return self.of(say("Closing, {day}", day=day))

    def lowest(self, amount: str, day: str) -> str:
        return self.of(say("Lowest {amount} on {day}", amount=amount, day=day))

    def records(self, shown: RecordType) -> str:
        return self.of(say("Shown: {records}. What is not shown is summed up in one row.", records=shown.label))

    def made_on(self, day: str) -> str:
        return self.of(say("Made on {day}", day=day))

    def page_of(self, page: int) -> tuple[str, str]:
        """ "Page 3 of ", and what follows the number of pages."""
        # Translators: {pages} stands after {page}, because how many pages there are is known last.
        before, _, after = self.of(say("Page {page} of {pages}", page=str(page), pages=_TOTAL)).partition(_TOTAL)
        return before, after

    def other_payer(self, account: str, other: OtherPayer, day: Callable[[date], str]) -> str:
        """Who else paid for an account, and when; `day` writes the first and the last one."""
        payer = other.payer.name
        first, last = other.first and day(other.first), other.last and day(other.last)
        if first and last:
            return self.of(
                say(
                    "In this period {account} was also paid for by {payer} from {first} to {last};"
                    " that part is on their statement.",
                    account=account,
                    payer=payer,
                    first=first,
                    last=last,
                )
            )
        if first:
            return self.of(
                say(
                    "In this period {account} was also paid for by {payer} from {first};"
                    " that part is on their statement.",
                    account=account,
                    payer=payer,
                    first=first,
                )
            )
        if last:
            return self.of(
                say(
                    "In this period {account} was also paid for by {payer} until {last};"
                    " that part is on their statement.",
                    account=account,
                    payer=payer,
                    last=last,
                )
            )
        return self.of(
            say(
                "In this period {account} was also paid for by {payer}; that part is on their statement.",
                account=account,
                payer=payer,
            )
        )


class Style:
    """How a locale writes amounts of one currency, and dates. Figures are always 0 to 9."""

    def __init__(self, locale: str, currency: str, first: date, last: date) -> None:
        self._locale = known_locale(locale)
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

    def number(self, value: Decimal) -> str:
        """A quantity or a rate, without zeros at its end."""
        text = number_text(value).translate(self._marks)
        return MINUS + text[1:] if text.startswith("-") else text

    def days(self, period: Period) -> str:
        """A period in a line: 1–30 Nov 2026."""
        text: str = format_interval(period.first, period.last, "yMMMd", locale=self._locale)
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
