"""Changing a series from a date on, or ending it (B8): every session to come, with everybody in it told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from portal.actions.bookings.calling_off import hold_everybody
from portal.actions.bookings.promoting import hold_waiting, promote
from portal.actions.bookings.sessions import call_off, reason_of
from portal.actions.bookings.timetable import passed_reasons, put_at, require_timetable, tell_moved
from portal.actions.bookings.writing_out import Places, Where
from portal.db.audit import records as audit
from portal.db.bookings import sessions as booked
from portal.db.bookings import timetable as rows
from portal.db.bookings.timetable import ActivityFacts, SeriesFacts, SessionFacts
from portal.db.engine import snapshot, writes
from portal.db.tables import Session
from portal.outside import clock
from portal.outside.calendars.recurring import from_then
from portal.rules.bookings.occupancy import Taken, occupied_refusals
from portal.rules.bookings.times import Span, span
from portal.rules.deciding import Actor
from portal.rules.errors import Reason, Refused
from portal.rules.sentences import Remark, say


@dataclass(frozen=True, slots=True)
class Changed:
    """How many sessions were changed, and how many mails went out; the public id of the series that goes on."""

    sessions: int
    told: int
    series: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """How sessions are from a date on: when they begin, for how long, where, with whom, and how many places."""

    at: time
    minutes: int
    capacity: int
    place: str
    instructor: str


@dataclass(frozen=True, slots=True)
class ShownSeries:
    """A series with what it has made from a day on, and for how many people."""

    series: SeriesFacts
    activity: ActivityFacts
    coming: Sequence[SessionFacts]

    @property
    def booked(self) -> int:
        return sum(one.taken for one in self.coming)


@snapshot
def show_series(actor: Actor, series: str, since: date | None = None) -> ShownSeries:
    """A series and its sessions from a day on that have not begun. Raises Missing and NotAllowed."""
    found, activity = _series(actor, series)
    return ShownSeries(found, activity, _coming(found, since or clock.today(found.zone), clock.now()))


@writes(once="series.change", answer=Changed)
def change_series(actor: Actor, series: str, since: date, wanted: Wanted, *, once: str | None = None) -> Changed:
    """Let the sessions of a series be otherwise from a day on; those that were moved by themselves keep their time.

    The dates stay. Everybody in a session that is at another time or place is told; more places go to whoever waits.
    Raises Refused for a time that has passed, and with the dates on which place or instructor are taken, Missing and
    NotAllowed.
    """
    found, activity = _series(actor, series)
    rows.hold_timetable(activity.partner_id)
    found = rows.series_by_id(found.id)
    coming = _some(_coming(found, since, clock.now()), since)
    hold_waiting([one.id for one in coming])
    coming = _still(coming, since)
    where = Where(wanted.place, wanted.instructor)
    _refuse(activity, coming, where, wanted)
    goes_on = _split(found, since, coming, wanted)
    told = 0
    for one in coming:
        told += _change(actor, one, where, wanted, goes_on)
    text = say(
        "{count} session of {activity} changed from {day} on",
        "{count} sessions of {activity} changed from {day} on",
        count=len(coming),
        activity=activity.name,
        day=since,
    )
    audit.record(actor, "session.series", text, activity=activity.public_id, told=told)
    return Changed(len(coming), told, rows.series_by_id(goes_on).public_id)


@writes(once="series.end", answer=Changed)
def end_series(actor: Actor, series: str, since: date, reason: str, *, once: str | None = None) -> Changed:
    """Cancel every session of a series from a day on, and make no more of them (B2). Raises Invalid without a reason,
    Refused where nothing is to come, Missing and NotAllowed.
    """
    why = reason_of(reason)
    found, activity = _series(actor, series)
    rows.hold_timetable(activity.partner_id)
    coming = _some(_coming(found, since, clock.now()), since)
    hold_everybody([one.id for one in coming])
    at, told, coming = clock.now(), 0, _still(coming, since)
    for one in coming:
        off = call_off(actor, one, why, at)
        told += len(off.booked) + len(off.waited)
    rows.save_series(found.id, {"ends_before": since})
    text = say("{activity} ends before {day}: {reason}", activity=activity.name, day=since, reason=Remark(why))
    audit.record(actor, "session.series", text, activity=activity.public_id, told=told)
    return Changed(len(coming), told, found.public_id)


def _series(actor: Actor, series: str) -> tuple[SeriesFacts, ActivityFacts]:
    found = rows.series(series)
    activity = rows.activity_by_id(found.activity_id)
    require_timetable(actor, activity.partner_id)
    return found, activity


def _coming(found: SeriesFacts, since: date, now: datetime) -> list[SessionFacts]:
    return _to_come(rows.of_series(found.id, since), now)


def _to_come(found: Sequence[SessionFacts], now: datetime) -> list[SessionFacts]:
    return [one for one in found if one.takes_place and one.starts_at > now]


def _some(coming: list[SessionFacts], since: date) -> list[SessionFacts]:
    if not coming:
        message = say("No session of this series is still to come from {day} on.", day=since)
        raise Refused([Reason("B8", message, say("Choose an earlier day."))])
    return coming


def _still(coming: Sequence[SessionFacts], since: date) -> list[SessionFacts]:
    """The same sessions, held until the transaction ends, but for those that have begun or were cancelled meanwhile."""
    there = rows.sessions(Session.id.in_([one.id for one in coming]), hold=True)
    return _some(_to_come(there, clock.now()), since)


def _refuse(activity: ActivityFacts, coming: Sequence[SessionFacts], where: Where, wanted: Wanted) -> None:
    """Raises Refused where a session would come to a time that has passed, or place or instructor are taken (B8)."""
    spans, now = [_span(one, wanted) for one in coming], clock.now()
    passed = [reason for one in spans for reason in passed_reasons(one, now)]
    places = Places(activity.partner_id, [where], spans, {one.id for one in coming})
    taken: list[Taken] = []
    for one in spans:
        taken += places.take(activity.name, where, one)
    if reasons := [*passed, *occupied_refusals(taken)]:
        raise Refused(reasons)


def _span(one: SessionFacts, wanted: Wanted) -> Span:
    if one.moved or one.whole_day:
        return one.span
    return span(datetime.combine(one.starts_wall.date(), wanted.at), wanted.minutes, one.zone)


def _split(found: SeriesFacts, since: date, coming: Sequence[SessionFacts], wanted: Wanted) -> int:
    """End the series before the day, and let another go on from the first date after it; its key."""
    first = min(one.series_on for one in coming if one.series_on is not None)
    at, begins = found.starts_wall.time() if found.whole_day else wanted.at, found.starts_wall.date()
    values = {
        "minutes": found.minutes if found.whole_day else wanted.minutes,
        "capacity": wanted.capacity,
        "place": wanted.place,
        "instructor": wanted.instructor,
    }
    if first <= begins:
        rows.save_series(found.id, values | {"starts_wall": datetime.combine(begins, at)})
        return found.id
    rule = found.timing.rule
    assert rule is not None
    # A date besides the rule, or one that was moved, is not what weeks and months are counted from.
    begins, rule = from_then(rule, found.starts_wall, found.zone, first) or (first, rule)
    rows.save_series(found.id, {"ends_before": since, "external_id": None})
    same = ("external_id", "whole_day", "zone", "except_on", "also_on", "written_until", "ends_before")
    return rows.add_series(found.activity_id, {name: getattr(found, name) for name in same} | values | {
        "starts_wall": datetime.combine(begins, at), "rule": rule.text, "follows_id": found.id
    })  # fmt: skip


def _change(actor: Actor, one: SessionFacts, where: Where, wanted: Wanted, series_id: int) -> int:
    to = _span(one, wanted)
    minutes = one.minutes if one.moved or one.whole_day else wanted.minutes
    values = {
        **rows.moved_to(to, minutes, on=False),
        **rows.at_place(where.place, where.instructor),
        "capacity": wanted.capacity,
        "series_id": series_id,
    }
    after = put_at(one, to, values)
    if wanted.capacity > one.capacity:
        promote(actor, booked.by_ids([one.id])[one.id], clock.now())
    return tell_moved(one, after)
