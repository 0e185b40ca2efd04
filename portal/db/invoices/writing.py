"""Writing the papers beside an entry: an invoice with its lines, a credit note with what it takes back, a draft."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import delete, insert, update

from portal.db.bulk import insert_many
from portal.db.customers.erasing import Person
from portal.db.engine import db
from portal.db.tables import CreditNote, CreditNoteLine, Invoice, InvoiceDraft, InvoiceLine
from portal.db.types import new_public_id
from portal.rules.customers.removal import PERSON
from portal.rules.invoices.lines import ComputedLine
from portal.rules.invoices.prices import Prices


class NewInvoice(NamedTuple):
    """What an invoice says besides its entry. Each line comes with whom it is issued for and its category."""

    entry_id: int
    prices: Prices
    reference: str
    parties: Mapping[str, str]
    lines: Sequence[tuple[ComputedLine, int, str]]


class NewCreditedLine(NamedTuple):
    """What a credit note takes back of a line, in minor units; the rate in thousandths of a per cent."""

    position: int
    rate_e3: int
    account_id: int
    net: int
    tax: int
    gross: int


_LINE_COLUMNS = (
    *("invoice_id", "position", "description", "category", "quantity_e4", "unit_price_minor", "discount_e3"),
    *("rate_e3", "account_id", "from_on", "to_on", "net_minor", "tax_minor", "gross_minor"),
)


def add_invoices(new: Sequence[NewInvoice]) -> None:
    """Write what invoices say, whose entries are written already."""
    if not new:
        return
    db.session.execute(
        insert(Invoice),
        [
            {
                "entry_id": one.entry_id,
                "prices": one.prices.value,
                "reference": one.reference,
                "parties": dict(one.parties),
            }
            for one in new
        ],
    )
    rows = [
        (
            *(one.entry_id, position, line.line.description, category, int(line.line.quantity * 10_000)),
            *(line.line.unit_minor, int(line.line.discount * 1_000), int(line.line.tax_rate * 1_000), account),
            line.line.period.first if line.line.period else None,
            line.line.period.last if line.line.period else None,
            *(line.net, line.tax, line.gross),
        )
        for one in new
        for position, (line, account, category) in enumerate(one.lines, start=1)
    ]
    insert_many(InvoiceLine, _LINE_COLUMNS, rows)


def add_credit_note(entry_id: int, invoice_id: int, lines: Sequence[NewCreditedLine]) -> None:
    """Write what a credit note takes back, whose entry is written already."""
    db.session.execute(insert(CreditNote).values(entry_id=entry_id, invoice_id=invoice_id))
    columns = ("credit_note_id", "position", "rate_e3", "account_id", "net_minor", "tax_minor", "gross_minor")
    insert_many(CreditNoteLine, columns, [(entry_id, *line) for line in lines])


# Drafts ---------------------------------------------------------------------------------------------------------------


def add_draft(
    partner_id: int, customer_id: int, content: Mapping[str, Any], *, external_id: str | None, actor: str, at: datetime
) -> str:
    """Keep a draft; its public id."""
    public_id = new_public_id()
    db.session.execute(
        insert(InvoiceDraft).values(
            public_id=public_id,
            external_id=external_id,
            partner_id=partner_id,
            customer_id=customer_id,
            content=dict(content),
            created_at=at,
            changed_at=at,
            actor=actor,
        )
    )
    return public_id


def change_draft(draft_id: int, content: Mapping[str, Any], *, actor: str, at: datetime) -> None:
    """Keep a draft as it is now."""
    values = {"content": dict(content), "actor": actor, "changed_at": at}
    db.session.execute(update(InvoiceDraft).where(InvoiceDraft.id == draft_id).values(**values))


def drop_draft(draft_id: int) -> None:
    """Forget a draft: it was issued, or thrown away."""
    db.session.execute(delete(InvoiceDraft).where(InvoiceDraft.id == draft_id))


def _erase(person: Person, _at: datetime) -> Collection[int]:
    """Drafts go with whom they are for; invoices stay as they were issued, because the books must keep them."""
    db.session.execute(delete(InvoiceDraft).where(InvoiceDraft.customer_id == person.id))
    db.session.execute(update(InvoiceDraft).where(InvoiceDraft.actor.in_(person.emails)).values(actor=PERSON))
    return ()


ERASES = _erase
