"""Who may have paid, and what is open of them: what proposals for a bank file are made of (F16)."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from portal.db.bulk import among
from portal.db.engine import db
from portal.db.invoices import items
from portal.db.tables import BankDecision, BankLine, Customer, Entry, Invoice
from portal.rules.bank.matching import Candidate, Payer
from portal.rules.books import EntryKind, Ledger

CHARGES = (EntryKind.INVOICE, EntryKind.DEBIT)
MOST_SETTLED = 20_000


def _reference(of: Any) -> Any:
    return func.coalesce(of.external_id, of.public_id)


def candidates(partner_id: int, settled_since: date) -> list[Candidate]:
    """What is open of a partner's payers, the oldest due first, then what was issued since a day and is settled (0)."""
    e, holder = Entry, aliased(Customer)
    query = (
        select(
            e.number,
            _reference(holder),
            -e.open_minor,
            e.currency,
            func.coalesce(e.due_on, e.booked_on),
            func.coalesce(Invoice.reference, ""),
        )
        .join(holder, holder.id == func.coalesce(e.moved_to_id, e.payer_id))
        .outerjoin(Invoice, Invoice.entry_id == e.id)
        .where(e.partner_id == partner_id, e.ledger == Ledger.HOUSE, e.kind.in_(CHARGES))
    )
    opened = db.session.execute(query.where(e.open_minor < 0).order_by(*items.oldest_due_first())).all()
    recent = query.where(e.open_minor == 0, e.booked_on >= settled_since).order_by(e.id.desc()).limit(MOST_SETTLED)
    return [
        Candidate(number, who, max(minor, 0), currency, due, (reference,) if reference else ())
        for number, who, minor, currency, due, reference in (*opened, *db.session.execute(recent))
    ]


class Moved(NamedTuple):
    """An invoice or debit that is open with another payer than it was issued to (P2): who that was (a public id), who
    has it now (a reference), its number, and what is open in minor units.
    """

    origin: str
    customer: str
    invoice: str
    open: int


def moved(partner_id: int) -> list[Moved]:
    """What is open of a partner's payers and moved to them, the oldest due first."""
    e, holder, origin = Entry, aliased(Customer), aliased(Customer)
    query = (
        select(origin.public_id, _reference(holder), e.number, -e.open_minor)
        .select_from(e)
        .join(holder, holder.id == e.moved_to_id)
        .join(origin, origin.id == e.payer_id)
        .where(e.partner_id == partner_id, e.ledger == Ledger.HOUSE, e.kind.in_(CHARGES), e.open_minor < 0)
        .where(e.moved_to_id != e.payer_id)
        .order_by(*items.oldest_due_first())
    )
    return [Moved(*row) for row in db.session.execute(query)]


def names(references: set[str]) -> dict[str, str]:
    """The names of customers by their references."""
    c = Customer
    query = select(_reference(c), c.name).where(or_(among(c.external_id, references), among(c.public_id, references)))
    return {reference: name for reference, name in db.session.execute(query)}  # noqa: C416


def public_ids(references: set[str]) -> dict[str, str]:
    """The public ids of customers by their references."""
    c = Customer
    query = select(_reference(c), c.public_id).where(
        or_(among(c.external_id, references), among(c.public_id, references))
    )
    return {reference: public_id for reference, public_id in db.session.execute(query)}  # noqa: C416


def payers(partner_id: int) -> list[Payer]:
    """By what these customers are recognised: their names, and the accounts from which they paid before."""
    c, line, d, e, back = Customer, BankLine, BankDecision, Entry, aliased(Entry)
    who = _reference(c)
    ibans: dict[str, set[str]] = defaultdict(set)
    seen = (
        select(who, line.account)
        .select_from(d)
        .join(line, line.id == d.line_id)
        .join(e, e.id == d.entry_id)
        .join(c, c.id == func.coalesce(e.moved_to_id, e.payer_id))
        .outerjoin(back, back.reverses_id == e.id)
        .where(line.partner_id == partner_id, line.account != "", back.id.is_(None))
        .distinct()
    )
    for reference, account in db.session.execute(seen):
        ibans[reference].add(account)
    owing = select(func.coalesce(e.moved_to_id, e.payer_id)).where(
        e.partner_id == partner_id, e.ledger == Ledger.HOUSE, e.open_minor < 0
    )
    query = (
        select(who, c.name, c.given_name, c.family_name).where(c.id.in_(owing), c.removed_at.is_(None)).order_by(c.id)
    )
    found = []
    for reference, name, given, family in db.session.execute(query):
        both = f"{given} {family}" if given and family else ""
        names = tuple(dict.fromkeys(filter(None, (name, both))))
        found.append(Payer(reference, names, tuple(sorted(ibans.get(reference, ())))))
    return found
