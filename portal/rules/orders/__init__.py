"""Orders from the catalogue: their states, and why something is refused (M2)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from portal.rules.errors import Reason
from portal.rules.invoices.prices import Prices
from portal.rules.money import exponent
from portal.rules.sentences import Sentence, say
from portal.rules.services import Period

RULE = "M2"
MOST_PIECES, MOST_LINES = 1_000, 50
PRICE_PLACES = 4


class ItemKind(StrEnum):
    """What is in the catalogue: something that is bought once, or a plan that becomes a service."""

    ITEM = "item"
    SERVICE = "service"

    @property
    def label(self) -> Sentence:
        return say("Bought once") if self is ItemKind.ITEM else say("A service")


class OrderState(StrEnum):
    """How far an order is."""

    PLACED = "placed"
    ACCEPTED = "accepted"
    FULFILLED = "fulfilled"
    CANCELLED = "cancelled"

    @property
    def label(self) -> Sentence:
        return _LABELS[self]


_LABELS = {
    OrderState.PLACED: say("Placed"),
    OrderState.ACCEPTED: say("Accepted"),
    OrderState.FULFILLED: say("Fulfilled"),
    OrderState.CANCELLED: say("Cancelled"),
}


@dataclass(frozen=True, slots=True)
class Item:
    """What can be ordered. `price_e4` is for one (and one `period` of a service) in ten thousandths, in the currency of
    whoever orders; `stock` is None where none is kept. `rate_e3` is in thousandths of a per cent, None as the customer.
    """

    id: int
    public_id: str
    external_id: str | None
    partner_id: int | None
    name: str
    description: str
    kind: ItemKind
    price_e4: int
    rate_e3: int | None
    prices: Prices | None
    period: Period
    stock: int | None
    retired: bool

    @property
    def reference(self) -> str:
        """The external id, or the public id of one without."""
        return self.external_id or self.public_id

    @property
    def rate(self) -> Decimal | None:
        return None if self.rate_e3 is None else Decimal(self.rate_e3) / 1_000

    @property
    def price(self) -> Decimal:
        """The price of one, in major units."""
        return Decimal(self.price_e4) / Decimal(10_000)

    def minor(self, currency: str) -> int | None:
        """The price of one in minor units; None where that currency has no coins so small."""
        whole, rest = divmod(self.price_e4 * 10 ** exponent(currency), 10**PRICE_PLACES)
        return None if rest else whole


def item_reasons(item: Item, number: int, partner_id: int, currency: str) -> list[Reason]:
    """Why so many of something cannot be ordered (M2)."""
    if item.retired or item.partner_id not in (None, partner_id) or item.minor(currency) is None:
        message = say("{item} is not offered any more.", item=item.name)
        return [Reason(RULE, message, say("Take it out of the order."))]
    if not 1 <= number <= MOST_PIECES:
        message = say("{number} of {item} cannot be ordered.", number=number, item=item.name)
        return [Reason(RULE, message, say("Order 1 to {most}.", most=MOST_PIECES))]
    return stock_reasons(item, number)


def stock_reasons(item: Item, number: int) -> list[Reason]:
    """More is wanted than there is."""
    if item.stock is None or number <= item.stock:
        return []
    if item.stock == 0:
        return [Reason(RULE, say("{item} is sold out.", item=item.name), say("Take it out, or come back later."))]
    message = say(
        "{item}: {count} is left, and {wanted} are wanted.",
        "{item}: {count} are left, and {wanted} are wanted.",
        count=item.stock,
        item=item.name,
        wanted=number,
    )
    return [Reason(RULE, message, say("Order fewer of it, or come back later."))]


def moving_reasons(state: OrderState, to: OrderState, *, staff: bool) -> list[Reason]:
    """Why an order cannot go on to a state (M2). Where it is there already, that is for whoever asks to know."""
    if to is OrderState.CANCELLED:
        if state is OrderState.CANCELLED:
            return [Reason(RULE, say("The order is cancelled already."), say("Nothing more is needed."))]
        if state is OrderState.FULFILLED:
            message = say("The order is fulfilled, so it cannot be cancelled.")
            return [Reason(RULE, message, say("Credit what comes back on its invoice, or stop the service."))]
        if state is OrderState.ACCEPTED and not staff:
            message = say("The order is accepted, so it cannot be cancelled here any more.")
            return [Reason(RULE, message, say("Ask the operator."))]
        return []
    if state is OrderState.CANCELLED:
        return [Reason(RULE, say("The order is cancelled."), say("Place it anew."))]
    if to is OrderState.FULFILLED and state is OrderState.PLACED:
        return [Reason(RULE, say("The order is not accepted yet."), say("Accept it first."))]
    return []
