"""Settling and closing by several at once (F7, F8)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.db.engine import db
from portal.db.tables import Entry, PeriodClosing
from tests import books, people
from tests.faults import crew
from tests.faults.crew import Crew


@pytest.fixture
def team(app: Flask, database: str, folder: Path) -> Iterator[Crew]:
    people.customer("acme")
    people.customer("rival")
    db.session.remove()
    made = Crew(database, folder)
    yield made
    made.end()


def test_f8_nothing_slips_into_a_month_while_it_is_closed(team: Crew) -> None:
    """Two post into October for as long as they may, and a third one closes it: nothing is entered after that."""
    traders = [(crew.post_many, 20.0, customer, "2020-10-15") for customer in ("acme", "rival")]
    *refused, closing = team.run(*traders, (crew.later, 0.5, crew.close, "2020-10-01"))
    assert closing == ("done", "True")
    assert refused == [("done", ["F8"])] * 2
    at, through = db.session.execute(select(PeriodClosing.closed_at, PeriodClosing.through)).one()
    assert through == date(2020, 10, 31)
    last = db.session.scalar(select(func.max(Entry.entered_at)))
    assert isinstance(at, datetime)
    assert last is not None
    assert db.session.scalar(select(func.count()).select_from(Entry)) > 0
    assert last.astimezone(UTC).date() <= at.astimezone(UTC).date()
    books.check()


def test_f7_one_payment_is_not_allocated_twice_at_once(team: Crew) -> None:
    bills = [people.post("acme", "invoice", 100, "2026-11-01").number for _ in range(3)]
    paid = people.post("acme", "payment", 150, "2026-11-02").number
    answers = team.run(*[(crew.allocate, paid, bill) for bill in bills])
    amounts = [what for how, what in answers if how == "done"]
    assert sum(amounts) == 150
    assert sorted(amounts) == [50, 100]
    assert [how for how, _ in answers].count("Refused") == 1
    books.check()
