"""Who owes what, and for how long (F15, O10)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from portal.actions import access
from portal.actions.books.naming import partner_named
from portal.db.customers import profiles as customers
from portal.db.engine import snapshot
from portal.db.invoices import ageing as rows_of
from portal.db.invoices.ageing import Named
from portal.outside import clock
from portal.rules.deciding import Actor
from portal.rules.invoices.ageing import Ageing, summed
from portal.rules.partners import DEFAULTS
from portal.rules.permissions import Permission


@dataclass(frozen=True, slots=True)
class Row:
    """What one account on one payer's books has open, by days past due."""

    payer: Named
    account: Named
    currency: str
    ages: Ageing


@dataclass(frozen=True, slots=True)
class Aged:
    """Rows at the end of a day, by payer and account."""

    on: date
    rows: tuple[Row, ...]

    @property
    def totals(self) -> dict[str, Ageing]:
        """Their sums by currency."""
        return {currency: summed(ages) for currency, ages in _grouped((r.currency, r.ages) for r in self.rows).items()}

    def by_payer(self) -> list[Row]:
        """One row for each payer and currency, whatever the account."""
        found: dict[tuple[Named, str], list[Ageing]] = defaultdict(list)
        for row in self.rows:
            found[row.payer, row.currency].append(row.ages)
        return [Row(payer, payer, currency, summed(ages)) for (payer, currency), ages in found.items()]


def _grouped(pairs: Iterable[tuple[str, Ageing]]) -> dict[str, list[Ageing]]:
    found: dict[str, list[Ageing]] = defaultdict(list)
    for key, ages in pairs:
        found[key].append(ages)
    return found


@snapshot
def ageing(actor: Actor, on: date | None = None, *, customer: str | None = None, partner: str | None = None) -> Aged:
    """What is open by days past due, as of today or of a day: of all that the actor may see, of a partner, or of a
    customer; of one that is paid for, its own account on its payer's books.

    A payer's total is its House Account with the sign turned. Raises Missing and NotAllowed.
    """
    account_id = payer_id = None
    zone = DEFAULTS.time_zone
    bound = partner_named(actor, partner)
    if customer is not None:
        profile = customers.require(customer)
        access.require(actor, Permission.CUSTOMERS_FINANCE, profile)
        payer_id, zone = profile.payer_id, profile.time_zone
        account_id = profile.id if profile.payer_id != profile.id else None
    else:
        access.require(actor, Permission.CUSTOMERS_FINANCE)
    day = on or clock.today(zone)
    found = rows_of.ageing(day, payer_id=payer_id, partner_id=bound[0] if bound else None)
    named = rows_of.names(key for one in found for key in one[:2])
    rows = [
        Row(named[key.payer_id], named[key.account_id], key.currency, ages)
        for key, ages in found.items()
        if account_id in (None, key.account_id)
    ]
    rows.sort(key=lambda row: (row.payer.name.casefold(), row.payer.id, row.account.name.casefold(), row.currency))
    return Aged(day, tuple(rows))
