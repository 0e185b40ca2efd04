"""Who owes, as the search filters by it and shows it (O10): House Accounts below zero, and what is past due."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Date, and_, bindparam, func, select, union_all
from sqlalchemy.orm import aliased

from portal.db.bulk import among
from portal.db.engine import executed
from portal.db.links.live import current
from portal.db.tables import Allocation, Customer, Entry, LedgerAccount, Partner, Posting, SharedBalance
from portal.db.types import total
from portal.rules.books import AccountKind, Ledger

_TODAY = bindparam("today", type_=Date)


class House(NamedTuple):
    """A customer's own House Account as of a day, in minor units; `late` says that something open is past due."""

    minor: int
    currency: str
    late: bool


def _balance() -> Any:
    """What stands on an account at the end of the day: what is stored less what is dated ahead (F10)."""
    a, p = LedgerAccount, Posting
    ahead = select(total(p.amount_minor)).where(p.ledger_account_id == a.id, p.booked_on > _TODAY)
    return a.balance_minor - ahead.correlate(a).scalar_subquery()


def _house() -> Any:
    return and_(LedgerAccount.kind == AccountKind.HOUSE, LedgerAccount.owner_id.is_not(None))


def below_zero() -> Any:
    """The customers whose own House Account is below zero."""
    return select(LedgerAccount.owner_id).where(_house(), _balance() < 0)


def late() -> Any:
    """Those with whom something stands open that was due before the day: what settles it later does not count yet."""
    e, a = Entry, Allocation
    holder = func.coalesce(e.moved_to_id, e.payer_id)
    due = and_(func.coalesce(e.due_on, e.booked_on) < _TODAY, e.booked_on <= _TODAY, e.ledger == Ledger.HOUSE)
    opened = select(holder).where(e.open_minor != 0, e.open_minor < 0, due)
    announced = (
        select(holder)
        .join(a, a.target_id == e.id)
        .where(a.counts_on > _TODAY, due)
        .group_by(e.id, e.moved_to_id, e.payer_id, e.open_minor)
        .having(e.open_minor - func.sum(a.amount_minor) < 0)
    )
    return union_all(opened, announced)


def houses(public_ids: Collection[str], today: date) -> dict[str, House]:
    """The House Accounts of these customers, by public id; not of one that uses another one's balance (P1)."""
    c, a, share = Customer, LedgerAccount, aliased(SharedBalance)
    minor = func.coalesce(_balance(), 0)
    rows = executed(
        select(c.public_id, Partner.currency, minor.label("minor"), c.id.in_(late()).label("late"))
        .join(Partner, Partner.id == c.partner_id)
        .outerjoin(a, and_(a.owner_id == c.id, a.currency == Partner.currency, _house()))
        .outerjoin(share, and_(share.secondary_id == c.id, current(share)))
        .where(among(c.public_id, public_ids), share.id.is_(None)),
        {"today": today},
    )
    return {row.public_id: House(int(row.minor), row.currency, bool(row.late)) for row in rows}
