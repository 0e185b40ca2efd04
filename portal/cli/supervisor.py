"""Processes that are to run all the time: started, watched, started again when they die, and stopped together."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType

from portal.cli.terminal import echo
from portal.config import ROOT

TICK_SECONDS = 0.2
STOP_SECONDS = 25
"""How long a child may take to finish its requests and jobs before it is killed."""

STEADY_SECONDS = 60
"""A child that lived this long has recovered: its next end counts as the first."""

MOST_ENDS = 6
LONGEST_WAIT_SECONDS = 30
PR_SET_PDEATHSIG = 1


@dataclass(slots=True)
class Child:
    """A process that is to run all the time: started, noticed when it ends, and started again after a pause."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    start_at: float = 0.0
    ends: int = 0

    def start(self) -> None:
        """Start it in a process group of its own, so that Ctrl-C reaches us alone and we end it in order."""
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(  # noqa: S603
            self.command, cwd=ROOT, start_new_session=True, preexec_fn=_end_with_parent
        )

    def watch(self) -> bool:
        """Start it when its pause is over, notice its end; False once it has ended too often to go on."""
        now = time.monotonic()
        if self.process is None:
            if now >= self.start_at:
                self.start()
            return True
        status = self.process.poll()
        if status is None:
            return True
        self._bury()
        self.ends = 1 if now - self.started_at >= STEADY_SECONDS else self.ends + 1
        pause = min(2 ** (self.ends - 1), LONGEST_WAIT_SECONDS)
        self.start_at = now + pause
        going_on = self.ends < MOST_ENDS
        what_next = f"starting it again in {pause} s" if going_on else "giving up"
        echo(f"The {self.name} process ended ({_how(status)}); {what_next}.", err=True)
        return going_on

    def ask_to_stop(self) -> None:
        if self.process is not None:
            self.process.terminate()

    def wait_or_kill(self, deadline: float) -> None:
        """Wait for its end until `deadline` (monotonic seconds), then kill it; nothing of its group stays behind."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            echo(f"The {self.name} process did not stop in {STOP_SECONDS} s and was killed.", err=True)
        self._bury()

    def _bury(self) -> None:
        """End whatever its process group still holds: a killed web server leaves its own workers behind."""
        if self.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


def supervise(children: Sequence[Child], ready: Callable[[], bool], announce: Callable[[], None]) -> int:
    """Keep `children` running until SIGINT, SIGTERM or SIGHUP, then stop them all and wait for them.

    Calls `announce` once, as soon as `ready` says yes. Returns the exit status: 0 after a signal, 1 when a child
    ended so often that there is no point in starting it again.
    """
    told = Told()
    waiting_for_ready = True
    try:
        for child in children:
            child.start()
        while not told.to_stop:
            going_on = [child.watch() for child in children]
            if not all(going_on):
                return 1
            if waiting_for_ready and ready():
                announce()
                waiting_for_ready = False
            time.sleep(TICK_SECONDS)
        return 0
    finally:
        told.ignore_the_rest()
        _stop(children)


class Told:
    """Remembers that a signal asked us to stop. The handler only sets a flag: it may run anywhere."""

    SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(self) -> None:
        self.to_stop = False
        for number in self.SIGNALS:
            signal.signal(number, self._hear)

    def _hear(self, _number: int, _frame: FrameType | None) -> None:
        self.to_stop = True

    def ignore_the_rest(self) -> None:
        """While stopping, an impatient second Ctrl-C must not leave children behind."""
        for number in self.SIGNALS:
            signal.signal(number, signal.SIG_IGN)


def _stop(children: Sequence[Child]) -> None:
    for child in children:
        child.ask_to_stop()
    deadline = time.monotonic() + STOP_SECONDS
    for child in children:
        child.wait_or_kill(deadline)


def _how(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"exit status {status}"


_libc = ctypes.CDLL(None)


def _end_with_parent() -> None:
    """In the new child, on Linux: be told to stop even if we are killed with no chance to pass it on."""
    if sys.platform == "linux":
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
