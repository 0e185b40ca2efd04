"""The audit log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from jinja2_fragments.flask import render_block
from wtforms import Form

from portal.actions import audit as audit_log
from portal.actions.audit import AuditLine, WantedLog
from portal.rules.errors import Invalid
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say
from portal.web.fields import DayField
from portal.web.figures import Shown, time_zone
from portal.web.forms import add_errors
from portal.web.frame import wants_fragment
from portal.web.guard import actor, needs
from portal.web.places import Place

bp = Blueprint("staff_audit", __name__, url_prefix="/staff/audit")

STAFF = Place(say("Audit log"), "audit", "staff_audit.index", Permission.AUDIT_VIEW, 50)

KINDS: Sequence[tuple[str, Sentence]] = (
    ("", say("Anything")),
    ("sub_accounts.", say("Sub-accounts and links")),
    ("customer.", say("Customers’ details and status")),
    ("login.", say("Logins and invitations")),
    ("statement.", say("Statements")),
    ("ledger.", say("Entries on the books")),
    ("period.", say("Closed months")),
    ("finance.", say("Looks at finances")),
    ("portal.", say("Portal config")),
    ("administrator.", say("Administrators")),
    ("role.", say("Roles")),
    ("partner.", say("Partners")),
    ("outbox.", say("Outbox")),
)
"""What the log can be narrowed to, by how the names of actions begin."""

THROUGH = {
    "self": say("for itself"),
    "main account": say("as main account"),
    "staff": say("as staff"),
    "system": say("by itself"),
}


@dataclass(frozen=True, slots=True)
class LogRow:
    """A line of the log as pages show it. `url` leads to the customer, "" where it concerned none."""

    at: datetime
    text: Sentence
    actor: str
    through: Shown
    customer: str
    url: str


class LogFilter(Form):
    """The days between which the log is read."""

    first = DayField(_("From"), name="from", id="f-from")
    last = DayField(_("To"), name="to", id="f-to")


FILTERS = ("actor", "customer", "action", "from", "to")
"""What an address of the log may hold, besides where it begins (SEC7)."""


@bp.get("")
@needs(Permission.AUDIT_VIEW)
def index() -> ResponseReturnValue:
    """Who did what, newest first."""
    args, form = request.args, LogFilter(request.args)
    page = None
    try:
        if form.validate():
            page = audit_log.read(actor(), _wanted(form))
    except Invalid as error:
        add_errors(form, error, **{"from": "first", "to": "last"})
    wrong = [*form.form_errors, *(text for field in form for text in field.errors)]
    values = {
        "form": form,
        "rows": rows_of(page.lines) if page else [],
        "older_url": _link(before=page.older) if page and page.older else "",
        "newest_url": _link(before="") if args.get("before") else "",
        "filtered": any(args.get(name) for name in FILTERS),
        "kinds": KINDS,
        "wrong": wrong,
        "has_errors": bool(wrong),
    }
    status = 422 if wrong else 200
    if wants_fragment():
        return render_block("staff/audit/index.html", "results", **values), status
    return render_template("staff/audit/index.html", **values), status


def _wanted(form: LogFilter) -> WantedLog:
    args = request.args
    return WantedLog(
        actor=args.get("actor", ""),
        customer=args.get("customer", ""),
        action=args.get("action", ""),
        first=form.first.data,
        last=form.last.data,
        before=args.get("before", ""),
        time_zone=time_zone(),
    )


def rows_of(lines: Iterable[AuditLine]) -> list[LogRow]:
    """Lines of the log with the addresses of their customers."""
    return [
        LogRow(
            line.at,
            line.text,
            line.actor,
            THROUGH.get(line.grant, line.grant),
            line.customer_name,
            url_for("staff_customers.summary", subject=line.customer_public_id) if line.customer_public_id else "",
        )
        for line in lines
    ]


def _link(**changes: str) -> str:
    kept: dict[str, Any] = {name: request.args[name] for name in FILTERS if name in request.args}
    return url_for("staff_audit.index", **{name: value for name, value in {**kept, **changes}.items() if value})
