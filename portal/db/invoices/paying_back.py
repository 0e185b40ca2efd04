"""Where money comes from that is paid back (F6)."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import insert, select

from portal.db.engine import db
from portal.db.invoices import refunding, settling
from portal.db.invoices.items import Item
from portal.db.invoices.settling import Settled
from portal.db.tables import CreditNote, Refund
from portal.rules.invoices.settling import AllocationKind


class Pool(NamedTuple):
    """Where money that is paid back can come from: what of each credit is unallocated, and allocations; minor units."""

    unallocated: dict[int, int]
    allocations: list[Settled]

    @property
    def minor(self) -> int:
        """All of it."""
        return sum(self.unallocated.values()) + sum(one.amount_minor for one in self.allocations)


def invoice_of(credit_note_id: int) -> int | None:
    """The invoice that a credit note credits; None for one that was imported without."""
    return db.session.scalar(select(CreditNote.invoice_id).where(CreditNote.entry_id == credit_note_id))


def of_credit(item: Item) -> Pool:
    """What of a payment, or of a credit note without an invoice, was not paid back."""
    chosen = settling.remaining(sources=[item.id], kinds=[AllocationKind.PAYMENT])
    return Pool({item.id: max(0, item.open_minor)}, chosen)


def of_credit_note(item: Item) -> Pool:
    """What a credit note freed and is unallocated, and what settles its invoice; without an invoice, what is left of
    it.
    """
    invoice = invoice_of(item.id)
    if invoice is None:
        return of_credit(item)
    chosen = settling.remaining(targets=[invoice], kinds=[AllocationKind.PAYMENT])
    free = refunding.left_of_freed(invoice, only=item.id)
    return Pool({key: minor for key, minor in free.items() if minor}, chosen)


def add(entry_id: int, of_id: int) -> None:
    """Remember what an entry of the kind refund pays back."""
    db.session.execute(insert(Refund).values(entry_id=entry_id, of_id=of_id))
