"""Checks of bookings: `flask doctor` counts places, lists and charges again (B2, B4)."""

from __future__ import annotations

from portal.db.doctor import Check
from portal.db.doctor.reading import sentences
from portal.rules.sentences import Sentence, say


def places() -> list[Sentence]:
    """What a session counts as taken are the bookings that take a place."""
    return sentences(
        """
        SELECT s.public_id, s.taken, coalesce(b.number, 0) AS number
        FROM session s
        LEFT JOIN (
            SELECT session_id, count(*) AS number FROM booking
            WHERE state IN ('booked', 'attended', 'missed') GROUP BY session_id
        ) b ON b.session_id = s.id
        WHERE s.taken <> coalesce(b.number, 0)
        """,
        lambda row: say(
            "Session {session} counts {taken} places as taken, but {number} are booked.",
            session=row.public_id,
            taken=row.taken,
            number=row.number,
        ),
    )


def called_off() -> list[Sentence]:
    """Nobody waits for a session that is cancelled, or has a place in it."""
    return sentences(
        """
        SELECT s.public_id, count(*) AS number
        FROM session s JOIN booking b ON b.session_id = s.id
        WHERE s.state = 'cancelled' AND b.state IN ('booked', 'waiting', 'offered')
        GROUP BY s.public_id
        """,
        lambda row: say(
            "Session {session} is cancelled, but {number} are booked into it or wait for it.",
            session=row.public_id,
            number=row.number,
        ),
    )


def charges() -> list[Sentence]:
    """What stands on the books of a booking is what it costs, on the line that says so."""
    return sentences(
        """
        SELECT b.public_id, b.price_minor, coalesce(c.amount_minor, 0) AS charged
        FROM booking b
        LEFT JOIN booking_charge c ON c.booking_id = b.id AND c.reversed_at IS NULL
        LEFT JOIN invoice_line l ON l.invoice_id = c.invoice_id AND l.position = c.position
        WHERE NOT b.imported AND (
            (b.state IN ('booked', 'attended', 'missed') AND b.price_minor <> coalesce(c.amount_minor, 0))
            OR (b.state IN ('waiting', 'offered') AND c.id IS NOT NULL)
            OR (b.state = 'cancelled' AND NOT b.late AND c.id IS NOT NULL)
            OR (c.invoice_id IS NOT NULL AND (l.id IS NULL OR l.gross_minor <> c.amount_minor))
        )
        """,
        lambda row: say(
            "Booking {booking} costs {price}, but {charged} stand on the books (minor units).",
            booking=row.public_id,
            price=row.price_minor,
            charged=row.charged,
        ),
    )


CHECKS = (
    Check(181, say("Places that are taken are booked"), places),
    Check(182, say("Nobody has a place in what is cancelled"), called_off),
    Check(183, say("Bookings are charged once, and only while they stand"), charges),
)
