"""Writing a series out as sessions, and keeping places and instructors to one at a time (B8). Joins a transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice

from portal.db.bookings import timetable as rows
from portal.db.bookings.timetable import ActivityFacts, NewSession, SeriesFacts
from portal.db.folding import fold
from portal.outside.calendars.recurring import walls
from portal.rules.bookings.files import Timing
from portal.rules.bookings.occupancy import Occupancy, Taken
from portal.rules.bookings.series import AT_ONCE
from portal.rules.bookings.times import Span, span
from portal.rules.books import LATEST


@dataclass(frozen=True, slots=True)
class Where:
    """At which place and with whom sessions are; "" is nowhere in particular."""

    place: str
    instructor: str


@dataclass(frozen=True, slots=True)
class Dates:
    """Dates of a series: each wall time as the rule makes it with when it is. `until` is the last day that they cover;
    all there is where the series has ended by then.
    """

    made: tuple[tuple[datetime, Span], ...]
    until: date


def dates_of(timing: Timing, zone: str, horizon: date, after: date | None = None) -> Dates:
    """What a rule makes up to a day, a thousand dates at most; all of it for a time by itself."""
    if timing.rule is None:
        one = span(timing.starts, timing.minutes, zone, whole_day=timing.whole_day)
        return Dates(((timing.starts, one),), LATEST)
    found = walls(
        timing.rule,
        timing.starts,
        zone,
        leaving_out=timing.leaving_out,
        besides=timing.besides,
        after=after,
        until=horizon,
    )
    some = list(islice(found, AT_ONCE + 1))
    until = some[AT_ONCE - 1].date() if len(some) > AT_ONCE else horizon
    made = tuple((wall, span(wall, timing.minutes, zone, whole_day=timing.whole_day)) for wall in some[:AT_ONCE])
    return Dates(made, until)


class Places:
    """What is taken among the sessions of a partner between two instants, and what of new ones cannot be."""

    def __init__(self, partner_id: int, where: Iterable[Where], spans: Sequence[Span], besides: Collection[int] = ()):
        """`besides` are sessions that will be elsewhere or otherwise afterwards."""
        self._places, self._instructors = Occupancy(), Occupancy()
        wanted = list(where)
        keys = {fold(one.place) for one in wanted} - {""}, {fold(one.instructor) for one in wanted} - {""}
        if not spans:
            return
        first, last = min(one.starts_at for one in spans), max(one.ends_at for one in spans)
        for one in rows.in_use(partner_id, *keys, first, last):
            if one.id not in besides:
                stay = one.starts_at, one.ends_at, one.name
                self._places.add(one.place_key, stay)
                self._instructors.add(one.instructor_key, stay)

    def take(self, name: str, where: Where, one: Span) -> list[Taken]:
        """What is in the way of a session there, nothing if it now has its place."""
        found = []
        for occupancy, what in ((self._places, where.place), (self._instructors, where.instructor)):
            by = occupancy.taken_by(fold(what), one.starts_at, one.ends_at)
            if by is not None:
                found.append(Taken(what, one.starts, by, one.whole_day))
        if not found:
            for occupancy, what in ((self._places, where.place), (self._instructors, where.instructor)):
                occupancy.add(fold(what), (one.starts_at, one.ends_at, name))
        return found


def new_session(
    activity: ActivityFacts,
    where: Where,
    wall: datetime,
    one: Span,
    timing: Timing,
    zone: str,
    capacity: int,
    external_id: str | None,
    series_id: int | None = None,
) -> NewSession:
    """A session; one of a series is named after it and the date on which the rule has it."""
    on = wall.date()
    if series_id is not None and external_id:
        external_id = f"{external_id}/{on.isoformat()}"
    return NewSession(
        external_id,
        activity,
        one,
        timing.minutes,
        zone,
        capacity,
        where.place,
        where.instructor,
        series_id,
        on if series_id is not None else None,
    )


def go_on(series: SeriesFacts, horizon: date) -> tuple[int, list[Taken]]:
    """Write a series out up to a day, from where it stands; how many sessions came of it, and what was left out
    because its place or instructor is taken by now. The caller holds the timetable.
    """
    activity = rows.activity_by_id(series.activity_id)
    timing, where = series.timing, Where(series.place, series.instructor)
    last = horizon if series.ends_before is None else min(horizon, _day_before(series.ends_before))
    dates = dates_of(timing, series.zone, last, series.written_until)
    places = Places(activity.partner_id, [where], [one for _, one in dates.made])
    new, taken = [], []
    for wall, one in dates.made:
        if found := places.take(activity.name, where, one):
            taken += found
            continue
        new.append(
            new_session(activity, where, wall, one, timing, series.zone, series.capacity, series.external_id, series.id)
        )
    rows.add_sessions(new)
    rows.save_series(series.id, {"written_until": dates.until})
    return len(new), taken


def _day_before(on: date) -> date:
    return on - timedelta(days=1)
