"""What stands on customers' accounts, as of a day (F10)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any, cast

from sqlalchemy import Select, Table, and_, bindparam, func, select

from portal.db.bulk import among
from portal.db.engine import db, executed
from portal.db.tables import LedgerAccount, Posting
from portal.db.types import total
from portal.rules.balances import Balances
from portal.rules.books import AccountKind

_ACCOUNTS = cast(Table, LedgerAccount.__table__)


def balances(payers: Mapping[int, str], today: date) -> dict[int, Balances]:
    """F10: stored balances less what is dated ahead, for payers given with their currency; one query."""
    keys = list(payers)
    if len(keys) == 1:
        rows = executed(_balance(), {"owner": keys[0], "today": today})
    else:
        rows = executed(_balances().where(among(_ACCOUNTS.c.owner_id, keys)), {"today": today})
    sums: dict[int, list[int]] = {payer: [0, 0, 0] for payer in keys}
    for row in rows:
        if row.currency == payers[row.owner_id]:
            place = sums[row.owner_id]
            place[0 if row.kind is AccountKind.HOUSE else 1] += row.balance_minor - row.later
            place[2] += row.count_later
    return {payer: Balances(*values) for payer, values in sums.items()}


@cache
def _balances() -> Select[*tuple[Any, ...]]:
    """Customers' accounts with their stored balances and what is dated after `today`: its sum, and how many."""
    a, p = _ACCOUNTS.c, Posting
    ahead = and_(p.ledger_account_id == a.id, p.booked_on > bindparam("today"))
    return (
        select(a.owner_id, a.kind, a.currency, a.balance_minor)
        .add_columns(total(p.amount_minor).label("later"), func.count(p.id).label("count_later"))
        .outerjoin_from(_ACCOUNTS, p, ahead)
        .group_by(a.id, a.owner_id, a.kind, a.currency, a.balance_minor)
    )


@cache
def _balance() -> Select[*tuple[Any, ...]]:
    return _balances().where(_ACCOUNTS.c.owner_id == bindparam("owner"))


def lowest_credit_from(account_id: int, on: date) -> tuple[int, date]:
    """The smallest end-of-day balance of a Customer Credit account on `on` or any later day (F10), and on which first.

    0 of NO_ACCOUNT.
    """
    p = Posting
    days = db.session.execute(
        select(p.booked_on, func.sum(p.amount_minor))
        .where(p.ledger_account_id == account_id, p.booked_on > on)
        .group_by(p.booked_on)
        .order_by(p.booked_on)
    ).all()
    stored = db.session.execute(select(LedgerAccount.balance_minor).where(LedgerAccount.id == account_id)).scalar() or 0
    running = stored - sum(int(amount) for _, amount in days)
    lowest = running, on
    for day, amount in days:
        running += int(amount)
        if running < lowest[0]:
            lowest = running, day
    return lowest
