"""What is open of a payer's books at a day, and what of its payments settles nothing yet (F7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.actions import access
from portal.db.books import posting as books
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot
from portal.db.invoices import items
from portal.db.invoices.items import Item
from portal.outside import clock
from portal.rules.deciding import Actor
from portal.rules.invoices.due import days_overdue
from portal.rules.permissions import Permission


@dataclass(frozen=True, slots=True)
class OpenRow:
    """A charge that is not settled, or a credit that is not allocated. Amounts are positive minor units.

    `account` is None for an invoice over several accounts.
    """

    number: str
    public_id: str
    kind: str
    account: str | None
    on: date
    due: date
    total_minor: int
    open_minor: int
    days_overdue: int
    description: str


@dataclass(frozen=True, slots=True)
class OpenItems:
    """What is open with `payer` at the end of a day. `house_minor` is the House Account: what is open less the rest."""

    payer: str
    on: date
    currency: str
    open: tuple[OpenRow, ...]
    unallocated: tuple[OpenRow, ...]
    house_minor: int


@snapshot
def open_items(actor: Actor, customer: str | Profile, on: date | None = None) -> OpenItems:
    """What is open of whoever pays for a customer, as of today or of a day. Raises Missing and NotAllowed."""
    profile = customer if isinstance(customer, Profile) else customers.require(customer)
    permission = Permission.CUSTOMERS_FINANCE if actor.is_staff else Permission.STATEMENTS_VIEW
    access.require(actor, permission, profile)
    day = on or clock.today(profile.time_zone)
    found = [one for one in items.open_of(profile.payer_id, day) if one.currency == profile.currency]
    several = items.spread([one.id for one in found])
    house = books.balances({profile.payer_id: profile.currency}, day)[profile.payer_id].house_minor
    return OpenItems(
        profile.payer_reference,
        day,
        profile.currency,
        tuple(_row(one, day, several) for one in found if one.open_minor < 0),
        tuple(_row(one, day, several) for one in found if one.open_minor > 0),
        house,
    )


def _row(one: Item, on: date, several: set[int]) -> OpenRow:
    return OpenRow(
        one.number,
        one.public_id,
        one.kind.value,
        None if one.id in several else one.account,
        one.booked_on,
        one.due_on,
        abs(one.amount_minor),
        one.left_minor,
        days_overdue(one.due_on, on),
        one.description,
    )
