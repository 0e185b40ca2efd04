"""Long work: the states it goes through (UX11)."""

from __future__ import annotations

from enum import StrEnum


class JobState(StrEnum):
    """QUEUED until a worker takes it; RUNNING; then DONE, FAILED or CANCELLED."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


UNFINISHED = (JobState.QUEUED, JobState.RUNNING)
