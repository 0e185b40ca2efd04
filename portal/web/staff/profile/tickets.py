"""The Tickets tab."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions.tickets import finding, writing
from portal.rules.errors import Invalid, Refused
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.rules.tickets.states import number
from portal.web.forms import add_errors, sent_key
from portal.web.guard import actor, needs, subject
from portal.web.listing import Listing, page_number
from portal.web.places import Remedy, Tab
from portal.web.remedies import linked
from portal.web.staff.customers import bp
from portal.web.staff.profile.head import at, tab
from portal.web.telling import tell
from portal.web.tickets.forms import OpenForm

TAB = Tab(say("Tickets"), "tickets", Permission.TICKETS_ANSWER, 65)
REMEDIES = (Remedy("customer-tickets", "staff_customers.tickets", say("Open its tickets"), Permission.TICKETS_ANSWER),)


@bp.get("/<public_id:subject>/tickets")
@needs(Permission.TICKETS_ANSWER)
def tickets() -> ResponseReturnValue:
    """The customer's tickets, what changed last first."""
    here = subject().public_id
    found = finding.of_customer(actor(), here, page=page_number())
    pages: dict[str, Any] = {**Listing(partial(at, "tickets", here), {}).pages(found.page, found.pages)}
    return tab("tickets", "tickets", found=found, number=number, **pages)


@bp.route("/<public_id:subject>/tickets/new", methods=["GET", "POST"])
@needs(Permission.TICKETS_ANSWER)
def new_ticket() -> ResponseReturnValue:
    """Write to the customer: everybody who signs in for it gets a mail."""
    form = OpenForm()
    if not form.validate_on_submit():
        return tab("tickets", "ticket_new", code=200 if request.method == "GET" else 422, form=form)
    try:
        done = writing.open_ticket(
            actor(), subject().public_id, form.subject.data or "", form.text.data or "", form.brought, once=sent_key()
        )
    except Invalid as error:
        add_errors(form, error)
        return tab("tickets", "ticket_new", code=422, form=form)
    except Refused as error:
        return tab("tickets", "ticket_new", code=409, form=form, reasons=linked(error.reasons))
    tell(say("The ticket is open, and the customer is told."))
    return redirect(url_for("staff_tickets.view", ticket=done.ticket), 303)
