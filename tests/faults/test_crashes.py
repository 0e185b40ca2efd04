"""The process killed in the middle of posting and linking: all of it happened, or nothing (R7)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.db.engine import db
from portal.db.tables import AuditRecord, Entry, Operation, SubAccountLink
from tests import books, people
from tests.faults import crew
from tests.faults.crew import Crew

POINTS = [1, 3, 5, 8, "before commit", "after commit"]
DEEDS = {
    "post": (crew.post, "branch", "once"),
    "link": (crew.link, "acme", "roamer", "once"),
    "unlink": (crew.unlink, "branch", "once"),
}


@pytest.fixture
def team(app: Flask, database: str, tmp_path: Path) -> Iterator[Crew]:
    """Acme pays for branch; roamer can be linked."""
    for name in ("acme", "branch", "roamer"):
        people.customer(name)
    people.link("acme", "branch")
    db.session.remove()
    made = Crew(database, tmp_path)
    yield made
    made.end()


def state() -> tuple[Any, ...]:
    """How many rows of each kind there are, and how many links still hold."""
    db.session.rollback()
    tables = [db.session.scalar(select(func.count()).select_from(table)) for table in (Entry, AuditRecord, Operation)]
    current = select(func.count()).select_from(SubAccountLink).where(SubAccountLink.ended_at.is_(None))
    return (*tables, db.session.scalar(current))


AFTER = {"post": (1, 3, 1, 1), "link": (0, 4, 1, 2), "unlink": (0, 4, 1, 0)}


@pytest.mark.parametrize("deed", DEEDS)
def test_r7_killed_at_every_point(team: Crew, deed: str) -> None:
    before = state()
    for point in POINTS:
        (answer,) = team.run((crew.die, point, *DEEDS[deed]))
        assert answer == ("dead", None), point
        assert state() == (AFTER[deed] if point == "after commit" else before), point
        books.check()
    job, *arguments = DEEDS[deed]
    assert job(*arguments) == job(*arguments), "sent again, it has its one effect and answer"
    assert state() == AFTER[deed]
    books.check()
