"""Exact amounts: integers in minor units with an ISO 4217 currency.

`Decimal` appears only while computing tax and shares. One rounding rule (half away from zero,
rule F4) and one allocation rule (largest remainder) serve the whole product.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

# Source: ISO 4217, the currencies whose minor unit is not a hundredth.
_EXPONENTS = {
    **dict.fromkeys("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split(), 0),  # noqa: SIM905
    **dict.fromkeys("BHD IQD JOD KWD LYD OMR TND".split(), 3),  # noqa: SIM905
    **dict.fromkeys(("CLF", "UYW"), 4),
}
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
LARGEST_MINOR = 10**15
"""No single amount is larger than this, so that sums stay far inside 64 bits."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units and its currency; amounts of different currencies never mix."""

    minor: int
    currency: str

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor + other.minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __bool__(self) -> bool:
        return self.minor != 0

    def __str__(self) -> str:
        return f"{format_minor(self.minor, self.currency)} {self.currency}"

    def _same(self, other: Money) -> None:
        if self.currency != other.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be added")


def is_currency(code: str) -> bool:
    """True for three capital letters; whether the code is in use is for the importer to know."""
    return bool(_CURRENCY.fullmatch(code))


def exponent(currency: str) -> int:
    """How many decimal places the currency's minor unit has (EUR 2, JPY 0, BHD 3)."""
    return _EXPONENTS.get(currency, 2)


def format_minor(minor: int, currency: str) -> str:
    """The amount in major units with a point, as files and JSON carry it: -1250 EUR is "-12.50"."""
    places = exponent(currency)
    sign = "-" if minor < 0 else ""
    if places == 0:
        return f"{sign}{abs(minor)}"
    whole, part = divmod(abs(minor), 10**places)
    return f"{sign}{whole}.{part:0{places}d}"


def rounded(amount: Decimal) -> int:
    """Whole minor units, half away from zero (F4)."""
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` minor units in proportion to non-negative `weights`, losing nothing.

    Largest remainder; ties go to the earlier share. Raises ValueError if no weight is positive.
    """
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise ValueError("weights must be non-negative and not all zero")
    sign = -1 if total < 0 else 1
    shares = [abs(total) * weight // whole for weight in weights]
    remainders = [abs(total) * weight % whole for weight in weights]
    left = abs(total) - sum(shares)
    for index in sorted(range(len(weights)), key=lambda i: (-remainders[i], i))[:left]:
        shares[index] += 1
    return [sign * share for share in shares]


def divided(numerator: int, denominator: int) -> int:
    """The quotient as a whole number, half away from zero (F4). Exact however large the numbers are."""
    whole, rest = divmod(abs(numerator), abs(denominator))
    amount = whole + (2 * rest >= abs(denominator))
    return amount if (numerator < 0) is (denominator < 0) else -amount


def handed_down(total: int, numerators: Sequence[int], denominator: int) -> list[int]:
    """Split `total`, the rounded sum of exact parts, over these parts, so that each is its exact amount rounded up or
    down: the largest remainders are rounded up, at a tie the earlier one (F4).

    A part is its numerator over the common, positive denominator; parts may be of either sign, and the split of the
    opposite amounts is the opposite split. Raises ValueError for a total that is not their sum, rounded.
    """
    leading = sum(numerators) or next(filter(None, numerators), 0)
    sign = -1 if leading < 0 else 1
    shares, rests = [], []
    for numerator in numerators:
        share, rest = divmod(sign * numerator, denominator)
        shares.append(share)
        rests.append(rest)
    left = sign * total - sum(shares)
    if not 0 <= left <= sum(map(bool, rests)):
        raise ValueError(f"{total} is not what the parts come to")
    for index in sorted(range(len(rests)), key=rests.__getitem__, reverse=True)[:left]:
        shares[index] += 1
    return [sign * share for share in shares]
