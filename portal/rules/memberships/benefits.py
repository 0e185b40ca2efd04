"""Which membership counts for a booking, and what the booking costs then (B5, B9).

The day of the session decides, at its place, not the day of the booking. Of the memberships that count the one is
taken that makes the booking cheapest; of several such, the one that is over first.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from portal.rules.errors import Reason
from portal.rules.memberships.periods import frozen_on
from portal.rules.memberships.states import MembershipState
from portal.rules.money import divided
from portal.rules.periods import Period
from portal.rules.sentences import Sentence, say

RULE = "B9"
_PARTS = 100_000
"""A hundred per cent in thousandths."""


class Stretch(NamedTuple):
    """Days on which a membership includes the same: a period, or what a change of plan left of one.

    `last` is None without an end. `klass` is "" where every class counts. `left` are the included visits that are not
    used yet of `included` ones: None for any number, 0 where the plan only takes a `discount` off, a percentage.
    """

    first: date
    last: date | None
    klass: str = ""
    left: int | None = None
    included: int | None = None
    discount: Decimal = Decimal(0)

    def __contains__(self, on: object) -> bool:
        return isinstance(on, date) and self.first <= on and (self.last is None or on <= self.last)


@dataclass(frozen=True, slots=True)
class Held:
    """A membership of one person, as bookings need it. `key` is what the caller calls it, `name` that of its plan.

    `stretches` are the days that are granted, in order; `visits_left` what is left of a number of visits for
    no period, None where there is no such number. `busy` are the sessions that are booked on it, as instants.
    """

    key: str
    name: str
    state: MembershipState
    stretches: tuple[Stretch, ...]
    freezes: tuple[Period, ...] = ()
    visits_left: int | None = None
    busy: tuple[tuple[datetime, datetime], ...] = ()

    def on(self, on: date) -> Stretch | None:
        """What it includes on a day, frozen or not; None where it is not granted then."""
        return next((one for one in self.stretches if on in one), None)


class Wanted(NamedTuple):
    """A session for which a place is wanted: its day at its place, its class, its price in minor units, its instants.

    A whole day lasts to the instant at which the next one begins.
    """

    on: date
    klass: str
    price: int
    starts_at: datetime
    ends_at: datetime


class Benefit(NamedTuple):
    """What a booking costs, in minor units as the session's price is meant, and the membership that makes it so.

    `membership` is None where it is booked at its price. `included` says that it uses one of the included visits;
    otherwise it is a discount. `why_not` says for each membership that does not count why, by its key.
    """

    price: int
    membership: str | None
    included: bool
    why_not: tuple[tuple[str, Reason], ...] = ()


def benefit(held: Iterable[Held], wanted: Wanted) -> Benefit:
    """What a place costs whoever holds these memberships (B5, B9). Where none of them counts, its price."""
    best: tuple[tuple[int, date, str], Benefit] | None = None
    why_not: list[tuple[str, Reason]] = []
    for one in held:
        if reason := refusal(one, wanted):
            why_not.append((one.key, reason))
            continue
        found = _with(one, wanted)
        stretch = one.on(wanted.on)
        rank = (found.price, (stretch and stretch.last) or date.max, one.key)
        if best is None or rank < best[0]:
            best = rank, found
    if best is None or best[1].price > wanted.price:
        return Benefit(wanted.price, None, False, tuple(why_not))
    return best[1]._replace(why_not=tuple(why_not))


def benefits(held: Sequence[Held], wanted: Iterable[Wanted]) -> list[Benefit]:
    """The same for several places of one person in one basket, in their order: what the first one uses is no longer
    there for the second.
    """
    left = list(held)
    found = []
    for one in wanted:
        taken = benefit(left, one)
        left = [used(each, one, taken) if each.key == taken.membership else each for each in left]
        found.append(taken)
    return found


def benefit_of(one: Held, wanted: Wanted) -> Benefit:
    """What a place costs on a membership that was asked for; with the reason and the full price where it does not
    count.
    """
    if reason := refusal(one, wanted):
        return Benefit(wanted.price, None, False, ((one.key, reason),))
    return _with(one, wanted)


def used(one: Held, wanted: Wanted, taken: Benefit) -> Held:
    """The membership once it was taken for a place: a visit less where one was included, and busy at that time."""
    busy = (*one.busy, (wanted.starts_at, wanted.ends_at))
    if not taken.included:
        return replace(one, busy=busy)
    stretches = tuple(
        each._replace(left=each.left - 1) if wanted.on in each and each.left is not None else each
        for each in one.stretches
    )
    visits = None if one.visits_left is None else one.visits_left - 1
    return replace(one, stretches=stretches, visits_left=visits, busy=busy)


def refusal(one: Held, wanted: Wanted) -> Reason | None:
    """Why a membership does not count for a session; None where it does (B9)."""
    stretch = one.on(wanted.on)
    if stretch is None or one.state is not MembershipState.ACTIVE:
        return _not_granted(one, wanted.on)
    if freeze := frozen_on(wanted.on, one.freezes):
        return _no(say("{plan} is frozen from {first} to {last}.", plan=one.name, first=freeze.first, last=freeze.last))
    if stretch.klass and stretch.klass != wanted.klass:
        return _no(say("{plan} is for “{klass}” only.", plan=one.name, klass=stretch.klass))
    if any(start < wanted.ends_at and wanted.starts_at < end for start, end in one.busy):
        return _no(say("{plan} is used for another session at the same time.", plan=one.name))
    return None if _has_visit(one, stretch) or _discounts(one, stretch) else _used_up(one, stretch)


def _not_granted(one: Held, on: date) -> Reason:
    if one.state is MembershipState.ORDERED:
        message = say("{plan} waits for its invoice to be paid.", plan=one.name)
        return _no(message, say("Pay the invoice first."))
    before = [each.last for each in one.stretches if each.last is not None and each.last < on]
    if before:
        message = say(
            "{plan} counts until {until}, and the session is on {on}.", plan=one.name, until=max(before), on=on
        )
        return _no(message, say("Renew it first, or book at the session's price."))
    if one.stretches:
        first = one.stretches[0].first
        return _no(say("{plan} begins on {first}, and the session is on {on}.", plan=one.name, first=first, on=on))
    return _no(say("{plan} has ended.", plan=one.name))


def _used_up(one: Held, stretch: Stretch) -> Reason:
    if one.visits_left is not None and one.visits_left <= 0:
        return _no(say("The visits of {plan} are used up.", plan=one.name))
    if not stretch.included:
        return _no(say("{plan} includes no visits.", plan=one.name))
    if stretch.last is None:
        return _no(say("The included visits of {plan} are used up.", plan=one.name))
    return _no(
        say(
            "The included visit of {plan} from {first} to {last} is used up.",
            "The {count} included visits of {plan} from {first} to {last} are used up.",
            count=stretch.included or 0,
            plan=one.name,
            first=stretch.first,
            last=stretch.last,
        )
    )


def _with(one: Held, wanted: Wanted) -> Benefit:
    """What a place costs on a membership that counts."""
    stretch = one.on(wanted.on)
    assert stretch is not None
    if _has_visit(one, stretch):
        return Benefit(0, one.key, True)
    off = int(stretch.discount * 1_000)
    return Benefit(divided(wanted.price * (_PARTS - off), _PARTS), one.key, False)


def _has_visit(one: Held, stretch: Stretch) -> bool:
    """Whether an included visit is left: of the period, of the whole, and of both where there are both."""
    return all(left is None or left > 0 for left in (stretch.left, one.visits_left))


def _discounts(one: Held, stretch: Stretch) -> bool:
    """A discount goes on when the included visits of a period are used up, and ends with the last visit of all."""
    return stretch.discount > 0 and (one.visits_left is None or one.visits_left > 0)


def _no(message: Sentence, remedy: Sentence | None = None) -> Reason:
    return Reason(RULE, message, remedy or say("Book at the session's price, or choose another membership."))
