"""What a partner charges, by month, main account and category (O10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portal.actions import access
from portal.db.books import spending as rows
from portal.db.customers import profiles as customers
from portal.db.engine import snapshot
from portal.db.partners import settings as partners
from portal.outside import clock
from portal.rules.deciding import Actor
from portal.rules.errors import Missing
from portal.rules.periods import Period
from portal.rules.permissions import Permission
from portal.rules.statements.spending import Share, by_month, largest_first, last_months, months_of


@dataclass(frozen=True, slots=True)
class Payer:
    """A customer that pays, or the main account above it."""

    public_id: str
    name: str


@dataclass(frozen=True, slots=True)
class Revenue:
    """What was charged less what was credited, without tax, in minor units. `partners` can be chosen: public id, name.

    `partner` is the public id of the one that is shown.
    """

    partner: str
    partners: tuple[tuple[str, str], ...]
    months: Sequence[Share[Period]]
    payers: Sequence[Share[Payer]]
    categories: Sequence[Share[str]]
    period: Period
    total_minor: int
    currency: str
    years: tuple[int, ...]


@snapshot
def look(actor: Actor, partner: str = "", year: int | None = None) -> Revenue:
    """The revenue of a partner (public id; the first that the actor looks after without one), of the last twelve months
    or of a year. Raises Missing and NotAllowed.
    """
    access.require(actor, Permission.CUSTOMERS_FINANCE)
    known = partners.partners(actor.partner_id)
    found = next((one for one in known if partner in ("", one.public_id)), None)
    if found is None:
        raise Missing()
    today = clock.today(found.settings.time_zone)
    months = last_months(today) if year is None else months_of(year)
    period = Period(months[0].first, months[-1].last)
    asked = (found.id, found.currency, period.first, period.last)
    in_month = {one.month: one.minor for one in rows.revenue_by_month(*asked)}
    shares = largest_first(rows.revenue_by_main(*asked))
    names = customers.by_ids({one.key for one in shares if one.key is not None})
    payers = [
        Share(
            None if one.key is None else Payer(names[one.key].public_id, names[one.key].name),
            one.minor,
            one.length,
            one.others,
        )
        for one in shares
    ]
    return Revenue(
        partner=found.public_id,
        partners=tuple((one.public_id, one.name) for one in known),
        months=by_month(months, in_month),
        payers=payers,
        categories=largest_first(rows.revenue_by_category(*asked)),
        period=period,
        total_minor=sum(in_month.values()),
        currency=found.currency,
        years=(today.year, today.year - 1, today.year - 2),
    )
