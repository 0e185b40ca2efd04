"""Checks of customers that were removed: nothing of them is left but their books."""

from __future__ import annotations

from portal.db.doctor import Check
from portal.db.doctor.reading import sentences
from portal.rules.sentences import Sentence, say


def removed() -> list[Sentence]:
    """L12: whoever was removed signs in no more, is tied to nobody, and is settled."""
    return sentences(
        """
        WITH gone AS (SELECT id, name, own_status FROM customer WHERE removed_at IS NOT NULL)
        SELECT name, tie FROM (
            SELECT g.id, g.name, 'login' AS tie FROM gone g
                JOIN login l ON l.customer_id = g.id WHERE l.disabled_at IS NULL
            UNION SELECT g.id, g.name, 'subs' FROM gone g
                JOIN sub_account_link l ON l.main_id = g.id WHERE l.ended_at IS NULL
            UNION SELECT g.id, g.name, 'main' FROM gone g
                JOIN sub_account_link l ON l.sub_id = g.id WHERE l.ended_at IS NULL
            UNION SELECT g.id, g.name, 'mate' FROM gone g
                JOIN shared_balance s ON g.id IN (s.primary_id, s.secondary_id) WHERE s.ended_at IS NULL
            UNION SELECT g.id, g.name, 'group' FROM gone g
                JOIN group_member m ON m.customer_id = g.id WHERE m.left_at IS NULL
            UNION SELECT g.id, g.name, 'balance' FROM gone g
                JOIN ledger_account a ON a.owner_id = g.id WHERE a.balance_minor <> 0
            UNION SELECT g.id, g.name, 'service' FROM gone g
                JOIN service s ON s.customer_id = g.id WHERE s.state <> 'stopped'
            UNION SELECT g.id, g.name, 'notice' FROM gone g JOIN blocking_notice n ON n.customer_id = g.id
            UNION SELECT g.id, g.name, 'status' FROM gone g WHERE own_status <> 'inactive'
        ) AS ties ORDER BY id, tie
        """,
        lambda row: say("{name} was removed, but still has {tie}.", name=row.name, tie=_TIES[row.tie]),
    )


_TIES = {
    "login": say("a login that works"),
    "subs": say("sub-accounts"),
    "main": say("a main account"),
    "mate": say("a partner account"),
    "group": say("a place in a group"),
    "balance": say("a balance"),
    "service": say("a service"),
    "notice": say("a notice of a block"),
    "status": say("an own status other than Inactive"),
}


CHECKS = (Check(250, say("Customers that were removed are tied to nothing"), removed),)
