"""Placing an order: what it comes to, what stands against it, and taking what is ordered off the stock (M2)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from portal.actions import access
from portal.actions.invoices.wanted import default_rate
from portal.actions.memberships.effects import Who, who
from portal.actions.orders import show
from portal.actions.orders.show import Line, ShownOrder
from portal.actions.services.adding import recurring_reasons
from portal.actions.services.changing import status_reasons
from portal.db import idempotency as operations
from portal.db.audit import records as audit
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.db.orders import catalogue, keeping
from portal.db.orders.keeping import NewLine
from portal.outside import clock
from portal.rules import seen
from portal.rules.customers.status import Status
from portal.rules.deciding import Actor, Grant
from portal.rules.errors import Invalid, Missing, Reason, Refused
from portal.rules.invoices import lines as invoices
from portal.rules.money import LARGEST_MINOR, Money
from portal.rules.orders import MOST_LINES, RULE, Item, ItemKind, item_reasons
from portal.rules.permissions import Permission
from portal.rules.sentences import say

TRIES = 5


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is ordered for one account: items by external or public id, each with how many. `expect` is what it is meant
    to come to, with tax, in minor units.
    """

    customer: str
    items: tuple[tuple[str, int], ...]
    expect: int | None = None
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class OrderEffect:
    """What an order would be: its lines, what it comes to with tax, once and each period, and who pays."""

    customer: Who
    payer: Who
    currency: str
    lines: tuple[Line, ...]
    total: int

    @property
    def once(self) -> int:
        return sum(one.gross for one in self.lines if one.period is None)

    @property
    def net(self) -> int:
        return sum(one.net for one in self.lines if one.period is None)

    @property
    def tax(self) -> int:
        return sum(one.tax for one in self.lines if one.period is None)

    @property
    def recurring(self) -> list[Line]:
        """Lines that cost something each period."""
        return [one for one in self.lines if one.period is not None]

    @property
    def mark(self) -> str:
        """What stands for all that a page showed of it."""
        shown = [[one.item, one.name, one.number, one.price, one.net, one.gross] for one in self.lines]
        return operations.fingerprint([self.customer.public_id, self.payer.public_id, self.total, shown])


@writes(once="order.place", answer=ShownOrder)
def place(actor: Actor, wanted: Wanted, *, mark: str | None = None, once: str | None = None) -> ShownOrder:
    """Place an order at the prices of now; the same external id with the same content places nothing again.

    Raises Missing, NotAllowed, Invalid, Refused with everything that stands against it (M2, C1), and Conflict where
    what a page showed (`mark`) has changed: nobody pays another price unasked.
    """
    planned = _held(actor, wanted)
    if (there := planned.there()) is not None:
        return there
    if mark is not None:
        seen.unchanged(mark, planned.effect().mark)
    if reasons := planned.reasons():
        raise Refused(reasons)
    return planned.write()


@snapshot
def foresee(actor: Actor, wanted: Wanted) -> tuple[OrderEffect, tuple[Reason, ...]]:
    """What placing would do, and why it is refused. Raises Missing, NotAllowed and Invalid."""
    owner = customers.require(wanted.customer)
    planned = _Order(actor, owner, _grant(actor, owner), wanted)
    return planned.effect(), tuple(planned.reasons())


def _grant(actor: Actor, owner: Profile) -> Grant:
    return access.require(actor, show.needed(actor, Permission.ORDERS_PLACE), owner)


def _held(actor: Actor, wanted: Wanted) -> _Order:
    owner = customers.require(wanted.customer)
    for _ in range(TRIES):
        ids = {owner.id, owner.payer_id}
        customers.lock(ids, exclusive=True)
        owner = customers.by_id(owner.id)
        if owner.payer_id in ids:
            return _Order(actor, owner, _grant(actor, owner), wanted)
    raise AssertionError("links change faster than we can hold")


class _Order:
    """An order as it would be placed."""

    def __init__(self, actor: Actor, owner: Profile, grant: Grant, wanted: Wanted) -> None:
        self._actor, self._owner, self._grant, self._wanted = actor, owner, grant, wanted
        self._payer = owner if owner.payer_id == owner.id else customers.by_id(owner.payer_id)
        self._items = self._found()
        self._lines = [self._line(item, number) for item, number in self._items]

    def _found(self) -> list[tuple[Item, int]]:
        """The items, each once, in the order in which they were named."""
        wanted: dict[str, int] = {}
        known = catalogue.named([reference for reference, _ in self._wanted.items])
        for reference, number in self._wanted.items:
            if reference not in known or known[reference].partner_id not in (None, self._owner.partner_id):
                raise Missing(say("There is no item “{name}” in the catalogue.", name=reference[:100]))
            public_id = known[reference].public_id
            wanted[public_id] = wanted.get(public_id, 0) + number
        if not wanted or len(wanted) > MOST_LINES:
            raise Invalid({"items": say("Order 1 to {most} different things at once.", most=MOST_LINES)})
        by_id = {one.public_id: one for one in known.values()}
        return [(by_id[public_id], number) for public_id, number in wanted.items()]

    def _line(self, item: Item, number: int) -> NewLine:
        owner = self._owner
        price = item.minor(owner.currency) or 0
        rate = default_rate(owner) if item.rate is None else item.rate
        prices = item.prices or owner.settings.prices
        made = invoices.Line(item.name, Decimal(max(number, 0)), price, rate)
        line = invoices.computed([made], prices, owner.currency).lines[0]
        return NewLine(
            item.id,
            item.name,
            item.kind,
            number,
            price,
            prices,
            int(rate * 1_000),
            item.period,
            line.net,
            line.tax,
            line.gross,
            number if item.stock is not None else 0,
        )

    @property
    def _total(self) -> int:
        return sum(one.gross_minor for one in self._lines)

    def effect(self) -> OrderEffect:
        """What it would be."""
        lines = tuple(
            Line(
                item.reference,
                one.name,
                one.number,
                one.price_minor,
                one.net_minor,
                one.tax_minor,
                one.gross_minor,
                one.period if one.kind is ItemKind.SERVICE else None,
            )
            for (item, _), one in zip(self._items, self._lines, strict=True)
        )
        return OrderEffect(who(self._owner), who(self._payer), self._owner.currency, lines, self._total)

    def reasons(self) -> list[Reason]:
        """Everything that stands against it."""
        owner, payer = self._owner, self._payer
        reasons = status_reasons(owner)
        if not reasons and payer.status.status is Status.BLOCKED:
            reasons = status_reasons(payer)
        if any(item.kind is ItemKind.SERVICE for item, _ in self._items):
            reasons += recurring_reasons(owner, payer)
        for item, number in self._items:
            reasons += item_reasons(item, number, owner.partner_id, owner.currency)
        if self._total > LARGEST_MINOR:
            message = say("It would cost {amount}, more than we keep.", amount=Money(self._total, owner.currency))
            reasons.append(Reason(RULE, message, say("Order less.")))
        expect = self._wanted.expect
        if expect is not None and expect != self._total:
            message = say(
                "The order comes to {now}, not to {expected} as expected.",
                now=Money(self._total, owner.currency),
                expected=Money(expect, owner.currency),
            )
            reasons.append(Reason(RULE, message, say("Look at the prices again before it is placed.")))
        return reasons

    def there(self) -> ShownOrder | None:
        """The order that has this external id already. Raises Refused where that is another one."""
        external_id = self._wanted.external_id
        found = keeping.named(external_id) if external_id is not None else None
        if found is None or found.external_id != external_id:
            return None
        lines = keeping.lines_of([found.id])[found.id]
        same = [(one.item_id, one.number) for one in lines] == [(item.id, number) for item, number in self._items]
        if found.customer_id != self._owner.id or not same:
            message = say("There is another order “{id}” already.", id=external_id or "")
            raise Refused([Reason(RULE, message, say("Use another id."))])
        return show.shown(self._actor, found, self._owner)

    def write(self) -> ShownOrder:
        """Take what is wanted off the stock, and keep the order. Raises Refused where somebody was faster."""
        gone: list[Reason] = []
        for item, number in sorted(self._items, key=lambda one: one[0].id):
            if item.stock is not None and not catalogue.take(item.id, number):
                left = catalogue.by_ids([item.id])[item.id]
                gone += item_reasons(left, number, self._owner.partner_id, self._owner.currency)
        if gone:
            raise Refused(gone)
        public_id = keeping.add(
            self._owner,
            self._wanted.external_id,
            self._total,
            self._lines,
            actor=self._actor.label,
            at=clock.now(),
        )
        found = keeping.named(public_id)
        assert found is not None
        text = say("Placed an order of {amount}", amount=Money(self._total, self._owner.currency))
        audit.record(self._actor, "order.place", text, subject_id=self._owner.id, grant=self._grant, order=public_id)
        return show.shown(self._actor, found, self._owner)


# Baskets --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class InBasket:
    """Something in a basket: how many, and the price in minor units that was shown when it was put there, None where
    it is the same now.
    """

    item: Item
    number: int
    before: int | None


@dataclass(frozen=True, slots=True)
class Basket:
    """What a login wants for an account, what that comes to, and what stands against it. None while it is empty."""

    items: tuple[InBasket, ...]
    effect: OrderEffect | None
    reasons: tuple[Reason, ...]

    @property
    def wanted(self) -> tuple[tuple[str, int], ...]:
        """The same as an order names it."""
        return tuple((one.item.public_id, one.number) for one in self.items)


@snapshot
def basket(actor: Actor, owner: Profile) -> Basket:
    """What is in the basket of whoever looks, for an account. Raises Missing and NotAllowed."""
    _grant(actor, owner)
    if actor.login_id is None:
        return Basket((), None, ())
    kept = catalogue.basket(actor.login_id, owner.id)
    items = catalogue.by_ids([one.item_id for one in kept])
    found = []
    for one in kept:
        item = items[one.item_id]
        was = replace(item, price_e4=one.price_e4).minor(owner.currency)
        found.append(InBasket(item, one.number, was if was != item.minor(owner.currency) else None))
    if not found:
        return Basket((), None, ())
    wanted = tuple((one.item.public_id, one.number) for one in found)
    effect, reasons = foresee(actor, Wanted(owner.public_id, wanted))
    return Basket(tuple(found), effect, reasons)


@writes
def put(actor: Actor, owner: Profile, item: str, number: int, *, more: bool = False) -> int:
    """Have so many of an item in the basket, or so many `more`; none for 0: how many there are now.

    Raises Missing, NotAllowed and Refused (M2).
    """
    _grant(actor, owner)
    found = catalogue.named([item]).get(item)
    if found is None or found.partner_id not in (None, owner.partner_id) or actor.login_id is None:
        raise Missing()
    if more:
        kept = {one.item_id: one.number for one in catalogue.basket(actor.login_id, owner.id)}
        number += kept.get(found.id, 0)
    if number and (reasons := item_reasons(found, number, owner.partner_id, owner.currency)):
        raise Refused(reasons)
    catalogue.put(actor.login_id, owner.id, found, number, clock.now())
    return number


@writes
def look_again(actor: Actor, owner: Profile) -> None:
    """Note that the prices of now were shown: those that changed are no news any more."""
    _grant(actor, owner)
    if actor.login_id is None:
        return
    kept = catalogue.basket(actor.login_id, owner.id)
    items = catalogue.by_ids([one.item_id for one in kept])
    for one in kept:
        catalogue.put(actor.login_id, owner.id, items[one.item_id], one.number, clock.now())


@writes(once="order.basket", answer=ShownOrder)
def place_basket(actor: Actor, owner: Profile, *, mark: str | None = None, once: str | None = None) -> ShownOrder:
    """Place what is in the basket, and empty it. Raises as `place`."""
    if actor.login_id is None:
        raise Missing()
    kept = catalogue.basket(actor.login_id, owner.id)
    items = catalogue.by_ids([one.item_id for one in kept])
    wanted = Wanted(owner.public_id, tuple((items[one.item_id].public_id, one.number) for one in kept))
    planned = _held(actor, wanted)
    if mark is not None:
        seen.unchanged(mark, planned.effect().mark)
    if reasons := planned.reasons():
        raise Refused(reasons)
    done = planned.write()
    catalogue.empty(actor.login_id, owner.id)
    return done
