"""The Finance tab: balances, and the statement with everything that can be done with it."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from jinja2_fragments.flask import render_block

from portal.actions import entries, outbox, profiles, statement_files, statement_mail, statements
from portal.actions.statement_mail import Letter
from portal.actions.statement_names import Format
from portal.actions.statement_work import Outcome, longest_at_once
from portal.actions.statements import StatementRequest
from portal.rules.errors import Invalid, Missing
from portal.rules.permissions import Permission
from portal.web import downloads
from portal.web.context import wants_fragment
from portal.web.guard import actor, needs, subject
from portal.web.staff.customers import bp
from portal.web.staff.profile import at, frame, tab
from portal.web.statement_page import Places, look, read_request

FILTERS = ("account", "from", "to", "type", "payer")
PLACEHOLDER = "0" * 20


@bp.get("/<public_id:subject>/finance")
@needs(Permission.CUSTOMERS_FINANCE)
def finance() -> ResponseReturnValue:
    """Balances as of today, and the statement that the filters ask for (S1 to S4)."""
    shown = look(actor(), subject(), request.args, _places())
    values = {"s": shown, "form": shown.form, "in_place": wants_fragment()}
    if wants_fragment():
        return render_block("staff/customers/finance.html", "statement", **frame("finance"), **values), shown.status
    return tab("finance", "finance", code=shown.status, balances=profiles.balances(actor(), subject()), **values)


def _places() -> Places:
    return Places(
        build=lambda endpoint, **values: at(endpoint, subject().public_id, **values),
        view="finance",
        download="",
        files="",
        save="",
        send="",
        entry="",
        accounts="",
        everything=True,
    )


_later = (redirect, render_template, url_for, entries, outbox, statement_files, statement_mail, statements, Letter)
_more = (Format, Outcome, longest_at_once, StatementRequest, Invalid, Missing, downloads, read_request)
