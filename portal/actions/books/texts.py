"""Amounts that come as texts, once it is known in which currency."""

from __future__ import annotations

from portal.rules.amounts import NoAmount, parse_amount
from portal.rules.errors import Invalid
from portal.rules.money import LARGEST_MINOR
from portal.rules.sentences import say


def amount_in(given: int | str | None, currency: str) -> int | None:
    """The amount in minor units; None for none. Raises Invalid for what is no amount."""
    if given is None or isinstance(given, int):
        return given
    try:
        minor = parse_amount(given.strip(), currency)
    except NoAmount as error:
        raise Invalid({"amount": error.sentence}) from None
    if minor > LARGEST_MINOR:
        raise Invalid({"amount": say("The amount is larger than any we keep.")})
    return minor
