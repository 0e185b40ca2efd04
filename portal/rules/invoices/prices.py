"""How prices are meant."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from portal.rules.money import divided


class Prices(StrEnum):
    """Whether unit prices come without tax, or contain it (F4)."""

    NET = "net"
    GROSS = "gross"


def converted(unit: int, given: Prices, wanted: Prices, rate: Decimal) -> int:
    """A price of one kind as one of the other, where an invoice has both, in minor units; `rate` is a percentage."""
    if given is wanted:
        return unit
    percent = int(rate * 1_000)
    whole = 100_000 + percent
    return divided(unit * 100_000, whole) if wanted is Prices.NET else divided(unit * whole, 100_000)
