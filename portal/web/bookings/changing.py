"""Cancelling a booking and undoing it, taking a place that is held, and no longer waiting (B2, B4)."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from portal.actions.bookings import cancelling, mine, waiting
from portal.rules.errors import Missing, Refused
from portal.rules.money import Money
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say
from portal.web.addresses import address, page
from portal.web.bookings.pages import bp, frame
from portal.web.forms import sent_key
from portal.web.guard import actor, needs, subject
from portal.web.remedies import linked
from portal.web.telling import tell


@page(bp, "/bookings/booked/<public_id:booking>/cancel", methods=("GET", "POST"))
@needs(Permission.BOOKINGS_BOOK)
def cancel(booking: str) -> ResponseReturnValue:
    """What cancelling means: what comes back, or that it is too late for that; and the deed."""
    one = _mine(booking)
    looked = cancelling.look(actor(), booking)
    values: dict[str, Any] = {"one": one, "looked": looked, "reasons": linked(looked.reasons), **frame("")}
    if request.method == "GET":
        return render_template("bookings/cancel.html", **values)
    try:
        done = cancelling.cancel(actor(), booking, late=request.form.get("late") == "yes", once=sent_key())
    except Refused as error:
        values |= {"looked": cancelling.look(actor(), booking), "reasons": linked(error.reasons)}
        return render_template("bookings/cancel.html", **values), 409
    tell(_cancelled(one, done))
    return redirect(address("bookings.listed"), 303)


def _cancelled(one: mine.Mine, done: cancelling.Cancelled) -> Sentence:
    title, name = one.facts.title, one.relative.name
    if done.reversed_minor:
        back = Money(done.reversed_minor, done.currency)
        return say("{session} for {name} is cancelled; {amount} was taken back.", session=title, name=name, amount=back)
    if done.benefit_back:
        return say("{session} for {name} is cancelled, and the visit is back.", session=title, name=name)
    return say("{session} for {name} is cancelled.", session=title, name=name)


@page(bp, "/bookings/booked/<public_id:booking>/undo", methods=("POST",))
@needs(Permission.BOOKINGS_BOOK)
def undo(booking: str) -> ResponseReturnValue:
    """Undo a cancellation."""
    one = _mine(booking)
    try:
        cancelling.undo(actor(), booking, once=sent_key())
    except Refused as error:
        return _refused(one, error)
    tell(say("{session} for {name} is booked again.", session=one.facts.title, name=one.relative.name))
    return redirect(address("bookings.listed"), 303)


@page(bp, "/bookings/booked/<public_id:booking>/accept", methods=("POST",))
@needs(Permission.BOOKINGS_BOOK)
def accept(booking: str) -> ResponseReturnValue:
    """Take a place that is held."""
    one = _mine(booking)
    try:
        waiting.accept(actor(), one.session.public_id, one.relative.public_id, once=sent_key())
    except Refused as error:
        return _refused(one, error)
    tell(say("{session} is booked for {name}.", session=one.facts.title, name=one.relative.name))
    return redirect(address("bookings.listed"), 303)


@page(bp, "/bookings/booked/<public_id:booking>/leave", methods=("POST",))
@needs(Permission.BOOKINGS_BOOK)
def leave(booking: str) -> ResponseReturnValue:
    """Stop waiting, or let a place go that is held."""
    one = _mine(booking)
    try:
        waiting.leave(actor(), one.session.public_id, one.relative.public_id, once=sent_key())
    except Refused as error:
        return _refused(one, error)
    tell(say("{name} does not wait for {session} any more.", session=one.facts.title, name=one.relative.name))
    return redirect(address("bookings.listed"), 303)


@page(bp, "/bookings/reminders", methods=("POST",))
@needs(Permission.BOOKINGS_BOOK)
def reminders() -> ResponseReturnValue:
    """Be reminded the day before, or not."""
    on = request.form.get("on") == "yes"
    mine.switch_reminders(actor(), subject(), on, once=sent_key())
    if on:
        tell(say("A mail comes the day before what is booked for {name}.", name=subject().name))
    else:
        tell(say("No mail comes any more the day before what is booked for {name}.", name=subject().name))
    return redirect(address("bookings.listed"), 303)


def _mine(booking: str) -> mine.Mine:
    one = mine.one_of(actor(), subject(), booking)
    if one is None:
        raise Missing()
    return one


def _refused(one: mine.Mine, error: Refused) -> ResponseReturnValue:
    found = mine.list_bookings(actor(), subject())
    values = {"found": found, "who": "", "reasons": linked(error.reasons), **frame("mine", found.count)}
    return render_template("bookings/mine.html", **values), 409
