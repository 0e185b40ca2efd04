"""Mail survives dead workers, dead servers, rude servers and poisonous messages (R1 to R6, R25, R29)."""

from __future__ import annotations

import os
import smtplib
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from email.policy import compat32
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from portal.actions import outbox as sending
from portal.config import MailServer, Settings
from portal.db import files, outbox
from portal.db.engine import db, writes
from portal.db.jobs import queue as jobs
from portal.db.outbox import Attachment
from portal.db.tables import OutboxMessage
from portal.outside import mail
from portal.outside.pens import pen_for
from portal.rules import sentences
from portal.rules.outbox import MailState, State
from portal.rules.sentences import say, verbatim
from tests.faults.mail_server import Postbox, free_port, mail_server, silent_server
from tests.forked import Command

PATIENCE = 120
"""Seconds after which a worker that has not ended is given up."""

SMTP = pytest.mark.engine("sqlite")
"""What is between us and the mail server is the same on every engine."""


def use_server(app: Flask, port: int, seconds: float = 5) -> None:
    """Send through this port from now on."""
    settings: Settings = app.config["PORTAL_SETTINGS"]
    server = MailServer("127.0.0.1", port, None, None, tls=False, starttls=False)
    app.config["PORTAL_SETTINGS"] = settings.model_copy(
        update={"mail_server": server, "mail_timeout": timedelta(seconds=seconds)}
    )


@writes
def write(*to: str, subject: str = "Your statement", **more: Any) -> str:
    return outbox.queue(
        purpose="test", to=to or ("accounts@acme.example",), subject=verbatim(subject), text="Attached.\n", **more
    )


def state(public_id: str) -> MailState:
    db.session.rollback()
    return outbox.states_for(public_ids=[public_id])[0]


def doctor_is_content() -> None:
    db.session.rollback()
    assert outbox.stuck() == []
    assert jobs.stuck() == []


@pytest.fixture
def server(app: Flask) -> Iterator[Postbox]:
    with mail_server() as postbox:
        use_server(app, postbox.port)
        yield postbox
    doctor_is_content()


@SMTP
def test_a_mail_with_its_attachment_arrives(app: Flask, server: Postbox) -> None:
    @writes
    def with_attachment() -> str:
        file_id = files.keep(b"%PDF-1.7 figures", "application/pdf")
        return outbox.queue(
            purpose="statement",
            to=["lukasz@acme.example", "b@münchen.example"],
            subject=verbatim("Statement for Ząb & Sons – October"),
            text="Grüße\n" + "x" * 2000,
            html="<p>Grüße</p>",
            sender_name="Harbour, Net",
            reply_to="help@harbour.example",
            attachments=[Attachment(file_id, "výpis 10.pdf", "application/pdf")],
        )

    public_id = with_attachment()
    assert sending.send_due().sent == 1
    (received,) = server.arrived
    message = received.message
    assert received.recipients == ["lukasz@acme.example", "b@xn--mnchen-3ya.example"]
    assert message["Subject"] == "Statement for Ząb & Sons – October"
    assert message["From"].addresses[0].display_name == "Harbour, Net"
    assert message["Reply-To"] == "help@harbour.example"
    assert message["Auto-Submitted"] == "auto-generated"
    (attached,) = message.iter_attachments()
    assert attached.get_filename() == "výpis 10.pdf"
    assert attached.get_content() == b"%PDF-1.7 figures"
    body = message.get_body(("plain",))
    assert body is not None
    assert body.get_content().startswith("Grüße\r\nxxx")
    assert max(map(len, received.raw.split(b"\n"))) < 999
    assert state(public_id).state is State.SENT


NAMES = (
    "Zürich – Club",
    "株式会社",
    "株式会社" * 20,
    "Plain, Club",
    'O\'Brien "Q" \\ Co',
    "Ünïçø∂é – " * 12 + "Club",
    "Plain words, then é, and more plain words that go on for longer than a line has room, é",
    "عربى <b>",
    "a@b.example",
)


@SMTP
def test_subject_and_sender_arrive_as_they_are_written(app: Flask, server: Postbox) -> None:
    for name in NAMES:
        write(sender_name=name, subject=name, reply_to="help@harbour.example")
    assert sending.send_due().sent == len(NAMES)
    assert [_headers(one.raw) for one in server.arrived] == [(name, name) for name in NAMES]


def _headers(raw: bytes) -> tuple[str, str]:
    """The subject and the sender's name. What parses by the newer policies puts spaces between the words of names."""
    old = message_from_bytes(raw, policy=compat32)
    subject, sender = (str(old[name]).replace("\r\n", "") for name in ("Subject", "From"))
    return _decoded(subject), _decoded(parseaddr(sender)[0])


def _decoded(header: str) -> str:
    assert header.isascii()
    return str(make_header(decode_header(header)))


@SMTP
def test_one_line_serves_many_messages(app: Flask, server: Postbox) -> None:
    for number in range(12):
        write(f"p{number}@acme.example")
    assert sending.send_due().sent == 12
    assert len(server.arrived) == 12
    assert server.connections == 1


def test_r3_server_down_is_waited_for(app: Flask, frozen: time_machine.Coordinates) -> None:
    port = free_port()
    use_server(app, port)
    first, second = write(), write("b@acme.example")
    tally = sending.send_due()
    assert str(tally.server_trouble) == "The mail server is not running (the connection was refused)."
    for one in (first, second):
        found = state(one)
        assert found.state is State.QUEUED
        assert str(found.sentence(found.created_at)).startswith("Waiting: The mail server is not running")
        assert found.due_at > found.created_at
    assert sending.send_due().handled == 0, "nothing is tried before its time"
    with mail_server(port) as postbox:
        frozen.shift(timedelta(minutes=6))
        assert sending.send_due().sent == 2
        assert len(postbox.arrived) == 2
    assert state(second).state is State.SENT
    doctor_is_content()


@SMTP
def test_r4_a_silent_server_runs_into_the_time_out(app: Flask) -> None:
    with silent_server() as port:
        use_server(app, port, seconds=1)
        one = write()
        tally = sending.send_due()
        assert "does not answer" in str(tally.server_trouble)
        found = state(one)
        assert found.state is State.QUEUED
        assert "Next try at" in str(found.sentence(found.created_at))


@SMTP
def test_r4_writing_mail_does_not_ask_the_server(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(smtplib.SMTP, "connect", lambda *arguments: asked.append(arguments))
    use_server(app, free_port())
    assert state(write()).state is State.QUEUED
    assert asked == []


@SMTP
def test_r4_a_server_that_drips_is_cut_off(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "LONGEST_SECONDS", 1)
    enough = threading.Event()
    with mail_server(on_data=lambda: enough.wait(120)) as postbox:  # type: ignore[arg-type, return-value]
        use_server(app, postbox.port, seconds=300)
        one = write()
        later = sending.send_due().later
        enough.set()
    assert later == 1
    assert state(one).state is State.QUEUED


@SMTP
def test_r5_a_4xx_is_retried_with_growing_pauses_for_days_then_given_up(
    app: Flask, server: Postbox, frozen: time_machine.Coordinates
) -> None:
    server.data = "451 Try again later"
    one = write()
    pauses: list[float] = []
    for _ in range(200):
        sending.send_due()
        found = state(one)
        if found.settled:
            break
        pauses.append((found.due_at - frozen_now()).total_seconds())
        frozen.shift(pauses[-1] + 1)
    assert found.state is State.FAILED
    assert "Given up after 3 days. The last answer: 451 Try again later" in str(found.recipients[0].error)
    assert 24 <= pauses[0] <= 36
    assert 48 <= pauses[1] <= 72
    assert max(pauses) <= 4320
    assert len({round(pause, 3) for pause in pauses[-20:]}) > 15, "the pauses are spread"
    assert 60 < len(pauses) < 110


@SMTP
def test_r5_a_5xx_is_final_and_staff_can_queue_it_again(
    app: Flask, server: Postbox, frozen: time_machine.Coordinates
) -> None:
    server.rcpt["gone@acme.example"] = "550 No such user"
    one = write("gone@acme.example")
    assert sending.send_due().failed == 1
    found = state(one)
    assert found.state is State.FAILED
    assert str(found.sentence(found.created_at)) == "Failed for gone@acme.example: 550 No such user."
    frozen.shift(timedelta(days=2))
    assert sending.send_due().handled == 0
    server.rcpt.clear()
    from portal.rules.deciding import SYSTEM

    assert sending.queue_again(SYSTEM, one).state is State.QUEUED
    assert sending.send_due().sent == 1


@SMTP
def test_r6_each_recipient_has_its_own_state(app: Flask, server: Postbox, frozen: time_machine.Coordinates) -> None:
    server.rcpt |= {"gone@acme.example": "550 No such user", "full@acme.example": "452 Mailbox full"}
    one = write("here@acme.example", "gone@acme.example", "full@acme.example")
    sending.send_due()
    found = state(one)
    assert [r.state for r in found.recipients] == [State.SENT, State.FAILED, State.QUEUED]
    assert found.state is State.QUEUED
    server.rcpt.pop("full@acme.example")
    frozen.shift(timedelta(minutes=5))
    sending.send_due()
    found = state(one)
    assert [r.state for r in found.recipients] == [State.SENT, State.FAILED, State.SENT]
    assert found.state is State.PARTLY
    assert [r.recipients for r in server.arrived] == [["here@acme.example"], ["full@acme.example"]]
    assert len({r.message["Message-ID"] for r in server.arrived}) == 1
    said = sentences.write(found.sentence(frozen_now()), pen_for("en_GB", "Europe/Prague"))
    assert said == (
        "Sent to here@acme.example and full@acme.example at 22 Nov 2026, 10:35. "
        "Failed for gone@acme.example: 550 No such user."
    )


@SMTP
def test_r6_a_421_in_the_middle_counts_nobody_as_reached(app: Flask, server: Postbox) -> None:
    server.rcpt["b@acme.example"] = "421 Closing"
    one = write("a@acme.example", "b@acme.example", "c@acme.example")
    tally = sending.send_due()
    assert "closing" in str(tally.server_trouble)
    assert server.arrived == []
    assert {r.state for r in state(one).recipients} == {State.QUEUED}


def test_r25_a_thousand_waiting_messages_make_one_call_to_a_dead_server(
    app: Flask, monkeypatch: pytest.MonkeyPatch, frozen: time_machine.Coordinates
) -> None:
    use_server(app, free_port())
    _write_many(1000)
    calls: list[int] = []
    connect = mail._PatientConnection.configure_host
    monkeypatch.setattr(mail._PatientConnection, "configure_host", lambda self: (calls.append(1), connect(self))[1])
    for _ in range(20):
        sending.send_due()
    assert len(calls) == 1
    for _ in range(40):
        frozen.shift(timedelta(seconds=15))
        sending.send_due()
    assert len(calls) <= 40
    db.session.rollback()
    assert db.session.scalar(select(func.count()).where(OutboxMessage.state == "queued")) == 1000


@writes
def _write_many(count: int) -> None:
    for number in range(count):
        outbox.queue(purpose="test", to=[f"p{number}@acme.example"], subject=verbatim("Hello"), text="Hello")


def test_r29_a_message_that_stops_the_worker_is_set_aside_and_others_flow(
    app: Flask, server: Postbox, frozen: time_machine.Coordinates, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """As a process that dies: nothing is marked."""

    hand_in: Callable[..., Any] = mail.Line.hand_in

    def poisoned(line: mail.Line, letter: mail.Letter) -> Any:
        if letter.subject == "Poison":
            raise Killed
        return hand_in(line, letter)

    monkeypatch.setattr(mail.Line, "hand_in", poisoned)
    poison = write(subject="Poison")
    others = [write(f"p{number}@acme.example") for number in range(3)]
    for _ in range(6):
        try:
            sending.send_due()
        except Killed:
            db.session.remove()
        frozen.shift(timedelta(minutes=6))
    assert state(poison).state is State.FAILED
    assert "stopped the worker 3 times" in str(state(poison).recipients[0].error)
    assert {state(one).state for one in others} == {State.SENT}


@SMTP
def test_r29_a_message_the_server_stumbles_over_does_not_stop_the_rest(
    app: Flask, server: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in: Callable[..., Any] = mail.Line.hand_in

    def stumble(line: mail.Line, letter: mail.Letter) -> Any:
        if letter.subject == "Poison":
            line._hang_up()
            raise mail.Dropped(say("The mail server hung up."))
        return hand_in(line, letter)

    monkeypatch.setattr(mail.Line, "hand_in", stumble)
    poison = write(subject="Poison")
    others = [write(f"p{number}@acme.example") for number in range(3)]
    tally = sending.send_due()
    assert (tally.sent, tally.later, str(tally.server_trouble)) == (3, 1, "")
    assert state(poison).state is State.QUEUED
    assert {state(one).state for one in others} == {State.SENT}


def test_r29_a_lost_attachment_is_reported_after_three_tries(
    app: Flask, server: Postbox, frozen: time_machine.Coordinates
) -> None:
    @writes
    def broken() -> str:
        file_id = files.add("ab" * 32, 5, "application/pdf")
        return outbox.queue(
            purpose="test",
            to=["a@acme.example"],
            subject=verbatim("Hello"),
            text="Hello",
            attachments=[Attachment(file_id, "a.pdf", "application/pdf")],
        )

    one = broken()
    for _ in range(4):
        sending.send_due()
        frozen.shift(timedelta(hours=1))
    assert state(one).state is State.FAILED
    assert "Set aside after 3 tries: The file is no longer on the disk." in str(state(one).recipients[0].error)


# ---- Workers that are killed: real processes ---------------------------------------------------------------------


def environment(settings: Settings, url: str, **more: str) -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    return ours | {
        "PORTAL_ENV": "test",
        "PORTAL_SECRET_KEY": settings.secret_key,
        "PORTAL_INSTANCE_DIR": str(settings.instance_dir),
        "PORTAL_DATABASE_URL": settings.database_url,
        "PORTAL_MAIL_URL": url,
        "PORTAL_MAIL_TIMEOUT": "20",
        **more,
    }


def worker(settings: Settings, url: str, **more: str) -> Command:
    """A worker that does what is to be done and ends."""
    said = Path(settings.instance_dir).parent / f"worker{time.monotonic_ns()}.log"
    return Command(environment(settings, url, **more), said, "--app", "app", "worker", "--once")


def wait_for(condition: Callable[[], bool], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def test_r1_a_worker_killed_with_a_message_in_hand_loses_nothing(
    app: Flask, frozen: time_machine.Coordinates, settings: Settings
) -> None:
    one = write()
    with silent_server() as port:
        process = worker(settings, f"smtp://127.0.0.1:{port}", PORTAL_CLOCK="2026-11-22T09:31:00Z")
        wait_for(lambda: state(one).state is State.SENDING)
        process.kill()
        process.finish(PATIENCE)
    assert state(one).state is State.SENDING
    with mail_server() as postbox:
        said = worker(settings, postbox.url, PORTAL_CLOCK="2026-11-22T09:33:00Z").finish(PATIENCE)
        assert "0 sent" in said, "the lease still holds"
        said = worker(settings, postbox.url, PORTAL_CLOCK="2026-11-22T09:37:00Z").finish(PATIENCE)
        assert "1 sent" in said
        assert len(postbox.arrived) == 1
    assert state(one).state is State.SENT
    doctor_is_content()


def test_r2_a_worker_killed_after_the_250_sends_one_duplicate_at_most(
    app: Flask, frozen: time_machine.Coordinates, settings: Settings
) -> None:
    one = write()
    processes: list[Command] = []
    with mail_server() as postbox:
        postbox.on_data = lambda: processes[0].kill()
        processes.append(worker(settings, postbox.url, PORTAL_CLOCK="2026-11-22T09:31:00Z"))
        processes[0].finish(PATIENCE)
        assert len(postbox.arrived) == 1
        assert state(one).state is State.SENDING
        postbox.on_data = None
        worker(settings, postbox.url, PORTAL_CLOCK="2026-11-22T09:37:00Z").finish(PATIENCE)
        worker(settings, postbox.url, PORTAL_CLOCK="2026-11-22T09:50:00Z").finish(PATIENCE)
        assert len(postbox.arrived) == 2
        assert len({received.message["Message-ID"] for received in postbox.arrived}) == 1
    assert state(one).state is State.SENT
    doctor_is_content()


def frozen_now() -> Any:
    from portal.outside import clock

    return clock.now()
