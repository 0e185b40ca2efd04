"""Checks of customers that were removed: nothing of them is left but their books."""

from __future__ import annotations

from portal.db.doctor.reading import sentences


def removed() -> list[str]:
    """L12: whoever was removed signs in no more, is tied to nobody, and is settled."""
    return sentences(
        """
        WITH gone AS (SELECT id, name, own_status FROM customer WHERE removed_at IS NOT NULL)
        SELECT name, tie FROM (
            SELECT g.id, g.name, 'a login that works' AS tie FROM gone g
                JOIN login l ON l.customer_id = g.id WHERE l.disabled_at IS NULL
            UNION SELECT g.id, g.name, 'sub-accounts' FROM gone g
                JOIN sub_account_link l ON l.main_id = g.id WHERE l.ended_at IS NULL
            UNION SELECT g.id, g.name, 'a main account' FROM gone g
                JOIN sub_account_link l ON l.sub_id = g.id WHERE l.ended_at IS NULL
            UNION SELECT g.id, g.name, 'a partner account' FROM gone g
                JOIN shared_balance s ON g.id IN (s.primary_id, s.secondary_id) WHERE s.ended_at IS NULL
            UNION SELECT g.id, g.name, 'a place in a group' FROM gone g
                JOIN group_member m ON m.customer_id = g.id WHERE m.left_at IS NULL
            UNION SELECT g.id, g.name, 'a balance' FROM gone g
                JOIN ledger_account a ON a.owner_id = g.id WHERE a.balance_minor <> 0
            UNION SELECT g.id, g.name, 'a service' FROM gone g
                JOIN service s ON s.customer_id = g.id WHERE s.state <> 'stopped'
            UNION SELECT g.id, g.name, 'a notice of a block' FROM gone g JOIN blocking_notice n ON n.customer_id = g.id
            UNION SELECT g.id, g.name, 'an own status other than Inactive' FROM gone g WHERE own_status <> 'inactive'
        ) AS ties ORDER BY id, tie
        """,
        lambda row: f"{row.name} was removed, but still has {row.tie}.",
    )
