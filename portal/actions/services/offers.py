"""The plans that customers may choose for their services: those of the catalogue, at its prices."""

from __future__ import annotations

from portal.db.customers.profiles import Profile
from portal.rules.errors import Reason
from portal.rules.invoices.prices import Prices
from portal.rules.sentences import say
from portal.rules.services import Period
from portal.rules.services.timeline import Version


def checked(
    owner: Profile, there: Version, plan: str | None, price: int | None, every: Period | None, prices: Prices
) -> tuple[str | None, int | None, Period | None, list[Reason]]:
    """What a customer wants of a plan, with the price of the catalogue, and why that cannot be."""
    if plan is None and price is None and every is None:
        return None, None, None, []
    message = say("{plan} is not offered.", plan=plan or there.plan)
    return None, None, None, [Reason("M1", message, say("Ask the operator for it."))]
