"""Checks of links: who pays for whom, and that every change is in the log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from portal.db.doctor import Check
from portal.db.doctor.reading import sentences
from portal.rules.sentences import Sentence, say

_LINK_DEEDS = "('sub_accounts.link', 'sub_accounts.mode', 'sub_accounts.unlink')"
_SHARING_DEEDS = "('partner_accounts.link', 'partner_accounts.unlink')"


def chains() -> list[Sentence]:
    """P6 and L5: whoever is paid for pays for nobody, and there is one level."""
    return sentences(
        """
        SELECT DISTINCT c.name FROM customer c
        JOIN (
            SELECT sub_id AS id FROM sub_account_link WHERE ended_at IS NULL AND mode = 'aggregated'
            UNION SELECT secondary_id FROM shared_balance WHERE ended_at IS NULL
        ) AS paid_for ON paid_for.id = c.id
        JOIN (
            SELECT main_id AS id FROM sub_account_link WHERE ended_at IS NULL
            UNION SELECT primary_id FROM shared_balance WHERE ended_at IS NULL
        ) AS paying ON paying.id = c.id
        """,
        lambda row: say("{name} is paid for by another customer and pays for others.", name=row.name),
    ) + sentences(
        """
        SELECT DISTINCT c.name FROM customer c JOIN sub_account_link s ON s.sub_id = c.id AND s.ended_at IS NULL
        JOIN sub_account_link m ON m.main_id = c.id AND m.ended_at IS NULL
        """,
        lambda row: say("{name} is a sub-account and has sub-accounts of its own.", name=row.name),
    )


def one_main() -> list[Sentence]:
    """Nobody has two main accounts or two partner accounts at once."""
    return sentences(
        """
        SELECT c.name, count(*) AS times FROM sub_account_link l JOIN customer c ON c.id = l.sub_id
        WHERE l.ended_at IS NULL GROUP BY c.id, c.name HAVING count(*) > 1
        """,
        lambda row: say("{name} has {times} main accounts at once.", name=row.name, times=row.times),
    ) + sentences(
        """
        SELECT c.name, count(*) AS times FROM (
            SELECT primary_id AS id FROM shared_balance WHERE ended_at IS NULL
            UNION ALL SELECT secondary_id FROM shared_balance WHERE ended_at IS NULL
        ) AS mates JOIN customer c ON c.id = mates.id GROUP BY c.id, c.name HAVING count(*) > 1
        """,
        lambda row: say("{name} has {times} partner accounts at once.", name=row.name, times=row.times),
    )


def same_partner() -> list[Sentence]:
    """L3, P5: linked customers are of one partner."""
    return sentences(
        """
        SELECT a.name AS first, b.name AS second FROM (
            SELECT main_id AS x, sub_id AS y, partner_id FROM sub_account_link
            UNION ALL SELECT primary_id, secondary_id, partner_id FROM shared_balance
        ) AS l JOIN customer a ON a.id = l.x JOIN customer b ON b.id = l.y
        WHERE a.partner_id <> l.partner_id OR b.partner_id <> l.partner_id
        """,
        lambda row: say(
            "{first} and {second} are linked and belong to different partners.", first=row.first, second=row.second
        ),
    )


def audited() -> list[Sentence]:
    """O8: every change of a link is in the log of its sub-account, and of shared balances in that of both."""
    return _missing_in_log(
        """
        SELECT sub_id AS id, started_at AS at FROM sub_account_link
        UNION SELECT sub_id, ended_at FROM sub_account_link WHERE ended_at IS NOT NULL
        """,
        _LINK_DEEDS,
        lambda row: say(
            "The links of {name} changed {changes} times, but the audit log knows of {times}.",
            name=row.name,
            changes=row.changes,
            times=row.times,
        ),
    ) + _missing_in_log(
        """
        SELECT primary_id AS id, started_at AS at FROM shared_balance
        UNION SELECT primary_id, ended_at FROM shared_balance WHERE ended_at IS NOT NULL
        UNION SELECT secondary_id, started_at FROM shared_balance
        UNION SELECT secondary_id, ended_at FROM shared_balance WHERE ended_at IS NOT NULL
        """,
        _SHARING_DEEDS,
        lambda row: say(
            "{name} began or ended sharing balances {changes} times, but the audit log knows of {times}.",
            name=row.name,
            changes=row.changes,
            times=row.times,
        ),
    )


def _missing_in_log(changes: str, deeds: str, told: Callable[[Any], Sentence]) -> list[Sentence]:
    """Customers with more changes than lines about them in the log."""
    return sentences(
        f"""
        SELECT c.name, count(*) AS changes, coalesce(max(t.times), 0) AS times FROM (
            {changes}
        ) AS l JOIN customer c ON c.id = l.id
        LEFT JOIN (
            SELECT subject_id, count(*) AS times FROM audit_record WHERE action IN {deeds} GROUP BY subject_id
        ) AS t ON t.subject_id = c.id
        GROUP BY c.id, c.name HAVING count(*) > coalesce(max(t.times), 0)
        """,  # noqa: S608
        told,
    )


CHECKS = (
    Check(160, say("Nobody who is paid for pays for others"), chains),
    Check(170, say("Nobody has two main accounts or two partner accounts"), one_main),
    Check(180, say("Linked customers belong to one partner"), same_partner),
    Check(190, say("Every change of a link is in the audit log"), audited),
)
