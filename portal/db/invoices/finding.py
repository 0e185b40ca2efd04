"""Finding an invoice, a credit note or a draft by what people call it: external id, public id, or number (F2)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import aliased

from portal.db.engine import db, is_sqlite
from portal.db.rows import columns, first_of, value_of, values_of
from portal.db.tables import Customer, Entry, InvoiceDraft, Partner
from portal.rules.books import EntryKind


class Paper(NamedTuple):
    """An entry of a kind as it is found. `holder_id` is with whom it stands, `issued_for` whom it concerns (public ids
    for pages). `reversed_by` is the number of its reversal.
    """

    id: int
    public_id: str
    external_id: str | None
    number: str
    kind: EntryKind
    partner_id: int
    partner: str
    payer_id: int
    holder_id: int
    holder: str
    issued_for_id: int
    booked_on: date
    currency: str
    reversed_by: str | None


def papers(kind: EntryKind, text: str, *, partner_id: int | None = None) -> list[Paper]:
    """The entries of a kind with this external id; else with this public id; else with this number, which several
    partners may have. Reversals are none of them.
    """
    wanted = or_(Entry.external_id == text, Entry.public_id == text, Entry.number == text)
    query = _papers().where(Entry.kind == kind, Entry.reverses_id.is_(None), wanted)
    if partner_id is not None:
        query = query.where(Entry.partner_id == partner_id)
    found = values_of(Paper, db.session.execute(query.order_by(Partner.name, Entry.id)))
    for name in ("external_id", "public_id", "number"):
        if some := [one for one in found if getattr(one, name) == text]:
            return some
    return []


def by_id(entry_id: int) -> Paper:
    """One entry."""
    return value_of(Paper, db.session.execute(_papers().where(Entry.id == entry_id)).one())


def by_external_id(external_id: str) -> Paper | None:
    """Whatever entry has this external id."""
    return first_of(Paper, db.session.execute(_papers().where(Entry.external_id == external_id)))


def _papers() -> Select[Any]:
    e, holder, reversal = Entry, aliased(Customer), aliased(Entry)
    return (
        select(
            *columns(
                Paper,
                id=e.id,
                public_id=e.public_id,
                external_id=e.external_id,
                number=e.number,
                kind=e.kind,
                partner_id=e.partner_id,
                partner=Partner.name,
                payer_id=e.payer_id,
                holder_id=holder.id,
                holder=holder.public_id,
                issued_for_id=e.issued_for_id,
                booked_on=e.booked_on,
                currency=e.currency,
                reversed_by=reversal.number,
            )
        )
        .select_from(e)
        .join(Partner, Partner.id == e.partner_id)
        .join(holder, holder.id == func.coalesce(e.moved_to_id, e.payer_id))
        .outerjoin(reversal, reversal.reverses_id == e.id)
    )


class StoredDraft(NamedTuple):
    """A draft of an invoice: what was typed, and when it was changed last."""

    id: int
    public_id: str
    external_id: str | None
    partner_id: int
    customer_id: int
    customer: str
    content: dict[str, Any]
    changed_at: datetime
    actor: str


def draft(text: str, *, hold: bool = False) -> StoredDraft | None:
    """The draft with this external or public id; with `hold` nobody else changes it until the transaction ends."""
    query = _drafts().where(or_(InvoiceDraft.external_id == text, InvoiceDraft.public_id == text))
    if hold and not is_sqlite():
        query = query.with_for_update(of=InvoiceDraft)
    found = values_of(StoredDraft, db.session.execute(query))
    found.sort(key=lambda one: one.external_id != text)
    return found[0] if found else None


def drafts_of(customer_ids: list[int]) -> list[StoredDraft]:
    """The drafts for some customers, the one changed last first."""
    query = _drafts().where(InvoiceDraft.customer_id.in_(customer_ids)).order_by(InvoiceDraft.changed_at.desc())
    return values_of(StoredDraft, db.session.execute(query))


def _drafts() -> Select[Any]:
    d = InvoiceDraft
    return select(
        *columns(
            StoredDraft,
            id=d.id,
            public_id=d.public_id,
            external_id=d.external_id,
            partner_id=d.partner_id,
            customer_id=d.customer_id,
            customer=Customer.public_id,
            content=d.content,
            changed_at=d.changed_at,
            actor=d.actor,
        )
    ).join(Customer, Customer.id == d.customer_id)
