"""The audit log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from jinja2_fragments.flask import render_block
from wtforms import Form

from portal.actions import audit as audit_log
from portal.actions.audit import AuditLine, WantedLog
from portal.actions.customers.profile import FIELD_LABELS
from portal.actions.notices import config as notices
from portal.actions.partners import config, features
from portal.outside.sheets.tables import Cell, Column
from portal.rules.deeds import DEEDS
from portal.rules.errors import Invalid
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say, verbatim
from portal.web.fields import DayField
from portal.web.figures import Shown, now_here, text, time_zone
from portal.web.forms import add_errors
from portal.web.frame import wants_fragment
from portal.web.guard import actor, needs
from portal.web.listing import Listing, exported, whole
from portal.web.places import Place

bp = Blueprint("staff_audit", __name__, url_prefix="/staff/audit")

STAFF = Place(say("Audit log"), "audit", "staff_audit.index", Permission.AUDIT_VIEW, 50)

FIELDS: Mapping[str, Shown] = {
    **notices.FIELD_NAMES,
    **config.FIELD_NAMES,
    **features.FIELD_NAMES,
    **FIELD_LABELS,
    "role": say("Role"),
    "state": say("State"),
    "label": say("Label"),
    "until": say("Until"),
    "rights": say("Rights"),
}
"""What fields are called where the log shows their old and new values."""

THROUGH = {
    "self": say("for itself"),
    "main account": say("as main account"),
    "staff": say("as staff"),
    "system": say("by itself"),
}


class Change(NamedTuple):
    """A field that was changed, with what stood in it before and after, "" for nothing."""

    field: Shown
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class LogRow:
    """A line of the log as pages show it. `changes` are old and new values. `url` leads to the customer, "" where it
    concerned none; `each_url` to the deeds that it tells of together, "" for one deed.
    """

    at: datetime
    text: Sentence
    actor: str
    through: Shown
    customer: str
    url: str
    changes: Sequence[Change] = ()
    each_url: str = ""


class LogFilter(Form):
    """The days between which the log is read."""

    first = DayField(_("From"), name="from", id="f-from")
    last = DayField(_("To"), name="to", id="f-to")


COLUMNS = (
    Column("when", 20), Column("what", 60), Column("changes", 60), Column("customer", 32), Column("who", 32),
    Column("through", 16),
)  # fmt: skip
"""What an export of the log holds; other systems rely on the headings."""

FILTERS = ("actor", "customer", "action", "from", "to", "batch")
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
    wrong = [*form.form_errors, *(said for field in form for said in field.errors)]
    values = {
        "form": form,
        "rows": rows_of(page.lines) if page else [],
        "older_url": _link(before=page.older) if page and page.older else "",
        "newest_url": _link(before="") if args.get("before") else "",
        "filtered": any(args.get(name) for name in FILTERS),
        "exports": Listing(partial(url_for, "staff_audit.index"), _kept()).exports(
            partial(url_for, "staff_audit.export")
        ),
        "kinds": _kinds(args.get("action", "")),
        "wrong": wrong,
        "has_errors": bool(wrong),
    }
    status = 422 if wrong else 200
    if wants_fragment():
        return render_block("staff/audit/index.html", "results", **values), status
    return render_template("staff/audit/index.html", **values), status


@bp.get("/export.<form>")
@needs(Permission.AUDIT_VIEW)
def export(form: str) -> ResponseReturnValue:
    """The lines that the log is narrowed to, as a file (O9). Raises Invalid for days that are none."""
    days = LogFilter(request.args)
    if not days.validate():
        raise Invalid({field.name: [verbatim(one) for one in field.errors] for field in days if field.errors})
    rows = rows_of(whole(partial(audit_log.export, actor(), _wanted(days))))
    return exported(form, "audit-log", COLUMNS, map(_cells, rows))


def _cells(row: LogRow) -> tuple[Cell, ...]:
    changes = "; ".join(f"{_said(one.field)}: {one.before or '-'} → {one.after or '-'}" for one in row.changes)
    return now_here(row.at), text(row.text), changes, row.customer, row.actor, _said(row.through)


def _said(shown: Shown) -> str:
    return shown if isinstance(shown, str) else text(shown)


def _kinds(chosen: str) -> list[tuple[str, str]]:
    """What the log can be narrowed to: all deeds of a noun, and each of them; and the one in the address (O8)."""
    kinds = [("", text(say("Anything")))]
    for noun in DEEDS:
        kinds.append((noun.begins, text(noun.label)))
        if len(noun.deeds) > 1:
            kinds += [(action, f"\u2003{text(label)}") for action, label in noun.deeds.items()]
    return kinds if chosen in dict(kinds) else [*kinds, (chosen, chosen[:60])]


def _wanted(form: LogFilter) -> WantedLog:
    args = request.args
    return WantedLog(
        actor=args.get("actor", ""),
        customer=args.get("customer", ""),
        action=args.get("action", ""),
        first=form.first.data,
        last=form.last.data,
        before=args.get("before", ""),
        batch=args.get("batch", ""),
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
            _changes(line.details.get("fields")),
            url_for("staff_audit.index", batch=line.public_id) if line.many else "",
        )
        for line in lines
    ]


def _changes(fields: object) -> list[Change]:
    """Old and new values of what was changed, in the order in which they were stored."""
    if not isinstance(fields, Mapping):
        return []
    pairs = ((name, pair) for name, pair in fields.items() if isinstance(pair, list) and len(pair) == 2)
    return [Change(FIELDS.get(name, name.replace("_", " ")), *map(_value, pair)) for name, pair in pairs]


def _value(stored: object) -> str:
    """A value as the log keeps it, in words."""
    if isinstance(stored, bool):
        return text(say("yes")) if stored else text(say("no"))
    return "" if stored is None else str(stored)


def _kept() -> dict[str, str]:
    return {name: request.args[name] for name in FILTERS if name in request.args}


def _link(**changes: str) -> str:
    kept: dict[str, Any] = _kept()
    return url_for("staff_audit.index", **{name: value for name, value in {**kept, **changes}.items() if value})
