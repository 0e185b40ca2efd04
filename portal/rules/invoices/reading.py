"""Reading a line of an invoice as it was typed, or written in a file or command (F4, F17)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from portal.rules.amounts import NoAmount, Notation, parse_amount, parse_number, read_amount, read_number
from portal.rules.days import NoDay, parse_day
from portal.rules.errors import Invalid
from portal.rules.invoices.lines import QUANTITY_PLACES, RATE_PLACES, Line, line_amount
from portal.rules.money import LARGEST_MINOR, Money
from portal.rules.periods import Period
from portal.rules.sentences import Sentence, say

LONGEST_DESCRIPTION, LONGEST_CATEGORY = 1_000, 100


class LineText(NamedTuple):
    """A line as it was written. An empty quantity is 1, an empty discount none."""

    description: str
    quantity: str = ""
    unit_price: str = ""
    tax_rate: str = ""
    account: str = ""
    discount: str = ""
    first: str = ""
    last: str = ""
    category: str = ""


def line_of_command(text: str) -> LineText:
    """The parts of TEXT|QUANTITY|UNIT PRICE|TAX RATE[|ACCOUNT[|DISCOUNT]]. Raises Invalid for fewer or more of them."""
    parts = [part.strip() for part in text.split("|")]
    if not 4 <= len(parts) <= 6:
        sentence = say(
            "“{text}” is not a line. Write TEXT|QUANTITY|UNIT PRICE|TAX RATE, and |ACCOUNT and |DISCOUNT where needed.",
            text=text[:80],
        )
        raise Invalid({"line": sentence})
    return LineText(*parts)


def read_line(
    text: LineText,
    currency: str,
    *,
    default_rate: Decimal | None = None,
    notation: Notation | None = None,
    day: Callable[[str], date] = parse_day,
) -> Line:
    """The line that was written (F4). `default_rate` is the tax rate of a line that names none.

    With a `notation` numbers are read as they are printed for somebody (F17), without one as files write them; `day`
    reads a day and raises NoDay. Raises Invalid with a sentence for everything that is wrong, by the field's name.
    """
    reading = _Reading(currency, notation, day)
    description = " ".join(text.description.split())
    if not description:
        reading.wrong["description"] = say("Say what this line is for.")
    elif len(description) > LONGEST_DESCRIPTION:
        reading.wrong["description"] = say(
            "The text has {length} characters; a line of an invoice takes {longest}.",
            length=len(description),
            longest=LONGEST_DESCRIPTION,
        )
    category = " ".join(text.category.split())
    if len(category) > LONGEST_CATEGORY:
        reading.wrong["category"] = say("A category has {longest} characters at most.", longest=LONGEST_CATEGORY)
    line = Line(
        description,
        reading.quantity(text.quantity),
        reading.price(text.unit_price),
        reading.rate(text.tax_rate, default_rate),
        text.account.strip(),
        reading.percentage("discount", text.discount) if text.discount.strip() else Decimal(0),
        reading.period(text.first.strip(), text.last.strip()),
        category,
    )
    if not reading.wrong and abs(amount := line_amount(line)) > LARGEST_MINOR:
        reading.wrong["unit_price"] = say(
            "The line comes to {amount}, more than the {largest} that we keep.",
            amount=Money(amount, currency),
            largest=Money(LARGEST_MINOR, currency),
        )
    if reading.wrong:
        raise Invalid(reading.wrong)
    return line


class _Reading:
    """Reads the fields of one line, and keeps what is wrong with them."""

    def __init__(self, currency: str, notation: Notation | None, day: Callable[[str], date]) -> None:
        self.currency, self.notation, self.day = currency, notation, day
        self.wrong: dict[str, Sentence] = {}

    def quantity(self, text: str) -> Decimal:
        return self._number("quantity", text, QUANTITY_PLACES) if text.strip() else Decimal(1)

    def price(self, text: str) -> int:
        if not text.strip():
            self.wrong["unit_price"] = say("A unit price is needed.")
            return 0
        try:
            if self.notation is None:
                return parse_amount(text.strip(), self.currency)
            return read_amount(text, self.currency, self.notation)
        except NoAmount as fault:
            self.wrong["unit_price"] = fault.sentence
            return 0

    def rate(self, text: str, default: Decimal | None) -> Decimal:
        if text.strip():
            return self.percentage("tax_rate", text)
        if default is None:
            self.wrong["tax_rate"] = say("A tax rate is needed; 0 where there is no tax.")
        return default or Decimal(0)

    def percentage(self, field: str, text: str) -> Decimal:
        number = self._number(field, text.strip().removesuffix("%"), RATE_PLACES)
        if not 0 <= number <= 100:
            self.wrong[field] = say("“{text}” is not a percentage from 0 to 100.", text=text[:40])
        return number

    def period(self, first: str, last: str) -> Period | None:
        if not first and not last:
            return None
        if not first or not last:
            self.wrong["to" if first else "from"] = say("A period has a first and a last day; give both, or neither.")
            return None
        begins, ends = self._day("from", first), self._day("to", last)
        if begins is None or ends is None:
            return None
        if ends < begins:
            self.wrong["to"] = say("The period ends on {last}, before it begins on {first}.", last=ends, first=begins)
        return Period(begins, ends)

    def _number(self, field: str, text: str, places: int) -> Decimal:
        try:
            if self.notation is None:
                return parse_number(text.strip(), places)
            return read_number(text, places, self.notation)
        except NoAmount as fault:
            self.wrong[field] = fault.sentence
            return Decimal(0)

    def _day(self, field: str, text: str) -> date | None:
        try:
            return self.day(text)
        except NoDay as fault:
            self.wrong[field] = fault.sentence
            return None
