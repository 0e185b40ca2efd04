"""A service as it is billed: whose periods they are, and what is billed next (F5, F13, M1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from portal.rules.billing.periods import Part, Schedule
from portal.rules.billing.proration import charge, price_of
from portal.rules.services import Period as Every
from portal.rules.services import ServiceState

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Terms:
    """What decides how a service is billed. `price_minor` is for one of it and one period, in minor units.

    `stopped_on` is the first day without it, `paid_until` the last day that is billed. `anchor_on` and `anchor_day`
    are the first day of one of its periods and the billing day it was made for, None before they are kept; with
    `own_anchor` they are the service's own and stay whatever the payer's day (M1). `begun_on` is its very first day,
    where these are the terms of a later part of it.
    """

    every: Every
    price_minor: int
    number: Decimal
    state: ServiceState
    started_on: date
    stopped_on: date | None = None
    paid_until: date | None = None
    anchor_on: date | None = None
    anchor_day: int | None = None
    own_anchor: bool = False
    begun_on: date | None = None

    @property
    def price(self) -> int:
        """What a whole period costs, in minor units."""
        return price_of(self.price_minor, self.number)

    @property
    def first(self) -> date:
        """The first day that is not billed."""
        return self.started_on if self.paid_until is None else max(self.started_on, self.paid_until + _DAY)

    @property
    def is_billed(self) -> bool:
        """Whether there are days that are billed: none while paused, and of a stopped one those before its end."""
        if self.state is ServiceState.STOPPED:
            return self.stopped_on is not None
        return self.state is ServiceState.ACTIVE

    def state_on(self, on: date) -> ServiceState:
        """The state on a day: stopped from the first day without it."""
        ended = self.stopped_on is not None and self.stopped_on <= on
        return ServiceState.STOPPED if ended else self.state

    def schedule(self, day: int) -> Schedule:
        """Its periods, for the billing day of whoever pays now.

        The anchor that is kept holds until that day changes; then periods begin anew behind what is billed (F5).
        """
        begun = self.begun_on or self.started_on
        if self.anchor_on is None or self.anchor_day is None:
            return Schedule.beginning(self.every, day, begun)
        kept = Schedule(self.every, self.anchor_day, self.anchor_on)
        if self.own_anchor or self.every is Every.WEEK or self.anchor_day == day:
            return kept
        if self.paid_until is None:
            return Schedule.beginning(self.every, day, begun)
        return kept.moved(day, self.paid_until)

    def next_part(self, day: int) -> Part | None:
        """What is billed next; None where nothing is any more: it is paused, or billed to its end."""
        if not self.is_billed or (self.stopped_on is not None and self.first >= self.stopped_on):
            return None
        return self.schedule(day).part_from(self.first, self.stopped_on)

    def parts_due(self, day: int, on: date) -> Iterator[Part]:
        """All that a run for a day bills, oldest first (F5)."""
        if not self.is_billed:
            return iter(())
        return self.schedule(day).parts_due(self.first, on, self.stopped_on)

    def amount(self, part: Part) -> int:
        """What a part costs, in minor units, as the price is meant: net or gross."""
        return charge(self.price, part)
