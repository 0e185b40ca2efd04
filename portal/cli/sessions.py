"""`flask session`: the timetable."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import click

from portal.actions.bookings import sessions, timetable
from portal.actions.bookings.timetable import Added, Shown
from portal.cli.answers import acting, answering, as_json, as_login, figure, show, told
from portal.cli.terminal import echo
from portal.rules.bookings.as_json import local, local_or_day
from portal.rules.bookings.files import USUAL_PLACES, timing_of
from portal.rules.bookings.times import NoTime, read_start
from portal.rules.errors import Invalid
from portal.rules.sentences import Sentence, say

_day = click.DateTime(["%Y-%m-%d"])
_NAMES = {"starts_at": "at"}


@click.group("session")
def session() -> None:
    """Sessions of activities: when, where, and how many places."""


@session.command("add")
@click.argument("activity")
@click.option("--at", required=True, help="Wall time at the place, like 2026-03-02T18:00; a date for a whole day.")
@click.option("--minutes", default="", help="How long by the clock on the wall; a whole day lasts one by itself.")
@click.option("--rule", default="", help="An RFC 5545 rule such as FREQ=WEEKLY;BYDAY=TU,TH;COUNT=10.")
@click.option("--except", "leaving_out", multiple=True, help="A date on which there is none; may be repeated.")
@click.option("--also", "besides", multiple=True, help="A date on which there is one as well; may be repeated.")
@click.option("--capacity", type=click.IntRange(0, 100_000), default=USUAL_PLACES, show_default=True)
@click.option("--zone", default="", help="A time zone such as Europe/Amsterdam; the partner's without it.")
@click.option("--place", default=None, help="Where it is; the activity's place without it.")
@click.option("--instructor", default=None, help="Who leads it; the activity's instructor without it.")
@click.option("--external-id", default="", help="The id; sessions of a series have their date behind it.")
@as_login
@as_json
@answering
def add(activity: str, at: str, minutes: str, rule: str, leaving_out: tuple[str, ...], besides: tuple[str, ...],
        capacity: int, zone: str, place: str | None, instructor: str | None, external_id: str,
        acting_as: str | None, json_wanted: bool) -> None:  # fmt: skip
    """Add a session of ACTIVITY (external or public id), or those that a rule makes."""
    actor, faults = acting(acting_as), dict[str, Sentence]()

    def wrong(column: str, sentence: Sentence) -> None:
        faults.setdefault(_NAMES.get(column, column), sentence)

    timing = timing_of(at, minutes, rule, " ".join(leaving_out), zone, wrong, " ".join(besides))
    if timing is None:
        raise Invalid(faults)
    added = timetable.add_sessions(
        actor, activity, timing, capacity, external_id=external_id, place=place, instructor=instructor
    )
    _answer_added(timetable.show_sessions(actor, added.sessions), added, json_wanted)


def _answer_added(found: list[Shown], added: Added, json_wanted: bool) -> None:
    moved = [_moved(one, added.moved[one.session.public_id]) for one in found if one.session.public_id in added.moved]
    if json_wanted:
        show({"sessions": [as_dict(one) for one in found], "moved": list(map(told, moved))})
        return
    for one in found:
        echo(_as_text(one))
    for sentence in moved:
        echo(told(sentence))


def _moved(one: Shown, asked: str) -> Sentence:
    return say("{asked} does not exist in {zone}: the session begins at {time} instead.",
               asked=asked, zone=one.session.zone, time=f"{one.session.starts_wall:%H:%M}")  # fmt: skip


@session.command("list")
@click.argument("activity")
@click.option("--from", "first", type=_day, default=None, help="From this day on, itself included.")
@click.option("--to", "last", type=_day, default=None, help="Up to this day, itself included.")
@as_login
@as_json
@answering
def list_them(
    activity: str, first: datetime | None, last: datetime | None, acting_as: str | None, json_wanted: bool
) -> None:
    """List the sessions of ACTIVITY, cancelled ones as well."""
    found = timetable.list_sessions(acting(acting_as), activity, _date(first), _date(last))
    if json_wanted:
        show({"sessions": [as_dict(one) for one in found]})
        return
    for one in found:
        echo(_as_text(one))
    if not found:
        echo(f"{activity} has no sessions on these days.")


@session.command("show")
@click.argument("session")
@as_login
@as_json
@answering
def show_one(session: str, acting_as: str | None, json_wanted: bool) -> None:
    """Show SESSION (external or public id) and who is in it."""
    _answer(timetable.show_session(acting(acting_as), session), json_wanted)


@session.command("move")
@click.argument("session")
@click.option("--at", required=True, help="Wall time at the place, like 2026-03-02T18:00.")
@click.option("--minutes", type=click.IntRange(1), default=None, help="How long from now on; as it was without it.")
@as_login
@as_json
@answering
def move(session: str, at: str, minutes: int | None, acting_as: str | None, json_wanted: bool) -> None:
    """Move SESSION to another time, and tell everybody who is in it."""
    actor = acting(acting_as)
    try:
        starts, whole_day = read_start(at)
    except NoTime as fault:
        raise Invalid({"at": fault.sentence}) from None
    public_id = timetable.move_session(actor, session, starts, whole_day=whole_day, minutes=minutes)
    found = timetable.show_session(actor, public_id)
    asked = starts.isoformat(timespec="minutes")
    moved = [] if whole_day or found.session.starts_wall == starts else [_moved(found, asked)]
    _answer(found, json_wanted, moved=moved)


@session.command("cancel")
@click.argument("session")
@click.option("--reason", required=True, help="Why; everybody who is in it or waits reads it.")
@as_login
@as_json
@answering
def cancel(session: str, reason: str, acting_as: str | None, json_wanted: bool) -> None:
    """Cancel SESSION: what was paid is given back, and everybody is told."""
    actor = acting(acting_as)
    off = sessions.cancel_session(actor, session, reason)
    found = timetable.show_session(actor, session)
    if json_wanted:
        told_off = {"booked": list(off.booked), "waiting": list(off.waited)}
        show(as_dict(found) | {"reversed": figure(off.back_minor, off.currency), "told": told_off})
        return
    echo(_as_text(found))
    echo(f"{len(off.booked)} booked and {len(off.waited)} waiting were told; "
         f"{figure(off.back_minor, off.currency)} {off.currency} was taken back.")  # fmt: skip


@session.command("capacity")
@click.argument("session")
@click.argument("places", type=click.IntRange(0, 100_000), metavar="N")
@as_login
@as_json
@answering
def capacity(session: str, places: int, acting_as: str | None, json_wanted: bool) -> None:
    """Give SESSION N places: more go to whoever waits, fewer throw nobody out."""
    actor = acting(acting_as)
    sessions.resize(actor, session, places)
    _answer(timetable.show_session(actor, session), json_wanted)


def _answer(found: Shown, json_wanted: bool, *, moved: list[Sentence] | None = None) -> None:
    if json_wanted:
        show(as_dict(found) | ({} if moved is None else {"moved": list(map(told, moved))}))
        return
    echo(_as_text(found))
    for sentence in moved or ():
        echo(told(sentence))
    for one in found.inside.booked:
        echo(f"  {one.customer} {one.customer_name}: {one.state.value}")
    for place, one in enumerate(found.inside.waiting, start=1):
        echo(f"  {one.customer} {one.customer_name}: waiting, {place}.")


def as_dict(found: Shown) -> dict[str, Any]:
    """A session for programs. A whole day has dates; `ends_at` of one is its last day."""
    one, inside = found.session, found.inside
    last = one.span.ends.date() - timedelta(days=1 if one.whole_day else 0)
    return {
        "external_id": one.external_id,
        "public_id": one.public_id,
        "activity": one.activity,
        "starts_at": local_or_day(one.starts_at, one.zone, one.starts_on, whole_day=one.whole_day),
        "ends_at": local_or_day(one.ends_at, one.zone, last, whole_day=one.whole_day),
        "zone": one.zone,
        "place": one.place,
        "instructor": one.instructor,
        "capacity": one.capacity,
        "free": found.free,
        "booked": [person.customer for person in inside.booked],
        "held": inside.held,
        "waiting": [person.customer for person in inside.waiting],
        "offered": [
            {"customer": person.customer, "until": local(person.offered_until, one.zone)}
            for person in inside.offered
            if person.offered_until is not None
        ],
        "cancel_until": local(one.cancel_by, one.zone),
        "state": found.state,
    }


def _as_text(found: Shown) -> str:
    one = found.session
    begins = local_or_day(one.starts_at, one.zone, one.starts_on, whole_day=one.whole_day)
    parts = [one.reference, one.activity_name, begins, f"{found.free} of {one.capacity} free", found.state]
    return ", ".join([*parts, *([one.place] if one.place else [])])


def _date(at: datetime | None) -> date | None:
    return at.date() if at else None


COMMANDS = (session,)
