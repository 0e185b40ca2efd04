"""Entries dated ahead that still count: those that were not taken back on their own day (L6)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, case, func, not_, or_, select
from sqlalchemy.orm import aliased

from portal.db.engine import db
from portal.db.rows import columns, values_of
from portal.db.tables import Entry, LedgerAccount, Posting
from portal.db.types import total
from portal.rules.books import AccountKind, EntryKind


class AheadEntry(NamedTuple):
    """An entry dated after today, and what it changes on the two accounts of the customer it was looked up for.

    `reversed_by` is the number of an entry of another day that takes it back; "" if none does.
    """

    public_id: str
    number: str
    kind: EntryKind
    on: date
    amount_minor: int
    description: str
    reversed_by: str
    house_minor: int
    credit_minor: int


def counts(owner_ids: Iterable[int], today: date) -> dict[int, int]:
    """How many entries dated after `today` count on the accounts of each of these customers."""
    query = _counting(today, owner_ids, LedgerAccount.owner_id, func.count(Entry.id.distinct()))
    return {owner: count for owner, count in db.session.execute(query.group_by(LedgerAccount.owner_id))}  # noqa: C416


def entries(owner_id: int, today: date, limit: int) -> list[AheadEntry]:
    """The first `limit` entries dated after `today` that count on a customer's accounts, by date."""
    e, back = Entry, aliased(Entry)
    plain = {
        "public_id": e.public_id,
        "number": e.number,
        "kind": e.kind,
        "on": e.booked_on,
        "amount_minor": e.amount_minor,
        "description": e.description,
    }
    found = columns(
        AheadEntry,
        **plain,
        reversed_by=func.coalesce(back.number, ""),
        house_minor=_moved(AccountKind.HOUSE),
        credit_minor=_moved(AccountKind.CREDIT),
    )
    query = (
        _counting(today, [owner_id], *found)
        .outerjoin(back, back.reverses_id == e.id)
        .group_by(e.id, *plain.values(), back.number)
        .order_by(e.booked_on, e.id)
        .limit(limit)
    )
    return values_of(AheadEntry, db.session.execute(query))


def _moved(kind: AccountKind) -> ColumnElement[int]:
    """What the entries move on the accounts of a kind."""
    return total(case((LedgerAccount.kind == kind, Posting.amount_minor), else_=0))


def _counting(today: date, owner_ids: Iterable[int], *wanted: SQLColumnExpression[Any]) -> Select[*tuple[Any, ...]]:
    """Entries dated ahead, without those that cancel out.

    An entry and its reversal of the same day leave nothing behind. Who reverses a reversal has the first entry count
    again, so what matters at the end of such a chain is whether it has an even number of reversals.
    """
    e, p, a = Entry, Posting, LedgerAccount
    same_day = aliased(Entry)
    query = (
        select(*wanted)
        .select_from(p)
        .join(a, a.id == p.ledger_account_id)
        .join(e, e.id == p.entry_id)
        .outerjoin(same_day, and_(same_day.reverses_id == e.id, same_day.booked_on == e.booked_on))
    )
    links = [aliased(Entry) for _ in range(4)]
    after: type[Entry] = e
    for link in links:
        query = query.outerjoin(link, and_(link.id == after.reverses_id, link.booked_on == e.booked_on))
        after = link
    first, second, third, fourth = links
    once = and_(first.id.is_not(None), second.id.is_(None))
    thrice = and_(third.id.is_not(None), fourth.id.is_(None))
    return query.where(
        a.owner_id.in_(sorted(owner_ids)),
        p.booked_on > today,
        same_day.id.is_(None),
        not_(or_(once, thrice)),
    )
