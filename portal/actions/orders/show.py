"""Orders and the catalogue as they are shown (M2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.actions import access
from portal.actions.memberships.effects import Who, who
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot
from portal.db.orders import catalogue, keeping
from portal.db.orders.keeping import LineRow, OrderRow
from portal.rules.deciding import Actor
from portal.rules.errors import Missing
from portal.rules.orders import Item, ItemKind, OrderState, moving_reasons
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.rules.services import Period

MOST = 200


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an order, in minor units; `item` names the item, `period` is None for what is bought once."""

    item: str
    name: str
    number: int
    price: int
    net: int
    tax: int
    gross: int
    period: Period | None


@dataclass(frozen=True, slots=True)
class ShownOrder:
    """An order. `once` is what is bought once, with tax; `cancels` whether whoever looks can cancel it now."""

    order: str
    public_id: str
    customer: Who
    payer: Who
    state: OrderState
    currency: str
    total: int
    once: int
    placed_at: datetime
    accepted_at: datetime | None
    fulfilled_at: datetime | None
    cancelled_at: datetime | None
    reason: str
    lines: tuple[Line, ...]
    cancels: bool = False

    @property
    def recurring(self) -> list[Line]:
        """Lines that cost something each period."""
        return [one for one in self.lines if one.period is not None]


def needed(actor: Actor, permission: Permission = Permission.ORDERS_VIEW) -> Permission:
    """The permission of customers, or that of administrators."""
    return Permission.ORDERS_MANAGE if actor.is_staff else permission


def load(actor: Actor, reference: str, permission: Permission = Permission.ORDERS_VIEW) -> tuple[OrderRow, Profile]:
    """An order with its customer. Raises Missing and NotAllowed."""
    found = keeping.named(reference.strip())
    if found is None:
        raise Missing(say("There is no order “{name}”.", name=reference[:100]))
    owner = customers.by_id(found.customer_id)
    access.require(actor, needed(actor, permission), owner)
    return found, owner


@snapshot
def one(actor: Actor, reference: str) -> ShownOrder:
    """One order by its external or public id. Raises Missing and NotAllowed."""
    found, owner = load(actor, reference)
    return shown(actor, found, owner)


@snapshot
def of(actor: Actor, profile: Profile, order: str) -> ShownOrder:
    """One order of a customer by its public id. Raises Missing and NotAllowed."""
    found = keeping.named(order)
    if found is None or found.customer_id != profile.id:
        raise Missing()
    access.require(actor, needed(actor), profile)
    return shown(actor, found, profile)


def shown(actor: Actor, row: OrderRow, owner: Profile) -> ShownOrder:
    """An order that was loaded."""
    lines = keeping.lines_of([row.id])[row.id]
    items = catalogue.by_ids([each.item_id for each in lines])
    payer = owner if owner.payer_id == owner.id else customers.by_id(owner.payer_id)
    made = tuple(_line(each, items[each.item_id]) for each in lines)
    can = access.weigh(actor, needed(actor, Permission.ORDERS_PLACE), owner)
    refused = moving_reasons(row.state, OrderState.CANCELLED, staff=actor.is_staff)
    return ShownOrder(
        order=row.reference,
        public_id=row.public_id,
        customer=who(owner),
        payer=who(payer),
        state=row.state,
        currency=row.currency,
        total=row.total_minor,
        once=sum(each.gross for each in made if each.period is None),
        placed_at=row.placed_at,
        accepted_at=row.accepted_at,
        fulfilled_at=row.fulfilled_at,
        cancelled_at=row.cancelled_at,
        reason=row.reason,
        lines=made,
        cancels=bool(can) and not refused,
    )


def _line(row: LineRow, item: Item) -> Line:
    period = row.period if row.kind is ItemKind.SERVICE else None
    return Line(
        item.reference, row.name, row.number, row.price_minor, row.net_minor, row.tax_minor, row.gross_minor, period
    )


@snapshot
def of_customer(actor: Actor, profile: Profile) -> Sequence[OrderRow]:
    """The orders of a customer, the newest first. Raises Missing and NotAllowed."""
    access.require(actor, needed(actor), profile)
    return keeping.of_customer(profile.id, limit=MOST)


@snapshot
def offers(actor: Actor, profile: Profile) -> list[Item]:
    """What a customer can order, by name. Raises Missing and NotAllowed."""
    access.require(actor, needed(actor), profile)
    return [each for each in catalogue.offered(profile.partner_id) if each.minor(profile.currency) is not None]


@snapshot
def queue(actor: Actor, states: Sequence[OrderState], *, page: int, size: int) -> tuple[list[OrderRow], int]:
    """Orders that wait for staff, the oldest first, and how many there are. Raises NotAllowed."""
    access.require(actor, Permission.ORDERS_MANAGE)
    return keeping.queue(actor.partner_id, states, offset=(page - 1) * size, limit=size)


@snapshot
def item(actor: Actor, reference: str) -> Item:
    """An item of the catalogue by its external or public id. Raises Missing and NotAllowed."""
    found = catalogue.named([reference.strip()]).get(reference.strip())
    if actor.is_staff:
        access.require(actor, Permission.ORDERS_MANAGE)
    mine = actor.partner_id
    if found is None or (found.partner_id is not None and mine not in (None, found.partner_id)):
        raise Missing(say("There is no item “{name}” in the catalogue.", name=reference[:100]))
    return found
