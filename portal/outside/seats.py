"""Seats on this machine: so many at once and no more, whichever processes ask; whoever dies gives its seat back (R31).

A seat is a locked file in the instance folder. The system lets go of the lock with the process that holds it.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from flask import current_app

from portal.config import Settings

LOOK_SECONDS = 0.05


def take(name: str, count: int, *, patience: float = 0.0) -> Callable[[], None] | None:
    """One of `count` seats called `name`, as the function that gives it back; None when all of them are taken.

    Waits for one up to `patience` seconds. `name` is made of letters, digits and hyphens. Where the folder cannot be
    written nobody is kept from sitting down.
    """
    until = time.monotonic() + patience
    while (found := _take(name, count)) is None and time.monotonic() < until:
        time.sleep(LOOK_SECONDS)
    return found


def _take(name: str, count: int) -> Callable[[], None] | None:
    settings: Settings = current_app.config["PORTAL_SETTINGS"]
    folder = settings.instance_dir / "seats"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        held = next(filter(None, (_locked(folder / f"{name}-{number}") for number in range(count))), None)
    except OSError:
        return lambda: None
    return None if held is None else lambda: _give_back(*held)


def _locked(path: Path) -> tuple[Path, int] | None:
    """The file at `path`, made and locked, as its open descriptor; None when somebody else holds it."""
    while True:
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        # Whoever held it before may have deleted it between our opening and our locking: then it is no seat any more.
        if os.fstat(descriptor).st_nlink:
            return path, descriptor
        os.close(descriptor)


def _give_back(path: Path, descriptor: int) -> None:
    """Delete the file while nobody else can have it, then let go."""
    with suppress(OSError):
        path.unlink()
    with suppress(OSError):
        os.close(descriptor)
