"""What a deed with a service comes to, and why it is refused (M1, F13).

What billing has dealt with from the day of the deed on is given back as far as it is not used, and the same days cost
what is in force from then on. Later days are billed by the run of their first day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import NamedTuple

from portal.rules.billing.periods import Part
from portal.rules.billing.proration import charge, split
from portal.rules.errors import Reason
from portal.rules.periods import Period
from portal.rules.sentences import say
from portal.rules.services import Deed, ServiceState
from portal.rules.services.timeline import Timeline, Version, beginning

RULE = "M1"
_DAY = timedelta(days=1)


class Held(NamedTuple):
    """Days that billing has dealt with: what they cost as the price is meant, and the last day that stays charged, None
    for all of them. `of` is the period whose days the price is for; `free` are days that nobody was charged for.

    `id` is 0 for days that were billed elsewhere and are not kept yet.
    """

    id: int
    days: Period
    of: Period
    amount: int
    ended_on: date | None = None
    free: bool = False

    @property
    def last(self) -> date:
        """The last day that is still charged; before the first day where nothing is."""
        return self.days.last if self.ended_on is None else self.ended_on

    def kept_until(self, on: date) -> date:
        """The last day that stays charged when it is given back from a day on; before its first day for none."""
        return max(on, self.days.first) - _DAY

    def kept(self, last: date) -> int:
        """What of the charge stays where `last` is the last day in use."""
        return split(self.amount, self.days, last + _DAY).used

    @property
    def in_force(self) -> int:
        """What is charged now."""
        return self.kept(self.last)


class Back(NamedTuple):
    """Days that are given back of a charge: `amount` is above zero, or zero where they cost nothing."""

    held: Held
    days: Period
    amount: int


class New(NamedTuple):
    """Days that are charged anew, by which version."""

    part: Part
    amount: int


@dataclass(frozen=True, slots=True)
class Settled:
    """What a deed does to what is billed. `later` are days that the run of their first day bills, where they are a part
    of a period only. `paid_until` is how far billing is through afterwards.
    """

    backs: tuple[Back, ...]
    news: tuple[New, ...]
    later: tuple[New, ...]
    paid_until: date | None


def elsewhere(timeline: Timeline, held: Sequence[Held], on: date, day: int) -> list[Held]:
    """Days from one on that were billed elsewhere, before the service came here, by the periods of then.

    `held` is all that is kept of it, `day` the payer's billing day.
    """
    if timeline.paid_until is None:
        return []
    first = timeline.started_on
    found = []
    known = sorted((one.days for one in held), key=lambda days: days.first)
    while first <= timeline.paid_until:
        within = next((days for days in known if days.first <= first <= days.last), None)
        if within is not None:
            first = within.last + _DAY
            continue
        version = timeline.on(first)
        starts = [days.first for days in known if days.first > first]
        ends = [*starts, *(one.on for one in timeline.after(first)), timeline.paid_until + _DAY]
        terms = replace(timeline.terms(version), paid_until=None)
        part = terms.schedule(day).part_from(first, min(ends))
        if part.days.last >= on and version.state is ServiceState.ACTIVE:
            found.append(Held(0, part.days, part.of, charge(version.price, part)))
        first = part.days.last + _DAY
    return found


def settled(timeline: Timeline, held: Iterable[Held], new: Version, day: int) -> Settled:
    """What it comes to when a version comes into force (F13). `held` are the charges of the service, `day` is the
    payer's billing day.
    """
    on, until = new.on, timeline.paid_until
    known = list(held)
    backs = tuple(
        Back(one, Period(max(on, one.days.first), one.last), one.in_force - one.kept(max(on, one.days.first) - _DAY))
        for one in known
        if one.last >= on and not one.free
    )
    if new.state is not ServiceState.ACTIVE:
        return Settled(backs, (), (), until)
    after = timeline.with_version(new)
    schedule = after.terms(new).schedule(day)
    if until is None or on > until:
        part = schedule.part_from(on)
        later = () if part.whole else (New(part, charge(new.price, part)),)
        return Settled(backs, (), later, until)
    if _begins_anew(timeline, new):
        part = schedule.part_from(on)
        return Settled(backs, (New(part, charge(new.price, part)),), (), part.days.last)
    free = [one for one in known if one.free]
    news, first = [], on
    while first <= until:
        part = schedule.part_from(first, until + _DAY)
        if not any(one.days.first <= first <= one.last for one in free):
            news.append(New(part, charge(new.price, part)))
        first = part.days.last + _DAY
    return Settled(backs, tuple(news), (), until)


def _begins_anew(timeline: Timeline, new: Version) -> bool:
    """Whether a period of its own begins on the day of the deed."""
    return new.own_anchor and new.anchor_on == new.on and new.every is not timeline.on(new.on).every


def made(timeline: Timeline, deed: Deed, wanted: Version) -> Version:
    """The version that a deed makes of what is in force on its day; `wanted` has that day, and what a change changes.

    Another period begins on that day and is the service's own from then on (M1).
    """
    there = timeline.on(wanted.on)
    if deed is Deed.CHANGE:
        new = replace(wanted, id=0, deed=deed, state=there.state)
        if new.every is there.every:
            return replace(new, anchor_on=there.anchor_on, anchor_day=there.anchor_day, own_anchor=there.own_anchor)
        schedule = beginning(new.every, new.on)
        return replace(new, anchor_on=schedule.anchor, anchor_day=schedule.day, own_anchor=True)
    state = {Deed.PAUSE: ServiceState.PAUSED, Deed.STOP: ServiceState.STOPPED}.get(deed, ServiceState.ACTIVE)
    return replace(there, id=0, on=wanted.on, deed=deed, state=state)


def refusals(timeline: Timeline, deed: Deed, new: Version, today: date) -> list[Reason]:
    """Everything that stands against a deed from a day on (M1)."""
    plan, on, last = timeline.on(new.on).plan, new.on, timeline.last
    reasons = []
    if on < timeline.started_on:
        message = say("{plan} begins on {day}, and {on} is before that.", plan=plan, day=timeline.started_on, on=on)
        reasons.append(Reason(RULE, message, say("Choose {day} or later.", day=timeline.started_on)))
        return reasons
    if last.state is ServiceState.STOPPED and not _may_follow_a_stop(deed, on, last, today):
        message = say("{plan} is stopped from {day} on.", plan=plan, day=last.on)
        if last.on > today:
            remedy = say("Let it go on first: resume it from {day}.", day=last.on)
        else:
            remedy = say("What is stopped stays stopped. Order it anew.")
        reasons.append(Reason(RULE, message, remedy))
    elif on < last.on and deed is not Deed.STOP and last.state is not ServiceState.STOPPED:
        message = say(
            "{plan} has a change from {day} on already, and {on} is before that.", plan=plan, day=last.on, on=on
        )
        remedy = say("Choose {day} or later: what is decided for {day} takes its place.", day=last.on)
        reasons.append(Reason(RULE, message, remedy))
    else:
        reasons += _of_state(timeline.on(on), deed, new)
    return reasons


def _may_follow_a_stop(deed: Deed, on: date, last: Version, today: date) -> bool:
    """A stop may be moved to an earlier day, and taken back until its day has come."""
    if deed is Deed.STOP:
        return on < last.on
    return deed is Deed.RESUME and on == last.on and last.on >= today


def _of_state(there: Version, deed: Deed, new: Version) -> list[Reason]:
    if deed is Deed.PAUSE and there.state is ServiceState.PAUSED:
        message = say("{plan} is paused on {on} already.", plan=there.plan, on=new.on)
        return [Reason(RULE, message, say("Resume it, or stop it."))]
    if deed is Deed.RESUME and there.state is ServiceState.ACTIVE:
        message = say("{plan} is active on {on}, so there is nothing to resume.", plan=there.plan, on=new.on)
        return [Reason(RULE, message, say("Nothing more is needed."))]
    if deed is Deed.CHANGE and there.says_the_same(new):
        message = say("{plan} is like that on {on} already, so nothing changes.", plan=there.plan, on=new.on)
        return [Reason(RULE, message, say("Choose another plan or number."))]
    return []
