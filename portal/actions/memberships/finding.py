"""Finding a membership or a plan, and whoever is concerned by it (B5, B6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from portal.actions import access
from portal.actions.bookings.people import Concerned, concerned
from portal.actions.invoices.wanted import default_rate
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.memberships import holding, plans
from portal.db.memberships.holding import Holding
from portal.db.memberships.plans import PlanRow
from portal.outside import clock
from portal.rules.bookings.states import BookingPayer
from portal.rules.deciding import Actor
from portal.rules.errors import Missing
from portal.rules.permissions import Permission
from portal.rules.sentences import say

TRIES = 5


@dataclass(frozen=True, slots=True)
class Found:
    """A membership with whom it concerns. `payer` is on whose books it comes; `today` the day where its holder is."""

    holding: Holding
    concerned: Concerned
    payer: Profile
    today: date

    @property
    def holder(self) -> Profile:
        return self.concerned.subject

    @property
    def rate(self) -> Decimal:
        """The tax rate of plans that name none."""
        return default_rate(self.holder)

    @property
    def title(self) -> str:
        return self.holding.plan.name


def needed(actor: Actor, permission: Permission) -> Permission:
    """The permission of customers, or that of the desk for administrators."""
    return Permission.BOOKINGS_DESK if actor.is_staff else permission


def membership(actor: Actor, reference: str, permission: Permission = Permission.MEMBERSHIPS_VIEW) -> Found:
    """A membership by its external or public id. Raises Missing and NotAllowed."""
    found = holding.named(reference.strip())
    if found is None:
        raise Missing(say("There is no membership “{name}”.", name=reference[:100]))
    holder = customers.by_id(found.row.customer_id)
    grant = access.require(actor, needed(actor, permission), holder)
    about = concerned(actor, holder, grant)
    return Found(found, about, payer_of(found, holder), clock.today(holder.time_zone))


def held(actor: Actor, reference: str) -> Found:
    """The same for whoever changes it: with its holder and payer it is held until the transaction ends."""
    found = membership(actor, reference, Permission.MEMBERSHIPS_BUY)
    for _ in range(TRIES):
        wanted = {found.holder.id, found.payer.id, found.holder.payer_id}
        customers.lock(wanted, exclusive=True)
        found = membership(actor, reference, Permission.MEMBERSHIPS_BUY)
        if {found.holder.id, found.payer.id, found.holder.payer_id} <= wanted:
            return found
    raise AssertionError("links change faster than we can hold")


def payer_of(found: Holding, holder: Profile) -> Profile:
    """Whose books a membership comes to: the payer of whoever was named when it was bought, else of its holder (B6)."""
    named = holder
    if found.row.payer_id is not None and found.row.payer_id != holder.id:
        named = customers.by_id(found.row.payer_id)
    return named if named.payer_id == named.id else customers.by_id(named.payer_id)


def payers_of(some: Sequence[Holding], holder: Profile) -> list[Profile]:
    """The same for several of one holder, each of the payers looked up once."""
    known: dict[int | None, Profile] = {}
    for one in some:
        if one.row.payer_id not in known:
            known[one.row.payer_id] = payer_of(one, holder)
    return [known[one.row.payer_id] for one in some]


def plan(reference: str, partner_id: int) -> PlanRow:
    """A plan of a partner by its external or public id. Raises Missing."""
    found = plans.named(reference.strip())
    if found is None or found.partner_id != partner_id:
        raise Missing(say("There is no membership plan “{name}”.", name=reference[:100]))
    return found


def payer_named(about: Concerned, wanted: BookingPayer) -> tuple[Profile, int | None]:
    """Who pays for what is bought, and the customer to remember for what follows from it: None for the holder (B6)."""
    payer = about.payer(wanted)
    if about.subject.payer_id == payer.id:
        return payer, None
    named = (one for one in (about.parties.owner, about.parties.booker) if one is not None)
    return payer, next((key for key in named if about.payers[key].id == payer.id), payer.id)
