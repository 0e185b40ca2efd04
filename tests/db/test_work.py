"""The worker's question to the database."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import insert, update

from portal.actions import worker
from portal.db import outbox
from portal.db.engine import db, writes
from portal.db.jobs import queue as jobs
from portal.db.jobs.work import Work
from portal.db.tables import BlockingNotice, Job, OutboxMessage
from portal.outside import clock
from portal.rules.sentences import verbatim
from tests.people import customer
from tests.queries import counted

NOTHING = Work(messages=False, notices=False, jobs=False, copies=False)


@writes
def message() -> None:
    outbox.queue(purpose="test", to=["a@acme.example"], subject=verbatim("Hello"), text="Hello\n")


@writes
def job() -> None:
    jobs.start("count", verbatim("Count to ten"), {}, login_id=None)


@writes
def notice(customer_id: int, hours: int) -> None:
    now = clock.now()
    due = {"written_at": now, "due_at": now + timedelta(hours=hours), "state": "waiting", "remark": ""}
    db.session.execute(insert(BlockingNotice).values(customer_id=customer_id, because_of_id=None, **due))


@writes
def left_by_a_dead_worker(table: type[Job] | type[OutboxMessage], state: str) -> None:
    db.session.execute(update(table).values(state=state, leased_until=clock.now() + timedelta(minutes=5)))


def test_an_idle_worker_asks_one_question(app: Flask) -> None:
    with counted() as sent:
        assert worker.look() == NOTHING
    assert len(sent) == 1


@pytest.mark.parametrize(
    ("write", "table", "taken", "found"),
    [
        (message, OutboxMessage, "sending", NOTHING._replace(messages=True)),
        (job, Job, "running", NOTHING._replace(jobs=True)),
    ],
)
def test_what_is_due_is_seen_and_again_when_its_worker_died(  # type: ignore[no-untyped-def]
    app: Flask, frozen: time_machine.Coordinates, write, table, taken, found
) -> None:
    write()
    assert worker.look() == found
    left_by_a_dead_worker(table, taken)
    assert worker.look() == NOTHING
    frozen.shift(timedelta(minutes=6))
    assert worker.look() == found


def test_a_notice_is_seen_at_its_hour(app: Flask, frozen: time_machine.Coordinates) -> None:
    notice(customer("acme").id, hours=2)
    assert worker.look() == NOTHING
    frozen.shift(timedelta(hours=2))
    assert worker.look() == NOTHING._replace(notices=True)
