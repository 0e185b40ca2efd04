"""The process killed in the middle of posting, linking and sharing balances: all of it happened, or nothing (R7)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.db.engine import db
from portal.db.tables import AuditRecord, Entry, Operation, SharedBalance, SubAccountLink
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
def team(app: Flask, database: str, folder: Path) -> Iterator[Crew]:
    """Acme pays for branch; roamer can be linked."""
    for name in ("acme", "branch", "roamer"):
        people.customer(name)
    people.link("acme", "branch")
    db.session.remove()
    made = Crew(database, folder)
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


SHARING = {
    "share": (crew.share, "alex", "sam", "once"),
    "part": (crew.part, "kim", "once"),
}


@pytest.fixture
def couples(team: Crew) -> Crew:
    """Sam holds something today and ahead on both accounts, and may share with Alex; Pat and Kim share already."""
    for name in ("alex", "sam", "pat", "kim"):
        people.customer(name)
    people.post("sam", "invoice", 500, "2026-11-01")
    people.post("sam", "payment", 300, "2026-11-02", ledger="credit")
    people.post("sam", "invoice", 70, "2026-12-24")
    people.share("pat", "kim")
    db.session.remove()
    return team


def sharing() -> tuple[Any, ...]:
    """What `state` counts, and how many shared balances there ever were and still are."""
    ended = SharedBalance.ended_at
    row = db.session.execute(select(func.count(), func.count(ended)).select_from(SharedBalance)).one()
    return (*state(), *row)


@pytest.mark.parametrize("deed", SHARING)
def test_r7_killed_while_balances_are_shared_or_parted(couples: Crew, deed: str) -> None:
    before = sharing()
    entries, log, keys, links, ever, ended = before
    after = {
        "share": (entries + 3, log + 2, keys + 1, links, ever + 1, ended),
        "part": (entries, log + 2, keys + 1, links, ever, ended + 1),
    }[deed]
    for point in (1, 4, 8, 12, 16, "before commit", "after commit"):
        (answer,) = couples.run((crew.die, point, *SHARING[deed]))
        assert answer == ("dead", None) or (answer[0] == "done" and isinstance(point, int)), point
        if answer[0] == "done" or point == "after commit":
            assert sharing() == after, point
            break
        assert sharing() == before, point
        books.check()
    job, *arguments = SHARING[deed]
    assert job(*arguments) == job(*arguments), "sent again, it has its one effect and answer"
    assert sharing() == after
    books.check()
