"""Notices of blocking survive dead workers: none is lost, a killed send costs one duplicate at most (R1, R2, R7)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from portal.actions import notices
from portal.actions.customers import status as customer_status
from portal.config import Settings
from portal.db.customers import profiles as customers
from portal.db.engine import db, writes
from portal.db.tables import BlockingNotice, OutboxMessage
from portal.outside import clock
from portal.rules.customers.status import Status
from portal.rules.deciding import SYSTEM
from portal.rules.outbox import State
from tests import books
from tests.faults import crew
from tests.faults.crew import Crew
from tests.faults.mail_server import mail_server
from tests.faults.test_mail import PATIENCE, doctor_is_content, worker
from tests.forked import Command
from tests.logins import mails
from tests.notices import block, sms_gateway, switch_on, told, waiting
from tests.people import customer, link

KILLED, LEASED, LATER = "2026-11-22T17:00:00Z", "2026-11-22T17:02:00Z", "2026-11-22T17:07:00Z"
"""It is 18:00 in Prague when the worker is killed; its lease holds for five minutes."""


@pytest.fixture
def acme(app: Flask) -> None:
    """Acme, which pays for a branch, where notices are on."""
    customer("acme", name="Acme Ltd", phone="+441273555010")
    customer("branch")
    link("acme", "branch")
    switch_on(by_sms=True)


@pytest.fixture
def team(acme: None, database: str, tmp_path: Path) -> Iterator[Crew]:
    db.session.remove()
    made = Crew(database, tmp_path)
    yield made
    made.end()


def release() -> int:
    return notices.release().written


def do_block(key: str) -> None:
    found = customers.by_reference("acme")
    assert found is not None
    customer_status.change(SYSTEM, found.public_id, Status.BLOCKED, once=key)


@writes
def let_the_hour_come() -> None:
    """As if it were the hour now, for processes whose clock stands still."""
    db.session.execute(update(BlockingNotice).values(due_at=clock.now()))


def counted() -> tuple[int, int]:
    """How many notices wait, and how many messages were ever written."""
    db.session.rollback()
    return len(waiting()), db.session.scalar(select(func.count(OutboxMessage.id))) or 0


def test_r7_f9_killed_at_every_point_of_a_block_there_are_all_notices_or_none(team: Crew) -> None:
    for point in (1, 4, 8, 12, "before commit", "after commit"):
        (answer,) = team.run((crew.die, point, do_block, "once"))
        assert answer == ("dead", None), point
        assert counted() == ((2, 0) if point == "after commit" else (0, 0)), point
    do_block("once")
    assert counted() == (2, 0), "sent again, it has its one effect"


def test_r7_killed_at_every_point_of_their_hour_no_notice_is_lost_or_doubled(team: Crew) -> None:
    block("acme")
    let_the_hour_come()
    db.session.remove()
    for point in (1, 5, 10, 15, "before commit", "after commit"):
        (answer,) = team.run((crew.die, point, release))
        assert answer == ("dead", None), point
        assert counted() == ((0, 3) if point == "after commit" else (2, 0)), point
    assert notices.release().all == 0
    assert counted() == (0, 3)
    books.check()


def test_two_workers_write_each_notice_once(team: Crew) -> None:
    block("acme")
    let_the_hour_come()
    db.session.remove()
    answers = team.run((release,), (release,))
    assert [how for how, _ in answers] == ["done", "done"]
    assert sum(written for _, written in answers) == 2
    assert counted() == (0, 3)


@pytest.mark.usefixtures("acme")
def test_r1_r2_a_worker_killed_while_the_gateway_answers_sends_one_duplicate_at_most(settings: Settings) -> None:
    block("acme")
    processes: list[Command] = []

    def send(at: str, url: str) -> str:
        processes.append(worker(settings, postbox.url, PORTAL_CLOCK=at, PORTAL_SMS_URL=url))
        return processes[-1].finish(PATIENCE)

    with mail_server() as postbox, sms_gateway() as gateway:
        gateway.on_message = lambda: processes[-1].kill()
        send(KILLED, gateway.url)
        assert len(gateway.arrived) == 1
        text = next(one for one in mails() if one.channel == "sms")
        assert text.state == State.SENDING.value
        gateway.on_message = None
        send(LEASED, gateway.url)
        assert len(gateway.arrived) == 1, "the lease still holds"
        send(LATER, gateway.url)
        assert len(gateway.arrived) == 2
        assert len({(one["to"], one["message"]) for one in gateway.arrived}) == 1
    assert {one.state for one in mails()} == {State.SENT.value}
    assert told("acme")[0].sms_state == State.SENT.value
    doctor_is_content()
