"""A membership that somebody holds: the days that are granted, and what becomes of it (B5, B9, B10)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from portal.rules.invoices.prices import Prices
from portal.rules.memberships.periods import Next, frozen_on, next_period
from portal.rules.memberships.plans import Plan, years_between
from portal.rules.memberships.states import MembershipState
from portal.rules.periods import Period
from portal.rules.sentences import Sentence, say

_DAY = timedelta(days=1)


class Shown(StrEnum):
    """What a membership is on a day, as people read it."""

    ORDERED = "ordered"
    ACTIVE = "active"
    FROZEN = "frozen"
    ENDED = "ended"

    @property
    def label(self) -> Sentence:
        if self is Shown.ORDERED:
            return say("Ordered")
        if self is Shown.ACTIVE:
            return say("Active")
        return say("Frozen") if self is Shown.FROZEN else say("Ended")


class GrantedDays(NamedTuple):
    """Days that were granted, with what was charged for them, in minor units as the price was meant.

    `prices` and `rate` are those of the line that charged them; None where nothing did. `last` is None without an end.
    After a change of plan `ended_on` is the last day on which they counted, the day before `first` where none did;
    `last` stays what it was.
    """

    id: int
    plan: Plan
    first: date
    last: date | None
    amount: int
    ended_on: date | None = None
    prices: Prices | None = None
    rate: Decimal | None = None

    @property
    def until(self) -> date | None:
        """The last day on which they count."""
        return self.last if self.ended_on is None else self.ended_on

    def __contains__(self, on: object) -> bool:
        return isinstance(on, date) and self.first <= on and (self.until is None or on <= self.until)


@dataclass(frozen=True, slots=True)
class Membership:
    """A membership with all that decides what becomes of it. `name` is that of its plan, of which `plan` is in force.

    `granted` are the days that it counts, in order; `freezes` those that stand, without the ones taken back. `ends_on`
    is its last day where it was ended, `next_plan` what it changes to on `next_from`. `used_up_on` is the day of the
    last visit of a number of visits, where every one of them is used. `born_on` is the birth date of whoever holds it.
    """

    plan: Plan
    state: MembershipState
    from_on: date
    anchor: date
    granted: tuple[GrantedDays, ...]
    freezes: tuple[Period, ...] = ()
    ends_on: date | None = None
    next_plan: Plan | None = None
    next_from: date | None = None
    used_up_on: date | None = None
    born_on: date | None = None

    @property
    def until(self) -> date | None:
        """The last day that is granted; None where there is no end."""
        return self.granted[-1].last if self.granted else self.from_on - _DAY

    @property
    def over_on(self) -> date | None:
        """The last day on which it counts: the granted one, an earlier end, or that of the last visit."""
        days = [one for one in (self.until, self.ends_on, self.used_up_on) if one is not None]
        return min(days) if days else None

    def days_of(self, on: date) -> GrantedDays | None:
        """The granted days in which a day is."""
        return next((one for one in self.granted if on in one), None)

    def shown_on(self, today: date) -> Shown:
        """What it is on a day. One that is renewed is not over on the day after its last one: the run comes then."""
        if self.state is not MembershipState.ACTIVE:
            return Shown(self.state.value)
        over = self.over_on
        if over is not None and over < today and not (self.renews_after(over) and today == over + _DAY):
            return Shown.ENDED
        return Shown.FROZEN if frozen_on(today, self.freezes) else Shown.ACTIVE

    def plan_from(self, first: date) -> Plan:
        """The plan of a period that begins on a day."""
        if self.next_plan is not None and self.next_from is not None and self.next_from <= first:
            return self.next_plan
        return self.plan

    def renews_after(self, last: date) -> bool:
        """Whether the billing run renews it after a last day (B10)."""
        if self.state is not MembershipState.ACTIVE or (self.ends_on is not None and self.ends_on <= last):
            return False
        return self.plan_from(last + _DAY).goes_on and not self.too_old_on(last + _DAY)

    def too_old_on(self, first: date) -> bool:
        """Whether a period that begins on a day is not for its holder any more, who is above the age limit (B5)."""
        limit = self.plan_from(first).age_to
        return limit is not None and self.born_on is not None and years_between(self.born_on, first) > limit

    def next_renewal(self) -> tuple[Plan, Next] | None:
        """The period that the billing run bills next, and its plan; None where it bills none.

        An end inside of it is not looked at: see `portal.rules.memberships.renewing`.
        """
        if self.until is None or not self.renews_after(self.until):
            return None
        return self.renewal()

    def renewal(self) -> tuple[Plan, Next] | None:
        """The period that follows what is granted, whoever renews it; None without periods."""
        until = self.until
        if until is None:
            return None
        plan = self.plan_from(until + _DAY)
        if plan.length is None:
            return None
        return plan, next_period(plan.length, self.anchor, until, self.freezes)

    def upcoming(self) -> Iterator[Period]:
        """The periods that follow what is granted, by their plan of then, as long as it is not ended."""
        made = self.renewal()
        while made is not None:
            plan, found = made
            yield found.days
            plan = self.plan_from(found.days.last + _DAY)
            if plan.length is None:
                return
            made = plan, next_period(plan.length, found.anchor, found.days.last, self.freezes)
