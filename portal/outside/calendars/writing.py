"""Writing calendars that programs and phones subscribe to, in the form of RFC 5545 (B3)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard

from portal.rules.bookings.times import zone_of

PRODUCT = "-//Kith//Bookings//EN"
_EVERY = timedelta(hours=1)
"""So often whoever subscribes should look again."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One event of a calendar.

    `uid` never changes, and `sequence` rises whenever something of it does. `starts` and `ends` are wall times without
    a zone; of a `whole_day` only their dates count, and `ends` is the midnight after the last. `changed_at` is when it
    was last written, in UTC. A cancelled one stays in the calendar as cancelled.
    """

    uid: str
    sequence: int
    starts: datetime
    ends: datetime
    zone: str
    title: str
    changed_at: datetime
    whole_day: bool = False
    place: str = ""
    text: str = ""
    address: str = ""
    cancelled: bool = False
    tentative: bool = False


def calendar_file(name: str, happenings: Sequence[Happening]) -> bytes:
    """A calendar of that name, with the time zones that its events use. It changes only when its contents do."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", _EVERY, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for zone in _zones(happenings):
        calendar.add_component(zone)
    for one in happenings:
        calendar.add_component(_event(one))
    return bytes(calendar.to_ical())


def _event(one: Happening) -> Event:
    event = Event()
    event.add("uid", one.uid)
    event.add("dtstamp", one.changed_at)
    event.add("last-modified", one.changed_at)
    event.add("sequence", one.sequence)
    if one.whole_day:
        event.add("dtstart", one.starts.date())
        event.add("dtend", one.ends.date())
    else:
        event.add("dtstart", one.starts.replace(tzinfo=zone_of(one.zone)))
        event.add("dtend", one.ends.replace(tzinfo=zone_of(one.zone)))
    event.add("summary", one.title)
    event.add("status", "CANCELLED" if one.cancelled else "TENTATIVE" if one.tentative else "CONFIRMED")
    if one.cancelled:
        event.add("transp", "TRANSPARENT")
    for name, value in (("location", one.place), ("description", one.text), ("url", one.address)):
        if value:
            event.add(name, value)
    return event


def _zones(happenings: Iterable[Happening]) -> list[Timezone]:
    """A definition of each zone in use, from the year of its first event to the year after its last."""
    years: dict[str, tuple[int, int]] = {}
    for one in happenings:
        if not one.whole_day:
            first, last = years.get(one.zone, (one.starts.year, one.ends.year))
            years[one.zone] = min(first, one.starts.year), max(last, one.ends.year)
    return [_zone(zone, *spanned) for zone, spanned in sorted(years.items())]


@lru_cache(maxsize=128)
def _zone(name: str, first: int, last: int) -> Timezone:
    """What the zone's clocks do from the year before `first` to the year after `last`.

    Written out here because the library dates the beginning of summer time by the clock that has moved already, and RFC
    5545 by the one that has not: an hour of that night would be read wrong.
    """
    zone, component = zone_of(name), Timezone()
    component.add("tzid", name)
    at, end = datetime(first - 1, 1, 1, tzinfo=UTC), datetime(last + 2, 1, 1, tzinfo=UTC)
    component.add_component(_clock(at, zone, at.astimezone(zone).utcoffset()))
    while at < end:
        following = at + timedelta(days=1)
        before = at.astimezone(zone).utcoffset()
        if following.astimezone(zone).utcoffset() != before:
            component.add_component(_clock(_change(at, following, zone), zone, before))
        at = following
    return component


def _change(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """The minute between two instants at which the clocks of the zone change."""
    before = low.astimezone(zone).utcoffset()
    while high - low > timedelta(minutes=1):
        middle = low + (high - low) // 2
        if middle.astimezone(zone).utcoffset() == before:
            low = middle
        else:
            high = middle
    return high.replace(second=0, microsecond=0)


def _clock(at: datetime, zone: ZoneInfo, before: timedelta | None) -> TimezoneDaylight | TimezoneStandard:
    """From an instant on: the offset, and the one before it, by which the beginning is dated."""
    local = at.astimezone(zone)
    part = TimezoneDaylight() if local.dst() else TimezoneStandard()
    part.add("dtstart", (at + (before or timedelta())).replace(tzinfo=None))
    part.add("tzoffsetfrom", before)
    part.add("tzoffsetto", local.utcoffset())
    part.add("tzname", local.tzname())
    return part
