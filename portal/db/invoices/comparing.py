"""What invoices in the books say, for whoever brings them again under the same external id (F2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import select

from portal.db.bulk import among
from portal.db.engine import db
from portal.db.tables import Customer, Entry, FutureItem, Invoice, InvoiceDraft, InvoiceLine
from portal.rules.books import SERIES, EntryKind
from portal.rules.invoices.lines import Line
from portal.rules.invoices.prices import Prices
from portal.rules.periods import Period

_E4, _E3 = Decimal(10_000), Decimal(1_000)


class StoredLine(NamedTuple):
    """A line as it was issued; `account` are the references that name whom it is for."""

    description: str
    quantity: Decimal
    unit_minor: int
    discount: Decimal
    rate: Decimal
    account: tuple[str, ...]
    period: Period | None

    def says(self, line: Line, *, account: str, names_rate: bool) -> bool:
        """Whether a line that is brought again says the same; one that names no rate says nothing about it."""
        same = (
            line.description == self.description
            and line.quantity == self.quantity
            and line.unit_minor == self.unit_minor
            and line.discount == self.discount
            and line.period == self.period
        )
        return same and account in self.account and (not names_rate or line.tax_rate == self.rate)


class Stored(NamedTuple):
    """Something with an external id. `prices` is None of what is no invoice with lines of its own."""

    id: int
    public_id: str
    number: str
    kind: EntryKind
    on: date
    due: date | None
    prices: Prices | None
    lines: tuple[StoredLine, ...]


def stored(external_ids: Iterable[str]) -> dict[str, Stored]:
    """What is in the books under these external ids, in two queries."""
    e, i = Entry, Invoice
    rows = db.session.execute(
        select(e.external_id, e.id, e.public_id, e.number, e.kind, e.booked_on, e.due_on, i.prices)
        .outerjoin(i, i.entry_id == e.id)
        .where(among(e.external_id, list(external_ids)))
    ).all()
    lines = _lines([row.id for row in rows if row.prices])
    return {
        row.external_id: Stored(*row[1:7], Prices(row.prices) if row.prices else None, tuple(lines[row.id]))
        for row in rows
    }


def _lines(invoice_ids: Sequence[int]) -> dict[int, list[StoredLine]]:
    found: dict[int, list[StoredLine]] = defaultdict(list)
    if not invoice_ids:
        return found
    line, c = InvoiceLine, Customer
    rows = db.session.execute(
        select(
            *(line.invoice_id, line.description, line.quantity_e4, line.unit_price_minor, line.discount_e3),
            *(line.rate_e3, c.public_id, c.external_id, line.from_on, line.to_on),
        )
        .join(c, c.id == line.account_id)
        .where(among(line.invoice_id, invoice_ids))
        .order_by(line.invoice_id, line.position)
    )
    for row in rows:
        period = Period(row.from_on, row.to_on) if row.from_on and row.to_on else None
        names = tuple(name for name in (row.public_id, row.external_id) if name)
        numbers = row.quantity_e4 / _E4, row.unit_price_minor, row.discount_e3 / _E3, row.rate_e3 / _E3
        found[row.invoice_id].append(StoredLine(row.description, *numbers, names, period))
    return found


def drafts(external_ids: Iterable[str]) -> set[str]:
    """Which of these external ids drafts have."""
    query = select(InvoiceDraft.external_id).where(among(InvoiceDraft.external_id, list(external_ids)))
    return {name for name in db.session.scalars(query) if name}


def future_items(external_ids: Iterable[str]) -> set[str]:
    """Which of these external ids future items have."""
    query = select(FutureItem.external_id).where(among(FutureItem.external_id, list(external_ids)))
    return {name for name in db.session.scalars(query) if name}


def holders(partner_id: int, numbers: Iterable[str]) -> set[str]:
    """Which of these numbers invoices of a partner have."""
    query = select(Entry.number).where(
        Entry.partner_id == partner_id, Entry.series == SERIES[EntryKind.INVOICE], among(Entry.number, list(numbers))
    )
    return set(db.session.scalars(query))
