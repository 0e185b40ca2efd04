"""Future items one by one: those that wait, and what becomes of them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import CursorResult, Select, func, select, update
from sqlalchemy.orm import aliased

from portal.db.engine import db
from portal.db.rows import columns, field_names, first_of, value_of, values_of
from portal.db.tables import Entry, FutureItem, InvoiceLine


class Item(NamedTuple):
    """A future item: a charge is positive, a discount negative, in minor units.

    `invoiced_by` is the number of the entry that took it, `reversed_by` that of the item that takes it back; "" where
    there is none. `reverses_id` is set for an item that takes another one back.
    """

    id: int
    public_id: str
    partner_id: int
    issued_for_id: int
    number: str
    on: date
    currency: str
    amount_minor: int
    tax_minor: int
    description: str
    category: str
    reverses_id: int | None
    invoiced_by: str
    reversed_by: str

    @property
    def waits(self) -> bool:
        """Whether it waits for the next invoice."""
        return self.reverses_id is None and not self.invoiced_by and not self.reversed_by


def waiting(customer_id: int, limit: int) -> list[Item]:
    """The first `limit` items of a customer that wait, by date."""
    item = FutureItem
    query, reversal = _items()
    rows = db.session.execute(
        query.where(
            item.issued_for_id == customer_id,
            item.reverses_id.is_(None),
            item.invoiced_by_id.is_(None),
            reversal.id.is_(None),
        )
        .order_by(item.booked_on, item.id)
        .limit(limit)
    )
    return values_of(Item, rows)


def find(public_id: str) -> Item | None:
    """The item with this public id."""
    return first_of(Item, db.session.execute(_items()[0].where(FutureItem.public_id == public_id)))


def by_id(item_id: int) -> Item:
    """One item by its key."""
    return value_of(Item, db.session.execute(_items()[0].where(FutureItem.id == item_id)).one())


class Terms(NamedTuple):
    """The tax rate of an item, in thousandths of a per cent, and the customer that it names to pay; None without."""

    rate_e3: int | None
    payer_id: int | None


def terms_of(item_id: int) -> Terms:
    """What of an item goes on to what is taken off it."""
    row = db.session.execute(
        select(*columns(Terms, rate_e3=FutureItem.rate_e3, payer_id=FutureItem.payer_id)).where(
            FutureItem.id == item_id
        )
    ).one()
    return value_of(Terms, row)


def line_of(item_id: int) -> tuple[int | None, int | None]:
    """The invoice (its entry) that took an item, and on which of its lines it stands; None where it is on none.

    A line says the same as its item: for whom, what, for which days, and as nearly as possible how much.
    """
    item, line = FutureItem, InvoiceLine
    row = db.session.execute(
        select(line.invoice_id, line.position)
        .join(item, item.invoiced_by_id == line.invoice_id)
        .where(
            item.id == item_id,
            line.account_id == item.issued_for_id,
            line.description == item.description,
            line.from_on.is_not_distinct_from(item.from_on),
            line.to_on.is_not_distinct_from(item.to_on),
        )
        .order_by(func.abs(line.gross_minor - item.amount_minor), line.position)
        .limit(1)
    ).first()
    return (row.invoice_id, row.position) if row else (None, None)


def mark_invoiced(item_id: int, entry: str, at: datetime) -> bool:
    """Note that an item is on the invoice with this public id; False when something else took it first."""
    item = FutureItem
    number = select(Entry.id).where(Entry.public_id == entry).scalar_subquery()
    changed: CursorResult[Any] = db.session.execute(  # type: ignore[assignment]
        update(item)
        .where(item.id == item_id, item.invoiced_by_id.is_(None))
        .values(invoiced_by_id=number, invoiced_at=at)
    )
    return changed.rowcount == 1


def _items() -> tuple[Select[*tuple[Any, ...]], type[FutureItem]]:
    """The query of items, and what stands in it for the item that takes one back."""
    item, reversal, invoice = FutureItem, aliased(FutureItem), aliased(Entry)
    own = {name: getattr(item, name) for name in field_names(Item) if hasattr(item, name)}
    found = columns(
        Item,
        **own,
        on=item.booked_on,
        invoiced_by=func.coalesce(invoice.number, ""),
        reversed_by=func.coalesce(reversal.number, ""),
    )
    query = (
        select(*found)
        .select_from(item)
        .outerjoin(reversal, reversal.reverses_id == item.id)
        .outerjoin(invoice, invoice.id == item.invoiced_by_id)
    )
    return query, reversal
