"""B8: a place or an instructor is not in two sessions at once."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from portal.rules.bookings.words import at
from portal.rules.errors import Reason
from portal.rules.sentences import Sentence, say

NAMED = 10
"""So many dates that are taken are named; all are counted."""

Stay = tuple[datetime, datetime, str]
"""From when to when something is occupied, as instants, and by what."""


@dataclass(slots=True)
class Occupancy:
    """When places or instructors are taken, by their folded names."""

    _stays: dict[str, list[Stay]] = field(default_factory=dict)

    def add(self, key: str, stay: Stay) -> None:
        """Say that it is taken; a name that is empty is nobody and never taken."""
        if key:
            insort(self._stays.setdefault(key, []), stay)

    def taken_by(self, key: str, first: datetime, last: datetime) -> str | None:
        """What takes it at some time between two instants; what only touches them does not (B3)."""
        stays = self._stays.get(key, [])
        following = bisect_left(stays, (last, last, ""))
        for starts, ends, by in reversed(stays[:following]):
            if ends > first:
                return by
            if starts < first:  # what begins earlier ended before it: stays do not overlap one another
                break
        return None


@dataclass(frozen=True, slots=True)
class Taken:
    """One date on which a place or an instructor is taken, in wall time, and by which activity."""

    what: str
    wall: datetime
    by: str
    whole_day: bool = False


def occupied_refusals(taken: Sequence[Taken]) -> list[Reason]:
    """Why sessions cannot be at these times (B8): a reason for each place and instructor, with its dates."""
    return [_reason(what, [one for one in taken if one.what == what]) for what in _in_order(one.what for one in taken)]


def _reason(what: str, taken: Sequence[Taken]) -> Reason:
    dates: list[Sentence] = [
        say("{when} by {name}", when=at(one.wall, whole_day=one.whole_day), name=one.by) for one in taken[:NAMED]
    ]
    if len(taken) > NAMED:
        more = len(taken) - NAMED
        dates.append(say("{count} more date", "{count} more dates", count=more))
    message = say("{what} is taken already: {dates}.", what=what, dates=tuple(dates))
    return Reason("B8", message, say("Choose another time, place or instructor, or leave these dates out."))


def _in_order(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
