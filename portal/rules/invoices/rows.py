"""Rows of an import of invoices: one for each line, those of one external id together (F2, F4)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from portal.rules.amounts import NoAmount, parse_amount
from portal.rules.errors import Invalid
from portal.rules.imports import LONGEST_ID, LONGEST_NUMBER, Values, Wrong, day_of
from portal.rules.invoices.lines import Line
from portal.rules.invoices.prices import Prices
from portal.rules.invoices.reading import LineText, read_line
from portal.rules.sentences import Sentence, say

OF_THE_INVOICE = ("customer", "date", "due", "number", "prices", "total")
"""What stands on an invoice's first row, and is empty or the same on its others."""


class InvoiceRow(NamedTuple):
    """One row, as texts; "" where the file does not say."""

    external_id: str
    customer: str
    date: str
    due: str
    number: str
    description: str
    quantity: str
    unit_price: str
    tax_rate: str
    discount: str
    account: str
    prices: str
    total: str

    @property
    def line(self) -> LineText:
        return LineText(self.description, self.quantity, self.unit_price, self.tax_rate, self.account, self.discount)


def invoice_row(values: Values, wrong: Wrong) -> InvoiceRow | None:
    """A row that names its invoice, or None."""
    row = InvoiceRow(*(value or "" for value in values))
    if not row.external_id:
        wrong("external_id", say("A value is needed here."))
        return None
    if len(row.external_id) > LONGEST_ID or not row.external_id.isprintable():
        wrong(
            "external_id", say("An id has at most {longest} characters, all of which can be seen.", longest=LONGEST_ID)
        )
        return None
    return row


@dataclass(slots=True)
class Grouped:
    """The rows of one invoice with their lines in the file; the first of them says what belongs to the invoice."""

    rows: list[tuple[int, InvoiceRow]] = field(default_factory=list)

    @property
    def first(self) -> InvoiceRow:
        return self.rows[0][1]

    @property
    def line(self) -> int:
        """Where it begins in the file."""
        return self.rows[0][0]


Report = Callable[[int, str, Sentence], None]
"""Takes the line of the file, the column, and what is wrong."""


class Head(NamedTuple):
    """What belongs to the invoice. `total` is still a text, because the currency says how it is read."""

    on: date
    due: date | None
    number: str | None
    prices: Prices


def head_of(group: Grouped, wrong: Report) -> Head | None:
    """What the rows of an invoice say about all of it, or None with everything that is wrong reported."""
    at, first = group.line, group.first
    fine = True

    def fault(line: int, column: str, sentence: Sentence) -> None:
        nonlocal fine
        fine = False
        wrong(line, column, sentence)

    _same(group, fault)
    if not first.customer:
        fault(at, "customer", say("A value is needed here."))
    on, due = _day(first.date, at, "date", fault), _day(first.due, at, "due", fault)
    if not first.date:
        fault(at, "date", say("A value is needed here."))
    if on and due and due < on:
        fault(at, "due", say("It would be due on {due}, before its own date, {on}.", due=due, on=on))
    if len(first.number) > LONGEST_NUMBER:
        fault(at, "number", say("A number has at most {longest} characters.", longest=LONGEST_NUMBER))
    prices = first.prices.casefold() or Prices.NET.value
    if prices not in list(Prices):
        fault(at, "prices", say("“{text}” is neither net nor gross.", text=first.prices[:40]))
    if not fine or on is None:
        return None
    return Head(on, due, first.number or None, Prices(prices))


def _same(group: Grouped, fault: Report) -> None:
    """What belongs to the invoice is empty on its other rows, or the same."""
    first = group.first
    for line, row in group.rows[1:]:
        for column in OF_THE_INVOICE:
            value, meant = getattr(row, column), getattr(first, column)
            if value and value != meant:
                sentence = say(
                    "“{id}” begins on line {first} with “{meant}” here; leave the others empty or write the same.",
                    id=row.external_id,
                    first=group.line,
                    meant=meant[:60],
                )
                fault(line, column, sentence)


def lines_of(group: Grouped, currency: str, default_rate: Decimal, wrong: Report) -> list[Line] | None:
    """The lines of an invoice, or None with everything that is wrong reported."""
    lines, fine = [], True
    for at, row in group.rows:
        try:
            lines.append(read_line(row.line, currency, default_rate=default_rate))
        except Invalid as error:
            fine = False
            for column, sentences in error.fields.items():
                for sentence in sentences:
                    wrong(at, column, sentence)
    return lines if fine else None


def total_of(group: Grouped, currency: str, wrong: Report) -> int | None:
    """What the file says the invoice comes to, gross in minor units; None where it does not say, or says no amount."""
    if not group.first.total:
        return None
    try:
        return parse_amount(group.first.total, currency)
    except NoAmount as fault:
        wrong(group.line, "total", fault.sentence)
        return None


def grouped(rows: Iterable[tuple[int, InvoiceRow]]) -> dict[str, Grouped]:
    """Rows by their external id, in the order in which the ids first come."""
    found: dict[str, Grouped] = {}
    for line, row in rows:
        found.setdefault(row.external_id, Grouped()).rows.append((line, row))
    return found


def twice(numbers: Sequence[tuple[int, str]]) -> dict[int, tuple[str, int]]:
    """Numbers that were given before: by line, the number and the line it stood on first."""
    first: dict[str, int] = {}
    return {line: (number, first[number]) for line, number in numbers if first.setdefault(number, line) != line}


def _day(text: str, line: int, column: str, fault: Report) -> date | None:
    return day_of(text, lambda sentence: fault(line, column, sentence)) if text else None
