"""Checks of memberships: `flask doctor` looks at their days and at what charged them again (B9)."""

from __future__ import annotations

from portal.db.doctor import Check
from portal.db.doctor.reading import sentences
from portal.rules.sentences import Sentence, say


def days_once() -> list[Sentence]:
    """B9: no day of a membership is granted twice, and the last one is what the membership says."""
    return sentences(
        """
        SELECT DISTINCT m.public_id FROM membership m
        JOIN membership_period a ON a.membership_id = m.id
        JOIN membership_period b ON b.membership_id = m.id AND b.id <> a.id AND b.first_on >= a.first_on
        WHERE b.first_on <= coalesce(a.ended_on, a.last_on, b.first_on)
        AND (a.ended_on IS NULL OR a.ended_on >= a.first_on) AND (b.ended_on IS NULL OR b.ended_on >= b.first_on)
        """,
        lambda row: say("Membership {id} has days that are granted twice.", id=row.public_id),
    ) + sentences(
        """
        SELECT m.public_id FROM membership m
        WHERE m.until_on IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM membership_period p WHERE p.membership_id = m.id AND p.last_on = m.until_on
        )
        """,
        lambda row: say("Membership {id} is granted until another day than its periods.", id=row.public_id),
    )


def visits() -> list[Sentence]:
    """B9: a visit is used on a membership of the person who comes."""
    return sentences(
        """
        SELECT b.public_id FROM booking b JOIN membership m ON m.id = b.membership_id
        WHERE b.customer_id <> m.customer_id
        """,
        lambda row: say("Booking {booking} uses somebody else’s membership.", booking=row.public_id),
    )


CHECKS = (
    Check(184, say("No day of a membership is granted twice"), days_once),
    Check(185, say("Visits are those of the membership’s holder"), visits),
)
