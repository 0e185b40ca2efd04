"""A run of reminders that is killed anywhere, and one that several begin at once: each level once (F14, R35)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from portal.actions.overdue import reminding
from portal.actions.partners import settings
from portal.db.engine import db
from portal.db.tables import AuditRecord, FutureItem, OutboxMessage, Reminder
from portal.rules.deciding import SYSTEM
from tests import books
from tests.faults import crew
from tests.faults.crew import Crew
from tests.invoices import issue
from tests.people import customer

PAYERS = 3


@pytest.fixture
def team(app: Flask, database: str, folder: Path) -> Iterator[Crew]:
    """Three payers with two invoices each that are overdue, and a fee for the first reminder."""
    for number in range(PAYERS):
        customer(f"payer-{number}", billing_email=f"bills{number}@payer.test")
    settings.change(SYSTEM, "Harbour Net", {"reminders": "5:2.50", "terms": "0 days"})
    for number in range(PAYERS):
        for day in ("2026-10-01", "2026-10-02"):
            issue(f"payer-{number}", "Hall|1|10.00|0", on=day)
    db.session.remove()
    made = Crew(database, folder)
    yield made
    made.end()


def remind() -> int:
    return len(reminding.run(SYSTEM, on=date(2026, 11, 1)))


def told() -> tuple[int, ...]:
    """Reminders, fees that wait, messages to payers, and lines of the log."""
    db.session.rollback()
    counts = (
        select(func.count()).select_from(Reminder),
        select(func.count()).select_from(FutureItem),
        select(func.count()).select_from(OutboxMessage).where(OutboxMessage.purpose == "reminder"),
        select(func.count()).select_from(AuditRecord).where(AuditRecord.action == "reminders.told"),
    )
    return tuple(int(db.session.scalar(one) or 0) for one in counts)


@pytest.mark.parametrize("point", ["INSERT INTO outbox_message", "INSERT INTO audit_record", 25, "before commit"])
def test_r35_a_run_that_is_killed_anywhere_is_finished_by_the_next(team: Crew, point: int | str) -> None:
    assert team.run((crew.die, point, remind)) == [("dead", None)], point
    reminders, fees, mails, lines = told()
    assert reminders == fees == 2 * mails == 2 * lines, "a payer is told of all or of nothing"
    remind()
    assert told() == (2 * PAYERS, 2 * PAYERS, PAYERS, PAYERS)
    assert remind() == 0
    books.check()


def test_r35_three_runs_at_once_tell_everybody_once(team: Crew) -> None:
    answers = team.run((remind,), (remind,), (remind,))
    assert [word for word, _ in answers] == ["done"] * 3, answers
    assert sum(number for _, number in answers) == 2 * PAYERS
    assert told() == (2 * PAYERS, 2 * PAYERS, PAYERS, PAYERS)
