"""How checks ask and what they say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import text

from portal.db.engine import db, is_sqlite
from portal.rules.sentences import Sentence, say

SHOWN = 20
"""So many sentences of one kind are given."""


def _rows(sql: str, **values: object) -> list[Any]:
    """At most SHOWN rows and one more, which tells that there are others."""
    return list(db.session.execute(text(f"{sql} LIMIT {SHOWN + 1}"), values))


def sentences(sql: str, told: Callable[[Any], Sentence]) -> list[Sentence]:
    """What `told` makes of each row that a query finds, and a remark when there are more than are shown."""
    rows = _rows(sql)
    found = [told(row) for row in rows[:SHOWN]]
    return [*found, say("There are more of the same kind.")] if len(rows) > SHOWN else found


def month_sql(column: str) -> str:
    """The first day of a date's month, in the engine's own words."""
    return f"date({column}, 'start of month')" if is_sqlite() else f"CAST(date_trunc('month', {column}) AS date)"
