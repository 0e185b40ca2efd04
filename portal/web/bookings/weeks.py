"""A week as a grid on a desk and as an agenda on a phone, from one list of days."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from portal.actions.bookings.calendars import Family, Line, Owner, SessionFacts
from portal.rules.bookings.states import BookingState

QUARTER = 15
FIRST_HOUR, LAST_HOUR = 8, 18
"""The hours that a week shows in any case."""


@dataclass(frozen=True, slots=True)
class Item:
    """One session in a calendar with everybody of the family who is in it."""

    lines: Sequence[Line]

    @property
    def session(self) -> SessionFacts:
        return self.lines[0].entry.session

    @property
    def owners(self) -> list[Owner]:
        return [line.owner for line in self.lines]

    @property
    def starts(self) -> datetime:
        return self.session.span.starts

    @property
    def ends(self) -> datetime:
        return self.session.span.ends

    @property
    def cancelled(self) -> bool:
        return all(line.entry.cancelled for line in self.lines)

    @property
    def waiting(self) -> bool:
        """Whether nobody has a place in it yet."""
        return all(line.entry.state in (BookingState.WAITING, BookingState.OFFERED) for line in self.lines)

    @property
    def offered_until(self) -> datetime | None:
        return next((line.entry.offered_until for line in self.lines if line.entry.offered_until), None)


@dataclass(slots=True)
class Block:
    """Sessions that meet one another, as one block: from the quarter of an hour `at`, for `length` quarters."""

    sessions: list[Item] = field(default_factory=list)
    at: int = 0
    length: int = 1

    @property
    def clash(self) -> bool:
        """Whether somebody would have to be in two of them."""
        return any(line.clashes for item in self.sessions for line in item.lines)

    @property
    def owner(self) -> Owner | None:
        """Whose it is, where it is one person's alone."""
        owners = {owner.id: owner for item in self.sessions for owner in item.owners}
        return next(iter(owners.values())) if len(owners) == 1 else None

    @property
    def kind(self) -> str:
        """The classes that say how it is drawn."""
        kinds = {
            "clash": self.clash,
            "several": len(self.sessions) > 1,
            "waiting": all(item.waiting for item in self.sessions),
            "gone": all(item.cancelled for item in self.sessions),
        }
        return " ".join(kind for kind, so in kinds.items() if so)


@dataclass(frozen=True, slots=True)
class Day:
    """One day: what lasts the whole of it, and blocks in the order in which they begin."""

    on: date
    whole: Sequence[Item]
    blocks: Sequence[Block]

    @property
    def owners(self) -> list[Owner]:
        """Everybody who has something, each once."""
        items = [*self.whole, *(item for block in self.blocks for item in block.sessions)]
        return list({owner.id: owner for item in items for owner in item.owners}.values())


@dataclass(frozen=True, slots=True)
class Week:
    """Days of a calendar, and which hours its grid shows: from `first_hour` on, `hours` of them."""

    days: Sequence[Day]
    first_hour: int
    hours: int


def week_of(found: Family) -> Week:
    """The days of a family's calendar."""
    items = items_of(found.lines)
    first, last = _hours([item for item in items if not item.session.whole_day])
    days = [found.first + timedelta(days=number) for number in range((found.last - found.first).days + 1)]
    return Week([_day(on, items, first) for on in days], first, last - first)


def by_day(found: Family) -> list[tuple[date, list[Item]]]:
    """The days that have something, with their sessions."""
    days: dict[date, list[Item]] = {}
    for item in items_of(found.lines):
        days.setdefault(max(item.session.starts_on, found.first), []).append(item)
    return list(days.items())


def items_of(lines: Iterable[Line]) -> list[Item]:
    """A session for each of its lines' sessions, in the order in which they begin."""
    found: dict[int, list[Line]] = {}
    for line in lines:
        found.setdefault(line.entry.session.id, []).append(line)
    return [Item(several) for several in found.values()]


def _hours(items: Sequence[Item]) -> tuple[int, int]:
    first = min([FIRST_HOUR, *(item.starts.hour for item in items)])
    last = max([LAST_HOUR, *(_end_hour(item) for item in items)])
    return first, last


def _end_hour(item: Item) -> int:
    if item.ends.date() > item.starts.date():
        return 24
    return item.ends.hour + bool(item.ends.minute)


def _day(on: date, items: Sequence[Item], first_hour: int) -> Day:
    begin, end = datetime.combine(on, time()), datetime.combine(on + timedelta(days=1), time())
    mine = [item for item in items if item.starts < end and item.ends > begin]
    whole = [item for item in mine if item.session.whole_day]
    blocks = _blocks([item for item in mine if item.starts >= begin and not item.session.whole_day], first_hour, end)
    return Day(on, whole, blocks)


def _blocks(items: Sequence[Item], first_hour: int, midnight: datetime) -> list[Block]:
    """Sessions that meet share a block; others have one each, which may not be too low to be read."""
    blocks: list[Block] = []
    until: datetime | None = None
    for item in sorted(items, key=lambda one: (one.starts, one.ends)):
        if until is None or item.starts >= until:
            blocks.append(Block())
            until = item.ends
        blocks[-1].sessions.append(item)
        until = max(until, item.ends)
    for block in blocks:
        start = min(item.starts for item in block.sessions)
        stop = min(max(item.ends for item in block.sessions), midnight)
        block.at = ((start.hour - first_hour) * 60 + start.minute) // QUARTER
        block.length = max(1 + 2 * len(block.sessions), int((stop - start).total_seconds()) // 60 // QUARTER)
    for block, following in pairwise(blocks):
        block.length = max(1, min(block.length, following.at - block.at))
    return blocks
