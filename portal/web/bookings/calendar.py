"""The family's calendar, by week and as a list, and the address that phones subscribe to (B3)."""

from __future__ import annotations

import time
from collections import OrderedDict
from datetime import date, timedelta

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions.bookings import calendars
from portal.actions.bookings.calendars import Family
from portal.rules.days import NoDay, parse_day
from portal.rules.errors import Missing, TooMany
from portal.rules.permissions import Permission
from portal.web.addresses import address, page
from portal.web.bookings.pages import frame
from portal.web.bookings.weeks import by_day, week_of
from portal.web.forms import sent_key
from portal.web.guard import actor, needs, public, subject

bp = Blueprint("calendar", __name__)

PART_OF = "calendar", "bookings"

WEEK, LIST = 7, 28
"""So many days are on a page."""

BURST, REFILL_SECONDS = 30, 60
"""A calendar is fetched so often at once, and once more each so many seconds."""

_MOST_REMEMBERED = 10_000
_left: OrderedDict[str, tuple[float, float]] = OrderedDict()


@page(bp, "/calendar")
@needs(Permission.BOOKINGS_VIEW)
def index() -> ResponseReturnValue:
    """A week of everybody one looks after, or a list from a day on; `view`, `from` and `who` are in the address."""
    as_list = request.args.get("view") == "list"
    first = _day(request.args.get("from", ""))
    about = subject()
    who = request.args.get("who", "")[:20]
    if as_list and first is None:
        first = calendars.today_of(about)
    found = calendars.family_days(actor(), about, first, LIST if as_list else WEEK, who)
    around = {**frame("calendar"), **_around(found, as_list)}
    values = {"found": found, "as_list": as_list, "who": who, "about": about, **around}
    if as_list:
        return render_template("calendar/list.html", days=by_day(found), **values)
    return render_template("calendar/week.html", week=week_of(found), **values)


@page(bp, "/calendar/bookings/<public_id:booking>.ics")
@needs(Permission.BOOKINGS_VIEW)
def one(booking: str) -> ResponseReturnValue:
    """One booking, for the calendar of a phone."""
    return _calendar(calendars.one_file(actor(), subject(), booking), "attachment")


@bp.get("/calendar/subscribe")
@needs(Permission.BOOKINGS_VIEW)
def subscribe() -> ResponseReturnValue:
    """How a phone gets the calendar: its secret address, once it was asked for."""
    return render_template("calendar/subscribe.html", url=calendars.known_address(actor()))


@bp.post("/calendar/address")
@needs(Permission.BOOKINGS_VIEW)
def make_address() -> ResponseReturnValue:
    """Make the address with the first request, and another one with each that says so."""
    if request.form.get("renew"):
        calendars.renew_address(actor(), once=sent_key())
    else:
        calendars.own_address(actor())
    return redirect(url_for("calendar.subscribe"), 303)


@bp.get("/calendar/<token>.ics")
@public
def feed(token: str) -> ResponseReturnValue:
    """The calendar behind a secret address. Raises Missing and TooMany."""
    if len(token) > 100:
        raise Missing()
    found = calendars.feed(token)
    _count(token)
    return _calendar(found.content, "inline")


def _calendar(content: bytes, how: str) -> Response:
    answer = Response(content, content_type="text/calendar; charset=utf-8")
    answer.headers["Content-Disposition"] = f'{how}; filename="calendar.ics"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def _count(token: str) -> None:
    """Raises TooMany for an address that is fetched all the time. Each process counts for itself."""
    now = time.monotonic()
    left, at = _left.pop(token, (float(BURST), now))
    left = min(float(BURST), left + (now - at) / REFILL_SECONDS)
    _left[token] = (left - 1 if left >= 1 else left), now
    while len(_left) > _MOST_REMEMBERED:
        _left.popitem(last=False)
    if left < 1:
        raise TooMany(REFILL_SECONDS)


def _day(text: str) -> date | None:
    """The day of an address; None where there is none. What is no day leads to today."""
    try:
        return parse_day(text) if text else None
    except NoDay:
        return None


def _around(found: Family, as_list: bool) -> dict[str, object]:
    """The addresses around the days that are shown, all for the same person and view."""
    step = timedelta(days=LIST if as_list else WEEK)
    view = {"view": "list"} if as_list else {}
    who = {"who": found.chosen.public_id} if found.chosen else {}
    from_here = {} if found.first <= found.today <= found.last else {"from": found.first.isoformat()}

    def at(on: date) -> str:
        return address("calendar.index", **view, **who, **{"from": on.isoformat()})

    return {
        "before_url": at(found.first - step),
        "after_url": at(found.first + step),
        "today_url": address("calendar.index", **view, **who),
        "week_url": address("calendar.index", **who, **from_here),
        "list_url": address("calendar.index", view="list", **who, **from_here),
        "everybody_url": address("calendar.index", **view, **from_here),
        "who_urls": {
            one.public_id: address("calendar.index", who=one.public_id, **view, **from_here) for one in found.owners
        },
    }
