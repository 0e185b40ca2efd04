"""What payers have open past due, for blocking and reminders (F9, F14)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import func, select, union

from portal.db.bulk import among
from portal.db.engine import db
from portal.db.invoices.items import held_on, open_on
from portal.db.tables import Customer, Entry
from portal.rules.customers.status import BlockedCause, Status


def with_something_overdue(partner_id: int, on: date) -> set[int]:
    """The payers of a partner for whom something due before a day was open at its end."""
    found = open_on(on, partner_id=partner_id)
    query = select(held_on(on)).select_from(Entry).join(found, found.c.id == Entry.id)
    late = func.coalesce(Entry.due_on, Entry.booked_on) < on
    return set(db.session.scalars(query.where(Entry.booked_on <= on, found.c.minor < 0, late)))


def to_look_at(partner_id: int, on: date) -> list[int]:
    """Who may have to be Blocked or may be free again: who has something overdue, and who is Blocked for it."""
    c = Customer
    blocked = select(c.id).where(
        c.partner_id == partner_id, c.own_status == Status.BLOCKED, c.blocked_cause == BlockedCause.OVERDUE
    )
    return sorted(with_something_overdue(partner_id, on) | set(db.session.scalars(blocked)))


def blocked_for_it(customer_ids: Collection[int]) -> list[int]:
    """Who of these is Blocked for being overdue."""
    c = Customer
    query = select(c.id).where(
        among(c.id, customer_ids), c.own_status == Status.BLOCKED, c.blocked_cause == BlockedCause.OVERDUE
    )
    return sorted(db.session.scalars(query))


def holders_of(entry_ids: Collection[int]) -> set[int]:
    """With whom entries stand now, and who paid them at first."""
    e = Entry
    own = select(e.payer_id).where(among(e.id, entry_ids))
    moved = select(e.moved_to_id).where(among(e.id, entry_ids), e.moved_to_id.is_not(None))
    return {int(key) for key in db.session.scalars(union(own, moved)) if key is not None}
