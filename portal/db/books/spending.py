"""What a payer was charged, less what credit notes took back: by month and account, and by category (O10)."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, extract, func, or_, select
from sqlalchemy.orm import aliased

from portal.db.engine import db
from portal.db.tables import CreditNote, CreditNoteLine, Entry, Invoice, InvoiceLine, LedgerAccount, Posting
from portal.rules.books import AccountKind, EntryKind, Ledger

SPENDING = (EntryKind.INVOICE, EntryKind.DEBIT, EntryKind.CREDIT_NOTE)


def by_month(payer_id: int, first: date, last: date, issued_for_id: int | None) -> list[tuple[date, int, int]]:
    """For each month (its first day) and account (key) what was charged, in minor units; `issued_for_id` restricts."""
    p, e, account = Posting, Entry, LedgerAccount
    year, month = extract("year", p.booked_on), extract("month", p.booked_on)
    query = (
        select(year, month, p.issued_for_id, func.sum(-p.amount_minor))
        .join(e, e.id == p.entry_id)
        .join(account, account.id == p.ledger_account_id)
        .where(account.owner_id == payer_id, account.kind == AccountKind.HOUSE, p.booked_on.between(first, last))
        .where(e.kind.in_(SPENDING))
        .group_by(year, month, p.issued_for_id)
        .order_by(year, month, p.issued_for_id)
    )
    if issued_for_id is not None:
        query = query.where(p.issued_for_id == issued_for_id)
    return [
        (date(int(in_year), int(in_month), 1), key, int(minor))
        for in_year, in_month, key, minor in db.session.execute(query)
    ]


def by_category(payer_id: int, first: date, last: date, issued_for_id: int | None) -> dict[str, int]:
    """For each category what was charged, in minor units: by the lines of papers that have some ("" without one)."""
    sums: dict[str, int] = defaultdict(int)
    for query in (_plain, _invoiced, _credited):
        for category, minor in db.session.execute(query(payer_id, first, last, issued_for_id)):
            sums[category] += int(minor)
    return {category: minor for category, minor in sums.items() if minor}


def _of(payer_id: int, first: date, last: date) -> list[ColumnElement[bool]]:
    e = Entry
    return [
        e.payer_id == payer_id,
        e.ledger == Ledger.HOUSE,
        e.kind.in_(SPENDING),
        e.booked_on.between(first, last),
    ]


_paper = func.coalesce(Entry.reverses_id, Entry.id)
_sign = case((Entry.reverses_id.is_(None), 1), else_=-1)


def _plain(payer_id: int, first: date, last: date, issued_for_id: int | None) -> Select[*tuple[Any, ...]]:
    """Entries that are not made of lines."""
    e, lines, notes = Entry, aliased(InvoiceLine), aliased(CreditNoteLine)
    has_lines = or_(
        select(lines.id).where(lines.invoice_id == _paper).exists(),
        select(notes.position).where(notes.credit_note_id == _paper).exists(),
    )
    first_one = aliased(Entry)
    category = func.coalesce(func.nullif(e.category, ""), first_one.category, "")
    query = select(category, func.sum(-e.amount_minor)).select_from(e)
    query = query.outerjoin(first_one, first_one.id == e.reverses_id).where(*_of(payer_id, first, last), ~has_lines)
    if issued_for_id is not None:
        query = query.where(e.issued_for_id == issued_for_id)
    return query.group_by(category)


def _invoiced(payer_id: int, first: date, last: date, issued_for_id: int | None) -> Select[*tuple[Any, ...]]:
    e, line, first_one = Entry, InvoiceLine, aliased(Entry)
    category = func.coalesce(func.nullif(line.category, ""), func.nullif(e.category, ""), first_one.category, "")
    query = select(category, func.sum(_sign * line.gross_minor)).select_from(e).join(line, line.invoice_id == _paper)
    query = query.outerjoin(first_one, first_one.id == e.reverses_id)
    query = query.where(*_of(payer_id, first, last), e.kind == EntryKind.INVOICE)
    if issued_for_id is not None:
        query = query.where(line.account_id == issued_for_id)
    return query.group_by(category)


def _credited(payer_id: int, first: date, last: date, issued_for_id: int | None) -> Select[*tuple[Any, ...]]:
    """What credit notes take back stands with the category of the line that it takes back."""
    e, note, part, line, bill = Entry, CreditNote, CreditNoteLine, InvoiceLine, aliased(Entry)
    category = func.coalesce(func.nullif(line.category, ""), func.nullif(e.category, ""), bill.category)
    query = (
        select(category, func.sum(-_sign * part.gross_minor))
        .select_from(e)
        .join(note, note.entry_id == _paper)
        .join(bill, bill.id == note.invoice_id)
        .join(part, part.credit_note_id == note.entry_id)
        .outerjoin(Invoice, Invoice.entry_id == note.invoice_id)
        .outerjoin(line, and_(line.invoice_id == note.invoice_id, line.position == part.position))
        .where(*_of(payer_id, first, last), e.kind == EntryKind.CREDIT_NOTE)
    )
    if issued_for_id is not None:
        query = query.where(part.account_id == issued_for_id)
    return query.group_by(category)
