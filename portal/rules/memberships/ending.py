"""Ending a membership, and what is given back of days that are not used (B10, F13)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from portal.rules.errors import Reason
from portal.rules.memberships.holding import GrantedDays, Membership
from portal.rules.memberships.periods import days_in_use
from portal.rules.memberships.states import MembershipState
from portal.rules.money import divided
from portal.rules.periods import Period
from portal.rules.sentences import Sentence, say

RULE = "B10"
_DAY = timedelta(days=1)


class Unused(NamedTuple):
    """What is not used of granted days from a day on: the days, how many of how many in use, and what they cost.

    `amount` is in minor units as the price is meant: the charge less the rounded part that was used (F13). `days` is
    None for what has no end and is given back as a whole.
    """

    granted: GrantedDays
    days: Period | None
    number: int
    of: int
    amount: int


def unused(membership: Membership, on: date) -> list[Unused]:
    """What is not used of all that is granted from a day on, without days that were given back.

    What has no end, as a number of visits, has no days to share its price by: all of it is unused where it never began
    to count, and nothing of it afterwards.
    """
    found = []
    for one in membership.granted:
        if one.ended_on is not None or (one.last is not None and one.last < on):
            continue
        if one.last is None:
            found += [Unused(one, None, 1, 1, one.amount)] if on <= one.first else []
            continue
        of = days_in_use(Period(one.first, one.last), membership.freezes)
        used = days_in_use(Period(one.first, on - _DAY), membership.freezes) if on > one.first else 0
        left = Period(max(on, one.first), one.last)
        found.append(Unused(one, left, of - used, of, one.amount - divided(one.amount * used, of)))
    return found


def last_day(membership: Membership, today: date) -> date:
    """The last day where nobody names one: that of what is granted, today where there is none or it is past (B10)."""
    until = membership.until
    return today if until is None else until


def end_refusals(membership: Membership, on: date, today: date, *, staff: bool) -> list[Reason]:
    """Why a membership cannot have this last day (B10). Only staff end what is granted before its end."""
    name = membership.plan.name
    ended = membership.ends_on
    if membership.used_up_on is not None and membership.used_up_on < today:
        message = say("The visits of {plan} are used up.", plan=name)
        return [_no(message, say("Buy it once more to go on."))]
    if membership.state is MembershipState.ENDED or (ended is not None and ended < today):
        message = say("{plan} has ended already, on {on}.", plan=name, on=ended or membership.over_on or on)
        return [_no(message, say("It can be renewed instead."))]
    if membership.state is MembershipState.ORDERED:
        return []
    reasons = []
    if ended is not None and ended == on:
        message = say("{plan} was ended already; its last day is {on}.", plan=name, on=ended)
        reasons.append(_no(message, say("Take the end back first, to choose another day.")))
    if on < membership.from_on - _DAY:
        message = say("{plan} begins on {first}.", plan=name, first=membership.from_on)
        reasons.append(_no(message, say("Choose a last day after that.")))
    until = membership.until
    if until is not None and on < until and not staff:
        message = say("{plan} is paid until {until}.", plan=name, until=until)
        reasons.append(_no(message, say("It works until then, and ends on {until} at the earliest.", until=until)))
    if any(one.ended_on is not None and on < one.ended_on for one in membership.granted):
        message = say("The plan was changed after {on}.", on=on)
        reasons.append(_no(message, say("Choose a day from that change on.")))
    return reasons


def undo_refusals(membership: Membership, today: date) -> list[Reason]:
    """Why the end of a membership cannot be taken back (B10)."""
    name, ended = membership.plan.name, membership.ends_on
    if ended is None:
        return [_no(say("{plan} was not ended.", plan=name), say("There is nothing to take back."))]
    if ended < today or membership.state is MembershipState.ENDED:
        message = say("{plan} ended on {on}.", plan=name, on=ended)
        return [_no(message, say("Renew it instead; it begins anew then."))]
    if membership.until is not None and membership.until > ended:
        message = say("The days after {on} were given back.", on=ended)
        return [_no(message, say("Renew it instead."))]
    return []


def still_used(plan: str, number: int, last: date, remedy: Sentence) -> Reason:
    """So many bookings use a membership after the last day that it would have."""
    message = say(
        "{count} booking uses {plan} after {on}.",
        "{count} bookings use {plan} after {on}.",
        count=number,
        plan=plan,
        on=last,
    )
    return _no(message, remedy)


def _no(message: Sentence, remedy: Sentence) -> Reason:
    return Reason(RULE, message, remedy)
