"""Which reminders were told, and who gets none (F14)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import func, select, update

from portal.db.bulk import among, insert_many
from portal.db.engine import db
from portal.db.tables import Customer, Reminder


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


def add(new: Sequence[NewReminder]) -> None:
    """Keep reminders; the database refuses a level that was told before."""
    insert_many(Reminder, NewReminder._fields, new)


def is_exempt(customer_id: int) -> bool:
    """Whether a customer gets no reminders."""
    return bool(db.session.scalar(select(Customer.not_reminded).where(Customer.id == customer_id)))


def exempt(customer_id: int, value: bool) -> None:
    """Let a customer get no reminders, or get them again."""
    db.session.execute(update(Customer).where(Customer.id == customer_id).values(not_reminded=value))
