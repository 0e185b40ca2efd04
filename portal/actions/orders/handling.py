"""What becomes of an order: accepted, fulfilled or cancelled, each once (M2)."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from portal.actions import access
from portal.actions.invoices import charging
from portal.actions.invoices.charging import Wish
from portal.actions.orders import show
from portal.actions.orders.show import ShownOrder
from portal.actions.services import adding, changing
from portal.actions.services.adding import Wanted
from portal.db.audit import records as audit
from portal.db.billing import services
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.db.orders import catalogue, keeping
from portal.db.orders.keeping import LineRow, OrderRow
from portal.outside import clock
from portal.rules.deciding import Actor, Grant
from portal.rules.errors import Conflict, Reason, Refused
from portal.rules.invoices.lines import Line
from portal.rules.money import Money
from portal.rules.orders import ItemKind, OrderState, moving_reasons
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say
from portal.rules.services import Deed, ServiceState

TRIES = 5


@writes(once="order.accept", answer=ShownOrder)
def accept(actor: Actor, order: str, *, once: str | None = None) -> ShownOrder:
    """Accept an order: what is bought once waits for the payer's next invoice, plans become services from today.

    One that is accepted already stays as it is. Raises Missing, NotAllowed and Refused (M1, M2, F4).
    """
    access.require(actor, Permission.ORDERS_MANAGE)
    row, owner, payer = _held(actor, order)
    if row.state in (OrderState.ACCEPTED, OrderState.FULFILLED):
        return show.shown(actor, row, owner)
    _move(row, OrderState.ACCEPTED, staff=True)
    lines = keeping.lines_of([row.id])[row.id]
    _charge(actor, owner, payer, [one for one in lines if one.kind is ItemKind.ITEM])
    for one in lines:
        if one.kind is ItemKind.SERVICE:
            _begin(actor, owner, one)
    amount = Money(row.total_minor, row.currency)
    return _told(actor, row, owner, "order.accept", say("Accepted an order of {amount}", amount=amount))


@writes(once="order.fulfil", answer=ShownOrder)
def fulfil(actor: Actor, order: str, *, once: str | None = None) -> ShownOrder:
    """Note that the customer has what was ordered. One that is fulfilled stays as it is. Raises as `accept`."""
    access.require(actor, Permission.ORDERS_MANAGE)
    row, owner, _payer = _held(actor, order)
    if row.state is OrderState.FULFILLED:
        return show.shown(actor, row, owner)
    _move(row, OrderState.FULFILLED, staff=True)
    amount = Money(row.total_minor, row.currency)
    return _told(actor, row, owner, "order.fulfil", say("Fulfilled an order of {amount}", amount=amount))


@writes(once="order.cancel", answer=ShownOrder)
def cancel(actor: Actor, order: str, *, reason: str = "", once: str | None = None) -> ShownOrder:
    """Cancel an order: what it took goes back to the stock, and what it charged is taken back. Customers can until it
    is accepted, staff until it is fulfilled. Raises Missing, NotAllowed and Refused (M2).
    """
    row, owner, _payer = _held(actor, order, Permission.ORDERS_PLACE)
    _move(row, OrderState.CANCELLED, staff=actor.is_staff, reason=" ".join(reason.split())[:500])
    for one in sorted(keeping.lines_of([row.id])[row.id], key=lambda line: line.item_id):
        if one.taken:
            catalogue.put_back(one.item_id, one.taken)
        _give_back(actor, owner, one)
    amount = Money(row.total_minor, row.currency)
    return _told(actor, row, owner, "order.cancel", say("Cancelled an order of {amount}", amount=amount))


@snapshot
def cancelling(actor: Actor, order: str) -> tuple[ShownOrder, tuple[Reason, ...]]:
    """An order before it is cancelled, and why it cannot be. Raises Missing and NotAllowed."""
    row, owner = show.load(actor, order, Permission.ORDERS_PLACE)
    reasons = moving_reasons(row.state, OrderState.CANCELLED, staff=actor.is_staff)
    return show.shown(actor, row, owner), tuple(reasons)


def _held(
    actor: Actor, order: str, permission: Permission = Permission.ORDERS_VIEW
) -> tuple[OrderRow, Profile, Profile]:
    row, owner = show.load(actor, order, permission)
    for _ in range(TRIES):
        ids = {owner.id, owner.payer_id}
        customers.lock(ids, exclusive=True)
        row, owner = show.load(actor, order, permission)
        if owner.payer_id in ids:
            payer = owner if owner.payer_id == owner.id else customers.by_id(owner.payer_id)
            return row, owner, payer
    raise AssertionError("links change faster than we can hold")


def _move(row: OrderRow, to: OrderState, *, staff: bool, reason: str = "") -> None:
    if reasons := moving_reasons(row.state, to, staff=staff):
        raise Refused(reasons)
    if not keeping.move(row.id, row.state, to, clock.now(), reason=reason):
        raise Conflict(say("Somebody else changed the order in the meantime. Look at it again."))


def _charge(actor: Actor, owner: Profile, payer: Profile, lines: list[LineRow]) -> None:
    wishes = [Wish(owner, Line(one.name, Decimal(one.number), one.price_minor, one.rate), one.prices) for one in lines]
    for one, place in zip(lines, charging.charge(actor, payer, wishes, waits=True), strict=True):
        values = {"invoice_id": place.invoice_id, "invoice_position": place.position}
        keeping.charged(one.id, {"future_item_id": place.item_id} if place.item_id else values)


def _begin(actor: Actor, owner: Profile, line: LineRow) -> None:
    """A plan that was ordered becomes a service from today on."""
    wanted = Wanted(
        owner.public_id,
        line.name,
        line.price_minor,
        clock.today(owner.time_zone),
        Decimal(line.number),
        line.period,
        line.rate,
        line.prices,
    )
    grant = access.require(actor, Permission.ORDERS_MANAGE, owner)
    _effect, service_id = adding.step(actor, owner, wanted, grant)
    keeping.charged(line.id, {"service_id": service_id})


def _give_back(actor: Actor, owner: Profile, line: LineRow) -> None:
    if line.service_id is not None:
        (found,) = [one for one in services.of_customers([owner.id]) if one.id == line.service_id]
        if found.timeline.last.state is not ServiceState.STOPPED:
            on = max(clock.today(owner.time_zone), found.started_on)
            wish = changing.Wish(found.public_id, Deed.STOP, on)
            changing.step(replace(actor, permissions=actor.permissions | {Permission.SERVICES_MANAGE}), wish)
    elif line.future_item_id is not None or line.invoice_id is not None:
        reason = say("Order cancelled")
        charging.take_back(
            actor,
            reason,
            invoice_id=line.invoice_id,
            position=line.invoice_position,
            item_id=line.future_item_id,
        )


def _told(actor: Actor, row: OrderRow, owner: Profile, deed: str, text: Sentence) -> ShownOrder:
    grant: Grant = access.require(actor, Permission.ORDERS_MANAGE if actor.is_staff else Permission.ORDERS_VIEW, owner)
    audit.record(actor, deed, text, subject_id=owner.id, grant=grant, order=row.public_id)
    again = keeping.named(row.public_id)
    assert again is not None
    return show.shown(actor, again, owner)
