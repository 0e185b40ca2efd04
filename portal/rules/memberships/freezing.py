"""Freezing a membership: its days are added to the end, and what is not used is given back (B10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from portal.rules.errors import Reason
from portal.rules.memberships.holding import GrantedDays, Membership
from portal.rules.memberships.periods import shared
from portal.rules.memberships.states import MembershipState
from portal.rules.periods import Period
from portal.rules.sentences import Sentence, say

RULE = "B10"
WINDOW = 365
"""So many days are looked at for how much was frozen."""

_DAY = timedelta(days=1)


def frozen(membership: Membership, freeze: Period) -> Membership:
    """The membership with a freeze: what is granted, the end and a change to come move by its days."""
    return replace(
        _moved(membership, freeze, length(freeze)),
        freezes=tuple(sorted((*membership.freezes, freeze), key=lambda one: one.first)),
    )


def thawed(membership: Membership, freeze: Period, on: date) -> Membership:
    """The membership once a freeze is over, `on` being the first day in use again: the rest of its days is taken off
    the end. A day up to the first one of the freeze takes all of it back.
    """
    rest = max(on - _DAY, freeze.first - _DAY)
    kept = [one for one in membership.freezes if one != freeze]
    if rest >= freeze.first:
        kept.append(Period(freeze.first, rest))
    moved = _moved(membership, freeze, -(freeze.last - rest).days)
    return replace(moved, freezes=tuple(sorted(kept, key=lambda one: one.first)))


def length(days: Period) -> int:
    """How many days a stretch has."""
    return (days.last - days.first).days + 1


def freeze_of(membership: Membership, on: date) -> Period | None:
    """The freeze that ends early where a day is the first one in use again: the one it lies in, or the next one."""
    return next((one for one in membership.freezes if on <= one.last), None)


def freeze_refusals(membership: Membership, freeze: Period, today: date, *, staff: bool) -> list[Reason]:
    """Why a membership cannot be frozen for these days (B10). Only staff freeze days that are past."""
    plan, name = membership.plan, membership.plan.name
    if membership.state is MembershipState.ORDERED:
        message = say("{plan} has not begun: it waits for its invoice to be paid.", plan=name)
        return [_no(message, say("Pay the invoice first."))]
    if plan.length is None and plan.visits is None:
        message = say("{plan} has no end to which days could be added.", plan=name)
        return [_no(message, say("There is no need to freeze it: it costs nothing more."))]
    if not plan.freeze_days:
        return [_no(say("{plan} cannot be frozen.", plan=name), say("It can be ended at the end of its period."))]
    return [*_days(membership, freeze, today, staff=staff), *_limits(membership, freeze)]


def _days(membership: Membership, freeze: Period, today: date, *, staff: bool) -> list[Reason]:
    """Days that do not fit the membership."""
    name, reasons = membership.plan.name, []
    if freeze.last < freeze.first:
        message = say(
            "The freeze would end on {last}, before it begins on {first}.", first=freeze.first, last=freeze.last
        )
        return [_no(message, say("Choose a last day that is not before the first one."))]
    if freeze.first < today and not staff:
        message = say("{on} is past.", on=freeze.first)
        reasons.append(_no(message, say("Freeze it from {today} on, or later.", today=today)))
    begun = membership.granted[-1].first if _changed(membership) else membership.from_on
    if freeze.first < begun:
        message = say("{plan} begins on {on}.", plan=name, on=begun)
        reasons.append(_no(message, say("Freeze it from that day on, or later.")))
    over = membership.over_on
    if over is not None and freeze.first > over and not membership.renews_after(over):
        message = say("{plan} is over on {on} and is not renewed.", plan=name, on=over)
        reasons.append(_no(message, say("Choose days up to then, or renew it first.")))
    for other in membership.freezes:
        if shared(freeze, other):
            message = say(
                "{plan} is frozen from {first} to {last} already.", plan=name, first=other.first, last=other.last
            )
            reasons.append(_no(message, say("Choose other days, or end that freeze first.")))
    return reasons


def _changed(membership: Membership) -> bool:
    """Whether the plan was changed within a period: what was before is settled by its days."""
    return any(one.ended_on is not None for one in membership.granted)


def _limits(membership: Membership, freeze: Period) -> list[Reason]:
    """More days than the plan allows in any 365 days."""
    most = membership.plan.freeze_days
    windows = (
        Period(freeze.last - timedelta(days=WINDOW - 1), freeze.last),
        Period(freeze.first, freeze.first + timedelta(days=WINDOW - 1)),
    )
    others = max(sum(shared(one, window) for one in membership.freezes) for window in windows)
    if others + length(freeze) <= most:
        return []
    message = say(
        "It would be frozen for {days} days within a year; {plan} allows {most}.",
        days=others + length(freeze),
        plan=membership.plan.name,
        most=most,
    )
    return [
        _no(message, say("Choose at most {count} day.", "Choose at most {count} days.", count=max(most - others, 0)))
    ]


def thaw_refusals(membership: Membership, on: date, today: date, *, staff: bool) -> list[Reason]:
    """Why no freeze can be ended so that a day is the first one in use again (B10)."""
    name = membership.plan.name
    if freeze_of(membership, on) is None:
        message = say("{plan} is not frozen on {on} or later.", plan=name, on=on)
        return [_no(message, say("Choose a day within the freeze."))]
    if on < today and not staff:
        return [_no(say("{on} is past.", on=on), say("Use it again from {today} on, or later.", today=today))]
    return []


def _moved(membership: Membership, freeze: Period, days: int) -> Membership:
    """The membership with everything from the period of a freeze on moved by some days, also backwards."""
    by = timedelta(days=days)
    ends = membership.ends_on
    change = membership.next_from
    return replace(
        membership,
        granted=_stretched(membership.granted, freeze, by),
        ends_on=ends + by if ends is not None and ends >= freeze.first - _DAY else ends,
        next_from=change + by if change is not None and change >= freeze.first else change,
    )


def _stretched(granted: Sequence[GrantedDays], freeze: Period, by: timedelta) -> tuple[GrantedDays, ...]:
    """The period in which a freeze begins, or after which it does, gets longer, and later ones begin later.

    Parts of it, as a change of plan leaves them, go on to have the same last day; what was given back stays as it is.
    """
    hit = next((one.last for one in granted if _begins_in(freeze.first, one)), None)
    if hit is None:
        return tuple(granted)
    return tuple(_later(one, hit, by) for one in granted)


def _begins_in(first: date, one: GrantedDays) -> bool:
    """Whether a freeze begins on one of its days that count, or on the day after its last one."""
    if one.last is None:
        return False
    return one.first <= first <= (one.last + _DAY if one.ended_on is None else one.ended_on)


def _later(one: GrantedDays, hit: date, by: timedelta) -> GrantedDays:
    """Granted days once those up to `hit` got longer."""
    if one.last == hit:
        return one._replace(last=hit + by)
    if one.last is None or one.first <= hit:
        return one
    return one._replace(first=one.first + by, last=one.last + by)


def _no(message: Sentence, remedy: Sentence) -> Reason:
    return Reason(RULE, message, remedy)
