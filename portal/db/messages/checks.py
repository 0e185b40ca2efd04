"""Checks of messages to many: `flask doctor` looks whether each copy went where its message says (O2)."""

from __future__ import annotations

from portal.db.doctor import Check
from portal.db.doctor.reading import sentences
from portal.rules.sentences import Sentence, say


def finished() -> list[Sentence]:
    """O2: nothing waits of a message that is over."""
    return sentences(
        """
        SELECT m.public_id, count(*) AS copies FROM message m
        JOIN message_recipient r ON r.message_id = m.id AND r.state = 'waiting'
        WHERE m.state IN ('sent', 'stopped') GROUP BY m.public_id
        """,
        lambda row: say("Message {id} is over, and {copies} of its copies wait.", id=row.public_id, copies=row.copies),
    )


def handed_over() -> list[Sentence]:
    """O2: a copy that left is in the outbox, once, or in the portal."""
    return sentences(
        """
        SELECT m.public_id, count(*) AS copies FROM message_recipient r JOIN message m ON m.id = r.message_id
        WHERE r.state = 'sent' AND r.way <> 'portal' AND (r.outbox_id IS NULL OR EXISTS (
            SELECT 1 FROM message_recipient o WHERE o.outbox_id = r.outbox_id AND o.id <> r.id
        ))
        GROUP BY m.public_id
        """,
        lambda row: say(
            "{copies} copies of message {id} are in the outbox otherwise than once.",
            id=row.public_id,
            copies=row.copies,
        ),
    )


CHECKS = (
    Check(186, say("Nothing waits of a message that is over"), finished),
    Check(187, say("Copies of messages are in the outbox once"), handed_over),
)
