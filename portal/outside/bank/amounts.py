"""Amounts and days as banks write them in files."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from portal.rules.bank.files import unreadable
from portal.rules.books import EARLIEST, LATEST
from portal.rules.money import LARGEST_MINOR, exponent
from portal.rules.sentences import say

_AMOUNT = re.compile(r"\d{1,18}(?:[.,]\d{0,17})?", re.ASCII)


def minor_of(text: str, currency: str) -> int:
    """Minor units of an unsigned amount with a point or comma. Raises Invalid for anything else."""
    bare = text.strip()
    if not _AMOUNT.fullmatch(bare):
        raise unreadable(say("“{text}” is not an amount.", text=bare[:40]))
    scaled = Decimal(bare.replace(",", ".")).scaleb(exponent(currency))
    if scaled != scaled.to_integral_value() or scaled > LARGEST_MINOR:
        raise unreadable(
            say("“{text}” is not an amount in {currency} that can be kept.", text=bare[:40], currency=currency)
        )
    return int(scaled)


def day_of(text: str) -> date | None:
    """The day of an ISO 8601 date or instant; None for none. Raises Invalid for one that is no day of the books."""
    bare = text.strip()[:10]
    if not bare:
        return None
    try:
        on = date.fromisoformat(bare)
    except ValueError:
        on = None
    if on is None or not EARLIEST <= on <= LATEST:
        raise unreadable(say("“{text}” is not a date we keep books for.", text=bare))
    return on
