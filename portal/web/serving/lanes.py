"""The threads that make pages, and the lines in front of them (R21, R31, R32).

Half of the threads at most do requests that change something, half at most make large files, and one is never busy
with either. So when a long import holds the database, or everybody wants a workbook, pages go on. Who finds no thread
waits in a line, which costs nothing but a place in a list; a line is so long and no longer, and nobody waits in it for
ever.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from enum import Enum
from typing import Protocol

import structlog

LONGEST_WAIT_SECONDS = 15.0
"""Whoever has no thread by then is told so, with 503."""

log = structlog.get_logger("portal.web")


class Kind(Enum):
    """What a request is about to do."""

    READING = "reading"
    CHANGING = "changing"
    HEAVY = "heavy"


LONGEST_LINE = {Kind.READING: 512, Kind.CHANGING: 32, Kind.HEAVY: 32}
"""How many wait for a thread, for each web process. More are told at once."""


class Job(Protocol):
    """One request: done by a thread, or given up by the loop while it still waits."""

    kind: Kind

    def run(self) -> None: ...

    def give_up(self) -> None: ...


class Lanes:
    """A fixed number of threads, of which the one that worked last is called first: its connection is still warm."""

    def __init__(self, threads: int) -> None:
        self._lock = threading.Lock()
        self._lines: dict[Kind, deque[tuple[float, Job]]] = {kind: deque() for kind in Kind}
        self._most_alike = max(1, threads // 2)
        self._most_long = max(1, threads - 1)
        self._busy = dict.fromkeys(Kind, 0)
        self._idle = [_Hand(self) for _ in range(threads)]

    def start(self) -> None:
        """Start the threads; they end with the process."""
        for hand in self._idle:
            hand.start()

    def submit(self, job: Job) -> bool:
        """Have a job done as soon as a thread is free for it; False when its line is full."""
        kind = job.kind
        with self._lock:
            if self._idle and self._may_go(kind):
                self._busy[kind] += 1
                self._idle.pop().ring(job)
                return True
            line = self._lines[kind]
            if len(line) >= LONGEST_LINE[kind]:
                return False
            line.append((time.monotonic() + LONGEST_WAIT_SECONDS, job))
            return True

    def expire(self) -> None:
        """Give up whoever has waited long enough. Called every moment by the loop."""
        now = time.monotonic()
        for line in self._lines.values():
            while (job := self._overdue(line, now)) is not None:
                job.give_up()

    def _overdue(self, line: deque[tuple[float, Job]], now: float) -> Job | None:
        if not line:
            return None
        with self._lock:
            return line.popleft()[1] if line and line[0][0] <= now else None

    def after(self, done: Job, hand: _Hand) -> Job | None:
        """What a thread does next; None when it has to wait for its bell."""
        with self._lock:
            self._busy[done.kind] -= 1
            waiting = [line for kind, line in self._lines.items() if line and self._may_go(kind)]
            if not waiting:
                self._idle.append(hand)
                return None
            job = min(waiting, key=lambda line: line[0][0]).popleft()[1]
            self._busy[job.kind] += 1
            return job

    def _may_go(self, kind: Kind) -> bool:
        if kind is Kind.READING:
            return True
        long = self._busy[Kind.CHANGING] + self._busy[Kind.HEAVY]
        return self._busy[kind] < self._most_alike and long < self._most_long


class _Hand(threading.Thread):
    """A thread that sleeps until its bell rings, and works while there is work."""

    def __init__(self, lanes: Lanes) -> None:
        super().__init__(name="page", daemon=True)
        self._lanes = lanes
        self._bell = threading.Lock()
        self._bell.acquire()
        self._job: Job | None = None

    def ring(self, job: Job) -> None:
        """Give it a job. Only while it is idle."""
        self._job = job
        self._bell.release()

    def run(self) -> None:
        while True:
            self._bell.acquire()
            job, self._job = self._job, None
            while job is not None:
                try:
                    job.run()
                except BaseException as error:  # a thread that dies is missing for ever
                    log.error("fault", exc_info=error)
                job = self._lanes.after(job, self)
