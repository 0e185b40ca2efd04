"""Memberships that wait for their invoice to be paid (B5)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import func, select

from portal.db.bulk import among
from portal.db.engine import db
from portal.db.tables import Allocation, Entry, FutureItem, Membership, MembershipPeriod
from portal.rules.invoices.settling import AllocationKind
from portal.rules.memberships.states import MembershipState


def for_paid(entry_ids: Collection[int]) -> dict[int, date]:
    """Those that wait for one of these entries which is paid in full: by their key the day on which it was.

    What credit notes settled was not paid.
    """
    m, p, item = Membership, MembershipPeriod, FutureItem
    invoice = func.coalesce(p.invoice_id, item.invoiced_by_id)
    paid = (
        select(Allocation.target_id, func.max(Allocation.counts_on).label("on"))
        .where(
            among(Allocation.target_id, entry_ids),
            Allocation.kind == AllocationKind.PAYMENT,
            Allocation.takes_back_id.is_(None),
        )
        .group_by(Allocation.target_id)
        .subquery()
    )
    rows = db.session.execute(
        select(m.id, paid.c.on)
        .select_from(m)
        .join(p, p.membership_id == m.id)
        .outerjoin(item, item.id == p.item_id)
        .join(Entry, Entry.id == invoice)
        .join(paid, paid.c.target_id == Entry.id)
        .where(m.state == MembershipState.ORDERED, Entry.open_minor == 0)
    )
    return {key: on for key, on in rows}  # noqa: C416
