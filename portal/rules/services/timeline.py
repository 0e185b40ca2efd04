"""A service over time: what is in force from which day on, as dated rows that all else follows from (M1)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from portal.rules.billing.periods import Part, Schedule
from portal.rules.billing.proration import price_of
from portal.rules.billing.terms import Terms
from portal.rules.services import Deed, Period, ServiceState

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Version:
    """What is in force from a day on, and the deed that made it so. `price_minor` is for one and one period.

    `anchor_on` and `anchor_day` are those of its periods, None before they are kept; `own_anchor` says that they are
    the service's own, whatever the billing day of its payer (M1). `id` is 0 before it is kept.
    """

    id: int
    on: date
    deed: Deed
    state: ServiceState
    plan: str
    price_minor: int
    number: Decimal
    every: Period
    anchor_on: date | None = None
    anchor_day: int | None = None
    own_anchor: bool = False

    @property
    def price(self) -> int:
        """What a whole period costs, in minor units, as the price is meant."""
        return price_of(self.price_minor, self.number)

    def says_the_same(self, other: Version) -> bool:
        """Whether both are the same plan, number, price and state."""
        mine = (self.plan, self.price_minor, self.number, self.every, self.state)
        return mine == (other.plan, other.price_minor, other.number, other.every, other.state)


@dataclass(frozen=True, slots=True)
class Timeline:
    """The versions of a service, oldest first, each in force until the next one. `paid_until` is the last day that
    billing has dealt with.
    """

    versions: tuple[Version, ...]
    started_on: date
    paid_until: date | None = None

    def on(self, day: date) -> Version:
        """What is in force on a day; before the first day what is in force then."""
        found = self.versions[0]
        for one in self.versions[1:]:
            if one.on <= day:
                found = one
        return found

    @property
    def last(self) -> Version:
        """What is in force in the end."""
        return self.versions[-1]

    @property
    def stopped_on(self) -> date | None:
        """The first day without it, where it is stopped."""
        return self.last.on if self.last.state is ServiceState.STOPPED else None

    def after(self, day: date) -> tuple[Version, ...]:
        """What comes into force after a day."""
        return tuple(one for one in self.versions if one.on > day)

    def with_version(self, new: Version) -> Timeline:
        """The same with one version more; what stood from its day on is gone."""
        return replace(self, versions=(*(one for one in self.versions if one.on < new.on), new))

    def segments(self) -> list[tuple[Version, Terms]]:
        """Stretches in which it costs something, as billing takes them, oldest first."""
        found = []
        for index, one in enumerate(self.versions):
            end = self.versions[index + 1].on if index + 1 < len(self.versions) else None
            if one.state is ServiceState.ACTIVE and (end is None or end > one.on):
                found.append((one, self.terms(one, end)))
        return found

    def terms(self, one: Version, end: date | None = None) -> Terms:
        """A version as billing takes it, until the day before `end`."""
        return Terms(
            one.every,
            one.price_minor,
            one.number,
            ServiceState.ACTIVE,
            one.on,
            end,
            self.paid_until,
            one.anchor_on,
            one.anchor_day,
            one.own_anchor,
            self.started_on,
        )

    def next_part(self, day: int, after: date | None = None) -> tuple[Version, Part, int] | None:
        """What billing charges next, with its price as it is meant; None where nothing is any more.

        `day` is the payer's billing day. With `after`, days up to it count as billed.
        """
        for one, terms in self.segments():
            if after is not None:
                known = after if terms.paid_until is None else max(after, terms.paid_until)
                terms = replace(terms, paid_until=known)
            part = terms.next_part(day)
            if part is not None:
                return one, part, terms.amount(part)
        return None


def never_changed(
    state: ServiceState,
    plan: str,
    price_minor: int,
    number: Decimal,
    every: Period,
    started_on: date,
    stopped_on: date | None,
    anchor_on: date | None,
    anchor_day: int | None,
) -> tuple[Version, ...]:
    """The versions of a service that was only added, and perhaps stopped: its first day, and its end."""
    begun: ServiceState = ServiceState.PAUSED if state is ServiceState.PAUSED else ServiceState.ACTIVE
    if state is ServiceState.STOPPED and stopped_on is None:
        begun = ServiceState.STOPPED
    first = Version(0, started_on, Deed.ADD, begun, plan, price_minor, number, every, anchor_on, anchor_day)
    if stopped_on is None:
        return (first,)
    over = replace(first, on=max(stopped_on, started_on), deed=Deed.STOP, state=ServiceState.STOPPED)
    return (over,) if over.on == started_on else (first, over)


def beginning(every: Period, on: date) -> Schedule:
    """The periods of a service that gets its own from a day on: the first of them begins that day (M1)."""
    return Schedule(every, on.day, on)
