"""Checks of the customer search: what it looks through is what is stored."""

from __future__ import annotations

from portal.db.doctor import Check
from portal.db.doctor.reading import sentences
from portal.db.engine import is_sqlite
from portal.rules.sentences import Sentence, say


def indexed() -> list[Sentence]:
    """O1: logins and main accounts stand beside each customer as the search looks for them, and nobody is left out."""
    number = "lower(coalesce(m.external_id, ''))" if is_sqlite() else "lower(coalesce(m.external_id, '') COLLATE \"C\")"
    found = sentences(
        f"""
        SELECT c.name, 'logins' AS what FROM customer c LEFT JOIN login l ON l.customer_id = c.id
        WHERE c.folded_logins <> '' OR l.id IS NOT NULL
        GROUP BY c.id, c.name, c.folded_logins
        HAVING coalesce(sum(length(l.email) + 1) - 1, 0) <> length(c.folded_logins)
            OR sum(CASE WHEN replace(c.folded_logins, l.email, '') = c.folded_logins THEN 1 ELSE 0 END) > 0
        UNION ALL
        SELECT c.name, 'main account' FROM customer c
        LEFT JOIN sub_account_link l ON l.sub_id = c.id AND l.ended_at IS NULL LEFT JOIN customer m ON m.id = l.main_id
        WHERE c.folded_main <> coalesce(m.folded_name || ' ' || {number}, '')
        """,  # noqa: S608
        lambda row: (
            say("The search does not know the logins of {name} as it is.", name=row.name)
            if row.what == "logins"
            else say("The search does not know the main account of {name} as it is.", name=row.name)
        ),
    )
    if is_sqlite():
        found += sentences(
            """
            SELECT name FROM customer WHERE id NOT IN (SELECT id FROM customer_search_docsize)
            UNION ALL SELECT 'somebody who is not there' FROM customer_search_docsize
            WHERE id NOT IN (SELECT id FROM customer)
            """,
            lambda row: say("The index of the customer search disagrees about {name}.", name=row.name),
        )
    return found


CHECKS = (Check(260, say("The customer search looks through what is stored"), indexed),)
