"""Where somebody waits and a place may be free, and who is to be reminded."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, and_, or_, select, update
from sqlalchemy.orm import aliased

from portal.db.bookings.standing import lapsed
from portal.db.customers import status
from portal.db.engine import db
from portal.db.links.live import above
from portal.db.tables import Booking, Customer, Partner, Session, SubAccountLink
from portal.rules.bookings.states import BookingState, SessionState
from portal.rules.customers.status import Status


def to_promote(now: datetime, partner_id: int | None = None) -> list[int]:
    """The sessions to come in which somebody waits while fewer are booked than could be, and all those with an offer
    that ran out, though they have begun; by their keys.
    """
    b, s = Booking, Session
    query = (
        select(s.id)
        .join(b, b.session_id == s.id)
        .where(
            s.state == SessionState.OPEN,
            b.state.in_((BookingState.WAITING, BookingState.OFFERED)),
            or_(
                lapsed(now),
                and_(b.state == BookingState.WAITING, s.starts_at > now, s.taken < s.capacity),
            ),
        )
        .distinct()
        .order_by(s.id)
    )
    if partner_id is not None:
        query = query.where(s.partner_id == partner_id)
    return list(db.session.scalars(query))


def to_remind(now: datetime, ahead: timedelta) -> list[int]:
    """The bookings of sessions that begin within a time from now, of people who want to be reminded and were not; none
    that was made within that time before the session. By their keys.
    """
    b, s, c = Booking, Session, Customer
    query = (
        select(b.id, b.booked_at, s.starts_at)
        .join(s, s.id == b.session_id)
        .join(c, c.id == b.customer_id)
        .where(
            s.starts_at > now,
            s.starts_at <= now + ahead,
            s.state == SessionState.OPEN,
            b.state == BookingState.BOOKED,
            b.reminded_at.is_(None),
            c.booking_reminders,
        )
        .order_by(b.id)
    )
    return [key for key, booked_at, starts_at in db.session.execute(query) if booked_at <= starts_at - ahead]


def mark_reminded(booking_id: int, at: datetime) -> bool:
    """Note that a reminder was written; False where one was before."""
    b = Booking
    changed: CursorResult[Any] = db.session.execute(  # type: ignore[assignment]
        update(b)
        .where(b.id == booking_id, b.reminded_at.is_(None))
        .values(reminded_at=at)
        .execution_options(synchronize_session=False)
    )
    return changed.rowcount == 1


def wants_reminders(customer_id: int) -> bool:
    """Whether a customer is reminded of what it booked the day before."""
    return bool(db.session.scalar(select(Customer.booking_reminders).where(Customer.id == customer_id)))


def set_reminders(customer_id: int, on: bool) -> None:
    """Switch the reminders of a customer's bookings."""
    db.session.execute(update(Customer).where(Customer.id == customer_id).values(booking_reminders=on))


def of_blocked(now: datetime) -> list[str]:
    """What Blocked customers have booked or wait for in sessions to come, where their partner does not let them keep it
    (B12): public ids, the earliest first.
    """
    b, s, c, above_it = Booking, Session, Customer, aliased(Customer, name="above_it")
    link = aliased(SubAccountLink)
    states = (BookingState.BOOKED, BookingState.WAITING, BookingState.OFFERED)
    query = (
        select(b.public_id)
        .join(s, s.id == b.session_id)
        .join(c, c.id == b.customer_id)
        .join(Partner, Partner.id == c.partner_id)
        .outerjoin(link, above(link, c.id))
        .outerjoin(above_it, above_it.id == link.main_id)
        .where(
            ~Partner.keep_bookings_of_blocked,
            s.starts_at > now,
            b.state.in_(states),
            status.shown(c.own_status, above_it.own_status, link.mode) == Status.BLOCKED,
        )
    )
    return list(db.session.scalars(query.order_by(s.starts_at, b.id)))
