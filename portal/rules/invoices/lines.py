"""Lines of an invoice, and what they come to (F4).

Tax is computed for each rate on what its lines come to together, and handed down to them, so that lines, accounts,
rates and totals show the same cents wherever they are added up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from portal.rules.errors import Reason
from portal.rules.invoices.prices import Prices
from portal.rules.money import LARGEST_MINOR, Money, divided, handed_down
from portal.rules.periods import Period
from portal.rules.sentences import say

QUANTITY_PLACES, RATE_PLACES = 4, 3
_QUANTITY_UNIT, _PERCENT_UNIT = 10**QUANTITY_PLACES, 10**RATE_PLACES
_WHOLE = 100 * _PERCENT_UNIT
"""One hundred per cent, in the parts in which percentages are counted."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `quantity` and `unit_minor` (minor units) may be negative; `tax_rate` and `discount` are percentages.

    `account` is what the caller calls the customer for whom it is issued, and is only compared. `category` is what
    spending adds up, in the language of the books.
    """

    description: str
    quantity: Decimal
    unit_minor: int
    tax_rate: Decimal
    account: str = ""
    discount: Decimal = Decimal(0)
    period: Period | None = None
    category: str = ""

    @property
    def quantity_e4(self) -> int:
        """The quantity in ten thousandths. Raises ValueError for one of more decimal places."""
        return _scaled(self.quantity, _QUANTITY_UNIT)

    @property
    def rate_e3(self) -> int:
        """The tax rate in thousandths of a per cent. Raises ValueError for one of more decimal places."""
        return _scaled(self.tax_rate, _PERCENT_UNIT)

    @property
    def discount_e3(self) -> int:
        """The discount in thousandths of a per cent. Raises ValueError for one of more decimal places."""
        return _scaled(self.discount, _PERCENT_UNIT)


class ComputedLine(NamedTuple):
    """A line with what it comes to, in minor units."""

    line: Line
    net: int
    tax: int
    gross: int


class RateTotal(NamedTuple):
    """What the lines of one tax rate come to, in minor units."""

    rate: Decimal
    net: int
    tax: int


class AccountTotal(NamedTuple):
    """What the lines of one account come to, in minor units."""

    account: str
    net: int
    tax: int
    gross: int


@dataclass(frozen=True, slots=True)
class Computed:
    """Lines with their sums, in minor units. `taxes` begins with the lowest rate, `accounts` with that of the first
    line.
    """

    prices: Prices
    currency: str
    lines: tuple[ComputedLine, ...]
    taxes: tuple[RateTotal, ...]
    accounts: tuple[AccountTotal, ...]
    net: int
    tax: int
    total: int


def line_amount(line: Line) -> int:
    """Quantity × unit price less the discount, in minor units, rounded half away from zero (F4): net or gross, as the
    prices are.
    """
    return divided(line.quantity_e4 * line.unit_minor * (_WHOLE - line.discount_e3), _QUANTITY_UNIT * _WHOLE)


def computed(lines: Sequence[Line], prices: Prices, currency: str) -> Computed:
    """What lines come to (F4). Whether an invoice may come to that is for `refusals` to say."""
    amounts = [line_amount(line) for line in lines]
    by_rate: dict[Decimal, list[int]] = {}
    for index, line in enumerate(lines):
        by_rate.setdefault(line.tax_rate, []).append(index)
    taxes = [0] * len(lines)
    for rate, indices in by_rate.items():
        handed = _taxes(rate, [amounts[index] for index in indices], prices)
        for index, tax in zip(indices, handed, strict=True):
            taxes[index] = tax
    done = tuple(
        ComputedLine(line, amount, tax, amount + tax)
        if prices is Prices.NET
        else ComputedLine(line, amount - tax, tax, amount)
        for line, amount, tax in zip(lines, amounts, taxes, strict=True)
    )
    rates = tuple(
        RateTotal(rate, sum(done[index].net for index in indices), sum(taxes[index] for index in indices))
        for rate, indices in sorted(by_rate.items())
    )
    net, tax = sum(line.net for line in done), sum(taxes)
    return Computed(prices, currency, done, rates, _accounts(done), net, tax, net + tax)


def _taxes(rate: Decimal, amounts: Sequence[int], prices: Prices) -> list[int]:
    """The tax of each of the amounts of one rate."""
    percent = _scaled(rate, _PERCENT_UNIT)
    whole = _WHOLE if prices is Prices.NET else _WHOLE + percent
    return handed_down(divided(sum(amounts) * percent, whole), [amount * percent for amount in amounts], whole)


def _accounts(lines: Sequence[ComputedLine]) -> tuple[AccountTotal, ...]:
    totals: dict[str, AccountTotal] = {}
    for line in lines:
        name = line.line.account
        _, net, tax, gross = totals.get(name) or AccountTotal(name, 0, 0, 0)
        totals[name] = AccountTotal(name, net + line.net, tax + line.tax, gross + line.gross)
    return tuple(totals.values())


def _scaled(number: Decimal, unit: int) -> int:
    """A number of few places as a whole number of its smallest parts. Raises ValueError for one of more places."""
    parts = number * unit
    if parts % 1:
        raise ValueError(f"{number} has more decimal places than are kept")
    return int(parts)


def refusals(invoice: Computed) -> list[Reason]:
    """Why lines cannot be an invoice (F4): there are none, they come to less than zero, or to too much to be kept."""
    if not invoice.lines:
        return [Reason("F4", say("The invoice has no lines."), say("Add what it is to charge."))]
    reasons = []
    if invoice.total < 0:
        reasons.append(
            Reason(
                "F4",
                say(
                    "The lines come to {total}, and an invoice to nothing less than zero.",
                    total=Money(invoice.total, invoice.currency),
                ),
                say("To give money back, issue a credit note for the invoice that charged it."),
            )
        )
    moved = max(sum(abs(line.net) for line in invoice.lines), sum(abs(line.gross) for line in invoice.lines))
    if moved > LARGEST_MINOR:
        reasons.append(
            Reason(
                "F4",
                say(
                    "The lines charge and take off {amount} altogether; an invoice takes {largest}.",
                    amount=Money(moved, invoice.currency),
                    largest=Money(LARGEST_MINOR, invoice.currency),
                ),
                say("Issue it as several invoices."),
            )
        )
    return reasons
