"""When sessions are: wall time at a place, and the instants that follow from it (B8).

A session keeps the time on the wall: 18:00 stays 18:00 when the clocks change. What is stored beside it is the zone and
the UTC instant, which are what everything is ordered and compared by.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from portal.rules.books import EARLIEST, LATEST
from portal.rules.digits import tidied
from portal.rules.sentences import Sentence, say

DAY_MINUTES = 24 * 60
LONGEST_MINUTES = 60 * DAY_MINUTES
"""A session of two months, such as a camp over the summer, is the longest."""
LONGEST = timedelta(days=62)
"""No session lasts longer than this, whatever the clocks do meanwhile."""

_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{1,2}:\d{2})(?::00)?)?", re.ASCII)


class NoTime(ValueError):
    """What was written is no time, zone or length; `sentence` says why."""

    def __init__(self, sentence: Sentence) -> None:
        self.sentence = sentence
        super().__init__(str(sentence))


@dataclass(frozen=True, slots=True)
class Moment:
    """A wall time that exists in its zone, and its instant in UTC. `moved`: another was asked for, which does not."""

    wall: datetime
    at: datetime
    moved: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when a session is: wall times without a zone, and instants in UTC. `ends` is not part of it.

    `whole_day` has no times of its own: from midnight to midnight. `moved`: it was to begin at a time that does not
    exist.
    """

    starts: datetime
    ends: datetime
    starts_at: datetime
    ends_at: datetime
    whole_day: bool = False
    moved: bool = False

    def meets(self, other: Span) -> bool:
        """Whether both are under way at one time; one that ends when the other begins does not meet it (B3)."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


@lru_cache(maxsize=512)
def zone_of(name: str) -> ZoneInfo:
    """The time zone of an IANA name such as Europe/Amsterdam. Raises NoTime for one that is not known."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        sentence = say("“{text}” is not a time zone. Write one like Europe/Amsterdam.", text=name[:60])
        raise NoTime(sentence) from None


def moment(wall: datetime, zone: str) -> Moment:
    """The instant of a wall time without a zone (B8).

    One that exists twice, when clocks go back, is the first. One that does not exist, when they go forward, is moved on
    by as much as they go.
    """
    at = wall.replace(tzinfo=zone_of(zone), fold=0).astimezone(UTC)
    shown = at.astimezone(zone_of(zone)).replace(tzinfo=None, fold=0)
    return Moment(shown, at, shown != wall)


def span(wall: datetime, minutes: int, zone: str, *, whole_day: bool = False) -> Span:
    """A session that begins at a wall time and lasts so many minutes of wall time, as the clock on the wall counts.

    On a day when clocks go forward, 00:00 and 360 minutes end at 06:00, after five hours.
    """
    first = moment(wall, zone)
    last = moment(first.wall + timedelta(minutes=minutes), zone)
    if whole_day:
        return Span(wall, wall + timedelta(minutes=minutes), first.at, last.at, True)
    return Span(first.wall, last.wall, first.at, last.at, False, first.moved)


def read_start(text: str) -> tuple[datetime, bool]:
    """The wall time of YYYY-MM-DDTHH:MM, and whether it is a whole day, which is a date alone. Raises NoTime."""
    match = _MOMENT.fullmatch(tidied(text))
    try:
        on = date.fromisoformat(match[1]) if match else None
        at = time.fromisoformat(match[2].zfill(5)) if match and match[2] else time()
    except ValueError:
        on = None
    if match is None or on is None:
        raise NoTime(
            say(
                "“{text}” is not a time. Write it like 2026-03-02T18:00, or 2026-03-02 for a whole day.", text=text[:40]
            )
        )
    if not EARLIEST <= on <= LATEST:
        raise NoTime(say("{text} is not a date we keep ({earliest} to {latest}).", text=on, earliest=EARLIEST,
                         latest=LATEST))  # fmt: skip
    return datetime.combine(on, at), not match[2]


def read_minutes(text: str, *, whole_day: bool) -> int:
    """How many minutes of wall time; an empty text is a day for what lasts whole days. Raises NoTime."""
    if not text and whole_day:
        return DAY_MINUTES
    minutes = int(text) if text.isascii() and text.isdecimal() and len(text) <= 6 else 0
    if not 0 < minutes <= LONGEST_MINUTES:
        raise NoTime(
            say("“{text}” is not a length in minutes, from 1 to {longest}.", text=text[:40], longest=LONGEST_MINUTES)
        )
    if whole_day and minutes % DAY_MINUTES:
        raise NoTime(
            say("Whole days last a multiple of {day} minutes, not {minutes}.", day=DAY_MINUTES, minutes=minutes)
        )
    return minutes
