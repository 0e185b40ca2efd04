"""What a deed with a membership does, in figures: the same before it and after it (F10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from portal.actions.books.words import MEMBERSHIPS, on_the_books
from portal.actions.invoices.charging import Wish, worked_out
from portal.db import idempotency as operations
from portal.db.customers.profiles import Profile
from portal.rules.invoices.lines import Line
from portal.rules.invoices.prices import Prices
from portal.rules.memberships.holding import Membership, Shown
from portal.rules.memberships.plans import Plan
from portal.rules.memberships.renewing import ahead
from portal.rules.periods import Period
from portal.rules.sentences import Sentence, say, verbatim


@dataclass(frozen=True, slots=True)
class Amount:
    """What some days come to, in minor units; below zero for what is given back. So many of `of` days in use."""

    days: Period
    number: int
    of: int
    net: int
    tax: int
    gross: int


@dataclass(frozen=True, slots=True)
class Cancelled:
    """A booking that is cancelled with it: its public id, what it is, when, and whether that is in time (B4)."""

    booking: str
    what: Sentence
    starts_at: datetime
    in_time: bool


@dataclass(frozen=True, slots=True)
class Document:
    """What was written to the books: number, and the public id by which pages open it, "" for a future item."""

    number: str
    public_id: str


@dataclass(frozen=True, slots=True)
class Upcoming:
    """When the billing run bills it next, and what that comes to with tax, in minor units."""

    on: date
    minor: int


@dataclass(frozen=True, slots=True)
class Changed:
    """One thing that is another one afterwards, in words."""

    what: Sentence
    before: Sentence
    after: Sentence


@dataclass(frozen=True, slots=True)
class Who:
    """A customer as an answer names it."""

    reference: str
    public_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Effect:
    """What a deed does, or has done. `membership` and `public_id` are "" before there is one.

    `first` is the day from which it counts, `until` the last day that is granted after it, `ends_on` its last day where
    it is ended. `upcoming` is the next renewal by the billing run. `documents` is empty in a preview.
    """

    membership: str
    public_id: str
    plan: str
    holder: Who
    payer: Who
    currency: str
    headline: Sentence
    state: Shown
    first: date
    until: date | None
    ends_on: date | None
    amounts: tuple[Amount, ...] = ()
    upcoming: Upcoming | None = None
    bookings: tuple[Cancelled, ...] = ()
    documents: tuple[Document, ...] = ()
    warnings: tuple[Sentence, ...] = ()
    changes: tuple[Changed, ...] = ()

    @property
    def total(self) -> int:
        """What it comes to, with tax."""
        return sum(one.gross for one in self.amounts)

    @property
    def mark(self) -> str:
        """What stands for all that a page showed of it."""
        return operations.fingerprint(
            [
                self.plan,
                self.holder.public_id,
                self.payer.public_id,
                self.first,
                self.until,
                self.ends_on,
                [[one.days, one.number, one.net, one.tax, one.gross] for one in self.amounts],
                [self.upcoming.on, self.upcoming.minor] if self.upcoming else None,
                [one.booking for one in self.bookings],
            ]
        )


class Costing(NamedTuple):
    """Days to be charged, or given back where the amount is below zero, as the price is meant.

    `prices` and `rate` are those of the line that charged what is given back; None for those of the plan.
    """

    plan: Plan
    days: Period | None
    number: int
    of: int
    amount: int
    not_used: bool = False
    prices: Prices | None = None
    rate: Decimal | None = None

    def taxed(self, otherwise: Decimal) -> Decimal:
        """Its tax rate; `otherwise` is that of whoever holds a plan that names none."""
        return next(one for one in (self.rate, self.plan.rate, otherwise) if one is not None)


def wishes(costs: Sequence[Costing], holder: Profile, payer: Profile, rate: Decimal) -> list[Wish]:
    """Lines of an invoice for days. `rate` is that of plans that name none."""
    return [
        Wish(
            holder,
            Line(
                on_the_books(say("{plan}, not used", plan=verbatim(one.plan.name)), payer)
                if one.not_used
                else one.plan.name,
                Decimal(1),
                one.amount,
                one.taxed(rate),
                period=one.days,
                category=on_the_books(MEMBERSHIPS, payer),
            ),
            one.prices or one.plan.prices,
        )
        for one in costs
    ]


def amounts(
    costs: Sequence[Costing], holder: Profile, payer: Profile, rate: Decimal, first: date
) -> tuple[Amount, ...]:
    """What days come to on the books. Days without an end are told as their first day."""
    lines = worked_out(payer, wishes(costs, holder, payer, rate)).lines
    return tuple(
        Amount(one.days or Period(first, first), one.number, one.of, line.net, line.tax, line.gross)
        for one, line in zip(costs, lines, strict=True)
    )


def upcoming(membership: Membership, holder: Profile, payer: Profile, rate: Decimal) -> Upcoming | None:
    """When the run bills it next, and what that comes to with tax; None where it does not."""
    found = ahead(membership)
    if found is None:
        return None
    cost = Costing(found.plan, found.days, 0, 0, found.amount)
    (line,) = worked_out(payer, wishes([cost], holder, payer, rate)).lines
    return Upcoming(found.days.first, line.gross)


def who(profile: Profile) -> Who:
    """A customer for an answer."""
    return Who(profile.reference, profile.public_id, profile.name)


def changes(before: Membership | None, after: Membership, today: date) -> tuple[Changed, ...]:
    """What a deed changes, for a preview; `before` is None where something is bought."""
    nothing = say("nothing")
    pairs = [
        (say("Plan"), verbatim(before.plan.name) if before else nothing, verbatim(after.plan.name)),
        (say("State"), before.shown_on(today).label if before else nothing, after.shown_on(today).label),
        (say("Granted until"), _day(before.until) if before else nothing, _day(after.until)),
        (say("Last day"), _ending(before), _ending(after)),
        (say("Frozen"), _frozen(before), _frozen(after)),
        (say("Next plan"), _following(before), _following(after)),
    ]
    return tuple(Changed(*one) for one in pairs if str(one[1]) != str(one[2]))


def _day(on: date | None) -> Sentence:
    return say("{day}", day=on) if on else say("without an end")


def _ending(of: Membership | None) -> Sentence:
    return say("{day}", day=of.ends_on) if of is not None and of.ends_on else say("not ended")


def _frozen(of: Membership | None) -> Sentence:
    return say("{periods}", periods=of.freezes) if of is not None and of.freezes else say("never")


def _following(of: Membership | None) -> Sentence:
    return verbatim(of.next_plan.name) if of is not None and of.next_plan else say("the same")
