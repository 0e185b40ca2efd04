"""Sessions as programs get them."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo


def local(at: datetime, zone: str) -> str:
    """An instant on the clock of a zone, with its offset: 2026-03-02T18:00+01:00."""
    return at.astimezone(ZoneInfo(zone)).isoformat(timespec="minutes")


def local_or_day(at: datetime, zone: str, day: date, *, whole_day: bool) -> str:
    """The same, or the date of a whole day."""
    return day.isoformat() if whole_day else local(at, zone)
