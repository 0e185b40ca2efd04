"""Reading an invoice or a credit note whole: its lines, what settles it, and what was credited (F2, F4, F6, F7)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import aliased

from portal.db.engine import db
from portal.db.invoices import refunding
from portal.db.rows import columns, value_of
from portal.db.tables import (
    Allocation,
    CreditNoteLine,
    Customer,
    Entry,
    InvoiceLine,
    Partner,
)
from portal.db.tables import CreditNote as CreditNoteRow
from portal.db.tables import Invoice as InvoiceRow
from portal.db.types import total
from portal.outside import clock
from portal.rules.books import EntryKind
from portal.rules.invoices import crediting
from portal.rules.invoices.due import invoice_state
from portal.rules.invoices.papers import (
    CreditedBy,
    CreditedLine,
    CreditNote,
    Invoice,
    PaperLine,
    Parties,
    Settlement,
    contained_rate,
)
from portal.rules.invoices.prices import Prices
from portal.rules.invoices.settling import AllocationKind
from portal.rules.periods import Period
from portal.rules.statements.figures import Party

CREDITING = (AllocationKind.CREDIT_NOTE, AllocationKind.REVERSAL)
"""What lowers an invoice, besides what pays it."""
_E4, _E3 = Decimal(10_000), Decimal(1_000)


def invoice(entry_id: int) -> Invoice:
    """An invoice as of today where its partner is, whether it has lines of its own or came as one amount."""
    head = _head(entry_id)
    today = clock.today(head.time_zone)
    credited = _credited_lines(entry_id)
    lines = _lines(entry_id, credited) or (_only_line(head, credited),)
    moves = _moves(entry_id)
    counted = [move for move in moves if move.counts_on <= today]
    lowered = sum(move.amount_minor for move in counted if move.kind in CREDITING)
    allocated = sum(move.amount_minor for move in counted if move.kind not in CREDITING)
    later = sum(move.amount_minor for move in moves if move.counts_on > today and move.kind not in CREDITING)
    due = head.due_on or head.booked_on
    return Invoice(
        public_id=head.public_id,
        number=head.number,
        external_id=head.external_id,
        description=head.description,
        partner=head.partner_name,
        payer=value_of(Party, head, "payer_"),
        holder=value_of(Party, head, "holder_"),
        issued_for=value_of(Party, head, "account_"),
        on=head.booked_on,
        due=due,
        today=today,
        currency=head.currency,
        prices=Prices(head.prices) if head.prices else Prices.GROSS,
        reference=head.reference or "",
        parties=_parties(head),
        lines=lines,
        credited=lowered,
        allocated=allocated,
        announced=later,
        refundable=refunding.of_invoice(entry_id, allocated),
        creditable=0 if head.reversal_number else crediting.creditable([line.creditable for line in lines]),
        state=invoice_state(-head.amount_minor, lowered, allocated, due, today),
        settlements=_settlements(moves),
        credit_notes=_credit_notes(entry_id),
        reversed_by=(head.reversal_number, head.reversal_id) if head.reversal_number else None,
    )


def credit_note(entry_id: int) -> CreditNote:
    """A credit note as of now; one that was imported, without an invoice, has a single line."""
    head = _head(entry_id)
    rest = refunding.of_credit_note(entry_id, head.credits_id, head.open_minor)
    return CreditNote(
        public_id=head.public_id,
        number=head.number,
        external_id=head.external_id,
        invoice=(head.credits_number, head.credits_public_id) if head.credits_number else None,
        partner=head.partner_name,
        payer=value_of(Party, head, "payer_"),
        issued_for=value_of(Party, head, "account_"),
        on=head.booked_on,
        currency=head.currency,
        reason=head.reason or head.description,
        parties=_parties(head),
        lines=_lines_credited(entry_id, head.credits_id) or (_only_credited(head),),
        refunded=rest.refunded,
        unallocated=head.open_minor,
        state=crediting.state(head.amount_minor, rest.refunded, 0 if head.reversal_number else rest.refundable),
        reversed_by=(head.reversal_number, head.reversal_id) if head.reversal_number else None,
    )


_OWN = (
    *("id", "public_id", "external_id", "booked_on", "due_on", "currency", "amount_minor", "tax_minor"),
    *("number", "description", "reason", "open_minor"),
)


def open_minor(entry_id: int) -> int:
    """What is open of an invoice, whatever the date of what settles it, in minor units."""
    return -int(db.session.execute(select(Entry.open_minor).where(Entry.id == entry_id)).scalar_one())


# One entry with what stands around it ---------------------------------------------------------------------------------


def _head(entry_id: int) -> Any:
    e, i, n = Entry, InvoiceRow, CreditNoteRow
    payer, holder, account = (aliased(Customer, name=name) for name in ("payer", "holder", "account"))
    reversal, credited = aliased(Entry, name="reversal"), aliased(Entry, name="credited")
    of = aliased(InvoiceRow, name="of")
    query: Select[Any] = (
        select(*(getattr(e, name) for name in _OWN))
        .add_columns(*_party(payer, "payer_"), *_party(holder, "holder_"), *_party(account, "account_"))
        .add_columns(i.prices, i.reference, func.coalesce(i.parties, of.parties).label("parties"))
        .add_columns(
            Partner.name.label("partner_name"),
            Partner.address.label("partner_address"),
            Partner.contact.label("partner_contact"),
            Partner.time_zone,
            reversal.number.label("reversal_number"),
            reversal.public_id.label("reversal_id"),
            credited.id.label("credits_id"),
            credited.number.label("credits_number"),
            credited.public_id.label("credits_public_id"),
        )
        .join(Partner, Partner.id == e.partner_id)
        .join(payer, payer.id == e.payer_id)
        .join(holder, holder.id == func.coalesce(e.moved_to_id, e.payer_id))
        .join(account, account.id == e.issued_for_id)
        .outerjoin(i, i.entry_id == e.id)
        .outerjoin(reversal, reversal.reverses_id == e.id)
        .outerjoin(n, n.entry_id == e.id)
        .outerjoin(credited, credited.id == n.invoice_id)
        .outerjoin(of, of.entry_id == n.invoice_id)
    )
    return db.session.execute(query.where(e.id == entry_id)).one()


def _party(customer: type[Customer], prefix: str) -> tuple[Any, ...]:
    reference = func.coalesce(customer.external_id, customer.public_id)
    return columns(
        Party,
        prefix,
        reference=reference,
        public_id=customer.public_id,
        name=customer.name,
        address=customer.address,
    )


def _parties(head: Any) -> Parties:
    """As they were on the day of issue; of what came as one amount, as they are."""
    if head.parties:
        return Parties(**head.parties)
    payer = value_of(Party, head, "payer_")
    return Parties(head.partner_name, head.partner_address, head.partner_contact, "", payer.name, payer.address)


# Lines ----------------------------------------------------------------------------------------------------------------


class _Credited(NamedTuple):
    net: int = 0
    tax: int = 0


def _credited_lines(entry_id: int) -> dict[int, _Credited]:
    """What was credited of each line, by its position; credit notes that were taken back do not count."""
    n, line, reversal = CreditNoteRow, CreditNoteLine, aliased(Entry)
    rows = db.session.execute(
        select(line.position, total(line.net_minor).label("net"), total(line.tax_minor).label("tax"))
        .join(n, n.entry_id == line.credit_note_id)
        .outerjoin(reversal, reversal.reverses_id == n.entry_id)
        .where(n.invoice_id == entry_id, reversal.id.is_(None))
        .group_by(line.position)
    )
    return {row.position: _Credited(row.net, row.tax) for row in rows}


def _lines(entry_id: int, credited: dict[int, _Credited]) -> tuple[PaperLine, ...]:
    line, account = InvoiceLine, aliased(Customer, name="account")
    rows = db.session.execute(
        select(line, *_party(account, "account_"))
        .join(account, account.id == line.account_id)
        .where(line.invoice_id == entry_id)
        .order_by(line.position)
    )
    return tuple(_line(row, credited) for row in rows)


def _line(row: Row[Any], credited: dict[int, _Credited]) -> PaperLine:
    line = row.InvoiceLine
    done = credited.get(line.position, _Credited())
    return PaperLine(
        line.position,
        line.description,
        line.quantity_e4 / _E4,
        line.unit_price_minor,
        line.discount_e3 / _E3,
        line.rate_e3 / _E3,
        value_of(Party, row, "account_"),
        Period(line.from_on, line.to_on) if line.from_on and line.to_on else None,
        line.net_minor,
        line.tax_minor,
        line.gross_minor,
        done.net,
        done.tax,
    )


def _only_line(head: Any, credited: dict[int, _Credited]) -> PaperLine:
    """An invoice that came as one amount is one of a single line, whose price contains the tax."""
    gross, tax = -head.amount_minor, abs(head.tax_minor)
    done = credited.get(1, _Credited())
    return PaperLine(
        1,
        head.description,
        Decimal(1),
        gross,
        Decimal(0),
        contained_rate(gross, tax),
        value_of(Party, head, "account_"),
        None,
        gross - tax,
        tax,
        gross,
        done.net,
        done.tax,
    )


def _lines_credited(entry_id: int, invoice_id: int | None) -> tuple[CreditedLine, ...]:
    line, of, account = CreditNoteLine, InvoiceLine, aliased(Customer, name="account")
    rows = db.session.execute(
        select(line, func.coalesce(of.description, Entry.description).label("text"), *_party(account, "account_"))
        .join(account, account.id == line.account_id)
        .outerjoin(of, (of.invoice_id == invoice_id) & (of.position == line.position))
        .outerjoin(Entry, Entry.id == invoice_id)
        .where(line.credit_note_id == entry_id)
        .order_by(line.position)
    )
    return tuple(
        CreditedLine(
            row.CreditNoteLine.position,
            row.text or "",
            value_of(Party, row, "account_"),
            row.CreditNoteLine.rate_e3 / _E3,
            row.CreditNoteLine.net_minor,
            row.CreditNoteLine.tax_minor,
            row.CreditNoteLine.gross_minor,
        )
        for row in rows
    )


def _only_credited(head: Any) -> CreditedLine:
    gross, tax = head.amount_minor, abs(head.tax_minor)
    rate = contained_rate(gross, tax)
    return CreditedLine(1, head.description, value_of(Party, head, "account_"), rate, gross - tax, tax, gross)


# What settles it ------------------------------------------------------------------------------------------------------


class _Move(NamedTuple):
    """A row of the allocations of an invoice: what takes another one back is negative and names it."""

    id: int
    takes_back_id: int | None
    kind: AllocationKind
    amount_minor: int
    counts_on: date
    number: str
    public_id: str
    source_kind: EntryKind
    description: str


def _moves(entry_id: int) -> list[_Move]:
    a = Allocation
    rows = db.session.execute(
        select(a.id, a.takes_back_id, a.kind, a.amount_minor, a.counts_on)
        .add_columns(Entry.number, Entry.public_id, Entry.kind.label("source_kind"), Entry.description)
        .join(Entry, Entry.id == a.source_id)
        .where(a.target_id == entry_id)
        .order_by(a.id)
    )
    return [_Move(*row) for row in rows]


def _settlements(moves: Iterable[_Move]) -> tuple[Settlement, ...]:
    """What pays it and was not taken back, in the order in which it was allocated."""
    left: dict[int, int] = defaultdict(int)
    first: dict[int, _Move] = {}
    for move in moves:
        if move.kind is AllocationKind.PAYMENT:
            left[move.takes_back_id or move.id] += move.amount_minor
            first.setdefault(move.takes_back_id or move.id, move)
    return tuple(
        Settlement(move.number, move.public_id, move.source_kind, move.description, left[key], move.counts_on)
        for key, move in first.items()
        if left[key]
    )


def _credit_notes(entry_id: int) -> tuple[CreditedBy, ...]:
    n, e, reversal = CreditNoteRow, Entry, aliased(Entry)
    rows = db.session.execute(
        select(e.number, e.public_id, e.booked_on, e.reason, e.amount_minor)
        .join(n, n.entry_id == e.id)
        .outerjoin(reversal, reversal.reverses_id == e.id)
        .where(n.invoice_id == entry_id, reversal.id.is_(None))
        .order_by(e.id)
    )
    return tuple(CreditedBy(*row) for row in rows)
