"""What parts of a period cost (F13), in minor units without tax: tax follows on the document.

The day of a change belongs to the new. What is charged is the price by days, rounded; what is given back is the price
less the rounded part that was used. So used and unused are always the price.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from portal.rules.billing.periods import Part
from portal.rules.money import divided
from portal.rules.periods import Period


class Split(NamedTuple):
    """What was charged for some days, by what was used of it and what was not."""

    used: int
    unused: int


class Change(NamedTuple):
    """What a change comes to: `given_back` and `charged` are not negative for a price that is not."""

    given_back: int
    charged: int

    @property
    def due(self) -> int:
        """What it comes to; less than zero is in the customer's favour."""
        return self.charged - self.given_back


def length(days: Period) -> int:
    """How many days a stretch has, the first and the last one included."""
    return (days.last - days.first).days + 1


def price_of(unit_minor: int, number: Decimal) -> int:
    """The price of so many, rounded once."""
    numerator, denominator = number.as_integer_ratio()
    return divided(unit_minor * numerator, denominator)


def charge(price: int, part: Part) -> int:
    """What the days of a part cost, at the price of its period."""
    return divided(price * length(part.days), length(part.of))


def split(charged: int, days: Period, on: date) -> Split:
    """What was charged for some days, split at the first day of something else, which is no longer used.

    A day after the last one leaves nothing unused, the first day or one before it leaves nothing used. Where only a
    part of a period was charged, that charge and its days are what is split.
    """
    used_days = min(max((on - days.first).days, 0), length(days))
    used = divided(charged * used_days, length(days))
    return Split(used, charged - used)


def change(charged: int, days: Period, on: date, price: int, of: Period) -> Change:
    """What a new price from a day on comes to (F13): what is unused of the old charge is given back, and the days from
    `on` to the last one that was charged cost the new price, which is for the days of `of`. A price of 0 is an end.
    """
    given_back = split(charged, days, on).unused
    if on > days.last:
        return Change(given_back, 0)
    return Change(given_back, charge(price, Part(Period(max(on, days.first), days.last), of)))
