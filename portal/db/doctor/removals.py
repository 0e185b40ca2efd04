"""Checks of customers that were removed: nothing of them is left but their books."""

from __future__ import annotations

from portal.db.doctor.reading import sentences


def removed() -> list[str]:
    """L12: whoever was removed signs in no more, is tied to nobody, and is settled."""
    return sentences(
        """
        SELECT c.name, l.tie FROM customer c JOIN (
            SELECT customer_id AS id, 'a login that works' AS tie FROM login WHERE disabled_at IS NULL
            UNION SELECT main_id, 'sub-accounts' FROM sub_account_link WHERE ended_at IS NULL
            UNION SELECT sub_id, 'a main account' FROM sub_account_link WHERE ended_at IS NULL
            UNION SELECT primary_id, 'a partner account' FROM shared_balance WHERE ended_at IS NULL
            UNION SELECT secondary_id, 'a partner account' FROM shared_balance WHERE ended_at IS NULL
            UNION SELECT customer_id, 'a place in a group' FROM group_member WHERE left_at IS NULL
            UNION SELECT owner_id, 'a balance' FROM ledger_account WHERE balance_minor <> 0
            UNION SELECT customer_id, 'a service' FROM service WHERE state <> 'stopped'
            UNION SELECT id, 'an own status other than Inactive' FROM customer WHERE own_status <> 'inactive'
        ) AS l ON l.id = c.id
        WHERE c.removed_at IS NOT NULL ORDER BY c.id, l.tie
        """,
        lambda row: f"{row.name} was removed, but still has {row.tie}.",
    )
