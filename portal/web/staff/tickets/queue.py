"""The queue of tickets, mail from nobody who is known, and canned answers (M4)."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions.tickets import queue
from portal.actions.tickets.queue import Asked
from portal.rules.errors import Invalid
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.rules.tickets.states import Priority, TicketState, number
from portal.web.forms import add_errors, chosen, sent_key
from portal.web.guard import actor, needs
from portal.web.listing import Listing, page_number
from portal.web.places import Place
from portal.web.serving import downloads
from portal.web.telling import tell
from portal.web.tickets.forms import CannedForm

bp = Blueprint("staff_tickets", __name__, url_prefix="/staff/tickets")

STAFF = Place(say("Tickets"), "tickets", "staff_tickets.index", Permission.TICKETS_ANSWER, 32)
MAILS = 50


@bp.get("")
@needs(Permission.TICKETS_ANSWER)
def index() -> ResponseReturnValue:
    """The queue, filtered."""
    args = request.args
    asked = Asked(
        state=args.get("state", "todo"),
        assignee=args.get("with", ""),
        priority=chosen(Priority, "priority"),
        text=args.get("q", ""),
        page=page_number(),
    )
    found = queue.show(actor(), asked)
    filters = {
        "state": "" if asked.state == "todo" else asked.state,
        "with": asked.assignee,
        "priority": args.get("priority", ""),
        "q": asked.text,
    }
    listing = Listing(partial(url_for, "staff_tickets.index"), filters)
    return render_template(
        "staff/tickets/index.html",
        queue=found,
        found=found.found,
        asked=asked,
        number=number,
        state_choices=[(one.value, one.label) for one in TicketState],
        priority_choices=[(one.value, one.label) for one in Priority],
        filtered=listing.filtered,
        **listing.pages(found.found.page, found.found.pages),
    )


@bp.get("/mail")
@needs(Permission.TICKETS_ANSWER)
def mail() -> ResponseReturnValue:
    """Mail that no ticket and no customer was found for."""
    rows, total = queue.unknown_mail(actor(), page_number(), MAILS)
    listing = Listing(partial(url_for, "staff_tickets.mail"), {})
    page = page_number()
    pages = listing.pages(page, max(1, -(-total // MAILS)))
    return render_template("staff/tickets/mail.html", rows=rows, total=total, page=page, size=MAILS, **pages)


@bp.get("/mail/<public_id:letter>")
@needs(Permission.TICKETS_ANSWER)
def mail_file(letter: str) -> ResponseReturnValue:
    """A mail as it came, as a file that is never shown by the browser."""
    made = queue.open_mail(actor(), letter)
    return downloads.stored(made.file, made.filename, made.content_type, made.size)


@bp.post("/mail/<public_id:letter>/aside")
@needs(Permission.TICKETS_ANSWER)
def set_aside(letter: str) -> ResponseReturnValue:
    """Take a mail off the list."""
    queue.set_aside(actor(), letter, once=sent_key())
    tell(say("The mail is set aside."))
    return redirect(url_for("staff_tickets.mail"), 303)


@bp.route("/answers", methods=["GET", "POST"])
@needs(Permission.TICKETS_ANSWER)
def answers() -> ResponseReturnValue:
    """The canned answers, and the form of another one."""
    return _answers(CannedForm(), "")


@bp.route("/answers/<public_id:canned>", methods=["GET", "POST"])
@needs(Permission.TICKETS_ANSWER)
def change_answer(canned: str) -> ResponseReturnValue:
    """The form of one of them."""
    found = queue.find_canned(actor(), canned)
    return _answers(CannedForm(title=found.title, text=found.text), canned)


@bp.post("/answers/<public_id:canned>/retire")
@needs(Permission.TICKETS_ANSWER)
def retire_answer(canned: str) -> ResponseReturnValue:
    """Offer it no more."""
    queue.retire_canned(actor(), canned, once=sent_key())
    tell(say("The canned answer is offered no more."))
    return redirect(url_for("staff_tickets.answers"), 303)


def _answers(form: CannedForm, canned: str) -> ResponseReturnValue:
    if form.validate_on_submit():
        try:
            queue.keep_canned(actor(), form.title.data or "", form.text.data or "", canned, once=sent_key())
        except Invalid as error:
            add_errors(form, error)
        else:
            tell(say("The canned answer is saved."))
            return redirect(url_for("staff_tickets.answers"), 303)
    found = queue.canned_answers(actor())
    text = render_template("staff/tickets/answers.html", found=found, form=form, canned=canned)
    return text, 422 if form.errors else 200
