"""Tickets of a customer: reading them, opening one, answering, and saying that one is solved (M4)."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from portal.actions.tickets import changing, finding, writing
from portal.actions.tickets.finding import Thread
from portal.rules.errors import Invalid, Refused
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.rules.tickets.states import TicketState, number
from portal.web.addresses import address, page
from portal.web.forms import add_errors, sent_key
from portal.web.guard import actor, may, needs, subject
from portal.web.listing import Listing, page_number
from portal.web.places import Place
from portal.web.remedies import linked
from portal.web.serving import downloads
from portal.web.telling import tell
from portal.web.tickets.forms import AnswerForm, OpenForm
from portal.web.tickets.threads import shown

bp = Blueprint("tickets", __name__)

OWN = WHEN_ACTING = Place(say("Tickets"), "tickets", "tickets.index", Permission.TICKETS_VIEW, 62, seen=say("tickets"))


@page(bp, "/tickets")
@needs(Permission.TICKETS_VIEW)
def index() -> ResponseReturnValue:
    """The tickets, what changed last first; all of them, or those that are not solved."""
    every = request.args.get("show") == "all"
    found = finding.of_customer(actor(), subject().public_id, every=every, page=page_number())
    listing = Listing(partial(address, "tickets.index"), {"show": "all" if every else ""})
    return render_template(
        "tickets/index.html",
        found=found,
        every=every,
        number=number,
        **listing.pages(found.page, found.pages),
    )


@page(bp, "/tickets/new", methods=("GET", "POST"))
@needs(Permission.TICKETS_WRITE)
def new() -> ResponseReturnValue:
    """The form of a new ticket, and opening it."""
    form = OpenForm()
    if not form.validate_on_submit():
        return render_template("tickets/new.html", form=form), 200 if request.method == "GET" else 422
    try:
        done = writing.open_ticket(
            actor(), subject().public_id, form.subject.data or "", form.text.data or "", form.brought, once=sent_key()
        )
    except Invalid as error:
        add_errors(form, error)
        return render_template("tickets/new.html", form=form), 422
    except Refused as error:
        return render_template("tickets/new.html", form=form, reasons=linked(error.reasons)), 409
    tell(say("Your ticket is open. The operator answers here, and you get a mail when there is an answer."))
    return redirect(address("tickets.view", ticket=done.ticket), 303)


@page(bp, "/tickets/<public_id:ticket>", methods=("GET", "POST"))
@needs(Permission.TICKETS_VIEW)
def view(ticket: str) -> ResponseReturnValue:
    """A ticket with its thread, and answering in it."""
    thread = finding.look(actor(), ticket, of=subject().public_id)
    if thread.ticket.merged_into is not None:
        return redirect(address("tickets.view", ticket=thread.ticket.merged_into), 303)
    form = AnswerForm()
    if request.method == "GET":
        return _page(thread, form)
    if not form.validate():
        return _page(thread, form, 422)
    try:
        done = writing.answer(
            actor(), ticket, form.text.data or "", form.brought, of=subject().public_id, once=sent_key()
        )
    except Invalid as error:
        add_errors(form, error)
        return _page(thread, form, 422)
    except Refused as error:
        return _page(thread, form, 409, reasons=linked(error.reasons))
    if done.follows:
        tell(say("The old ticket is closed, so your answer began a new one."))
    else:
        tell(say("Your answer is sent."))
    return redirect(address("tickets.view", ticket=done.ticket), 303)


@page(bp, "/tickets/<public_id:ticket>/solved", methods=("POST",))
@needs(Permission.TICKETS_WRITE)
def solved(ticket: str) -> ResponseReturnValue:
    """Say that it is solved."""
    try:
        changing.set_state(actor(), ticket, TicketState.SOLVED, of=subject().public_id, once=sent_key())
    except Refused as error:
        tell(error.reasons[0].message, "warning")
    else:
        tell(say("The ticket is solved. An answer opens it again."))
    return redirect(address("tickets.view", ticket=ticket), 303)


@page(bp, "/tickets/<public_id:ticket>/files/<public_id:attachment>")
@needs(Permission.TICKETS_VIEW)
def file(ticket: str, attachment: str) -> ResponseReturnValue:
    """A file of the thread: shown where a browser may, else downloaded."""
    made = finding.open_file(actor(), ticket, attachment, of=subject().public_id)
    if made.shown_as:
        return downloads.looked_at(made.file, made.filename, made.shown_as, made.size)
    return downloads.stored(made.file, made.filename, made.content_type, made.size)


def _page(thread: Thread, form: AnswerForm, code: int = 200, **values: object) -> ResponseReturnValue:
    found = thread.ticket
    text = render_template(
        "tickets/view.html",
        thread=thread,
        ticket=found,
        number=number(found.id),
        entries=shown(thread, lambda file: address("tickets.file", ticket=found.public_id, attachment=file)),
        form=form,
        may_write=may(Permission.TICKETS_WRITE),
        can_solve=found.state not in (TicketState.SOLVED, TicketState.CLOSED),
        **values,
    )
    return text, code
