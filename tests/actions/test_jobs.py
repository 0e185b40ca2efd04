"""Long work: done once, watched, left, cancelled, taken over, and bounded."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask

from portal.actions import jobs as actions
from portal.actions.jobs import KINDS, Report, job_kind
from portal.db import outbox
from portal.db.engine import snapshot, writes
from portal.db.jobs import queue as jobs
from portal.rules.deciding import Actor
from portal.rules.errors import Missing, Refused
from portal.rules.holders import Role
from portal.rules.outbox import State
from portal.rules.sentences import say, verbatim
from tests.logins import administrator, login
from tests.people import customer

ROOT = Path(__file__).resolve().parent.parent.parent


PROCESS = pytest.mark.engine("sqlite")
"""When a process begins, waits and ends is the same on every engine; what it leaves behind is not (see R1, R7)."""


@pytest.fixture(autouse=True)
def no_kinds_left() -> Iterator[None]:
    before = dict(KINDS)
    yield
    KINDS.clear()
    KINDS.update(before)


@pytest.fixture
def petra(app: Flask) -> Actor:
    return login(customer("acme"), "petra@acme.example")


@writes
def start(actor: Actor, kind: str = "count", **arguments: Any) -> str:
    return jobs.start(kind, verbatim("Count to ten"), arguments, login_id=actor.login_id, unit=verbatim("lines"))


@writes
def write_mail() -> str:
    return outbox.queue(purpose="test", to=["a@acme.example"], subject=verbatim("Hello"), text="Hello\n")


@snapshot
def state_of(mail: str) -> State:
    return outbox.states_for(public_ids=[mail])[0].state


def test_work_is_done_and_watched(petra: Actor) -> None:
    seen: list[tuple[str, int]] = []

    @job_kind("count")
    def count(arguments: Mapping[str, object], report: Report) -> Mapping[str, object]:
        for number in range(1, 11):
            report(number, 10)
            view = actions.watch(petra, public_id)
            seen.append((view.state, view.percent))
        return {"message": say("Counted to {to}.", to=str(arguments["to"]))}

    public_id = start(petra, to=10)
    before = actions.watch(petra, public_id)
    assert (before.state, before.percent, str(before.unit), before.worker_alive) == ("queued", 0, "lines", False)
    assert actions.run_due() == 1
    view = actions.watch(petra, public_id)
    assert (view.state, view.done, view.total, view.percent) == ("done", 10, 10, 100)
    assert view.result == {"message": say("Counted to {to}.", to="10")}
    assert seen[0] == ("running", 10)
    assert actions.run_due() == 0


def test_effects_and_the_end_are_one_transaction(petra: Actor) -> None:
    @job_kind("effects")
    def effects(_arguments: Mapping[str, object], _report: Report) -> Callable[[], Mapping[str, object]]:
        def write() -> Mapping[str, object]:
            return {"document": jobs.start("other", verbatim("Made by the job"), {}, login_id=None)}

        return write

    public_id = start(petra, "effects")
    actions.run_due(limit=1)
    made = actions.watch(petra, public_id).result
    assert made is not None
    assert jobs.facts(str(made["document"])) is not None


def test_a_running_job_is_cancelled_at_its_next_report(petra: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "REPORT_SECONDS", 0)

    @job_kind("count")
    def count(_arguments: Mapping[str, object], report: Report) -> Mapping[str, object]:
        report(1, 10)
        assert actions.cancel(petra, public_id).stopping
        report(2, 10)
        raise AssertionError("it went on")

    public_id = start(petra)
    actions.run_due()
    view = actions.watch(petra, public_id)
    assert (view.state, view.result) == ("cancelled", None)
    assert actions.cancel(petra, public_id).state == "cancelled"


def test_a_waiting_job_is_cancelled_at_once_and_a_finished_one_stays(petra: Actor) -> None:
    job_kind("count")(lambda _arguments, _report: {})
    waiting = start(petra)
    assert actions.cancel(petra, waiting).state == "cancelled"
    assert actions.run_due() == 0
    finished = start(petra)
    actions.run_due()
    assert actions.cancel(petra, finished).state == "done"


def test_a_cancelled_job_writes_no_effects(petra: Actor) -> None:
    @job_kind("effects")
    def effects(_arguments: Mapping[str, object], _report: Report) -> Callable[[], Mapping[str, object]]:
        actions.cancel(petra, public_id)

        def write() -> Mapping[str, object]:
            raise AssertionError("it wrote")

        return write

    public_id = start(petra, "effects")
    actions.run_due()
    assert actions.watch(petra, public_id).state == "cancelled"


def test_trouble_is_told_without_details(petra: Actor) -> None:
    def fail(error: Exception) -> Callable[..., Any]:
        def work(_arguments: Mapping[str, object], _report: Report) -> Mapping[str, object]:
            raise error

        return work

    job_kind("missing")(fail(Missing("That account is gone.")))
    job_kind("fault")(fail(ZeroDivisionError("secret detail")))
    job_kind("large")(fail(MemoryError()))
    told = {}
    for kind in ("missing", "fault", "large", "unknown"):
        public_id = start(petra, kind)
        actions.run_due()
        view = actions.watch(petra, public_id)
        assert view.state == "failed"
        told[kind] = str(view.error)
    assert told["missing"] == "That account is gone."
    assert "secret" not in told["fault"]
    assert "memory" in told["large"]
    assert "does not know" in told["unknown"]


def test_r26_work_beyond_its_time_is_ended(petra: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "LONGEST_SECONDS", 0.05)

    @job_kind("count")
    def count(_arguments: Mapping[str, object], report: Report) -> Mapping[str, object]:
        report(1, 10)
        time.sleep(0.1)
        report(2, 10)
        raise AssertionError("it went on")

    public_id = start(petra)
    actions.run_due()
    assert "took longer" in str(actions.watch(petra, public_id).error)


def test_a_stopped_worker_loses_nothing_and_bad_work_ends_after_three_tries(
    petra: Actor, frozen: time_machine.Coordinates
) -> None:
    public_id = start(petra)
    for _ in range(3):
        claimed = actions.claim()
        assert claimed is not None
        assert actions.claim() is None, "the lease holds"
        frozen.shift(timedelta(minutes=2))
    assert actions.claim() is None
    view = actions.watch(petra, public_id)
    assert view.state == "failed"
    assert "interrupted several times" in str(view.error)


def test_work_that_was_taken_over_stops_and_writes_nothing(
    petra: Actor, frozen: time_machine.Coordinates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "REPORT_SECONDS", 0)
    went_on: list[int] = []

    @job_kind("count")
    def count(_arguments: Mapping[str, object], report: Report) -> Mapping[str, object]:
        report(1, 10)
        frozen.shift(timedelta(minutes=2))
        assert actions.claim() is not None
        report(2, 10)
        went_on.append(1)
        return {}

    public_id = start(petra)
    actions.run_due(limit=1)
    assert went_on == []
    assert actions.watch(petra, public_id).state == "running"


def test_a_job_is_its_starters_own(petra: Actor) -> None:
    public_id = start(petra)
    other = login(customer("other"), "olga@other.example")
    colleague = login(customer("acme-two"), "paul@acme.example")
    for stranger in (other, colleague, Actor("nobody")):
        with pytest.raises(Missing):
            actions.watch(stranger, public_id)
        with pytest.raises(Missing):
            actions.cancel(stranger, public_id)
    staff = administrator("sol@kith.example", Role.ADMINISTRATOR)
    assert actions.watch_any(staff, public_id).own is False
    assert [row.started_by for row in actions.list_jobs(staff).rows] == ["petra@acme.example"]
    with pytest.raises(Missing):
        actions.cancel(staff, public_id)
    assert [view.public_id for view in actions.recent(petra)] == [public_id]
    assert actions.recent(other) == []


def test_one_login_cannot_fill_the_queue(petra: Actor) -> None:
    for _ in range(10):
        start(petra)
    with pytest.raises(Refused, match="10 pieces of work"):
        start(petra)


def test_doctor_names_a_job_left_in_the_middle(petra: Actor, frozen: time_machine.Coordinates) -> None:
    public_id = start(petra)
    actions.claim()
    assert jobs.stuck() == []
    frozen.shift(timedelta(hours=2))
    assert list(map(str, jobs.stuck())) == [f"Job {public_id} was left in the middle for more than an hour."]


# ---- A real worker -------------------------------------------------------------------------------------------------


@pytest.fixture
def environment(app: Flask, frozen: time_machine.Coordinates, tmp_path: Path) -> dict[str, str]:
    """What a real worker needs to use this test's database, and a kind of job of its own."""
    settings = app.config["PORTAL_SETTINGS"]
    (tmp_path / "slow_app.py").write_text(SLOW_APP, encoding="utf-8")
    ours = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    paths = [str(tmp_path), str(ROOT), ours.get("PYTHONPATH", "")]
    return ours | {
        "PYTHONPATH": os.pathsep.join(path for path in paths if path),
        "FLASK_APP": "slow_app",
        "PORTAL_ENV": "test",
        "PORTAL_SECRET_KEY": settings.secret_key,
        "PORTAL_INSTANCE_DIR": str(settings.instance_dir),
        "PORTAL_DATABASE_URL": settings.database_url,
        "PORTAL_LOG_LEVEL": "WARNING",
    }


SLOW_APP = """
import os, time
from portal import create_app
from portal.actions.jobs import job_kind

@job_kind("sleep")
def sleep(arguments, report):
    for step in range(arguments["steps"]):
        report(step, arguments["steps"])
        time.sleep(0.1)
    print("not an answer")
    return {"message": "Slept."}

@job_kind("die")
def die(arguments, report):
    os.kill(os.getpid(), 9)

app = create_app()
"""


PATIENCE_SECONDS = 300
Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def start_worker(environment: dict[str, str]) -> Iterator[Start]:
    """Start a worker with these options; it ends with the test, which shows what it said if it fails."""
    started: list[subprocess.Popen[bytes]] = []

    def begin(*options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "flask", "worker", *options]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=ROOT)
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        sys.stdout.write((process.communicate()[0] or b"").decode())


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def stop(process: subprocess.Popen[bytes]) -> str:
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=PATIENCE_SECONDS)
    return output.decode()


@PROCESS
def test_once_says_what_was_done(petra: Actor, start_worker: Start) -> None:
    start(petra, "sleep", steps=2)
    output, _ = start_worker("--once", "--json").communicate(timeout=PATIENCE_SECONDS)
    said = json.loads(output.decode().strip().splitlines()[-1])
    assert said["jobs"] == 1
    assert said["mail"]["sent"] == 0


@PROCESS
def test_r28_a_worker_finishes_its_job_at_sigterm(petra: Actor, start_worker: Start) -> None:
    public_id = start(petra, "sleep", steps=25)
    process = start_worker()
    wait_for(lambda: actions.watch(petra, public_id).done >= 2)
    later = start(petra, "sleep", steps=1)
    said = stop(process)
    assert process.returncode == 0, said
    assert actions.watch(petra, public_id).result == {"message": "Slept."}
    assert actions.watch(petra, later).state == "queued"
    assert jobs.last_beat() is None


def test_a_job_that_kills_its_process_is_set_aside_and_others_are_done(petra: Actor, start_worker: Start) -> None:
    bad, good = start(petra, "die"), start(petra, "sleep", steps=1)
    process = start_worker()
    wait_for(lambda: actions.watch(petra, good).state == "done")
    wait_for(lambda: actions.watch(petra, bad).state == "failed")
    assert actions.watch(petra, bad).worker_alive
    said = stop(process)
    assert "interrupted several times" in str(actions.watch(petra, bad).error), said


@PROCESS
def test_an_idle_worker_finds_work_and_mail_by_itself(petra: Actor, start_worker: Start) -> None:
    first = start(petra, "sleep", steps=1)
    process = start_worker()
    wait_for(lambda: actions.watch(petra, first).state == "done")
    second = start(petra, "sleep", steps=1)
    mail = write_mail()
    wait_for(lambda: actions.watch(petra, second).state == "done")
    wait_for(lambda: state_of(mail) is State.KEPT)
    stop(process)
    assert process.returncode == 0
