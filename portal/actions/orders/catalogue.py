"""Keeping the catalogue: what is offered, at which price, and how many there are (M2)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from portal.actions import access
from portal.db.audit import records as audit
from portal.db.engine import snapshot, writes
from portal.db.orders import catalogue as rows
from portal.outside import clock
from portal.rules.amounts import number_text
from portal.rules.deciding import Actor
from portal.rules.errors import Conflict, Invalid, Missing
from portal.rules.invoices.prices import Prices
from portal.rules.orders import PRICE_PLACES, Item, ItemKind
from portal.rules.orders.files import DEAREST, MOST_STOCK
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.rules.services import Period


@dataclass(frozen=True, slots=True)
class Draft:
    """An item as a form has it; the price in major units, None of `stock` keeps none, of `rate` and `prices` what the
    customer and its partner have.
    """

    name: str
    description: str
    kind: ItemKind
    price: Decimal
    period: Period
    rate: Decimal | None
    prices: Prices | None
    stock: int | None
    retired: bool = False


@snapshot
def page(actor: Actor, *, page: int, size: int) -> tuple[list[Item], int]:
    """The catalogue for staff, and how many items it has. Raises NotAllowed."""
    access.require(actor, Permission.CATALOGUE_MANAGE)
    return rows.page(actor.partner_id, offset=(page - 1) * size, limit=size)


@snapshot
def find(actor: Actor, item: str) -> Item:
    """One item by its public id. Raises Missing and NotAllowed."""
    access.require(actor, Permission.CATALOGUE_MANAGE)
    return _find(actor, item)


def _find(actor: Actor, item: str) -> Item:
    found = rows.named([item]).get(item)
    if found is None or actor.partner_id not in (None, found.partner_id):
        raise Missing()
    return found


@writes(once="catalogue.add", answer=str)
def add(actor: Actor, draft: Draft, *, once: str | None = None) -> str:
    """Add an item: its public id. Raises Invalid and NotAllowed."""
    access.require(actor, Permission.CATALOGUE_MANAGE)
    values = _values(draft)
    public_id = rows.add({**values, "partner_id": actor.partner_id})
    audit.record(actor, "catalogue.add", say("Added {item} to the catalogue", item=draft.name), item=public_id)
    return public_id


@writes(once="catalogue.change", answer=None)
def change(actor: Actor, item: str, draft: Draft, *, left: int | None = None, once: str | None = None) -> None:
    """Change an item. `left` is the stock that the form showed: Conflict where something was ordered meanwhile.

    Raises Invalid, Missing and NotAllowed.
    """
    access.require(actor, Permission.CATALOGUE_MANAGE)
    found = _find(actor, item)
    values = _values(draft)
    if left is not None and found.stock != left and draft.stock != found.stock:
        text = say("The stock is {now} by now, because of orders. Look at it again.", now=found.stock or 0)
        raise Conflict(text)
    rows.change(found.id, values)
    fields = {}
    if found.price_e4 != values["price_e4"]:
        fields["price"] = [number_text(found.price), number_text(draft.price)]
    if found.stock != draft.stock:
        fields["stock"] = [str(found.stock or 0), str(draft.stock or 0)]
    text = say("Changed {item} in the catalogue", item=draft.name)
    audit.record(actor, "catalogue.change", text, item=found.public_id, fields=fields)


def _values(draft: Draft) -> dict[str, object]:
    wrong = {}
    name = " ".join(draft.name.split())
    if not name or len(name) > 200 or not name.isprintable():
        wrong["name"] = say("Enter a name, at most 200 characters.")
    price = draft.price * 10**PRICE_PLACES
    if not 0 <= draft.price <= DEAREST or price != int(price):
        wrong["price"] = say("Enter a price: zero or more, with at most {places} decimals.", places=PRICE_PLACES)
    if draft.stock is not None and not 0 <= draft.stock <= MOST_STOCK:
        wrong["stock"] = say("Enter how many there are, or nothing where none are counted.")
    if draft.rate is not None and not 0 <= draft.rate <= 100:
        wrong["rate"] = say("Enter a percentage from 0 to 100.")
    if wrong:
        raise Invalid(wrong)
    return {
        "name": name,
        "description": draft.description.strip()[:2_000],
        "kind": draft.kind,
        "price_e4": int(price),
        "rate_e3": None if draft.rate is None else int(draft.rate * 1_000),
        "prices": draft.prices,
        "period": draft.period,
        "stock": draft.stock,
        "retired_at": clock.now() if draft.retired else None,
    }
