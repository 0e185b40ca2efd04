"""Splitting one line of a bank file into parts, each of which is confirmed on its own (F16)."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

from portal.rules.errors import Reason, Refused
from portal.rules.money import Money
from portal.rules.sentences import say

MOST_PARTS = 50


def parts_of(whole: int, amounts: Sequence[int], currency: str) -> list[int]:
    """The amounts of the parts of a line, in minor units: those that were named, and what is left over.

    Raises Refused for a line that is no credit, no amount, one that is not above zero, and more than there is.
    """
    if whole <= 0:
        message = say(
            "A line over {amount} is no credit, and only credits are payments.", amount=Money(whole, currency)
        )
        raise Refused([Reason("F16", message, say("Set it aside."))])
    left = whole - sum(amounts)
    if not amounts or min(amounts) <= 0 or left < 0 or (len(amounts) == 1 and not left):
        message = say(
            "{amount} cannot be split so: the parts come to {sum}.",
            amount=Money(whole, currency),
            sum=Money(sum(amounts), currency),
        )
        remedy = say("Name amounts above zero that come to less than all of it; the rest becomes a part of its own.")
        raise Refused([Reason("F16", message, remedy)])
    parts = [*amounts, left] if left else [*amounts]
    if len(parts) > MOST_PARTS:
        message = say("A line is split into at most {most} parts.", most=MOST_PARTS)
        raise Refused([Reason("F16", message, say("Name fewer amounts."))])
    return parts


def fingerprint_of(fingerprint: str, place: int) -> str:
    """By what a part is told from every entry of any file."""
    return blake2b(f"{fingerprint}\x1fpart\x1f{place}".encode(), digest_size=16).hexdigest()
