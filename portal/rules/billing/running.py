"""What a billing run makes of one payer: lines of an invoice, what is credited, and what is passed over (F5, F13)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from portal.rules.billing.periods import Schedule, day_in
from portal.rules.billing.terms import Terms
from portal.rules.invoices.lines import Computed, Line, computed
from portal.rules.invoices.papers import contained_rate
from portal.rules.invoices.prices import Prices, converted
from portal.rules.memberships.renewing import Renewal
from portal.rules.periods import Period, month_before
from portal.rules.services import Period as Every


class DueService(NamedTuple):
    """A service of an account that a payer pays for. `rate` is its tax rate, a percentage."""

    id: int
    plan: str
    terms: Terms
    rate: Decimal
    prices: Prices


class DueMembership(NamedTuple):
    """A membership of an account with the periods that are due of it, oldest first (B9). `rate` is its tax rate where
    the plan names none.
    """

    id: int
    renewals: Sequence[Renewal]
    rate: Decimal


class DueItem(NamedTuple):
    """A future item that waits. `amount` contains `tax`, in minor units; a discount is negative.

    `rate` is known of what came of a service; `credits` is the charge that it gives back.
    """

    id: int
    on: date
    amount: int
    tax: int
    description: str
    category: str = ""
    rate: Decimal | None = None
    credits: int | None = None
    period: Period | None = None


class DueAccount(NamedTuple):
    """An account with what may be due of it. `key` is what lines call it. One that is not `billed` (New, Inactive)
    lets its services pass, its memberships are over, and its items wait.
    """

    key: str
    billed: bool
    services: Sequence[DueService]
    items: Sequence[DueItem]
    memberships: Sequence[DueMembership] = ()


class Charged(NamedTuple):
    """Days of a service that a run deals with, what they cost as the price is meant, and the schedule they are of."""

    service: int
    days: Period
    amount: int
    schedule: Schedule


class Renewed(NamedTuple):
    """A period of a membership that a run adds."""

    membership: int
    renewal: Renewal


class Categories(NamedTuple):
    """What the lines of services and memberships are called in spending, in the language of the books."""

    services: str = ""
    memberships: str = ""


NO_CATEGORIES = Categories()


class BillLine(NamedTuple):
    """A line and where it comes from: days of a service, a future item, or a period of a membership."""

    line: Line
    charged: Charged | None = None
    item: DueItem | None = None
    renewed: Renewed | None = None


@dataclass(frozen=True, slots=True)
class Bill:
    """What a run makes of one payer. `passed` are days that are never billed, `credits` items for which the invoices
    that charged them are credited, `waiting` discounts that wait until there is something to take them off.
    `over` are memberships that are not renewed any more.
    """

    prices: Prices
    currency: str
    lines: tuple[BillLine, ...]
    passed: tuple[Charged, ...] = ()
    credits: tuple[DueItem, ...] = ()
    waiting: tuple[DueItem, ...] = ()
    over: tuple[int, ...] = ()

    @property
    def invoice(self) -> Computed:
        return computed([one.line for one in self.lines], self.prices, self.currency)

    @property
    def charged(self) -> Iterator[Charged]:
        return (one.charged for one in self.lines if one.charged is not None)

    @property
    def items(self) -> Iterator[DueItem]:
        return (one.item for one in self.lines if one.item is not None)

    def __bool__(self) -> bool:
        return bool(self.lines or self.passed or self.credits or self.over)


def last_due_day(day: int, on: date, services: Iterable[DueService]) -> date:
    """The last day up to `on` on which a payer is due (F5): a billing day, the start of a service, or the first day of
    a week of one or of a period that has its own days (M1).
    """
    found = day_in(on.year, on.month, day)
    if found > on:
        before = month_before(on)
        found = day_in(before.year, before.month, day)
    for one in services:
        terms = one.terms
        begun = terms.begun_on or terms.started_on
        if begun > on or not terms.is_billed:
            continue
        found = max(found, begun)
        goes_on = terms.started_on <= on and (terms.stopped_on is None or on < terms.stopped_on)
        if (terms.every is Every.WEEK or terms.own_anchor) and goes_on:
            schedule = terms.schedule(day)
            found = max(found, schedule.first_day(schedule.number_of(on)))
    return found


def bill(
    day: int,
    on: date,
    accounts: Sequence[DueAccount],
    currency: str,
    default: Prices,
    *,
    billed: bool = True,
    categories: Categories = NO_CATEGORIES,
) -> Bill:
    """What is due of a payer up to a day and was not billed (F5). `day` is its billing day; `billed` is False for one
    who is New or Inactive: then nothing is, also not afterwards.
    """
    due_items = last_due_day(day, on, (one for account in accounts for one in account.services))
    renewals = [one for account in accounts for each in account.memberships for one in each.renewals]
    due_items = max([due_items, *(one.days.first for one in renewals if one.days.first <= on)])
    sourced: list[tuple[DueAccount, Charged | DueItem | _Period, DueService | None]] = []
    passed: list[Charged] = []
    over: list[int] = []
    for account in accounts:
        for service in account.services:
            schedule = service.terms.schedule(day)
            for part in service.terms.parts_due(day, on):
                charged = Charged(service.id, part.days, service.terms.amount(part), schedule)
                if billed and account.billed:
                    sourced.append((account, charged, service))
                else:
                    passed.append(charged)
        for one in account.memberships:
            if billed and account.billed:
                sourced += [(account, _Period(one, renewal), None) for renewal in one.renewals]
            elif one.renewals:
                over.append(one.id)
        if billed and account.billed:
            sourced += [(account, item, None) for item in account.items if item.on <= due_items]
    kinds = {service.prices for _, _, service in sourced if service is not None}
    kinds |= {what.renewal.plan.prices for _, what, _ in sourced if isinstance(what, _Period)}
    prices = _prices(kinds, default)
    lines = [_line(account, what, service, prices, categories) for account, what, service in sourced]
    return _settled(Bill(prices, currency, tuple(lines), tuple(passed), over=tuple(over)))


class _Period(NamedTuple):
    """A period of a membership on its way to a line."""

    of: DueMembership
    renewal: Renewal


def _prices(kinds: set[Prices], default: Prices) -> Prices:
    """Net or gross, as all services and plans have their prices, else as the partner does; items alone are gross."""
    if not kinds:
        return Prices.GROSS
    return kinds.pop() if len(kinds) == 1 else default


def _line(
    account: DueAccount,
    what: Charged | DueItem | _Period,
    service: DueService | None,
    prices: Prices,
    categories: Categories,
) -> BillLine:
    if isinstance(what, _Period):
        plan, made = what.renewal.plan, what.renewal
        rate = what.of.rate if plan.rate is None else plan.rate
        unit = converted(made.amount, plan.prices, prices, rate)
        line = Line(plan.name, Decimal(1), unit, rate, account.key, period=made.days, category=categories.memberships)
        return BillLine(line, renewed=Renewed(what.of.id, made))
    if isinstance(what, DueItem):
        rate = contained_rate(abs(what.amount), abs(what.tax)) if what.rate is None else what.rate
        unit = what.amount if prices is Prices.GROSS else what.amount - what.tax
        line = Line(what.description, Decimal(1), unit, rate, account.key, period=what.period, category=what.category)
        return BillLine(line, item=what)
    assert service is not None
    terms = service.terms
    whole = what.days == what.schedule.period_of(what.days.first)
    number, unit = (terms.number, terms.price_minor) if whole else (Decimal(1), what.amount)
    unit = converted(unit, service.prices, prices, service.rate)
    line = Line(service.plan, number, unit, service.rate, account.key, period=what.days, category=categories.services)
    return BillLine(line, charged=what)


def _settled(found: Bill) -> Bill:
    """What comes to less than zero is no invoice: what gives back charges is credited, then discounts wait, the latest
    first, until it is not below zero any more (F5).
    """
    lines = list(found.lines)
    if not lines or _total(found, lines) >= 0:
        return found
    back = tuple(one.item for one in lines if one.item and one.item.credits is not None and one.item.amount < 0)
    lines = [one for one in lines if one.item not in back]
    waiting: list[DueItem] = []
    discounts = sorted((one for one in lines if one.item and one.item.amount < 0), key=_age)
    while lines and discounts and _total(found, lines) < 0:
        last = discounts.pop()
        lines.remove(last)
        assert last.item is not None
        waiting.append(last.item)
    return Bill(found.prices, found.currency, tuple(lines), found.passed, back, tuple(waiting[::-1]), found.over)


def _age(line: BillLine) -> tuple[date, int]:
    assert line.item is not None
    return line.item.on, line.item.id


def _total(found: Bill, lines: Sequence[BillLine]) -> int:
    return computed([one.line for one in lines], found.prices, found.currency).total
