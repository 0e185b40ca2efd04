"""Who is blocked for being overdue, and who no longer is (F9)."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from datetime import date
from typing import Generic, NamedTuple, TypeVar

K_ = TypeVar("K_", bound=Hashable)


class OpenPart(NamedTuple):
    """Something that is not settled: when it is due, and what is open of it in minor units."""

    due: date
    open: int


class Payer(NamedTuple, Generic[K_]):
    """A payer as of the day of a run: the House Account in minor units, what is open, whether it is Active, and whether
    it is Blocked for being overdue, which nobody is who was blocked by hand.
    """

    key: K_
    house: int
    parts: tuple[OpenPart, ...]
    active: bool = True
    blocked_by_overdue: bool = False


class BlockingRun(NamedTuple, Generic[K_]):
    """Who becomes Blocked and who Active again, in the order in which they came."""

    blocked: list[K_]
    activated: list[K_]


def is_behind(house: int, parts: Iterable[OpenPart], grace_days: int, on: date) -> bool:
    """Whether somebody is to be Blocked (F9): something is open more than the grace days past due, and the House
    Account (minor units, as of `on`) is below zero. As soon as one of the two no longer holds, nobody is.
    """
    return house < 0 and any(part.open > 0 and (on - part.due).days > grace_days for part in parts)


def run(payers: Iterable[Payer[K_]], grace_days: int, on: date) -> BlockingRun[K_]:
    """What a run for a day does. Who is New, Inactive or was blocked by hand stays as they are."""
    blocked, activated = [], []
    for payer in payers:
        behind = is_behind(payer.house, payer.parts, grace_days, on)
        if behind and payer.active:
            blocked.append(payer.key)
        elif payer.blocked_by_overdue and not behind:
            activated.append(payer.key)
    return BlockingRun(blocked, activated)
