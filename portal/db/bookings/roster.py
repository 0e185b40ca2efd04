"""Rosters: who comes to a session, with what the desk must know of each (B11)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import and_, select
from sqlalchemy.orm import aliased

from portal.db.bookings.standing import stands
from portal.db.bulk import among
from portal.db.engine import db
from portal.db.groups.live import current, exists_still, in_group
from portal.db.rows import columns, values_of
from portal.db.tables import Booking, Customer, CustomerGroup, GroupMember, Membership, MembershipPlan
from portal.rules.bookings import fitting
from portal.rules.bookings.states import BookingState
from portal.rules.groups import GroupRole


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody on a roster, or on its waiting list. `price_minor` is what the place costs with tax."""

    booking: str
    customer_id: int
    customer: str
    number: str | None
    name: str
    born_on: date | None
    phone: str
    state: BookingState
    price_minor: int
    plan: str | None
    walk_in: bool
    checked_in_at: datetime | None
    offered_until: datetime | None
    payer_id: int | None

    def age_on(self, day: date) -> int | None:
        """Whole years on a day."""
        return None if self.born_on is None else fitting.age_on(self.born_on, day)


class Guardian(NamedTuple):
    """Who looks after somebody, and how to reach them."""

    of: int
    name: str
    phone: str


def guests(session_id: int, now: datetime) -> list[Guest]:
    """Everybody in a session or on its list at an instant, in the order in which they came; nobody who cancelled."""
    b, c = Booking, Customer
    found = columns(
        Guest,
        booking=b.public_id,
        customer_id=c.id,
        customer=c.public_id,
        number=c.external_id,
        name=c.name,
        born_on=c.born_on,
        phone=c.phone,
        state=b.state,
        price_minor=b.price_minor,
        plan=MembershipPlan.name,
        walk_in=b.walk_in,
        checked_in_at=b.checked_in_at,
        offered_until=b.offered_until,
        payer_id=b.payer_id,
    )
    query = (
        select(*found)
        .select_from(b)
        .join(c, c.id == b.customer_id)
        .outerjoin(Membership, Membership.id == b.membership_id)
        .outerjoin(MembershipPlan, MembershipPlan.id == Membership.plan_id)
        .where(b.session_id == session_id, stands(now))
        .order_by(b.booked_at, b.id)
    )
    return values_of(Guest, db.session.execute(query))


def guardians(customer_ids: Collection[int]) -> dict[int, list[Guardian]]:
    """The Owners and Admins of the groups in which these customers are Dependents."""
    mine, theirs = aliased(GroupMember, name="mine"), aliased(GroupMember, name="theirs")
    query = (
        select(mine.customer_id, Customer.name, Customer.phone)
        .select_from(mine)
        .join(CustomerGroup, and_(CustomerGroup.id == mine.group_id, exists_still(CustomerGroup)))
        .join(theirs, and_(in_group(theirs, mine.group_id), theirs.role != GroupRole.DEPENDENT))
        .join(Customer, Customer.id == theirs.customer_id)
        .where(current(mine), among(mine.customer_id, customer_ids))
        .where(mine.role == GroupRole.DEPENDENT)
        .order_by(mine.customer_id, theirs.id)
    )
    found: dict[int, list[Guardian]] = {}
    for of, name, phone in db.session.execute(query):
        found.setdefault(of, []).append(Guardian(of, name, phone))
    return found
