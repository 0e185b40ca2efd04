"""What of somebody's bookings keeps them from being removed, and what of it goes with them (L12, PRI5)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, func, or_, select, update

from portal.db.bookings.standing import offered
from portal.db.customers.erasing import Person
from portal.db.customers.profiles import Profile
from portal.db.customers.removal import Tie
from portal.db.engine import db
from portal.db.tables import Basket, BasketItem, Booking, CalendarAddress, Session
from portal.outside import clock
from portal.rules.bookings.states import BookingState
from portal.rules.customers.removal import PERSON, booking_ties
from portal.rules.errors import Reason


def _ties(profile: Profile) -> list[Reason]:
    b, s, now = Booking, Session, clock.now()
    standing = or_(b.state.in_((BookingState.BOOKED, BookingState.WAITING)), offered(now))
    query = select(func.count()).select_from(b).join(s, s.id == b.session_id)
    coming = query.where(b.customer_id == profile.id, standing, s.ends_at > now)
    return booking_ties(profile.name, profile.public_id, db.session.scalar(coming) or 0)


def _erase(person: Person, _at: datetime) -> Collection[int]:
    """Baskets go; bookings stay, since the books charge them, without what was written about the person."""
    of_logins = select(Basket.id).where(Basket.login_id.in_(person.logins))
    db.session.execute(
        delete(BasketItem)
        .where(or_(BasketItem.customer_id == person.id, BasketItem.basket_id.in_(of_logins)))
        .execution_options(synchronize_session=False)
    )
    db.session.execute(
        delete(Basket).where(Basket.login_id.in_(person.logins)).execution_options(synchronize_session=False)
    )
    db.session.execute(delete(CalendarAddress).where(CalendarAddress.login_id.in_(person.logins)))
    db.session.execute(update(Booking).where(Booking.customer_id == person.id).values(reason=""))
    db.session.execute(update(Booking).where(Booking.actor.in_(person.emails)).values(actor=PERSON))
    return ()


TIES = Tie(40, _ties)
ERASES = _erase
