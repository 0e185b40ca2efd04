"""How old is what is owed at the end of a day, by payer and account (F15)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import and_, case, func, select

from portal.db.bulk import among
from portal.db.engine import db
from portal.db.invoices import settling
from portal.db.invoices.items import moved_later, open_on
from portal.db.rows import columns, values_of
from portal.db.tables import Allocation, AllocationPart, Customer, Entry, InvoiceLine
from portal.db.types import total
from portal.rules.invoices.ageing import LAST_DAYS, Ageing

UNALLOCATED = len(LAST_DAYS) + 1
"""The place of what settles nothing yet, after those of what is owed."""


class Key(NamedTuple):
    """What one row is for: whose books, for which account (keys of customers), in which currency."""

    payer_id: int
    account_id: int
    currency: str


def ageing(on: date, *, payer_id: int | None = None, partner_id: int | None = None) -> dict[Key, Ageing]:
    """Open parts by days past due, less what is unallocated: of everybody, one partner or one payer.

    One query, and two more where invoices over several accounts are open.
    """
    found, e = open_on(on, payer_id, partner_id), Entry
    moved = moved_later(on)
    holder = func.coalesce(moved.c.from_id, e.moved_to_id, e.payer_id)
    due = func.coalesce(e.due_on, e.booked_on)
    limits = [(due >= on - timedelta(days=last), place) for place, last in enumerate(LAST_DAYS)]
    place = case((found.c.minor > 0, UNALLOCATED), *limits, else_=len(LAST_DAYS))
    line = InvoiceLine
    elsewhere = select(line.id).where(line.invoice_id == e.id, line.account_id != e.issued_for_id)
    spread = and_(found.c.minor < 0, elsewhere.exists())
    several = case((spread, e.id), else_=0)
    query = (
        select(
            holder.label("payer_id"),
            e.issued_for_id.label("account_id"),
            e.currency,
            place.label("place"),
            several.label("invoice_id"),
            total(-found.c.minor).label("minor"),
        )
        .join(e, e.id == found.c.id)
        .outerjoin(moved, moved.c.entry_id == e.id)
        .where(e.booked_on <= on)
        .group_by(holder, e.issued_for_id, e.currency, place, several)
    )
    if payer_id is not None:
        query = query.where(holder == payer_id)
    if partner_id is not None:
        query = query.where(e.partner_id == partner_id)
    rows = db.session.execute(query).all()
    parts = _open_parts([row.invoice_id for row in rows if row.invoice_id], on)
    sums: dict[Key, list[int]] = defaultdict(lambda: [0] * len(Ageing._fields))
    for row in rows:
        for account, minor in parts[row.invoice_id].items() if row.invoice_id else [(row.account_id, row.minor)]:
            sums[Key(row.payer_id, account, row.currency)][row.place] += minor
    return {key: Ageing(*row) for key, row in sums.items() if any(row)}


def _open_parts(invoice_ids: Collection[int], on: date) -> dict[int, dict[int, int]]:
    """What was open of invoices at the end of a day, by the accounts they were issued for."""
    if not invoice_ids:
        return {}
    found = settling.charged_by_account(invoice_ids)
    a, p = Allocation, AllocationPart
    rows = db.session.execute(
        select(a.target_id, p.account_id, total(p.amount_minor).label("minor"))
        .join(p, p.allocation_id == a.id)
        .where(among(a.target_id, invoice_ids), a.counts_on <= on)
        .group_by(a.target_id, p.account_id)
    )
    for row in rows:
        accounts = found[row.target_id]
        accounts[row.account_id] = accounts.get(row.account_id, 0) - row.minor
    return found


class Named(NamedTuple):
    """A customer as lists name it."""

    id: int
    public_id: str
    reference: str
    name: str


def names(customer_ids: Iterable[int]) -> dict[int, Named]:
    """Customers by their keys."""
    c = Customer
    reference = func.coalesce(c.external_id, c.public_id)
    query = select(*columns(Named, id=c.id, public_id=c.public_id, reference=reference, name=c.name))
    rows = db.session.execute(query.where(among(c.id, sorted(set(customer_ids)))))
    return {one.id: one for one in values_of(Named, rows)}
