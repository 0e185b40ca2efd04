"""What was charged, less what credit notes took back: to a payer with tax, as a partner's revenue without it (O10)."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, extract, func, or_, select
from sqlalchemy.orm import aliased

from portal.db.engine import db
from portal.db.links.live import above
from portal.db.tables import (
    CreditNote,
    CreditNoteLine,
    Entry,
    Invoice,
    InvoiceLine,
    LedgerAccount,
    Posting,
    SubAccountLink,
)
from portal.rules.books import AccountKind, EntryKind, Ledger

_Of = list[ColumnElement[bool]]
"""Which entries are looked at."""
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
    return _by_category([Entry.payer_id == payer_id, *_between(first, last)], issued_for_id, net=False)


class Month(NamedTuple):
    """What a partner charged in a month (its first day), without tax, in minor units."""

    month: date
    minor: int


def revenue_by_month(partner_id: int, currency: str, first: date, last: date) -> list[Month]:
    """For each month what a partner charged, without tax."""
    year, month = extract("year", Entry.booked_on), extract("month", Entry.booked_on)
    query = select(year, month, func.sum(_net)).where(*_of_partner(partner_id, currency, first, last))
    rows = db.session.execute(query.group_by(year, month).order_by(year, month))
    return [Month(date(int(in_year), int(in_month), 1), int(minor)) for in_year, in_month, minor in rows]


def revenue_by_main(partner_id: int, currency: str, first: date, last: date) -> dict[int, int]:
    """What a partner charged to each payer, without tax; to one that has a main account now, as that one's (keys)."""
    e, link = Entry, SubAccountLink
    main = func.coalesce(link.main_id, e.payer_id)
    query = select(main, func.sum(_net)).select_from(e).outerjoin(link, above(link, e.payer_id))
    rows = db.session.execute(query.where(*_of_partner(partner_id, currency, first, last)).group_by(main))
    return {int(key): int(minor) for key, minor in rows}


def revenue_by_category(partner_id: int, currency: str, first: date, last: date) -> dict[str, int]:
    """For each category what a partner charged, without tax ("" without one)."""
    return _by_category(_of_partner(partner_id, currency, first, last), None, net=True)


def _by_category(of: _Of, issued_for_id: int | None, *, net: bool) -> dict[str, int]:
    sums: dict[str, int] = defaultdict(int)
    for query in (_plain, _invoiced, _credited):
        for category, minor in db.session.execute(query(of, issued_for_id, net=net)):
            sums[category] += int(minor)
    return {category: minor for category, minor in sums.items() if minor}


def _between(first: date, last: date) -> _Of:
    e = Entry
    return [e.ledger == Ledger.HOUSE, e.kind.in_(SPENDING), e.booked_on.between(first, last)]


def _of_partner(partner_id: int, currency: str, first: date, last: date) -> _Of:
    return [Entry.partner_id == partner_id, Entry.currency == currency, *_between(first, last)]


_paper = func.coalesce(Entry.reverses_id, Entry.id)
_sign = case((Entry.reverses_id.is_(None), 1), else_=-1)
_net = -Entry.amount_minor - case((Entry.kind == EntryKind.CREDIT_NOTE, -Entry.tax_minor), else_=Entry.tax_minor)


def _plain(of: _Of, issued_for_id: int | None, *, net: bool) -> Select[*tuple[Any, ...]]:
    """Entries that are not made of lines."""
    e, lines, notes = Entry, aliased(InvoiceLine), aliased(CreditNoteLine)
    has_lines = or_(
        select(lines.id).where(lines.invoice_id == _paper).exists(),
        select(notes.position).where(notes.credit_note_id == _paper).exists(),
    )
    first_one = aliased(Entry)
    category = func.coalesce(func.nullif(e.category, ""), first_one.category, "")
    query = select(category, func.sum(_net if net else -e.amount_minor)).select_from(e)
    query = query.outerjoin(first_one, first_one.id == e.reverses_id).where(*of, ~has_lines)
    if issued_for_id is not None:
        query = query.where(e.issued_for_id == issued_for_id)
    return query.group_by(category)


def _invoiced(of: _Of, issued_for_id: int | None, *, net: bool) -> Select[*tuple[Any, ...]]:
    e, line, first_one = Entry, InvoiceLine, aliased(Entry)
    category = func.coalesce(func.nullif(line.category, ""), func.nullif(e.category, ""), first_one.category, "")
    query = (
        select(category, func.sum(_sign * (line.net_minor if net else line.gross_minor)))
        .select_from(e)
        .join(line, line.invoice_id == _paper)
    )
    query = query.outerjoin(first_one, first_one.id == e.reverses_id)
    query = query.where(*of, e.kind == EntryKind.INVOICE)
    if issued_for_id is not None:
        query = query.where(line.account_id == issued_for_id)
    return query.group_by(category)


def _credited(of: _Of, issued_for_id: int | None, *, net: bool) -> Select[*tuple[Any, ...]]:
    """What credit notes take back stands with the category of the line that it takes back."""
    e, note, part, line, bill = Entry, CreditNote, CreditNoteLine, InvoiceLine, aliased(Entry)
    category = func.coalesce(func.nullif(line.category, ""), func.nullif(e.category, ""), bill.category)
    query = (
        select(category, func.sum(-_sign * (part.net_minor if net else part.gross_minor)))
        .select_from(e)
        .join(note, note.entry_id == _paper)
        .join(bill, bill.id == note.invoice_id)
        .join(part, part.credit_note_id == note.entry_id)
        .outerjoin(Invoice, Invoice.entry_id == note.invoice_id)
        .outerjoin(line, and_(line.invoice_id == note.invoice_id, line.position == part.position))
        .where(*of, e.kind == EntryKind.CREDIT_NOTE)
    )
    if issued_for_id is not None:
        query = query.where(part.account_id == issued_for_id)
    return query.group_by(category)
