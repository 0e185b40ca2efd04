"""The only place that asks what time it is."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

_fixed: datetime | None = None


def fix(instant: datetime | None) -> None:
    """Set "now" for this process (PORTAL_CLOCK), or let it run again with None."""
    global _fixed
    _fixed = instant


def now() -> datetime:
    """The current instant in UTC."""
    return _fixed or datetime.now(UTC)


def today(time_zone: str) -> date:
    """Today's date in a partner's time zone."""
    return now().astimezone(ZoneInfo(time_zone)).date()
