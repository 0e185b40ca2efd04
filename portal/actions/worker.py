"""The worker's signs of life, and its look at what there is to do."""

from __future__ import annotations

from portal.db.engine import snapshot, writes
from portal.db.jobs import queue as jobs
from portal.db.jobs import work
from portal.db.jobs.work import Work
from portal.outside import clock


@snapshot
def look() -> Work:
    """What waits to be done now."""
    return work.waiting(clock.now())


@writes
def beat(name: str) -> None:
    """The worker called `name` (at most 60 characters) is alive now."""
    jobs.beat(name)


@writes
def stop_beating(name: str) -> None:
    """The worker called `name` stops in order."""
    jobs.stop_beating(name)
