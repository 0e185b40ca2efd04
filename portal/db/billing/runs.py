"""Billing runs and what became of each payer in them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, and_, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from portal.db.bulk import among
from portal.db.engine import db, executed, is_sqlite
from portal.db.rows import columns, first_of, values_of
from portal.db.tables import BillingOutcome, BillingRun, Customer, Entry, Partner
from portal.db.types import new_public_id
from portal.rules.books import EntryKind
from portal.rules.sentences import NOTHING, Sentence


def begin(
    partner_id: int, on: date, *, actor: str, at: datetime, scheduled: bool = False, job: str = ""
) -> tuple[int, str] | None:
    """Begin a run: its key and public id. A scheduled one of the same day, or one of the same job, goes on; None where
    a scheduled one is finished.
    """
    if job and (known := _of_job(job)) is not None:
        return known
    public_id = new_public_id()
    row = {
        "public_id": public_id,
        "partner_id": partner_id,
        "run_on": on,
        "actor": actor,
        "started_at": at,
        "scheduled_on": on if scheduled else None,
        "job": job,
    }
    query = (sqlite if is_sqlite() else postgresql).insert(BillingRun).values(**row)
    added = db.session.execute(query.on_conflict_do_nothing().returning(BillingRun.id)).scalar()
    if added is not None:
        return added, public_id
    run = BillingRun
    there = db.session.execute(
        select(run.id, run.public_id, run.finished_at).where(run.partner_id == partner_id, run.scheduled_on == on)
    ).one()
    return None if there.finished_at is not None else (there.id, there.public_id)


def finish(run_id: int, at: datetime) -> None:
    """The run is through."""
    db.session.execute(update(BillingRun).where(BillingRun.id == run_id).values(finished_at=at))


def note(run_id: int, payer_id: int, *, entry_id: int | None = None, minor: int = 0, why: Sentence = NOTHING) -> None:
    """What became of a payer."""
    row = {"run_id": run_id, "payer_id": payer_id, "entry_id": entry_id, "amount_minor": minor, "note": why}
    executed(insert(BillingOutcome), row)


def _of_job(job: str) -> tuple[int, str] | None:
    found = db.session.execute(select(BillingRun.id, BillingRun.public_id).where(BillingRun.job == job)).first()
    return None if found is None else (found.id, found.public_id)


# Looking at them ------------------------------------------------------------------------------------------------------


class RunRow(NamedTuple):
    """A run with what came of it: how many invoices and credit notes, and what the invoices come to in minor units."""

    id: int
    public_id: str
    partner_id: int
    partner: str
    partner_public_id: str
    currency: str
    run_on: date
    actor: str
    started_at: datetime
    finished_at: datetime | None
    scheduled_on: date | None
    job: str
    issued: int
    credited: int
    held_up: int
    total: int
    first_number: str
    last_number: str


class IssuedRow(NamedTuple):
    """What a run issued for a payer; the amount in minor units, below zero for a credit note."""

    number: str
    entry: str
    kind: EntryKind
    name: str
    public_id: str
    currency: str
    amount_minor: int


class HeldRow(NamedTuple):
    """A payer for whom a run could not do something."""

    name: str
    public_id: str
    note: Sentence


def _runs() -> Select[*tuple[Any, ...]]:
    r, o, e, p = BillingRun, BillingOutcome, Entry, Partner
    invoice, note = e.kind == EntryKind.INVOICE, e.kind == EntryKind.CREDIT_NOTE
    own = {name: getattr(r, name) for name in ("id", "public_id", "partner_id", "run_on", "actor", "started_at")}
    own |= {name: getattr(r, name) for name in ("finished_at", "scheduled_on", "job")}
    return (
        select(
            *columns(
                RunRow,
                **own,
                partner=p.name,
                partner_public_id=p.public_id,
                currency=p.currency,
                issued=func.count(e.id).filter(invoice),
                credited=func.count(e.id).filter(note),
                held_up=func.count(o.id).filter(o.entry_id.is_(None)),
                total=func.coalesce(func.sum(o.amount_minor).filter(invoice), 0),
                first_number=func.coalesce(func.min(e.number).filter(invoice), ""),
                last_number=func.coalesce(func.max(e.number).filter(invoice), ""),
            )
        )
        .select_from(r)
        .join(p, p.id == r.partner_id)
        .outerjoin(o, o.run_id == r.id)
        .outerjoin(e, e.id == o.entry_id)
        .group_by(*own.values(), p.name, p.public_id, p.currency)
    )


def page(partner_id: int | None, *, offset: int, limit: int) -> tuple[list[RunRow], int]:
    """Runs, newest first, and how many there are; of one partner, or of all."""
    r = BillingRun
    mine = [] if partner_id is None else [r.partner_id == partner_id]
    count = db.session.scalar(select(func.count()).select_from(r).where(*mine)) or 0
    ids = select(r.id).where(*mine).order_by(r.id.desc()).offset(offset).limit(limit)
    rows = db.session.execute(_runs().where(r.id.in_(ids)).order_by(r.id.desc()))
    return [_whole(one) for one in values_of(RunRow, rows)], count


def find(public_id: str) -> RunRow | None:
    """One run."""
    found = first_of(RunRow, db.session.execute(_runs().where(BillingRun.public_id == public_id)))
    return None if found is None else _whole(found)


def _whole(row: RunRow) -> RunRow:
    return row._replace(total=int(row.total))


def issued(run_id: int, *, offset: int, limit: int) -> list[IssuedRow]:
    """What a run issued, in the order in which it did."""
    o, e, c = BillingOutcome, Entry, Customer
    found = columns(
        IssuedRow,
        number=e.number,
        entry=e.public_id,
        kind=e.kind,
        name=c.name,
        public_id=c.public_id,
        currency=e.currency,
        amount_minor=o.amount_minor,
    )
    query = select(*found).select_from(o).join(e, e.id == o.entry_id).join(c, c.id == o.payer_id)
    rows = db.session.execute(query.where(o.run_id == run_id).order_by(o.id).offset(offset).limit(limit))
    return values_of(IssuedRow, rows)


def held_up(run_id: int) -> list[HeldRow]:
    """For whom a run could not do something, and why."""
    o, c = BillingOutcome, Customer
    query = select(*columns(HeldRow, name=c.name, public_id=c.public_id, note=o.note)).select_from(o)
    query = query.join(c, c.id == o.payer_id).where(o.run_id == run_id, o.entry_id.is_(None)).order_by(o.id).limit(200)
    return values_of(HeldRow, db.session.execute(query))


def usual(payer_ids: Collection[int], after: date, before: date) -> dict[int, tuple[int, int]]:
    """What invoices of these payers came to between two days, in minor units, and how many they ever had."""
    e = Entry
    recent = and_(e.booked_on > after, e.booked_on < before)
    rows = db.session.execute(
        select(e.payer_id, func.coalesce(-func.sum(e.amount_minor).filter(recent), 0), func.count())
        .where(among(e.payer_id, payer_ids), e.kind == EntryKind.INVOICE)
        .group_by(e.payer_id)
    )
    return {key: (int(amount), count) for key, amount, count in rows}


def is_scheduled(partner_id: int, on: date) -> bool:
    """Whether the run of a day that the worker begins is through."""
    r = BillingRun
    query = select(r.id).where(r.partner_id == partner_id, r.scheduled_on == on, r.finished_at.is_not(None))
    return db.session.scalar(query) is not None
