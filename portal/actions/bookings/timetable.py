"""The timetable: adding sessions and series, moving one of them, and looking (B1, B8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from portal.actions import access
from portal.actions.bookings import news
from portal.actions.bookings.writing_out import Places, Where, dates_of, new_session
from portal.db.audit import records as audit
from portal.db.bookings import bookings, people
from portal.db.bookings import timetable as rows
from portal.db.bookings.people import InSession
from portal.db.bookings.timetable import ActivityFacts, SessionFacts
from portal.db.customers import profiles as customers
from portal.db.engine import snapshot, writes
from portal.outside import clock
from portal.rules.bookings.files import MOST_PLACES, Timing
from portal.rules.bookings.occupancy import Taken, occupied_refusals
from portal.rules.bookings.series import horizon
from portal.rules.bookings.times import Span, span
from portal.rules.bookings.words import at
from portal.rules.deciding import Actor
from portal.rules.errors import Conflict, Invalid, Missing, Reason, Refused
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say
from portal.rules.texts import identifier

CHANGED = say("The session has changed since you looked. Look at it again before you go on.")


@dataclass(frozen=True, slots=True)
class Added:
    """Sessions that were added, by their public ids in the order in which they begin.

    `moved` are the times that were asked for and do not exist, as they were asked for, by the session's public id.
    """

    sessions: Sequence[str]
    moved: dict[str, str]
    series: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """A session and who is in it, as of an instant."""

    session: SessionFacts
    inside: InSession
    now: datetime

    @property
    def free(self) -> int:
        return self.inside.free(self.session)

    @property
    def state(self) -> str:
        """open, full, begun, over or cancelled."""
        if not self.session.takes_place:
            return "cancelled"
        if self.session.ends_at <= self.now:
            return "over"
        if self.session.starts_at <= self.now:
            return "begun"
        return "open" if self.free else "full"


@writes(once="session.add", answer=Added)
def add_sessions(
    actor: Actor,
    activity: str,
    timing: Timing,
    capacity: int,
    *,
    external_id: str = "",
    place: str | None = None,
    instructor: str | None = None,
    once: str | None = None,
) -> Added:
    """Add one session of an activity, or the series that the rule of `timing` makes, up to its horizon (B1, B8).

    Place and instructor are the activity's unless they are given. Raises Refused with the dates on which one of them is
    taken, Conflict for an id that is there, Missing and NotAllowed.
    """
    found = managed_activity(actor, activity)
    rows.hold_timetable(found.partner_id)
    where = Where(found.place if place is None else place, found.instructor if instructor is None else instructor)
    added = write_out(found, timing, where, capacity, identifier(external_id))
    text = say("{count} session of {activity} added", "{count} sessions of {activity} added",
               count=len(added.sessions), activity=found.name)  # fmt: skip
    audit.record(actor, "session.add", text, activity=found.public_id, partner=found.partner_name)
    return added


@dataclass(frozen=True, slots=True)
class Foreseen:
    """The sessions that would be made, and why they cannot be; `goes_on`: the schedule makes more of them later."""

    spans: Sequence[Span]
    reasons: Sequence[Reason]
    goes_on: bool


@snapshot
def foresee_sessions(actor: Actor, activity: str, timing: Timing, place: str, instructor: str) -> Foreseen:
    """What adding sessions would make. Raises Missing and NotAllowed."""
    found = managed_activity(actor, activity)
    zone = timing.zone or found.time_zone
    first = horizon(clock.today(zone), timing.starts.date(), timing.rule) if timing.rule else timing.starts.date()
    spans = [one for _, one in dates_of(timing, zone, first).made]
    where = Where(place, instructor)
    places, taken = Places(found.partner_id, [where], spans), []
    for one in spans:
        taken += places.take(found.name, where, one)
    return Foreseen(spans, occupied_refusals(taken), bool(timing.rule and timing.rule.endless))


def write_out(activity: ActivityFacts, timing: Timing, where: Where, capacity: int, external_id: str) -> Added:
    """Add the sessions that a timing makes, within the caller's transaction. Raises Refused and Conflict."""
    zone = timing.zone or activity.time_zone
    first = horizon(clock.today(zone), timing.starts.date(), timing.rule) if timing.rule else timing.starts.date()
    dates = dates_of(timing, zone, first)
    if not dates.made:
        raise Invalid({"rule": say("The rule makes no session: it ends before its first date.")})
    places, taken = Places(activity.partner_id, [where], [one for _, one in dates.made]), []
    for _, one in dates.made:
        taken += places.take(activity.name, where, one)
    if taken:
        raise Refused(occupied_refusals(taken))
    series_id = _add_series(activity, timing, where, zone, capacity, external_id, dates.until) if timing.rule else None
    new = [
        new_session(activity, where, wall, one, timing, zone, capacity, external_id or None, series_id)
        for wall, one in dates.made
    ]
    _refuse_known({one.external_id for one in new if one.external_id})
    keys = rows.add_sessions(new)
    moved = {
        key: wall.isoformat(timespec="minutes") for key, (wall, one) in zip(keys, dates.made, strict=True) if one.moved
    }
    return Added(keys, moved, rows.series_by_id(series_id).public_id if series_id else "")


def _add_series(
    activity: ActivityFacts, timing: Timing, where: Where, zone: str, capacity: int, external_id: str, until: date
) -> int:
    assert timing.rule is not None
    if external_id and rows.series_by_external_ids([external_id]):
        raise Conflict(say("There is a series “{reference}” already.", reference=external_id))
    return rows.add_series(activity.id, series_values(timing, where, zone, capacity, external_id) | {
        "written_until": until
    })  # fmt: skip


def series_values(timing: Timing, where: Where, zone: str, capacity: int, external_id: str) -> dict[str, object]:
    """The columns of a series but for how far it stands as rows."""
    assert timing.rule is not None
    return {
        "external_id": external_id or None,
        "starts_wall": timing.starts,
        "minutes": timing.minutes,
        "whole_day": timing.whole_day,
        "zone": zone,
        "capacity": capacity,
        "rule": timing.rule.text,
        "except_on": " ".join(on.isoformat() for on in timing.leaving_out),
        "also_on": " ".join(on.isoformat() for on in timing.besides),
        "place": where.place,
        "instructor": where.instructor,
    }


def _refuse_known(external_ids: set[str]) -> None:
    if there := rows.taken_ids(external_ids):
        raise Conflict(say("There is a session “{reference}” already.", reference=min(there)))


@writes(once="session.move", answer=str)
def move_session(
    actor: Actor,
    session: str,
    starts: datetime,
    *,
    whole_day: bool = False,
    minutes: int | None = None,
    version: int | None = None,
    once: str | None = None,
) -> str:
    """Move a session to a wall time at its place, and tell everybody who is in it or waits; its public id (B8).

    `version` is the one that was on the screen. Raises Refused for a session that has begun or is cancelled, for a time
    that has passed, and where its place or instructor is taken; Conflict, Missing and NotAllowed.
    """
    found = rows.session(session)
    require_timetable(actor, found.partner_id)
    rows.hold_timetable(found.partner_id)
    found = rows.session(found.public_id, hold=True)
    if version is not None and version != found.version:
        raise Conflict(CHANGED)
    length = found.minutes if minutes is None else minutes
    to = span(starts, length, found.zone, whole_day=whole_day)
    refuse_moving(found, to)
    after = put_at(found, to, rows.moved_to(to, length, on=True))
    told = tell_moved(found, after)
    text = say("{activity} moved from {before} to {after}", activity=found.activity_name,
               before=at(found.starts_wall, whole_day=found.whole_day),
               after=at(after.starts_wall, whole_day=after.whole_day))  # fmt: skip
    audit.record(actor, "session.move", text, session=found.public_id, told=told)
    return found.public_id


def put_at(found: SessionFacts, to: Span, values: dict[str, object]) -> SessionFacts:
    """Let a session that is held be at another time, as a step of a transaction; nobody's offer lasts beyond its
    beginning (B2). The session as it is then.
    """
    rows.change(found.id, values)
    bookings.end_offers_by(found.id, to.starts_at, clock.now())
    return rows.session(found.public_id)


def refuse_moving(found: SessionFacts, to: Span) -> None:
    """Raises Refused with all that is in the way of moving a session."""
    now = clock.now()
    reasons = unchangeable(found, now)
    reasons += passed_reasons(to, now)
    where = Where(found.place, found.instructor)
    taken: list[Taken] = Places(found.partner_id, [where], [to], [found.id]).take(found.activity_name, where, to)
    reasons += occupied_refusals(taken)
    if reasons:
        raise Refused(reasons)


def passed_reasons(to: Span, now: datetime) -> list[Reason]:
    """Why a session cannot be put to a time: it has passed (B8)."""
    if to.starts_at > now:
        return []
    message = say("{when} has passed.", when=at(to.starts, whole_day=to.whole_day))
    return [Reason("B8", message, say("Choose a time that is still to come."))]


def unchangeable(found: SessionFacts, now: datetime) -> list[Reason]:
    """Why a session is as it is for good: it is cancelled, or has begun (B8)."""
    if not found.takes_place:
        message = say("{activity} on {day} is cancelled.", activity=found.activity_name, day=found.starts_on)
        return [Reason("B8", message, say("Add a new session instead."))]
    if found.starts_at <= now:
        message = say("{activity} has begun: {when}.", activity=found.activity_name,
                      when=news.when_of(found, found.zone))  # fmt: skip
        return [Reason("B8", message, say("Only what is still to come can be moved or cancelled."))]
    return []


def tell_moved(before: SessionFacts, after: SessionFacts) -> int:
    """Queue mail to everybody who is in a session or waits for it; how many mails."""
    if (before.starts_at, before.ends_at, before.place) == (after.starts_at, after.ends_at, after.place):
        return 0
    concerned = people.live(after.id, clock.now())
    profiles = customers.by_ids({one.customer_id for one in concerned})
    return sum(news.moved(profiles[one.customer_id], before, after) for one in concerned)


@snapshot
def show_sessions(actor: Actor, public_ids: Sequence[str]) -> list[Shown]:
    """Sessions that the actor just made, with who is in them. Raises Missing."""
    return _shown(rows.by_public_ids(public_ids))


@snapshot
def show_session(actor: Actor, session: str) -> Shown:
    """A session by its external or public id, with who is in it. Raises Missing and NotAllowed."""
    found = rows.session(session)
    require_desk(actor, found.partner_id)
    return _shown([found])[0]


@snapshot
def list_sessions(actor: Actor, activity: str, first: date | None, last: date | None) -> list[Shown]:
    """The sessions of an activity on these days, both included, cancelled ones as well. Raises Missing, NotAllowed."""
    found = rows.activity(activity)
    require_desk(actor, found.partner_id)
    return _shown(rows.of_activity(found.id, first, last))


def _shown(found: Sequence[SessionFacts]) -> list[Shown]:
    now = clock.now()
    inside = people.inside([one.id for one in found], now)
    return [Shown(one, inside[one.id], now) for one in found]


def shown_of(found: Sequence[SessionFacts]) -> list[Shown]:
    """Sessions with who is in them."""
    return _shown(found)


def managed_activity(actor: Actor, activity: str) -> ActivityFacts:
    """An activity whose timetable the actor makes. Raises Missing and NotAllowed."""
    found = rows.activity(activity)
    require_timetable(actor, found.partner_id)
    return found


def require_timetable(actor: Actor, partner_id: int) -> None:
    """Raises NotAllowed, and Missing for another partner's."""
    access.require(actor, Permission.ACTIVITIES_MANAGE)
    _require_partner(actor, partner_id)


def require_desk(actor: Actor, partner_id: int) -> None:
    """Whoever works at the desk or makes the timetable. Raises NotAllowed, and Missing for another partner's."""
    if not actor.has(Permission.ACTIVITIES_MANAGE):
        access.require(actor, Permission.BOOKINGS_DESK)
    _require_partner(actor, partner_id)


def _require_partner(actor: Actor, partner_id: int) -> None:
    if actor.partner_id not in (None, partner_id):
        raise Missing()


def places_fault(capacity: int) -> Sentence:
    """What is said of a number of places that cannot be kept."""
    return say("“{text}” is not a number of places from 0 to {most}.", text=str(capacity), most=MOST_PLACES)
