"""Another plan: a dearer one at once against what is unused of the old one, any other with the next period (B10)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from portal.rules.errors import Reason
from portal.rules.memberships.ending import Unused, unused
from portal.rules.memberships.holding import Membership
from portal.rules.memberships.periods import days_in_use, frozen_on, next_period
from portal.rules.memberships.plans import Plan
from portal.rules.memberships.states import MembershipState
from portal.rules.money import divided
from portal.rules.periods import Period
from portal.rules.sentences import Sentence, say

RULE = "B10"
_DAY = timedelta(days=1)


class Charge(NamedTuple):
    """Days that the new plan is charged for: how many of how many in use, and what they cost as its price is meant.

    `of_last` is the last day of the whole period.
    """

    days: Period
    number: int
    of: int
    amount: int


class Upgrade(NamedTuple):
    """A change at once: what is given back of the old plan, what the new one costs, and from where it is counted."""

    on: date
    given_back: tuple[Unused, ...]
    charged: tuple[Charge, ...]
    anchor: date


def is_upgrade(old: Plan, new: Plan, rate: Decimal) -> bool:
    """Whether a plan is dearer a day, on average and with tax (B10). `rate` is that of whoever holds it."""
    if old.length == new.length and old.prices is new.prices and old.rate == new.rate:
        return new.price > old.price
    return new.per_day(rate) > old.per_day(rate)


def upgrade(membership: Membership, new: Plan, on: date) -> Upgrade:
    """A dearer plan from a day on, which belongs to the new plan (B10, F13).

    A plan of the same length keeps the periods and is charged by the days that are left of them; another one begins a
    period of its own, which is the anchor of what follows.
    """
    assert new.length is not None
    given_back = tuple(unused(membership, on))
    if membership.plan.length == new.length:
        charged = tuple(_rest(membership, new, one) for one in given_back)
        return Upgrade(on, given_back, charged, membership.anchor)
    days = next_period(new.length, on, on - _DAY, membership.freezes).days
    used = days_in_use(days, membership.freezes)
    return Upgrade(on, given_back, (Charge(days, used, used, new.price),), on)


def _rest(membership: Membership, new: Plan, one: Unused) -> Charge:
    """What the days cost that are left of a period, of which parts may have been charged one after the other."""
    assert one.days is not None  # its plan has periods
    first = min(each.first for each in membership.granted if each.last == one.granted.last)
    of = days_in_use(Period(first, one.days.last), membership.freezes)
    return Charge(one.days, one.number, of, divided(new.price * one.number, of))


def downgrade_from(membership: Membership, on: date) -> date | None:
    """The first day of a cheaper plan: that of the first period that is not granted yet and begins on a day or later.

    None without periods.
    """
    return next((days.first for days in membership.upcoming() if days.first >= on), None)


def change_refusals(membership: Membership, new: Plan, on: date, today: date, *, at_once: bool) -> list[Reason]:
    """Why a membership cannot change to a plan (B10). `at_once` says that it is an upgrade, from the day `on`."""
    old, reasons = membership.plan, []
    if membership.state is MembershipState.ORDERED:
        message = say("{plan} has not begun: it waits for its invoice to be paid.", plan=old.name)
        return [_no(message, say("Pay the invoice first."))]
    over, ended = membership.over_on, membership.ends_on
    over_then = (over is not None and over < min(on, today) - _DAY) or (ended is not None and ended < on)
    if membership.state is MembershipState.ENDED or over_then:
        message = say("{plan} is over since {on}.", plan=old.name, on=over or today)
        return [_no(message, say("Buy the other plan instead."))]
    if new.id == old.id and membership.next_plan is None:
        return [_no(say("It is {plan} already.", plan=old.name), say("Choose another plan."))]
    if old.length is None or new.length is None:
        message = say("{plan} has no periods between which it could change.", plan=(new if old.length else old).name)
        return [_no(message, say("Buy the other plan, and end this one."))]
    if at_once:
        return _upgrade_refusals(membership, new, on, today)
    if membership.ends_on is not None:
        reasons.append(_ended(old.name, membership.ends_on))
    elif not old.renews:
        message = say("{plan} is not renewed, so there is no period in which it could change.", plan=old.name)
        reasons.append(_no(message, say("Buy the other plan when it is over.")))
    return reasons


def _upgrade_refusals(membership: Membership, new: Plan, on: date, today: date) -> list[Reason]:
    reasons, name, ended = [], membership.plan.name, membership.ends_on
    days = membership.days_of(on)
    if on > today:
        message = say("A dearer plan is charged on the day from which it counts, and {on} is ahead.", on=on)
        reasons.append(_no(message, say("Change it then.")))
    elif days is None or days.last is None:
        message = say("{plan} is not granted on {on}.", plan=name, on=on)
        reasons.append(_no(message, say("Choose a day from {first} on.", first=membership.granted[-1].first)))
    elif ended is not None and any(one.days.last > ended for one in upgrade(membership, new, on).charged):
        reasons.append(_ended(name, ended))
    if freeze := frozen_on(on, membership.freezes):
        message = say("{plan} is frozen from {first} to {last}.", plan=name, first=freeze.first, last=freeze.last)
        reasons.append(_no(message, say("End the freeze first, or change the plan afterwards.")))
    return reasons


def _ended(name: str, on: date) -> Reason:
    return _no(say("{plan} was ended; its last day is {on}.", plan=name, on=on), say("Take the end back first."))


def _no(message: Sentence, remedy: Sentence) -> Reason:
    return Reason(RULE, message, remedy)
