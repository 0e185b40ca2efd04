"""Where somebody waits and a place may be free."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import or_, select

from portal.db.engine import db
from portal.db.tables import Booking, Session
from portal.rules.bookings.states import BookingState, SessionState


def to_promote(now: datetime, partner_id: int | None = None) -> list[int]:
    """The sessions to come in which somebody waits while fewer are booked than could be, and those with an offer that
    ran out; by their keys.
    """
    b, s = Booking, Session
    query = (
        select(s.id)
        .join(b, b.session_id == s.id)
        .where(
            s.state == SessionState.OPEN,
            s.starts_at > now,
            or_(b.state == BookingState.WAITING, b.offered_until <= now),
            or_(s.taken < s.capacity, b.offered_until <= now),
        )
        .distinct()
        .order_by(s.id)
    )
    if partner_id is not None:
        query = query.where(s.partner_id == partner_id)
    return list(db.session.scalars(query))
