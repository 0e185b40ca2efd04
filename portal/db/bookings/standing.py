"""Which bookings hold a place at an instant: said once, for every query that asks (B2)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, or_

from portal.db.tables import BasketItem, Booking
from portal.rules.bookings.states import TAKES_A_PLACE, BookingState


def lapsed(now: Any) -> ColumnElement[bool]:
    """Offers whose time has run out. They hold nothing any more, also before anybody has ended them."""
    return and_(Booking.state == BookingState.OFFERED, Booking.offered_until <= now)


def offered(now: Any) -> ColumnElement[bool]:
    """Offers that can be accepted still: each holds a place."""
    return and_(Booking.state == BookingState.OFFERED, Booking.offered_until > now)


def holds_a_place(now: Any) -> ColumnElement[bool]:
    """Bookings that have a place or are offered one."""
    return or_(Booking.state.in_(sorted(TAKES_A_PLACE)), offered(now))


def stands(now: Any) -> ColumnElement[bool]:
    """Bookings that mean anything: a place, an offer of one, or a wish that waits."""
    return or_(holds_a_place(now), Booking.state == BookingState.WAITING)


def in_a_basket(now: Any) -> ColumnElement[bool]:
    """Lines of baskets for which a place is held (B7)."""
    return and_(BasketItem.held_until > now)
