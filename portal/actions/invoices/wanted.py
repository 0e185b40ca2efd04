"""What somebody wants on an invoice: as they wrote it, as a draft keeps it, and as lines with whom they are for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from portal.actions.books.checks import date_problem, text_problems
from portal.db.customers.profiles import Profile
from portal.rules.amounts import number_text
from portal.rules.errors import Invalid
from portal.rules.invoices.lines import Line
from portal.rules.invoices.prices import Prices
from portal.rules.invoices.reading import LineText, read_line
from portal.rules.money import format_minor
from portal.rules.sentences import Sentence, say


@dataclass(frozen=True, slots=True)
class Wanted:
    """An invoice as it was asked for. Lines are written as files write them, with points and ISO dates.

    `customer` and the account of a line are references or public ids; a line without one is for `customer`. Without
    `due` the partner's terms say when it is due, without `prices` its price list, without `number` the next one is
    taken.
    """

    customer: str
    on: date
    lines: tuple[LineText, ...]
    prices: Prices | None = None
    due: date | None = None
    number: str | None = None
    external_id: str | None = None

    def dated(self, on: date | None) -> Wanted:
        """The same on another day."""
        return self if on is None else replace(self, on=on)


def as_content(wanted: Wanted) -> dict[str, Any]:
    """What a draft keeps of it."""
    return {
        "date": wanted.on.isoformat(),
        "due": wanted.due.isoformat() if wanted.due else None,
        "prices": wanted.prices.value if wanted.prices else None,
        "number": wanted.number,
        "lines": [list(line) for line in wanted.lines],
    }


def from_content(content: Mapping[str, Any], customer: str, external_id: str | None) -> Wanted:
    """What a draft kept."""
    return Wanted(
        customer,
        date.fromisoformat(content["date"]),
        tuple(LineText(*line) for line in content["lines"]),
        Prices(content["prices"]) if content["prices"] else None,
        date.fromisoformat(content["due"]) if content["due"] else None,
        content["number"],
        external_id,
    )


def check(wanted: Wanted) -> None:
    """Look at everything but the lines. Raises Invalid."""
    problems = date_problem(wanted.on) | text_problems(external_id=wanted.external_id, number=wanted.number)
    if wanted.due is not None and wanted.due < wanted.on:
        problems["due"] = say("It would be due on {due}, before its own date, {on}.", due=wanted.due, on=wanted.on)
    elif wanted.due is not None and (wrong := date_problem(wanted.due)):
        problems["due"] = wrong["date"]
    if problems:
        raise Invalid(problems)


def read_lines(texts: Sequence[LineText], profile: Profile) -> list[Line]:
    """The lines that were written, for a customer whose tax rate those have that name none (F4).

    Raises Invalid with everything that is wrong; fields are called `lines-0-unit_price` and so on.
    """
    wrong: dict[str, list[Sentence]] = {}
    lines = []
    for index, text in enumerate(texts):
        try:
            lines.append(read_line(text, profile.currency, default_rate=default_rate(profile)))
        except Invalid as error:
            for field, sentences in error.fields.items():
                wrong[f"lines-{index}-{field}"] = [
                    say("Line {number}: {said}", number=index + 1, said=sentence) for sentence in sentences
                ]
    if wrong:
        raise Invalid(wrong)
    return lines


def default_rate(profile: Profile) -> Decimal:
    """The tax rate of lines that name none: the customer's, else its partner's."""
    return profile.settings.tax_rate if profile.tax_rate is None else profile.tax_rate


def text_of(line: Line, account: str, currency: str) -> LineText:
    """A line as a draft keeps it."""
    return LineText(
        line.description,
        number_text(line.quantity),
        format_minor(line.unit_minor, currency),
        number_text(line.tax_rate),
        account,
        number_text(line.discount) if line.discount else "",
        line.period.first.isoformat() if line.period else "",
        line.period.last.isoformat() if line.period else "",
        line.category,
    )
