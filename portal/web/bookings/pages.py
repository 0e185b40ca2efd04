"""Finding something to book, one session with its dates, and what one and one's family have booked (B1 to B4)."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from portal.actions.bookings import baskets, finding, mine
from portal.actions.bookings.finding import Found, Looked, Wanted
from portal.outside import clock
from portal.rules.bookings.leads import read_lead
from portal.rules.errors import Invalid, Refused
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say
from portal.web.addresses import address, page
from portal.web.bookings.forms import FindForm
from portal.web.figures import text
from portal.web.forms import sent_key
from portal.web.guard import actor, may, needs, subject
from portal.web.places import Place
from portal.web.remedies import linked
from portal.web.telling import tell

bp = Blueprint("bookings", __name__)

OWN = WHEN_ACTING = Place(
    say("Bookings"), "bookings", "bookings.index", Permission.BOOKINGS_VIEW, 25, seen=say("bookings")
)


@page(bp, "/bookings")
@needs(Permission.BOOKINGS_VIEW)
def index() -> ResponseReturnValue:
    """What can be booked, by day, place, words and who fits; above it what waits and what comes next."""
    form = FindForm(request.args)
    valid = form.validate()
    wanted = Wanted(
        (form.q.data or "").strip()[:100],
        (form.place.data or "")[:200],
        form.day.data if valid else None,
        tuple(request.args.getlist("who")[:20]),
    )
    found = finding.find(actor(), subject(), wanted)
    own = mine.list_bookings(actor(), subject())
    values = {
        "found": found,
        "form": form,
        "own": own,
        "place_choices": [("", text(say("Everywhere"))), *((name, name) for name in found.places)],
        "later_url": _later(found),
        **frame("find", len(own.booked)),
    }
    return render_template("bookings/index.html", **values), 200 if valid else 422


@page(bp, "/bookings/mine")
@needs(Permission.BOOKINGS_VIEW)
def listed() -> ResponseReturnValue:
    """What is booked for oneself and the family: what waits first, then what comes, or what is over."""
    who, past = request.args.get("who", "")[:40], request.args.get("past") == "1"
    found = mine.list_bookings(actor(), subject(), who=who, past=past)
    values = {"found": found, "who": who, **frame("mine", None if past else found.count)}
    return render_template("bookings/mine.html", **values)


@page(bp, "/bookings/<public_id:session>", methods=("GET", "POST"))
@needs(Permission.BOOKINGS_VIEW)
def session(session: str) -> ResponseReturnValue:
    """One session and the other dates of its activity: for whom it is, what it costs them; into the basket."""
    looked = finding.look(actor(), subject(), session)
    if request.method == "GET":
        return _session(looked)
    people, dates = request.form.getlist("people")[:40], request.form.getlist("sessions")[:40]
    try:
        done = baskets.add(actor(), tuple(dates), tuple(people), once=sent_key())
    except Invalid as error:
        return _session(looked, 422, wrong=[one for several in error.fields.values() for one in several])
    except Refused as error:
        return _session(looked, 409, reasons=linked(error.reasons))
    if not done.added:
        tell(say("That is in your basket already."), "info")
    return redirect(address("bookings.basket"), 303)


def _session(looked: Looked, code: int = 200, **more: Any) -> ResponseReturnValue:
    values = {
        "looked": looked,
        "cancelling": cancelling(looked.session.cancel_until),
        "window": booking_window(looked),
        "chosen_people": set(request.form.getlist("people")) or chosen(looked),
        "chosen_dates": set(request.form.getlist("sessions")) or {looked.session.public_id},
        **frame(""),
        **more,
    }
    return render_template("bookings/session.html", **values), code


# What templates say -----------------------------------------------------------------------------------------------


def frame(current: str, count: int | None = None) -> dict[str, object]:
    """What stands around each of these pages: the tabs, and how much is in the basket."""
    tabs = [
        {"label": say("Find"), "url": address("bookings.index"), "current": current == "find"},
        {"label": say("My bookings"), "url": address("bookings.listed"), "current": current == "mine", "count": count},
        {"label": say("Calendar"), "url": address("calendar.index"), "current": current == "calendar"},
    ]
    in_basket = baskets.count(actor()) if may(Permission.BOOKINGS_BOOK) else 0
    return {"tabs": tabs, "in_basket": in_basket, "home_zone": subject().time_zone, "now": clock.now()}


def chosen(looked: Looked) -> set[str]:
    """Whom a page offers at first: the only one whom it fits."""
    fit = [one.relative.public_id for one in looked.this.people if one.can]
    return set(fit) if len(fit) == 1 else set()


def cancelling(lead: str) -> Sentence:
    """Until when it can be cancelled free of charge, in words."""
    if read_lead(lead) is None:
        return say("Free of charge until it begins")
    return say("Free of charge up to {lead} before, later it is charged", lead=in_words(lead))


def booking_window(looked: Looked) -> Sentence:
    """From when until when it can be booked, in words."""
    from_, until = looked.session.book_from, looked.session.book_until
    begins = say("From {lead} before", lead=in_words(from_)) if read_lead(from_) else NOTHING
    ends = say("until {lead} before", lead=in_words(until)) if read_lead(until) else say("until it begins")
    return say("{begins} {ends}", begins=begins, ends=ends) if begins else say("At any time {ends}", ends=ends)


def in_words(text: str) -> Sentence:
    """A length of time: "2 days"."""
    lead = read_lead(text)
    if lead is None:
        return NOTHING
    return {
        "minute": say("{count} minute", "{count} minutes", count=lead.count),
        "hour": say("{count} hour", "{count} hours", count=lead.count),
        "day": say("{count} day", "{count} days", count=lead.count),
        "week": say("{count} week", "{count} weeks", count=lead.count),
    }[lead.unit.value]


def _later(found: Found) -> str:
    if found.later is None:
        return ""
    given = {"q": found.wanted.text, "place": found.wanted.place, "who": list(found.wanted.people)}
    return address("bookings.index", day=found.later.isoformat(), **{key: one for key, one in given.items() if one})
