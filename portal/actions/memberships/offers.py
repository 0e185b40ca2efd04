"""What somebody can buy, and for whom (B5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.actions import access
from portal.actions.invoices.wanted import default_rate
from portal.actions.memberships.effects import Costing, amounts
from portal.actions.memberships.finding import needed
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot
from portal.db.memberships import plans
from portal.db.memberships.plans import PlanRow
from portal.outside import clock
from portal.rules.deciding import Actor
from portal.rules.errors import Reason
from portal.rules.memberships.plans import Plan, buying_refusals
from portal.rules.permissions import Permission


@dataclass(frozen=True, slots=True)
class Offer:
    """A plan for somebody: what a period costs with tax, in minor units, and why it is not for them."""

    public_id: str
    plan: Plan
    description: str
    minor: int
    currency: str
    reasons: tuple[Reason, ...]


@snapshot
def for_customer(actor: Actor, profile: Profile) -> list[Offer]:
    """What is sold to a customer: what they can have first. Raises Missing and NotAllowed."""
    access.require(actor, needed(actor, Permission.MEMBERSHIPS_VIEW), profile)
    today = clock.today(profile.time_zone)
    found = [_offer(one, profile, today) for one in plans.of_partner(profile.partner_id)]
    return sorted(found, key=lambda one: bool(one.reasons))


def _offer(row: PlanRow, profile: Profile, today: date) -> Offer:
    plan = row.plan
    (amount,) = amounts([Costing(plan, None, 0, 0, plan.price)], profile, profile, default_rate(profile), today)
    reasons = buying_refusals(plan, profile.name, profile.born_on, today)
    return Offer(row.public_id, plan, row.description, amount.gross, row.currency, tuple(reasons))
