"""How sessions are named in sentences: days as readers write them, times as the clock at the place shows them."""

from __future__ import annotations

from datetime import datetime, timedelta

from portal.rules.sentences import Sentence, say


def when(starts: datetime, ends: datetime, *, whole_day: bool = False, zone: str = "") -> Sentence:
    """From when to when, in wall time; `zone` is named where it is not the reader's own."""
    if whole_day:
        last = (ends - timedelta(days=1)).date()
        if last <= starts.date():
            return say("{day}, the whole day", day=starts.date())
        return say("{first} to {last}, whole days", first=starts.date(), last=last)
    first, last_time = f"{starts:%H:%M}", f"{ends:%H:%M}"
    if zone:
        return say("{day}, {first} to {last} ({zone})", day=starts.date(), first=first, last=last_time, zone=zone)
    return say("{day}, {first} to {last}", day=starts.date(), first=first, last=last_time)


def at(wall: datetime, *, whole_day: bool = False, zone: str = "") -> Sentence:
    """A wall time: its day, and the time of the day unless it is a whole day."""
    if whole_day:
        return say("{day}", day=wall.date())
    if zone:
        return say("{day}, {time} ({zone})", day=wall.date(), time=f"{wall:%H:%M}", zone=zone)
    return say("{day}, {time}", day=wall.date(), time=f"{wall:%H:%M}")
