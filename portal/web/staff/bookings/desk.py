"""The day of the desk: all sessions, the roster of one, and booking for whoever stands there (B11)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import groupby
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions.bookings import attending, cancelling, desk
from portal.actions.bookings.desk import Day, Roster
from portal.actions.bookings.timetable import Shown
from portal.actions.customers import search as customer_search
from portal.actions.customers.search import Wanted
from portal.outside.sheets.tables import Column
from portal.rules.bookings.states import BookingState
from portal.rules.days import NoDay, parse_day
from portal.rules.errors import Invalid, Missing, Refused
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say
from portal.web.forms import sent_key
from portal.web.guard import actor, needs, subject
from portal.web.listing import exported
from portal.web.places import Place
from portal.web.remedies import linked
from portal.web.telling import tell

bp = Blueprint("staff_bookings", __name__, url_prefix="/staff/bookings")

STAFF = Place(say("Bookings"), "bookings", "staff_bookings.index", Permission.BOOKINGS_DESK, 31)

MOST_COLUMNS = 6
"""So many places stand beside one another; a day with more of them is a list."""

QUARTER, FIRST_HOUR, LAST_HOUR = 15, 8, 18
MATCHES = 8
COLUMNS = tuple(Column(name) for name in ("session", "starts_at", "name", "number", "age", "phone", "state", "plan"))
"""What a file of a roster holds; other systems rely on the headings."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A session in the column of its place: from which quarter of an hour on, and how many of them."""

    shown: Shown
    at: int
    length: int


@bp.get("")
@needs(Permission.BOOKINGS_DESK)
def index() -> ResponseReturnValue:
    """All sessions of a day, by place or as a list; `on`, `branch` and `view` are in the address."""
    try:
        on = parse_day(request.args["on"]) if request.args.get("on") else None
    except NoDay:
        on = None
    found = desk.day(actor(), on, request.args.get("branch", "")[:20])
    view = request.args.get("view", "")
    columns, first, hours = _columns(found, by_instructor=view == "instructor")
    crowded = len(columns) > MOST_COLUMNS
    as_list = view == "list" or crowded
    shown = "list" if as_list else view if view == "instructor" else ""
    return render_template(
        "staff/bookings/day.html",
        found=found,
        columns=columns,
        first_hour=first,
        hours=hours,
        as_list=as_list,
        shown=shown,
        **_addresses(found, shown),
    )


@bp.get("/sessions/<public_id:session>")
@needs(Permission.BOOKINGS_DESK)
def roster(session: str) -> ResponseReturnValue:
    """Who is in a session; with `q` those who could be added to it, with `export` a file."""
    form = request.args.get("export", "")
    if form:
        return _file(form, desk.open_roster(actor(), session))
    return _roster(session)


@bp.post("/sessions/<public_id:session>/note")
@needs(Permission.BOOKINGS_DESK)
def note(session: str) -> ResponseReturnValue:
    """Check somebody in, note that they did not come, or take that back."""
    state = {"here": BookingState.ATTENDED, "missed": BookingState.MISSED, "undo": BookingState.BOOKED}.get(
        request.form.get("what", "")
    )
    if state is None:
        raise Missing()
    try:
        done = attending.note(actor(), request.form.get("booking", "")[:20], state, once=sent_key())
    except Refused as error:
        return _roster(session, code=409, reasons=linked(error.reasons))
    words = {
        BookingState.ATTENDED: say("{name} is here.", name=done.name),
        BookingState.MISSED: say("{name} did not come.", name=done.name),
        BookingState.BOOKED: say("{name} is expected again.", name=done.name),
    }
    tell(words[state])
    return redirect(_to(session), 303)


@bp.post("/sessions/<public_id:session>/everybody")
@needs(Permission.BOOKINGS_DESK)
def everybody(session: str) -> ResponseReturnValue:
    """Check in all who are expected still."""
    found = desk.open_roster(actor(), session)
    expected = [one for one in found.coming if one.state is BookingState.BOOKED]
    for one in expected:
        attending.note(actor(), one.booking, BookingState.ATTENDED)
    tell(say("{count} person checked in.", "{count} people checked in.", count=len(expected)))
    return redirect(_to(session), 303)


@bp.post("/sessions/<public_id:session>/walk-in")
@needs(Permission.BOOKINGS_DESK)
def walk_in(session: str) -> ResponseReturnValue:
    """Add somebody who came without a booking."""
    try:
        name = desk.walk_in(actor(), session, request.form.get("customer", "")[:20], once=sent_key())
    except Refused as error:
        return _roster(session, code=409, reasons=linked(error.reasons))
    tell(say("{name} was added, and is here.", name=name))
    return redirect(_to(session), 303)


@bp.get("/bookings/<public_id:booking>/cancel")
@needs(Permission.BOOKINGS_DESK)
def cancel_booking(booking: str) -> ResponseReturnValue:
    """What cancelling somebody's booking would do."""
    return _cancelling(booking)


@bp.post("/bookings/<public_id:booking>/cancel")
@needs(Permission.BOOKINGS_DESK)
def do_cancel_booking(booking: str) -> ResponseReturnValue:
    """Cancel it, with a reason."""
    reason = request.form.get("reason", "").strip()
    if not reason:
        return _cancelling(booking, 422, fault=say("Say why, for whoever reads it later."))
    look = cancelling.look(actor(), booking)
    try:
        cancelling.cancel(actor(), booking, late=look.late, reason=reason, once=sent_key())
    except Refused as error:
        return _cancelling(booking, 409, reasons=linked(error.reasons))
    tell(say("The booking of {name} was cancelled.", name=look.subject.name))
    return redirect(_to(look.session.public_id), 303)


@bp.get("/bookings/<public_id:booking>/move")
@needs(Permission.BOOKINGS_DESK)
def move_booking(booking: str) -> ResponseReturnValue:
    """The other dates that somebody's booking could go to."""
    return _moving(booking)


@bp.post("/bookings/<public_id:booking>/move")
@needs(Permission.BOOKINGS_DESK)
def do_move_booking(booking: str) -> ResponseReturnValue:
    """Move it, with a reason."""
    reason, to = request.form.get("reason", "").strip(), request.form.get("session", "")[:20]
    if not reason:
        return _moving(booking, 422, fault=say("Say why, for whoever reads it later."))
    try:
        name = desk.move_booking(actor(), booking, to, reason, once=sent_key())
    except Refused as error:
        return _moving(booking, 409, reasons=linked(error.reasons))
    tell(say("The booking of {name} was moved.", name=name))
    return redirect(_to(to), 303)


@bp.get("/for/<public_id:subject>")
@needs(Permission.BOOKINGS_DESK)
def customer() -> ResponseReturnValue:
    """What a customer has booked, and what they could book in the next days."""
    return _customer()


@bp.post("/for/<public_id:subject>")
@needs(Permission.BOOKINGS_DESK)
def book_for() -> ResponseReturnValue:
    """Book one of these sessions for them."""
    wished, reason = request.form.get("wait", "")[:20], request.form.get("reason", "")
    session, wait = wished or request.form.get("session", "")[:20], bool(wished)
    try:
        state = desk.book_for(actor(), subject(), session, reason, wait=wait, once=sent_key())
    except Refused as error:
        return _customer(409, linked(error.reasons))
    name = subject().name
    tell(
        say("{name} is on the waiting list.", name=name) if state == "waiting" else say("{name} is booked.", name=name)
    )
    return redirect(url_for("staff_bookings.customer", subject=subject().public_id), 303)


def _to(session: str) -> str:
    return url_for("staff_bookings.roster", session=session)


def _roster(session: str, *, code: int = 200, reasons: object = ()) -> ResponseReturnValue:
    text = request.args.get("q", "").strip()
    found = desk.open_roster(actor(), session)
    matches, wrong = [], NOTHING
    if text:
        try:
            matches = list(customer_search.search(actor(), Wanted(text=text, size=MATCHES)).rows)
        except Invalid as error:
            wrong = error.sentence
    inside = {one.customer for one in (*found.coming, *found.waiting)}
    values: dict[str, Any] = {
        "found": found,
        "text": text,
        "matches": [one for one in matches if one.public_id not in inside],
        "wrong": wrong,
        "reasons": reasons,
        "in_minutes": _in_minutes(found.shown),
    }
    return render_template("staff/bookings/roster.html", **values), code


def _in_minutes(shown: Shown) -> int:
    """In how many minutes it begins; below zero once it has."""
    return int((shown.session.starts_at - shown.now).total_seconds() // 60)


def _cancelling(
    booking: str, code: int = 200, *, fault: Sentence = NOTHING, reasons: object = ()
) -> ResponseReturnValue:
    look = cancelling.look(actor(), booking)
    values = {"look": look, "fault": fault, "reasons": reasons or linked(look.reasons)}
    return render_template("staff/bookings/cancel_booking.html", **values), code


def _moving(booking: str, code: int = 200, *, fault: Sentence = NOTHING, reasons: object = ()) -> ResponseReturnValue:
    values = {"found": desk.moving(actor(), booking), "fault": fault, "reasons": reasons}
    return render_template("staff/bookings/move_booking.html", **values), code


def _customer(code: int = 200, reasons: object = ()) -> ResponseReturnValue:
    profile = subject()
    found = desk.offered(actor(), profile)
    have = {one.session.id for one in found.entries}
    open_ones = [one for one in found.sessions if one.session.id not in have]
    days = [(on, list(some)) for on, some in groupby(open_ones, key=lambda one: one.session.starts_on)]
    values = {"found": found, "profile": profile, "days": days, "reasons": reasons}
    return render_template("staff/bookings/customer.html", **values), code


def _file(form: str, found: Roster) -> Response:
    one = found.shown.session
    starts = one.starts.isoformat(timespec="minutes")
    rows = [
        (one.reference, starts, guest.name, guest.number or "", guest.age_on(one.starts_on), guest.phone,
         guest.state.value, guest.plan or "")
        for guest in (*found.coming, *found.waiting)
    ]  # fmt: skip
    return exported(form, f"roster-{one.starts_on.isoformat()}", COLUMNS, rows)


def _addresses(found: Day, shown: str) -> dict[str, Any]:
    view: dict[str, Any] = {"view": shown} if shown else {}

    def at(days: int) -> str:
        on = found.on + timedelta(days=days)
        return url_for("staff_bookings.index", on=on.isoformat(), branch=found.branch, **view)

    here: dict[str, Any] = {"on": found.on.isoformat(), "branch": found.branch}
    return {
        "before_url": at(-1),
        "after_url": at(1),
        "today_url": url_for("staff_bookings.index", branch=found.branch, **view),
        "places_url": url_for("staff_bookings.index", **here),
        "instructors_url": url_for("staff_bookings.index", view="instructor", **here),
        "list_url": url_for("staff_bookings.index", view="list", **here),
    }


def _columns(found: Day, *, by_instructor: bool) -> tuple[list[tuple[str, list[Placed]]], int, int]:
    """The places, or whoever leads them, with their sessions; the first hour of the grid, and how many hours it has."""
    timed = [one for one in found.sessions if not one.session.whole_day]
    first = min([FIRST_HOUR, *(one.session.starts_wall.hour for one in timed)])
    midnight = datetime.combine(found.on + timedelta(days=1), time())
    ends = [min(one.session.span.ends, midnight) for one in timed]
    last = max([LAST_HOUR, *(24 if end == midnight else end.hour + bool(end.minute) for end in ends)])
    places: dict[str, list[Placed]] = {}
    for one, end in zip(timed, ends, strict=True):
        starts = one.session.span.starts
        at = ((starts.hour - first) * 60 + starts.minute) // QUARTER
        length = max(3, int((end - starts).total_seconds()) // 60 // QUARTER)
        whose = one.session.instructor if by_instructor else one.session.place
        places.setdefault(whose, []).append(Placed(one, at, length))
    return sorted(places.items()), first, last - first
