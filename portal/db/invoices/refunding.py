"""What of the money of an invoice or a credit note can still be paid back (F6)."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import aliased

from portal.db.engine import db
from portal.db.tables import Allocation, Entry, Refund
from portal.db.types import total
from portal.rules.invoices.settling import AllocationKind


class Rest(NamedTuple):
    """Of a credit note, in minor units: what was paid back of it, and what can still be paid back besides."""

    refunded: int
    refundable: int


def of_credit_note(entry_id: int, invoice_id: int | None, open_minor: int) -> Rest:
    """What was paid on its invoice, or freed by it, and is not paid back; without an invoice, what is left of it."""
    paid_back = refunded(entry_id)
    if invoice_id is None:
        return Rest(paid_back, max(0, open_minor))
    return Rest(paid_back, _paid(invoice_id) + sum(left_of_freed(invoice_id, only=entry_id).values()))


def of_invoice(entry_id: int, allocated: int) -> int:
    """What was paid on an invoice and is not paid back: what is `allocated` and what its credit notes freed."""
    return max(0, allocated) + sum(left_of_freed(entry_id).values())


def refunded(entry_id: int) -> int:
    """What was paid back of a payment or a credit note; what was reversed again is not counted."""
    reversal = aliased(Entry)
    amount = (
        select(total(Entry.amount_minor))
        .join(Refund, Refund.entry_id == Entry.id)
        .outerjoin(reversal, reversal.reverses_id == Entry.id)
        .where(Refund.of_id == entry_id, reversal.id.is_(None))
    )
    return -int(db.session.scalar(amount) or 0)


def _paid(invoice_id: int) -> int:
    a = Allocation
    amount = select(total(a.amount_minor)).where(a.target_id == invoice_id, a.kind == AllocationKind.PAYMENT)
    return int(db.session.scalar(amount) or 0)


def left_of_freed(invoice_id: int, *, only: int | None = None) -> dict[int, int]:
    """What credit notes of an invoice freed and is still unallocated, by payment.

    A credit note frees what it credits above what was open before it, and its allocation is written before the rows
    that take others back, so the amount follows from the rows themselves.
    """
    a = Allocation
    query = (
        select(a.source_id, a.kind, a.amount_minor, Entry.amount_minor.label("total"))
        .join(Entry, Entry.id == a.target_id)
        .where(a.target_id == invoice_id)
        .order_by(a.id)
    )
    settled, wanted, freed = 0, 0, dict[int, int]()
    for row in db.session.execute(query):
        if row.amount_minor < 0 and row.kind is AllocationKind.PAYMENT and wanted:
            part = min(wanted, -row.amount_minor)
            freed[row.source_id] = freed.get(row.source_id, 0) + part
            wanted -= part
        settled += row.amount_minor
        if row.kind is AllocationKind.CREDIT_NOTE and row.amount_minor > 0:
            above = settled + row.total
            wanted = max(0, above) if only in (None, row.source_id) else 0
    if not freed:
        return {}
    rows = db.session.execute(select(Entry.id, Entry.open_minor).where(Entry.id.in_(sorted(freed))))
    return {row.id: min(freed[row.id], max(0, row.open_minor)) for row in rows}
