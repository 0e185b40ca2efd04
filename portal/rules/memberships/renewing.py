"""Renewing a membership: by the billing run on the day after its last one, or by hand (B9, B10)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from portal.rules.errors import Reason
from portal.rules.memberships.holding import Membership
from portal.rules.memberships.periods import days_in_use, next_period
from portal.rules.memberships.plans import Plan
from portal.rules.memberships.states import MembershipState
from portal.rules.money import divided
from portal.rules.periods import Period
from portal.rules.sentences import say

RULE = "B9"
_DAY = timedelta(days=1)


class Renewal(NamedTuple):
    """A period that is added: what of it is granted and charged, the whole of it, its anchor, and what it costs in
    minor units as the price is meant.
    """

    plan: Plan
    days: Period
    of: Period
    anchor: date
    amount: int


def due(membership: Membership, on: date) -> Iterator[Renewal]:
    """All that a run for a day renews, oldest first: the periods that begin up to that day, each billed on its first
    one, and none after the end (B10). One that the end cuts is charged by its days (F13).
    """
    last, anchor = membership.until, membership.anchor
    while last is not None and last < on and membership.renews_after(last):
        plan = membership.plan_from(last + _DAY)
        assert plan.length is not None
        found = next_period(plan.length, anchor, last, membership.freezes)
        yield _until(membership, plan, found.days, found.anchor)
        last, anchor = found.days.last, found.anchor


def ahead(membership: Membership) -> Renewal | None:
    """What the run renews next, and when: on the first of these days. None where it renews nothing any more."""
    found = membership.next_renewal()
    if found is None:
        return None
    plan, made = found
    return _until(membership, plan, made.days, made.anchor)


def _until(membership: Membership, plan: Plan, whole: Period, anchor: date) -> Renewal:
    end = membership.ends_on
    if end is None or end >= whole.last:
        return Renewal(plan, whole, whole, anchor, plan.price)
    days = Period(whole.first, end)
    used = days_in_use(days, membership.freezes)
    return Renewal(plan, days, whole, anchor, divided(plan.price * used, days_in_use(whole, membership.freezes)))


def by_hand(membership: Membership, today: date) -> Renewal:
    """The period that renewing by hand adds: it follows the last granted day, or begins anew today where that is over
    (B9). Raises ValueError where `by_hand_refusals` says no.
    """
    over = membership.over_on
    if over is not None and over >= today and (found := membership.renewal()):
        plan, made = found
        return Renewal(plan, made.days, made.days, made.anchor, plan.price)
    plan = membership.plan_from(today)
    if plan.length is None:
        raise ValueError("there is no period to renew")
    made = next_period(plan.length, today, today - _DAY, membership.freezes)
    return Renewal(plan, made.days, made.days, made.anchor, plan.price)


def by_hand_refusals(membership: Membership, today: date) -> list[Reason]:
    """Why a membership cannot be renewed by hand (B9)."""
    reasons = []
    plan = membership.plan
    if membership.state is MembershipState.ORDERED:
        message = say("{plan} has not begun: it waits for its invoice to be paid.", plan=plan.name)
        reasons.append(Reason(RULE, message, say("Pay the invoice first.")))
    if plan.length is None:
        message = say("{plan} has no periods that could be renewed.", plan=plan.name)
        reasons.append(Reason(RULE, message, say("Buy it once more.")))
    over = membership.over_on
    first = today if over is None or over < today else over + _DAY
    if membership.too_old_on(first):
        message = say(
            "{plan} is for people up to {age} years.", plan=plan.name, age=membership.plan_from(first).age_to or 0
        )
        reasons.append(Reason("B5", message, say("Buy another plan.")))
    if membership.ends_on is not None and membership.ends_on >= today:
        message = say("{plan} was ended; its last day is {on}.", plan=plan.name, on=membership.ends_on)
        reasons.append(Reason(RULE, message, say("Take the end back first.")))
    return reasons
