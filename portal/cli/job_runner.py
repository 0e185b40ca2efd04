"""Doing jobs in a process of their own: one that hangs or grows is ended, and mail goes on (R26).

The worker claims a job, writes it as a line of JSON to its child and waits for a line back. Between the two it keeps
the lease, so that a job that reports seldom is not taken for abandoned.
"""

from __future__ import annotations

import dataclasses
import json
import os
import resource
import select
import signal
import subprocess
import sys
import threading
import time

import structlog
from flask import Flask

from portal.actions import jobs
from portal.config import ROOT
from portal.db.jobs.queue import Claimed
from portal.rules.jobs import JobState

log = structlog.get_logger("portal.jobs")

GRACE_SECONDS = 15
"""How long work may go on beyond its time, or after it was cancelled, before its process is killed."""

RENEW_SECONDS = 10
MEMORY_BYTES = 1024**3
JOBS_IN_A_LIFE = 50
"""After so many jobs, or half of its memory, a child makes room for a fresh one."""


class Runner:
    """The child process, from the worker's side. It is started with the first job and kept for the next ones."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._child: subprocess.Popen[bytes] | None = None
        self._aborted = threading.Event()

    def do(self, claimed: Claimed) -> None:
        """Have `claimed` done, and see to it that it ends."""
        child = self._ready()
        line = json.dumps(dataclasses.asdict(claimed)) + "\n"
        try:
            assert child.stdin is not None
            child.stdin.write(line.encode())
            child.stdin.flush()
        except OSError:
            self._bury(claimed, counts=False)
            return
        self._watch(child, claimed)

    def abort(self) -> None:
        """Stop now: the job at hand is given back for another try."""
        self._aborted.set()

    def close(self) -> None:
        """Let the child go."""
        child, self._child = self._child, None
        if child is None:
            return
        assert child.stdin is not None
        child.stdin.close()
        try:
            child.wait(2)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        if child.stdout is not None:
            child.stdout.close()

    def _ready(self) -> subprocess.Popen[bytes]:
        if self._child is not None and self._child.poll() is None:
            return self._child
        self.close()
        application = os.environ.get("FLASK_APP", "app")
        command = [sys.executable, "-m", "flask", "--app", application, "worker", "--runner"]
        self._child = subprocess.Popen(  # noqa: S603
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        return self._child

    def _watch(self, child: subprocess.Popen[bytes], claimed: Claimed) -> None:
        began = renewed = time.monotonic()
        unwanted_since: float | None = None
        while not self._aborted.is_set():
            if self._answered(child, claimed):
                return
            now = time.monotonic()
            if now - began > jobs.LONGEST_SECONDS + GRACE_SECONDS:
                self._end(claimed, JobState.FAILED)
                return
            if unwanted_since is not None and now - unwanted_since > GRACE_SECONDS:
                self._end(claimed, JobState.CANCELLED)
                return
            if now - renewed < RENEW_SECONDS:
                continue
            renewed, answer = now, jobs.renew(claimed)
            if answer == "lost":
                self._kill()
                return
            if answer == "cancel" and unwanted_since is None:
                unwanted_since = now
        self._bury(claimed, counts=False)

    def _answered(self, child: subprocess.Popen[bytes], claimed: Claimed) -> bool:
        """Wait a moment for the child's answer; its end counts as one."""
        assert child.stdout is not None
        if not select.select([child.stdout], [], [], 0.2)[0]:
            return False
        if not child.stdout.readline():
            self._bury(claimed, counts=True)
        return True

    def _end(self, claimed: Claimed, state: JobState) -> None:
        log.warning("job killed", job=claimed.public_id, state=state)
        self._kill()
        jobs.stop(claimed, state)

    def _bury(self, claimed: Claimed, *, counts: bool) -> None:
        """The child is gone, or must go, in the middle of a job."""
        self._kill()
        if counts:
            log.warning("job's process died", job=claimed.public_id)
        jobs.give_back(claimed, counts=counts)

    def _kill(self) -> None:
        if self._child is not None:
            self._child.kill()
        self.close()


def serve_jobs() -> None:
    """The child's side: do what comes in on standard input, a line a job, until it closes."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    # What the work prints must not be taken for an answer.
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    for number, line in enumerate(sys.stdin, start=1):
        jobs.run(Claimed(**json.loads(line)))
        answers.write("done\n")
        used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        if number >= JOBS_IN_A_LIFE or used > MEMORY_BYTES // 2:
            return
