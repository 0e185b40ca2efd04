"""The plans that customers may choose for their services: those of the catalogue, at its prices."""

from __future__ import annotations

from dataclasses import dataclass

from portal.db.customers.profiles import Profile
from portal.db.orders import catalogue
from portal.rules.errors import Reason
from portal.rules.invoices.prices import Prices
from portal.rules.money import Money
from portal.rules.orders import ItemKind
from portal.rules.sentences import say
from portal.rules.services import Period
from portal.rules.services.timeline import Version

RULE = "M1"


@dataclass(frozen=True, slots=True)
class Plan:
    """A plan that is offered, with its price in minor units of the customer's currency."""

    public_id: str
    name: str
    description: str
    price: int
    period: Period


def plans(owner: Profile, prices: Prices) -> list[Plan]:
    """The plans that a customer may choose, by price: those whose prices are meant as its service's are."""
    found = []
    for item in catalogue.offered(owner.partner_id):
        minor = item.minor(owner.currency)
        if item.kind is ItemKind.SERVICE and minor is not None and prices in (item.prices, _own(item.prices, owner)):
            found.append(Plan(item.public_id, item.name, item.description, minor, item.period))
    return sorted(found, key=lambda one: (one.period, one.price, one.name))


def _own(prices: Prices | None, owner: Profile) -> Prices:
    return owner.settings.prices if prices is None else prices


def checked(
    owner: Profile, there: Version, plan: str | None, price: int | None, every: Period | None, prices: Prices
) -> tuple[str | None, int | None, Period | None, list[Reason]]:
    """What a customer wants of a plan, with the price of the catalogue, and why that cannot be.

    The plan as it is may be kept at its price, whatever the catalogue says by now.
    """
    if plan in (None, there.plan) and price in (None, there.price_minor) and every in (None, there.every):
        return None, None, None, []
    named = there.plan if plan is None else plan
    items = {each.public_id: each for each in plans(owner, prices)}
    found = [each for each in items.values() if named in (each.name, each.public_id)]
    known = catalogue.named([named]).get(named)
    if known is not None and known.public_id in items:
        found = [items[known.public_id]]
    if every is not None and any(each.period is every for each in found):
        found = [each for each in found if each.period is every]
    if not found:
        message = say("{plan} is not offered.", plan=named)
        return None, None, None, [Reason(RULE, message, say("Choose a plan of the catalogue, or ask the operator."))]
    one = found[0]
    if (price is not None and price != one.price) or (every is not None and every is not one.period):
        message = say(
            "{plan} costs {amount} for a {period}.",
            plan=one.name,
            amount=Money(one.price, owner.currency),
            period=one.period.value,
        )
        return None, None, None, [Reason(RULE, message, say("Choose it as it is offered."))]
    return one.name, one.price, one.period, []
