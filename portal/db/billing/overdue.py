"""What payers have open past due, for blocking and reminders (F9, F14)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import and_, case, func, select, union

from portal.db.bulk import among
from portal.db.engine import db
from portal.db.invoices.items import held_on, open_on
from portal.db.rows import columns, values_of
from portal.db.tables import Customer, Entry, Partner
from portal.rules.customers.status import BlockedCause, Status


def with_something_overdue(partner_id: int, on: date) -> set[int]:
    """The payers of a partner for whom something due before a day was open at its end."""
    found = open_on(on, partner_id=partner_id)
    query = select(held_on(on)).select_from(Entry).join(found, found.c.id == Entry.id)
    late = func.coalesce(Entry.due_on, Entry.booked_on) < on
    return set(db.session.scalars(query.where(Entry.booked_on <= on, found.c.minor < 0, late)))


class Late(NamedTuple):
    """A payer with something open past due, in minor units: how much, of how many papers, due since when; what of its
    payments is unallocated; whether it gets no reminders.
    """

    id: int
    public_id: str
    reference: str
    name: str
    partner: str
    currency: str
    since: date
    papers: int
    minor: int
    unallocated: int
    exempt: bool


def late(partner_id: int | None, on: date, *, offset: int, limit: int) -> list[Late]:
    """Payers for whom something due before a day was open at its end, those due the longest first."""
    c = Customer
    rows = _late(partner_id, on)
    found = columns(
        Late,
        id=c.id,
        public_id=c.public_id,
        reference=func.coalesce(c.external_id, c.public_id),
        name=c.name,
        partner=Partner.name,
        currency=rows.c.currency,
        since=rows.c.since,
        papers=rows.c.papers,
        minor=rows.c.minor,
        unallocated=rows.c.unallocated,
        exempt=c.not_reminded,
    )
    query = select(*found).select_from(rows).join(c, c.id == rows.c.holder).join(Partner, Partner.id == c.partner_id)
    query = query.order_by(rows.c.since, c.folded_name, c.id).offset(offset).limit(limit)
    return values_of(Late, db.session.execute(query))


def count_late(partner_id: int | None, on: date) -> int:
    """How many there are of these."""
    return int(db.session.scalar(select(func.count()).select_from(_late(partner_id, on))) or 0)


def _late(partner_id: int | None, on: date) -> Any:
    found, e = open_on(on, partner_id=partner_id), Entry
    due = func.coalesce(e.due_on, e.booked_on)
    is_late = and_(found.c.minor < 0, due < on)
    holder = held_on(on).label("holder")
    query = (
        select(
            holder,
            e.currency,
            func.min(case((is_late, due))).label("since"),
            func.count(case((is_late, 1))).label("papers"),
            func.coalesce(func.sum(case((is_late, -found.c.minor))), 0).label("minor"),
            func.coalesce(func.sum(case((found.c.minor > 0, found.c.minor))), 0).label("unallocated"),
        )
        .join(found, found.c.id == e.id)
        .where(e.booked_on <= on)
        .group_by(holder, e.currency)
        .having(func.count(case((is_late, 1))) > 0)
    )
    if partner_id is not None:
        query = query.where(e.partner_id == partner_id)
    return query.subquery("late")


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
