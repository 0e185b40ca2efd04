"""The supervisor starts again what dies and leaves nothing behind."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from contextlib import suppress
from pathlib import Path

import pytest

from portal.config import ROOT
from tests.wanting import without

PATIENCE_SECONDS = 180

SUPERVISOR = """
    import sys
    from portal.cli import supervisor

    supervisor.TICK_SECONDS, supervisor.STOP_SECONDS, supervisor.MOST_ENDS = 0.02, 2, int(sys.argv[2])
    folder = sys.argv[1]
    children = [supervisor.Child(name, [sys.executable, "-c", code, folder + "/" + name])
                for name, code in zip(("web", "worker"), sys.argv[3:])]
    sys.exit(supervisor.supervise(children, ready=lambda: True, announce=lambda: print("ready", flush=True)))
"""

SAYS_WHO = "import os, sys, time; open(sys.argv[1], 'a').write(f'{os.getpid()}\\n'); "
LIVES = SAYS_WHO + "time.sleep(600)"
DIES = SAYS_WHO + "sys.exit(3)"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + LIVES
PARENT = (
    "import os, sys, time; child = os.fork(); "
    "open(sys.argv[1], 'a').write(f'{os.getpid()}\\n') if child else "
    "open(sys.argv[1] + '-child', 'a').write(f'{os.getpid()}\\n'); time.sleep(600)"
)


@pytest.fixture
def supervise(tmp_path):
    """Start a supervisor over a `web` and a `worker` made of the given Python code."""
    started = []

    def start(web, worker, most_ends=6):
        command = [sys.executable, "-c", textwrap.dedent(SUPERVISOR), str(tmp_path), str(most_ends), web, worker]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
    for path in tmp_path.iterdir():
        for pid in pids(path):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def pids(path: Path) -> list[int]:
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def alive(pid):
    """Whether the process runs; one that has ended and waits to be collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_until(condition):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("it did not happen in time")


def running(tmp_path, count=1):
    """Wait until web and worker have each been started `count` times; return the newest process ids."""
    wait_until(lambda: min(len(pids(tmp_path / name)) for name in ("web", "worker")) >= count)
    return pids(tmp_path / "web")[-1], pids(tmp_path / "worker")[-1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_both_and_leaves_nothing_behind(supervise, tmp_path, number):
    process = supervise(LIVES, LIVES)
    web, worker = running(tmp_path)
    process.send_signal(number)
    output, errors = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0
    assert output == "ready\n"
    assert errors == ""
    assert not alive(web)
    assert not alive(worker)


def test_what_does_not_stop_is_killed(supervise, tmp_path):
    process = supervise(LIVES, DEAF)
    _, worker = running(tmp_path)
    process.terminate()
    _, errors = process.communicate(timeout=PATIENCE_SECONDS)
    assert "The worker process did not stop in 2 s and was killed." in errors
    assert not alive(worker)


def test_a_second_signal_does_not_interrupt_the_stop(supervise, tmp_path):
    process = supervise(LIVES, DEAF)
    web, worker = running(tmp_path)
    process.send_signal(signal.SIGINT)
    wait_until(lambda: not alive(web))
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0
    assert not alive(worker)


def test_a_dead_worker_is_started_again_and_the_web_goes_on(supervise, tmp_path):
    process = supervise(LIVES, LIVES)
    web, worker = running(tmp_path)
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: len(pids(tmp_path / "worker")) == 2)
    assert alive(web)
    process.terminate()
    _, errors = process.communicate(timeout=PATIENCE_SECONDS)
    assert "The worker process ended (signal 9); starting it again in 1 s." in errors
    assert pids(tmp_path / "web") == [web]
    assert not any(alive(pid) for pid in pids(tmp_path / "worker"))


def test_a_killed_web_server_leaves_no_child_that_holds_the_port(supervise, tmp_path):
    supervise(PARENT, LIVES)
    wait_until(lambda: pids(tmp_path / "web-child"))
    web, _ = running(tmp_path)
    (left_behind,) = pids(tmp_path / "web-child")
    os.kill(web, signal.SIGKILL)
    wait_until(lambda: not alive(left_behind))


def test_it_gives_up_on_what_cannot_live(supervise, tmp_path):
    process = supervise(LIVES, DIES, most_ends=2)
    _, errors = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 1
    assert "The worker process ended (exit status 3); giving up." in errors
    assert len(pids(tmp_path / "worker")) == 2
    assert not alive(pids(tmp_path / "web")[0])


def test_nothing_outlives_a_killed_supervisor(supervise, tmp_path):
    if sys.platform != "linux":
        without("only Linux tells a child that its parent was killed")
    process = supervise(LIVES, LIVES)
    web, worker = running(tmp_path)
    process.kill()
    wait_until(lambda: not alive(web) and not alive(worker))
