"""The words that stand for what becomes of sessions and bookings, and for who pays."""

from __future__ import annotations

from enum import StrEnum


class SessionState(StrEnum):
    """Whether a session takes place. That it is full, has begun or is over follows from places and time."""

    OPEN = "open"
    CANCELLED = "cancelled"


class BookingState(StrEnum):
    """What has become of one person's wish for one session (B2, B4, B11)."""

    BOOKED = "booked"
    WAITING = "waiting"
    OFFERED = "offered"
    CANCELLED = "cancelled"
    ATTENDED = "attended"
    MISSED = "missed"


TAKES_A_PLACE = frozenset({BookingState.BOOKED, BookingState.ATTENDED, BookingState.MISSED})
"""The states in which a booking is counted in `taken` of its session."""


class BookingPayer(StrEnum):
    """Whose payer is charged for a booking (B6). CHOICE fixes nobody: whoever books chooses, or the default holds."""

    OWNER = "owner"
    BOOKER = "booker"
    SUBJECT = "subject"
    CHOICE = "choice"


class ChargeBookings(StrEnum):
    """How a booking comes to the books: by an invoice at once, or as a future item of the next one."""

    INVOICE = "invoice"
    NEXT_INVOICE = "next_invoice"
