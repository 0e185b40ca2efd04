"""One ticket in the back office: its thread, answering, notes, and what becomes of it (M4)."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions.tickets import changing, finding, queue, writing
from portal.actions.tickets.finding import Thread
from portal.rules.errors import Invalid, Refused
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.rules.tickets.states import Priority, TicketState, number
from portal.web.forms import add_errors, chosen, options, sent_key
from portal.web.guard import actor, needs
from portal.web.remedies import linked
from portal.web.serving import downloads
from portal.web.staff.tickets.queue import bp
from portal.web.telling import tell
from portal.web.tickets.forms import AnswerForm, GiveForm, MergeForm
from portal.web.tickets.threads import shown

THEN = {"wait": TicketState.WAITING_FOR_CUSTOMER, "solve": TicketState.SOLVED}


@bp.get("/<public_id:ticket>")
@needs(Permission.TICKETS_ANSWER)
def view(ticket: str) -> ResponseReturnValue:
    """The thread with everything in it."""
    thread = finding.look(actor(), ticket)
    if thread.ticket.merged_into is not None:
        return redirect(url_for("staff_tickets.view", ticket=thread.ticket.merged_into), 303)
    canned = queue.canned_answers(actor(), thread.profile.partner_id)
    begun = next((one.text for one in canned if one.public_id == request.args.get("canned")), "")
    return _page(thread, AnswerForm(text=begun))


@bp.post("/<public_id:ticket>/write")
@needs(Permission.TICKETS_ANSWER)
def write(ticket: str) -> ResponseReturnValue:
    """Answer, or write an internal note."""
    thread, form = finding.look(actor(), ticket), AnswerForm()
    internal = request.form.get("kind") == "note"
    if not form.validate_on_submit():
        return _page(thread, form, 422, internal=internal)
    text, files, then = form.text.data or "", form.brought, THEN.get(request.form.get("then", ""))
    try:
        if internal:
            done = writing.note(actor(), ticket, text, files, once=sent_key())
        else:
            done = writing.answer(actor(), ticket, text, files, then=then, once=sent_key())
    except Invalid as error:
        add_errors(form, error)
        return _page(thread, form, 422, internal=internal)
    except Refused as error:
        return _page(thread, form, 409, internal=internal, reasons=linked(error.reasons))
    if internal:
        tell(say("The note is written. No customer sees it."))
    elif done.follows:
        tell(say("The old ticket is closed, so the answer began a new one."))
    else:
        tell(say("The answer is sent."))
    return redirect(url_for("staff_tickets.view", ticket=done.ticket), 303)


@bp.post("/<public_id:ticket>/state")
@needs(Permission.TICKETS_ANSWER)
def state(ticket: str) -> ResponseReturnValue:
    """Give it a state."""
    finding.look(actor(), ticket)
    wanted = chosen(TicketState, "state") or TicketState.OPEN
    try:
        changing.set_state(actor(), ticket, wanted, once=sent_key())
    except Refused as error:
        tell(error.reasons[0].message, "warning")
    return redirect(url_for("staff_tickets.view", ticket=ticket), 303)


@bp.post("/<public_id:ticket>/give")
@needs(Permission.TICKETS_ANSWER)
def give(ticket: str) -> ResponseReturnValue:
    """Say with whom it is, and how urgent."""
    thread = finding.look(actor(), ticket)
    priority = chosen(Priority, "priority") or thread.ticket.priority
    login = request.form.get("assignee", "")
    login = actor().email if login == "me" else login
    try:
        changing.give(actor(), ticket, login or None, priority, once=sent_key())
    except Invalid as error:
        tell(error.sentence, "warning")
    else:
        tell(say("Saved."))
    return redirect(url_for("staff_tickets.view", ticket=ticket), 303)


@bp.route("/<public_id:ticket>/merge", methods=["GET", "POST"])
@needs(Permission.TICKETS_ANSWER)
def merge(ticket: str) -> ResponseReturnValue:
    """Join it with another one of the same customer, after saying what that means."""
    thread, form = finding.look(actor(), ticket), MergeForm()
    if not form.validate_on_submit():
        return _merge(thread, form, 200 if request.method == "GET" else 422)
    try:
        into = changing.merge(actor(), ticket, form.into.data or "", once=sent_key())
    except Invalid as error:
        add_errors(form, error)
        return _merge(thread, form, 422)
    except Refused as error:
        return _merge(thread, form, 409, reasons=linked(error.reasons))
    tell(say("The tickets are joined. Everything is here."))
    return redirect(url_for("staff_tickets.view", ticket=into), 303)


@bp.get("/<public_id:ticket>/files/<public_id:attachment>")
@needs(Permission.TICKETS_ANSWER)
def file(ticket: str, attachment: str) -> ResponseReturnValue:
    """A file of the thread: shown where a browser may, else downloaded."""
    made = finding.open_file(actor(), ticket, attachment)
    if made.shown_as:
        return downloads.looked_at(made.file, made.filename, made.shown_as, made.size)
    return downloads.stored(made.file, made.filename, made.content_type, made.size)


def _page(
    thread: Thread, form: AnswerForm, code: int = 200, *, internal: bool | None = None, **values: object
) -> ResponseReturnValue:
    found = thread.ticket
    canned = queue.canned_answers(actor(), thread.profile.partner_id)
    give_form = GiveForm(formdata=None, priority=found.priority.value)
    people = changing.answerers(actor(), found.public_id)
    mine = next((email for email, name in people if name == found.assignee_name), "")
    give_form.assignee.choices = options([("", say("Nobody")), *people])
    give_form.assignee.data = mine
    text = render_template(
        "staff/tickets/view.html",
        thread=thread,
        ticket=found,
        customer=thread.profile,
        number=number(found.id),
        entries=shown(thread, lambda one: url_for("staff_tickets.file", ticket=found.public_id, attachment=one)),
        before=finding.of_customer(actor(), thread.profile.public_id),
        canned_choices=[(one.public_id, one.title) for one in canned],
        canned=canned,
        form=form,
        give_form=give_form,
        internal=request.args.get("write") == "note" if internal is None else internal,
        may_solve=found.state not in (TicketState.SOLVED, TicketState.CLOSED),
        **values,
    )
    return text, code


def _merge(thread: Thread, form: MergeForm, code: int, **values: object) -> ResponseReturnValue:
    others = finding.of_customer(actor(), thread.profile.public_id)
    text = render_template(
        "staff/tickets/merge.html",
        ticket=thread.ticket,
        customer=thread.profile,
        number=number,
        others=[one for one in others.rows if one.public_id != thread.ticket.public_id],
        form=form,
        **values,
    )
    return text, code
