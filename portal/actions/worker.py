"""The worker's signs of life."""

from __future__ import annotations

from portal.db import jobs
from portal.db.engine import writes


@writes
def beat(name: str) -> None:
    """The worker called `name` (at most 60 characters) is alive now."""
    jobs.beat(name)


@writes
def stop_beating(name: str) -> None:
    """The worker called `name` stops in order."""
    jobs.stop_beating(name)
