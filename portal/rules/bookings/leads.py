"""How long before a session something ends or begins, such as "2 days" or "90 minutes" (B4).

Days and weeks are of the calendar at the place: they keep the wall time over a change of the clock. Hours and minutes
are time that passes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from portal.rules.bookings.times import moment
from portal.rules.sentences import Sentence, say

LONGEST = 5 * 366
"""Days of the longest lead."""

_TEXT = re.compile(r"(?P<count>\d{1,6})\s+(?P<unit>minute|hour|day|week)s?", re.ASCII | re.IGNORECASE)


class NoLead(ValueError):
    """A text that is no length of time; `sentence` says how one is written."""

    def __init__(self, sentence: Sentence) -> None:
        self.sentence = sentence
        super().__init__(str(sentence))


class Unit(StrEnum):
    """What a lead is counted in."""

    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"

    @property
    def span(self) -> timedelta:
        return timedelta(**{f"{self.value}s": 1})


@dataclass(frozen=True, slots=True)
class Lead:
    """So many units before the start."""

    count: int
    unit: Unit

    def __str__(self) -> str:
        return f"{self.count} {self.unit.value}{'' if self.count == 1 else 's'}"

    def before(self, wall: datetime, zone: str) -> datetime:
        """The instant that lies this long before a wall time, in UTC. One that the clock leaves out is moved on."""
        if self.unit in (Unit.DAY, Unit.WEEK):
            return moment(wall - self.count * self.unit.span, zone).at
        return moment(wall, zone).at - self.count * self.unit.span


def read_lead(text: str) -> Lead | None:
    """The lead that was written, None for none. Raises NoLead."""
    plain = " ".join(text.split())
    if not plain:
        return None
    match = _TEXT.fullmatch(plain)
    if match is None:
        raise NoLead(say("“{text}” is not a length of time. Write it like 2 days or 90 minutes.", text=plain[:40]))
    lead = Lead(int(match["count"]), Unit(match["unit"].lower()))
    if lead.count * lead.unit.span > timedelta(days=LONGEST):
        raise NoLead(say("“{text}” is too long. Write five years at most.", text=plain[:40]))
    return lead


def before(text: str, wall: datetime, zone: str) -> datetime:
    """The instant that lies a written lead before a wall time; the start itself without one. Raises NoLead."""
    lead = read_lead(text)
    return moment(wall, zone).at if lead is None else lead.before(wall, zone)
