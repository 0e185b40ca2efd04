"""A database that is held by somebody else, or has no room left (R8, R9)."""

from __future__ import annotations

import fcntl
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import event, func, make_url, select

from portal.actions.statements import view as statements
from portal.actions.statements.view import StatementRequest
from portal.db import engine
from portal.db.engine import db
from portal.db.tables import Entry
from portal.rules.deciding import SYSTEM
from portal.rules.errors import Busy
from tests import books, people
from tests.faults import crew

NOVEMBER = StatementRequest(date(2026, 11, 1), date(2026, 11, 30))
BUSY = "The system is busy with another change. Nothing was done; please try again in a moment."


@pytest.fixture
def hasty(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The application, waiting one second for others instead of thirty, with one entry in its books."""
    monkeypatch.setattr(engine, "BUSY_SECONDS", 1)
    people.customer("acme")
    people.customer("branch")
    people.post("acme", "invoice", 100, "2026-11-01")
    db.session.remove()
    db.engine.dispose()
    return app


@contextmanager
def held(url: str) -> Iterator[None]:
    """Another program holds what writers need."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        with closing(sqlite3.connect(parsed.database or "", isolation_level=None, check_same_thread=False)) as other:
            other.execute("BEGIN IMMEDIATE")
            yield
            other.execute("ROLLBACK")
        return
    with psycopg.connect(parsed.set(drivername="postgresql").render_as_string(hide_password=False)) as other:
        other.execute("SELECT id FROM customer ORDER BY id FOR UPDATE")
        yield
        other.rollback()


def entries() -> int:
    db.session.rollback()
    found = db.session.scalar(select(func.count()).select_from(Entry)) or 0
    db.session.rollback()
    return found


@pytest.mark.usefixtures("hasty")
def test_r8_held_for_too_long(database: str) -> None:
    with held(database):
        for deed in (lambda: crew.post("acme", "k"), lambda: crew.link("acme", "branch", "k2")):
            with pytest.raises(Busy) as error:
                deed()
            assert str(error.value) == BUSY
        assert entries() == 1
        assert statements.view(SYSTEM, "acme", NOVEMBER).closing_minor == -100, "reading goes on"
    assert crew.post("acme", "k") == "INV-000002"
    books.check()


@pytest.mark.usefixtures("hasty")
def test_r8_held_for_a_moment(database: str) -> None:
    holding = held(database)
    holding.__enter__()
    timer = threading.Timer(0.3, lambda: holding.__exit__(None, None, None))
    timer.start()
    assert crew.post("acme", "k") == "INV-000002", "waits and goes on"
    timer.join(10)
    books.check()


@pytest.mark.engine("sqlite")
@pytest.mark.usefixtures("hasty")
def test_r8_our_own_writers_stand_in_line(database: str) -> None:
    with Path(f"{make_url(database).database}.writers").open("w") as line:
        fcntl.flock(line, fcntl.LOCK_EX)
        with pytest.raises(Busy) as error:
            crew.post("acme", "k")
        assert str(error.value) == BUSY
    assert crew.post("acme", "k") == "INV-000002"
    books.check()


@pytest.mark.engine("sqlite")
def test_r9_the_disk_is_full(hasty: Flask) -> None:
    room = {"pages": 0}

    def limit(raw: Any, _record: object) -> None:
        pages = raw.execute("PRAGMA page_count").fetchone()[0]
        raw.execute(f"PRAGMA max_page_count = {room['pages'] or pages + 3}")

    event.listen(db.engine, "connect", limit)
    text = "x" * 9000

    def fill() -> None:
        for _ in range(50):
            people.post("acme", "invoice", 1, "2026-11-05", description=text)

    with pytest.raises(Busy) as error:
        fill()
    assert str(error.value) == "There is no room to store changes at the moment. Nothing was done; reading still works."
    before = entries()
    assert statements.view(SYSTEM, "acme", NOVEMBER).closing_minor == -100 - (before - 1)
    books.check()
    room["pages"] = 1_000_000
    db.session.remove()
    db.engine.dispose()
    people.post("acme", "invoice", 1, "2026-11-05", description=text)
    assert entries() == before + 1
    books.check()
