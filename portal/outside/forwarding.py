"""Remembering that somebody forwards requests whom nobody told the portal to trust (SEC55)."""

from __future__ import annotations

import contextlib
import os
from datetime import datetime, timedelta
from pathlib import Path

from portal.outside import clock

RECENT = timedelta(days=7)


def note(folder: Path) -> None:
    """Write down in the instance `folder` that it happened now. What cannot be written is not remembered."""
    with contextlib.suppress(OSError):
        descriptor = os.open(_mark(folder), os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(clock.now().isoformat())


def seen_lately(folder: Path) -> bool:
    """Whether it happened within the last week."""
    try:
        at = datetime.fromisoformat(_mark(folder).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return False
    return clock.now() - at < RECENT


def _mark(folder: Path) -> Path:
    return folder / "forwarding-ignored"
