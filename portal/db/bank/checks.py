"""Checks of bank files: what was confirmed is in the books with its amount (F16)."""

from __future__ import annotations

from portal.db.doctor import Check
from portal.db.doctor.reading import sentences
from portal.rules.sentences import Sentence, say


def payments() -> list[Sentence]:
    """F16: a confirmed line is one payment of its amount, and any other line is none."""
    return sentences(
        """
        SELECT l.public_id AS line FROM bank_decision d
        JOIN bank_line l ON l.id = d.line_id
        LEFT JOIN entry e ON e.id = d.entry_id
        WHERE (d.state = 'confirmed') <> (e.id IS NOT NULL)
           OR e.amount_minor <> l.amount_minor OR e.kind <> 'payment' OR e.partner_id <> l.partner_id
        """,
        lambda row: say("The bank line {line} and the payment it became do not agree.", line=row.line),
    )


def statements() -> list[Sentence]:
    """F16: a statement of which every line was new still comes from its opening to its closing balance."""
    return sentences(
        """
        SELECT s.bank_id AS id, s.account FROM bank_statement s
        LEFT JOIN bank_line l ON l.statement_id = s.id AND l.id NOT IN (SELECT line_id FROM bank_part)
        WHERE s.skipped = 0 AND s.opening_minor IS NOT NULL AND s.closing_minor IS NOT NULL
        GROUP BY s.id, s.bank_id, s.account, s.opening_minor, s.closing_minor
        HAVING s.opening_minor + coalesce(sum(l.amount_minor), 0) <> s.closing_minor
        """,
        lambda row: say("The bank statement {id} of {account} does not add up.", id=row.id, account=row.account),
    )


def parts() -> list[Sentence]:
    """F16: the parts of a line that was split come to it, and itself it is no payment."""
    return sentences(
        """
        SELECT w.public_id AS line FROM bank_line w
        JOIN bank_part p ON p.part_of_id = w.id
        JOIN bank_line l ON l.id = p.line_id
        LEFT JOIN bank_decision d ON d.line_id = w.id AND d.state = 'confirmed'
            AND NOT EXISTS (SELECT 1 FROM entry back WHERE back.reverses_id = d.entry_id)
        GROUP BY w.id, w.public_id, w.amount_minor
        HAVING sum(l.amount_minor) <> w.amount_minor OR count(d.line_id) > 0
        """,
        lambda row: say("The parts of the bank line {line} do not come to it.", line=row.line),
    )


CHECKS = (
    Check(147, say("Confirmed bank lines are payments of their amounts"), payments),
    Check(148, say("Bank statements add up"), statements),
    Check(149, say("Parts of bank lines come to them"), parts),
)
