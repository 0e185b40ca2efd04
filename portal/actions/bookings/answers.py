"""What a place that was planned or taken comes to: as it is told, and for the books."""

from __future__ import annotations

from dataclasses import dataclass

from portal.actions.bookings.charging import Due
from portal.actions.bookings.planning import Planned, tax_rate_of
from portal.rules.bookings.states import BookingState
from portal.rules.periods import Period


@dataclass(frozen=True, slots=True)
class BookedOne:
    """One booking as commands and JSON tell it; the price in minor units. `booking` is its public id."""

    booking: str
    session: str
    customer: str
    state: str
    price_minor: int
    paid_by: str
    membership: str | None
    currency: str


def told(one: Planned, booking: str = "") -> BookedOne:
    """A planned or written booking as it is told."""
    return BookedOne(
        booking,
        one.session.reference,
        one.subject.reference,
        one.state.value,
        one.price_minor,
        one.payer.reference,
        one.priced.reference if one.state is BookingState.BOOKED else None,
        one.session.currency,
    )


def due_of(one: Planned, booking_id: int) -> Due:
    """What a place that was taken costs, for the books."""
    day = one.session.starts_on
    return Due(
        booking_id,
        one.subject,
        one.payer,
        one.price_minor,
        tax_rate_of(one.session, one.subject),
        one.facts.title,
        Period(day, day),
    )
