"""Which reminders were told, and who gets none (F14)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, select, update

from portal.db.bulk import among, insert_many
from portal.db.engine import db
from portal.db.rows import columns, values_of
from portal.db.tables import Customer, Entry, Reminder


class NewReminder(NamedTuple):
    """A reminder to be kept; see the table."""

    entry_id: int
    payer_id: int
    level: int
    told_on: date
    told_at: datetime
    amount_minor: int
    fee_id: int | None
    message: str


def last_of(entry_ids: Collection[int]) -> dict[int, tuple[int, date]]:
    """The last level that was told of each of these invoices, and when."""
    r = Reminder
    rows = db.session.execute(
        select(r.entry_id, func.max(r.level), func.max(r.told_on))
        .where(among(r.entry_id, entry_ids))
        .group_by(r.entry_id)
    )
    return {key: (level, told) for key, level, told in rows}


class ToldReminder(NamedTuple):
    """A level that was told of an invoice (its number and public id), on a day, with what was open of it then."""

    invoice: str
    public_id: str
    level: int
    on: date
    amount_minor: int


def told_of(entry_id: int) -> list[ToldReminder]:
    """What was told of an invoice, the first level first."""
    return _told(Reminder.entry_id == entry_id, Reminder.level, 100)


def told_to(payer_id: int, most: int) -> list[ToldReminder]:
    """What a payer was told last, the newest first."""
    return _told(Reminder.payer_id == payer_id, Reminder.id.desc(), most)


def _told(condition: ColumnElement[bool], order: Any, most: int) -> list[ToldReminder]:
    r, e = Reminder, Entry
    found = columns(
        ToldReminder, invoice=e.number, public_id=e.public_id, level=r.level, on=r.told_on, amount_minor=r.amount_minor
    )
    query = select(*found).join(e, e.id == r.entry_id).where(condition).order_by(order).limit(most)
    return values_of(ToldReminder, db.session.execute(query))


def last_to(payer_ids: Collection[int]) -> dict[int, tuple[int, date]]:
    """The highest level that these payers were told of what is still open, and when they were told last."""
    r, e = Reminder, Entry
    rows = db.session.execute(
        select(r.payer_id, func.max(r.level), func.max(r.told_on))
        .join(e, e.id == r.entry_id)
        .where(among(r.payer_id, payer_ids), e.open_minor < 0)
        .group_by(r.payer_id)
    )
    return {key: (level, told) for key, level, told in rows}


def add(new: Sequence[NewReminder]) -> None:
    """Keep reminders; the database refuses a level that was told before."""
    insert_many(Reminder, NewReminder._fields, new)


def is_exempt(customer_id: int) -> bool:
    """Whether a customer gets no reminders."""
    return bool(db.session.scalar(select(Customer.not_reminded).where(Customer.id == customer_id)))


def exempt(customer_id: int, value: bool) -> None:
    """Let a customer get no reminders, or get them again."""
    db.session.execute(update(Customer).where(Customer.id == customer_id).values(not_reminded=value))
