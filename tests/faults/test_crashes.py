"""The process killed while it posts, links, blocks or shares balances: all of it happened, or nothing (R7)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.db.engine import db
from portal.db.tables import AuditRecord, Customer, Entry, Operation, SharedBalance, SubAccountLink
from tests import books, people
from tests.faults import crew
from tests.faults.crew import Crew

POINTS = [1, 3, 5, 8, "before commit", "after commit"]
DEEDS = {
    "post": (crew.post, "branch", "once"),
    "link": (crew.link, "acme", "roamer", "once"),
    "unlink": (crew.unlink, "branch", "once"),
    "mode": (crew.change_mode, "branch", "independent", "once"),
    "status": (crew.set_status, "acme", "blocked", "once"),
}
BETWEEN = {
    "post": ["UPDATE ledger_account", "INSERT INTO audit_record"],
    "link": ["INSERT INTO sub_account_link", "INSERT INTO audit_record"],
    "unlink": ["UPDATE sub_account_link", "INSERT INTO audit_record"],
    "mode": ["UPDATE sub_account_link", "INSERT INTO sub_account_link", "INSERT INTO audit_record"],
    "status": ["UPDATE customer", "INSERT INTO audit_record"],
}
"""Where one half of a deed is written and the other is not."""


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
    """How many rows of each kind there are, how many links were ever made and still hold, and who is Blocked."""
    db.session.rollback()
    tables = [db.session.scalar(select(func.count()).select_from(table)) for table in (Entry, AuditRecord, Operation)]
    link = SubAccountLink
    ever, ended = db.session.execute(select(func.count(), func.count(link.ended_at)).select_from(link)).one()
    blocked = select(func.count()).where(Customer.own_status == "blocked")
    return (*tables, ever, ever - ended, db.session.scalar(blocked))


AFTER = {
    "post": (1, 3, 1, 1, 1, 0),
    "link": (0, 4, 1, 2, 2, 0),
    "unlink": (0, 4, 1, 1, 0, 0),
    "mode": (0, 4, 1, 2, 1, 0),
    "status": (0, 3, 1, 1, 1, 1),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_r7_killed_at_every_point(team: Crew, deed: str) -> None:
    before = state()
    for point in (*BETWEEN[deed], *POINTS):
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
HALVES = {
    "share": [
        "UPDATE ledger_account",
        "INSERT INTO account_month",
        "INSERT INTO shared_balance",
        "INSERT INTO audit_record",
    ],
    "part": ["UPDATE shared_balance", "INSERT INTO audit_record"],
}
"""What moves is written before the link, the link before the log."""


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
    entries, log, keys, *links, ever, ended = before
    after = {
        "share": (entries + 3, log + 2, keys + 1, *links, ever + 1, ended),
        "part": (entries, log + 2, keys + 1, *links, ever, ended + 1),
    }[deed]
    for point in HALVES[deed]:
        (answer,) = couples.run((crew.die, point, *SHARING[deed]))
        assert (answer, sharing()) == (("dead", None), before), point
        books.check()
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
