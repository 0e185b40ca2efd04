"""Checks of what settles what: `flask doctor` adds everything up again (F7, F15)."""

from __future__ import annotations

from portal.db.doctor import Check
from portal.db.doctor.reading import sentences
from portal.rules.sentences import Sentence, say


def open_amounts() -> list[Sentence]:
    """What is open of an item is what nothing settles."""
    return sentences(
        """
        SELECT e.number, e.open_minor, e.amount_minor - coalesce(s.used, 0) + coalesce(t.used, 0) AS should
        FROM entry e
        LEFT JOIN (SELECT source_id, sum(amount_minor) AS used FROM allocation GROUP BY source_id) s
            ON s.source_id = e.id
        LEFT JOIN (SELECT target_id, sum(amount_minor) AS used FROM allocation GROUP BY target_id) t
            ON t.target_id = e.id
        WHERE e.ledger = 'house' AND e.open_minor <> e.amount_minor - coalesce(s.used, 0) + coalesce(t.used, 0)
            AND NOT (e.kind = 'transfer' AND e.open_minor = 0)
        """,
        lambda row: say(
            "{number} is kept as open with {open}, but by what settles it {should} are open (minor units).",
            number=row.number,
            open=row.open_minor,
            should=row.should,
        ),
    )


def open_items_are_the_balance() -> list[Sentence]:
    """Open items less unallocated is the House Account."""
    return sentences(
        """
        SELECT c.public_id, b.balance, coalesce(o.total, 0) AS total
        FROM (
            SELECT owner_id, sum(balance_minor) AS balance FROM ledger_account
            WHERE kind = 'house' AND owner_id IS NOT NULL GROUP BY owner_id
        ) b
        JOIN customer c ON c.id = b.owner_id
        LEFT JOIN (
            SELECT coalesce(moved_to_id, payer_id) AS holder, sum(open_minor) AS total
            FROM entry WHERE open_minor <> 0 GROUP BY coalesce(moved_to_id, payer_id)
        ) o ON o.holder = b.owner_id
        WHERE b.balance <> coalesce(o.total, 0)
        """,
        lambda row: say(
            "Customer {customer} has a House Account of {balance}, but its open items come to {total} (minor units).",
            customer=row.public_id,
            balance=row.balance,
            total=row.total,
        ),
    )


def parts() -> list[Sentence]:
    """An allocation divides over accounts without a rest."""
    return sentences(
        """
        SELECT a.id, a.amount_minor, coalesce(sum(p.amount_minor), 0) AS total
        FROM allocation a LEFT JOIN allocation_part p ON p.allocation_id = a.id
        GROUP BY a.id, a.amount_minor HAVING a.amount_minor <> coalesce(sum(p.amount_minor), 0)
        """,
        lambda row: say(
            "Allocation {id} of {amount} divides into {total} (minor units).",
            id=str(row.id),
            amount=row.amount_minor,
            total=row.total,
        ),
    )


def lines() -> list[Sentence]:
    """The lines of an invoice or a credit note come to its amount and its tax."""
    return sentences(
        """
        SELECT e.number, e.amount_minor, e.tax_minor, sum(l.gross_minor) AS gross, sum(l.tax_minor) AS tax
        FROM entry e JOIN invoice_line l ON l.invoice_id = e.id
        GROUP BY e.id, e.number, e.amount_minor, e.tax_minor
        HAVING sum(l.gross_minor) <> -e.amount_minor OR abs(sum(l.tax_minor)) <> abs(e.tax_minor)
        UNION ALL
        SELECT e.number, e.amount_minor, e.tax_minor, sum(l.gross_minor) AS gross, sum(l.tax_minor) AS tax
        FROM entry e JOIN credit_note_line l ON l.credit_note_id = e.id
        GROUP BY e.id, e.number, e.amount_minor, e.tax_minor
        HAVING sum(l.gross_minor) <> e.amount_minor OR abs(sum(l.tax_minor)) <> abs(e.tax_minor)
        """,
        lambda row: say("The lines of {number} do not come to its amount and tax.", number=row.number),
    )


CHECKS = (
    Check(142, say("What is open of each item is what nothing settles"), open_amounts),
    Check(143, say("Open items less what is unallocated is each House Account"), open_items_are_the_balance),
    Check(144, say("Allocations divide over accounts without a rest"), parts),
    Check(145, say("The lines of invoices and credit notes come to their amounts"), lines),
)
