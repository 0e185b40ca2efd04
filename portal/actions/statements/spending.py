"""What a customer spends, by month, account and category (O10)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from portal.actions import access
from portal.db.books import spending as rows
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot
from portal.outside import clock
from portal.rules.deciding import Actor
from portal.rules.periods import Period
from portal.rules.permissions import Permission
from portal.rules.statements.spending import Share, by_month, largest_first, last_months, months_of


@dataclass(frozen=True, slots=True)
class Spending:
    """What was charged less what was credited, in minor units. Accounts are (public id, name).

    `part_of` names who pays where somebody sees only what was issued for it (S9, S13).
    """

    months: Sequence[Share[Period]]
    accounts: Sequence[Share[tuple[str, str]]]
    categories: Sequence[Share[str]]
    period: Period
    total_minor: int
    currency: str
    years: tuple[int, ...]
    part_of: str = ""


@snapshot
def look(actor: Actor, profile: Profile, year: int | None = None) -> Spending:
    """A customer's spending of the last twelve months, or of a year. Raises NotAllowed and Missing.

    A payer sees everything on its books by account, a secondary account what was issued for it (S9).
    """
    access.require(actor, Permission.CUSTOMERS_FINANCE if actor.is_staff else Permission.STATEMENTS_VIEW, profile)
    today = clock.today(profile.time_zone)
    months = last_months(today) if year is None else months_of(year)
    period = Period(months[0].first, months[-1].last)
    own = None if profile.payer_id == profile.id else profile.id
    found = rows.by_month(profile.payer_id, period.first, period.last, own)
    in_month: dict[date, int] = defaultdict(int)
    of_account: dict[int, int] = defaultdict(int)
    for month, account, minor in found:
        in_month[month] += minor
        of_account[account] += minor
    names = {one.id: (one.public_id, one.name) for one in customers.by_ids(of_account).values()} if of_account else {}
    accounts = {names[key]: minor for key, minor in of_account.items()}
    return Spending(
        months=by_month(months, in_month),
        accounts=largest_first(accounts) if len(accounts) > 1 else [],
        categories=largest_first(rows.by_category(profile.payer_id, period.first, period.last, own)),
        period=period,
        total_minor=sum(in_month.values()),
        currency=profile.currency,
        years=(today.year, today.year - 1, today.year - 2),
        part_of=profile.payer_name if own else "",
    )
