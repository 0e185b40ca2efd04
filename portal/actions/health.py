"""How the installation is: for whoever watches it from outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.db import health, notices, outbox
from portal.db.engine import snapshot
from portal.db.jobs import queue as jobs
from portal.outside import clock, files

OVERDUE = timedelta(minutes=10)
"""Mail that has been due for longer while nobody took it means that sending has stopped."""
LEAST_ROOM = 64 * 1024 * 1024
"""With fewer bytes on the disk, changes are about to be refused."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether each part does its work. Mail that waits for a mail server is no fault of ours (R3)."""

    database: bool
    schema: bool
    outbox: bool
    worker: bool
    disk: bool

    @property
    def ready(self) -> bool:
        return self.database and self.schema and self.outbox and self.worker and self.disk


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts for the metrics. `overdue_seconds` is how long the oldest due mail has waited to be taken, 0 for none;
    `beat_age_seconds` is None when no worker was ever there."""

    mail: Mapping[str, int]
    jobs: Mapping[str, int]
    overdue_seconds: float
    beat_age_seconds: float | None


def readiness() -> Readiness:
    """Ask the database, look at its schema, the oldest mail, the worker's beat and the room on disk. Never raises."""
    disk = _has_room()
    if not health.answers():
        return Readiness(database=False, schema=False, outbox=False, worker=False, disk=disk)
    if not health.schema_is_current():
        return Readiness(database=True, schema=False, outbox=False, worker=False, disk=disk)
    waits = _overdue_since()
    fresh = waits is None or clock.now() - waits <= OVERDUE
    return Readiness(database=True, schema=True, outbox=fresh, worker=jobs.worker_alive(), disk=disk)


def _has_room() -> bool:
    try:
        return files.room() >= LEAST_ROOM
    except OSError:
        return False


def _overdue_since() -> datetime | None:
    """Since when the message or notice that waits longest has been due without anybody taking it."""
    now = clock.now()
    waits = (outbox.overdue_since(now), notices.overdue_since(now))
    return min((at for at in waits if at is not None), default=None)


@snapshot
def figures() -> Figures:
    """Count mail and jobs by state."""
    now = clock.now()
    waits, beat = _overdue_since(), jobs.last_beat()
    return Figures(
        mail={state.value: count for state, count in outbox.counts().items()},
        jobs=jobs.counts(),
        overdue_seconds=max(0.0, (now - waits).total_seconds()) if waits else 0.0,
        beat_age_seconds=max(0.0, (now - beat).total_seconds()) if beat else None,
    )
