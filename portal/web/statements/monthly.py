"""Statements by email every month: whether somebody gets them, and what was sent (S8)."""

from __future__ import annotations

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from portal.actions.statements import monthly as actions
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.web.addresses import address, page
from portal.web.forms import sent_key
from portal.web.guard import actor, needs, subject
from portal.web.statements.pages import bp
from portal.web.telling import tell


@page(bp, "/statements/monthly")
@needs(Permission.STATEMENTS_SEND)
def monthly() -> ResponseReturnValue:
    """Whether the statement comes every month, to whom, and which came."""
    return render_template("statements/monthly.html", found=actions.look(actor(), subject()))


@page(bp, "/statements/monthly", methods=("POST",))
@needs(Permission.STATEMENTS_SEND)
def choose_monthly() -> ResponseReturnValue:
    """Switch it on or off."""
    tell_choice(request.form.get("monthly") == "on")
    return redirect(address("statements.monthly"), 303)


def tell_choice(value: bool) -> None:
    """Do what was chosen for the customer of this page, and say so above the next one."""
    actions.choose(actor(), subject().public_id, value, once=sent_key())
    tell(
        say("From now on a statement comes by email after the end of each month.")
        if value
        else say("No statement comes by itself any more.")
    )
