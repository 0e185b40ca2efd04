"""Importing sessions: single ones, and series that are written out as far as they are known (B8)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from portal.actions.bookings.timetable import series_values
from portal.actions.bookings.writing_out import Dates, Places, Where, dates_of, new_session
from portal.actions.imports.reading import Importer, Work
from portal.db.bookings import timetable as rows
from portal.db.bookings.timetable import ActivityFacts, NewSession, SeriesFacts, SessionFacts
from portal.outside import clock
from portal.rules.bookings.files import SessionRow, session_row
from portal.rules.bookings.occupancy import Taken, occupied_refusals
from portal.rules.bookings.series import horizon
from portal.rules.bookings.times import Span, moment
from portal.rules.imports import FileKind
from portal.rules.permissions import Permission
from portal.rules.sentences import say

CHUNK = 1_000


def take(work: Work) -> None:
    """Carry out an import of sessions."""
    taking = _Taking(work)
    for some in work.chunks(session_row, CHUNK):
        taking.take(some)


@dataclass(frozen=True, slots=True)
class _New:
    """A row that is not there yet, with the dates that it makes."""

    line: int
    row: SessionRow
    activity: ActivityFacts
    zone: str
    dates: Dates

    @property
    def where(self) -> Where:
        return Where(self.activity.place, self.activity.instructor)


class _Taking:
    def __init__(self, work: Work) -> None:
        self._work = work
        self._held: set[int] = set()

    def take(self, some: list[tuple[int, SessionRow]]) -> None:
        activities = rows.activities_by_external_ids({row.activity for _, row in some})
        ids = {row.external_id for _, row in some}
        known: dict[str, SessionFacts | SeriesFacts] = {**rows.taken_ids(ids), **rows.series_by_external_ids(ids)}
        new: list[_New] = []
        for line, row in some:
            activity = activities.get(row.activity)
            if activity is None or not self._work.may_touch(activity.partner_id):
                text = say("There is no activity “{activity}”.", activity=row.activity)
                self._work.wrong(line, "activity", text)
            elif not self._work.stands_twice(line, row.external_id, row):
                if row.external_id in known:
                    self._known(line, row, activity, known[row.external_id])
                else:
                    new += self._dates(line, row, activity)
        self._write(new)

    def _dates(self, line: int, row: SessionRow, activity: ActivityFacts) -> Iterator[_New]:
        zone = row.timing.zone or activity.time_zone
        first = row.timing.starts.date()
        last = horizon(clock.today(zone), first, row.timing.rule) if row.timing.rule else first
        dates = dates_of(row.timing, zone, last)
        if dates.made:
            yield _New(line, row, activity, zone, dates)
        else:
            self._work.wrong(line, "rule", say("The rule makes no session: it ends before its first date."))

    def _write(self, new: list[_New]) -> None:
        for partner_id in sorted({one.activity.partner_id for one in new}):
            ours = [one for one in new if one.activity.partner_id == partner_id]
            if partner_id not in self._held:
                rows.hold_timetable(partner_id)
                self._held.add(partner_id)
            spans = [made for one in ours for _, made in one.dates.made]
            places = Places(partner_id, [one.where for one in ours], spans)
            rows.add_sessions([made for one in ours for made in self._sessions(one, places)])
        self._work.created += len(new)

    def _sessions(self, one: _New, places: Places) -> Iterator[NewSession]:
        taken: list[Taken] = []
        for _, made in one.dates.made:
            taken += places.take(one.activity.name, one.where, made)
        if taken:
            self._work.refused(one.line, "starts_at", occupied_refusals(taken))
            return
        timing, capacity, series_id = one.row.timing, one.row.capacity, None
        if timing.rule:
            values = series_values(timing, one.where, one.zone, capacity, one.row.external_id)
            series_id = rows.add_series(one.activity.id, values | {"written_until": one.dates.until})
        for wall, made in one.dates.made:
            self._tell_moved(one, wall, made)
            yield new_session(
                one.activity, one.where, wall, made, timing, one.zone, capacity, one.row.external_id, series_id
            )

    def _tell_moved(self, one: _New, wall: datetime, made: Span) -> None:
        if made.moved:
            text = say(
                "{asked} does not exist in {zone}: it is {time} instead",
                asked=wall.isoformat(timespec="minutes"),
                zone=one.zone,
                time=f"{made.starts:%H:%M}",
            )
            self._work.tell(one.line, text)

    def _known(self, line: int, row: SessionRow, activity: ActivityFacts, there: SessionFacts | SeriesFacts) -> None:
        """One that is there: nothing to do when the file says the same. What differs is moved by hand, and told."""
        timing, zone = row.timing, row.timing.zone or activity.time_zone
        rule = there.rule if isinstance(there, SeriesFacts) else ""
        starts = timing.starts if rule else moment(timing.starts, zone).wall
        compared = {
            "activity": activity.id == there.activity_id,
            "starts_at": starts == there.starts_wall or getattr(there, "moved", False),
            "minutes": timing.minutes == there.minutes or getattr(there, "moved", False),
            "capacity": row.capacity == there.capacity,
            "rule": (timing.rule.text if timing.rule else "") == rule,
            "except": not isinstance(there, SeriesFacts) or there.timing.leaving_out == timing.leaving_out,
            "zone": zone == there.zone,
        }
        differing = [column for column, same in compared.items() if not same]
        if not differing:
            self._work.skipped += 1
            return
        columns = ", ".join(differing)
        text = say("“{id}” is there already with another {columns}.", id=row.external_id, columns=columns)
        self._work.wrong(line, differing[0], text)


IMPORT = Importer(FileKind.SESSIONS, Permission.ACTIVITIES_MANAGE, take)
