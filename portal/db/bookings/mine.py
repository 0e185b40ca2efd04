"""The bookings of some people, and their places on waiting lists."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased

from portal.db.bookings.bookings import BookingRow, bookings
from portal.db.bookings.standing import lapsed
from portal.db.bulk import among
from portal.db.engine import db
from portal.db.tables import Booking, Session
from portal.rules.bookings.states import TAKES_A_PLACE, BookingState

UNDONE_FOR = timedelta(days=7)
"""So long a cancellation is offered to be undone."""


def of_people(customer_ids: Collection[int], now: datetime, *, past: bool, limit: int) -> list[BookingRow]:
    """What people have to come or under way, soonest first, with what waits and what was cancelled within a week; or
    with `past` what is over, latest first.
    """
    b, s = Booking, Session
    theirs = select(b.id).join(s, s.id == b.session_id).where(among(b.customer_id, customer_ids))
    if past:
        keys = theirs.where(s.ends_at <= now, b.state.in_(TAKES_A_PLACE)).order_by(s.starts_at.desc(), b.id.desc())
    else:
        lately = and_(b.state == BookingState.CANCELLED, b.cancelled_at > now - UNDONE_FOR)
        keys = theirs.where(s.ends_at > now, ~lapsed(now), or_(b.state != BookingState.CANCELLED, lately)).order_by(
            s.starts_at, b.id
        )
    wanted = list(db.session.scalars(keys.limit(limit)))
    known = {one.id: one for one in bookings(among(b.id, wanted))} if wanted else {}
    return [known[key] for key in wanted]


def places(booking_ids: Collection[int]) -> dict[int, int]:
    """The places on waiting lists of those who wait, counted from 1."""
    b, other = Booking, aliased(Booking)
    before = or_(other.booked_at < b.booked_at, and_(other.booked_at == b.booked_at, other.id <= b.id))
    query = (
        select(b.id, func.count(other.id))
        .join(other, and_(other.session_id == b.session_id, other.state == BookingState.WAITING, before))
        .where(among(b.id, booking_ids))
        .group_by(b.id)
    )
    return {key: int(number) for key, number in db.session.execute(query)} if booking_ids else {}
