"""Billing runs: check, issue, send and keep (F5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from jinja2_fragments.flask import render_block
from wtforms import Form

from portal.actions.billing import overview as actions
from portal.actions.billing.overview import RunView
from portal.actions.statements import monthly
from portal.rules.days import NoDay, parse_day
from portal.rules.errors import Conflict, Missing, Refused
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say
from portal.web import jobs as progress
from portal.web.fields import DayField
from portal.web.figures import Shown
from portal.web.forms import sent_key, sent_mark
from portal.web.frame import wants_fragment
from portal.web.guard import actor, needs
from portal.web.jobs import ProgressCard
from portal.web.listing import Listing, page_number
from portal.web.places import Place
from portal.web.staff.profile.head import at

bp = Blueprint("staff_billing", __name__, url_prefix="/staff/billing")

STAFF = Place(say("Billing"), "statements", "staff_billing.index", Permission.FINANCE_POST, 34)


class DayForm(Form):
    """The day of a run."""

    on = DayField(_("Day"), missing=_("Choose the day of the run."), name="on", id="run-on")


@bp.get("")
@needs(Permission.FINANCE_POST)
def index() -> ResponseReturnValue:
    """Earlier runs, and the way to a new one."""
    return _index()


@bp.get("/check")
@needs(Permission.FINANCE_POST)
def check() -> ResponseReturnValue:
    """What a run would do."""
    if "on" not in request.args:
        return _index()
    form = DayForm(request.args)
    if not form.validate() or form.on.data is None:
        return _index(form, code=422)
    return _check(request.args.get("partner", ""), form.on.data)


@bp.post("/start")
@needs(Permission.FINANCE_POST)
def start() -> ResponseReturnValue:
    """Start what was checked, as work in the background."""
    partner = request.form.get("partner", "")[:60]
    try:
        on = parse_day(request.form.get("on", "")[:10])
    except NoDay:
        raise Missing() from None
    try:
        begun = actions.start(actor(), partner, on, mark=sent_mark(), once=sent_key())
    except Refused as refused:
        return _check(partner, on, code=409, conflict=refused.sentence)
    except Conflict:
        conflict = say("Something has changed since you looked. Nothing was issued; this is how it stands now.")
        return _check(partner, on, code=409, conflict=conflict)
    return redirect(url_for("staff_billing.view", run=begun.run), 303)


@bp.get("/<public_id:run>")
@needs(Permission.FINANCE_POST)
def view(run: str) -> ResponseReturnValue:
    """A run: how far it is, then what came of it."""
    return _run(run)


@bp.post("/<public_id:run>/stop")
@needs(Permission.FINANCE_POST)
def stop(run: str) -> ResponseReturnValue:
    """Stop after the payer at hand; what is issued stays."""
    actions.stop(actor(), run)
    return _run(run) if wants_fragment() else redirect(url_for("staff_billing.view", run=run), 303)


def _index(form: DayForm | None = None, *, code: int = 200) -> ResponseReturnValue:
    found = actions.list_runs(actor(), number=page_number())
    form = form or DayForm(data={"on": found.partners[0][1] if found.partners else None})
    values: dict[str, Any] = {
        "found": found,
        "form": form,
        "chosen": request.args.get("partner", ""),
        "troubles": monthly.troubles(actor()),
        "at_monthly": partial(at, "monthly"),
        "first": (found.number - 1) * actions.PAGE_SIZE + 1,
        "last": (found.number - 1) * actions.PAGE_SIZE + len(found.rows),
        **Listing(partial(url_for, "staff_billing.index"), {}).pages(found.number, found.pages),
    }
    return render_template("staff/billing/index.html", **values), code


def _check(partner: str, on: date, *, code: int = 200, conflict: Shown = NOTHING) -> ResponseReturnValue:
    found = actions.check(actor(), partner, on, page=page_number())
    url = partial(url_for, "staff_billing.check", partner=found.partner.public_id, on=on.isoformat())
    values: dict[str, Any] = {
        "found": found,
        "conflict": conflict,
        "button": _button(found.invoices, found.credit_notes),
        "first": (found.page - 1) * actions.PAGE_SIZE + 1,
        "last": (found.page - 1) * actions.PAGE_SIZE + len(found.payers),
        **Listing(url, {}).pages(found.page, found.pages),
    }
    return render_template("staff/billing/check.html", **values), code


def _button(invoices: int, credit_notes: int) -> Sentence:
    if not invoices:
        return say("Issue one credit note", "Issue {count} credit notes", count=credit_notes)
    return say("Issue one invoice", "Issue {count} invoices", count=invoices)


def _run(run: str) -> ResponseReturnValue:
    found = actions.open_run(actor(), run, page=page_number())
    here = url_for("staff_billing.view", run=run)
    own = found.job is not None and found.job.own
    values: dict[str, Any] = {
        "found": found,
        "card": _card(found, here),
        "url": here,
        "stop_url": url_for("staff_billing.stop", run=run) if own and found.going_on else "",
        "first": (found.page - 1) * actions.PAGE_SIZE + 1,
        "last": (found.page - 1) * actions.PAGE_SIZE + len(found.issued),
        **Listing(partial(url_for, "staff_billing.view", run=run), {}).pages(found.page, found.pages),
    }
    if wants_fragment():
        return render_block("staff/billing/run.html", "state", **values)
    return render_template("staff/billing/run.html", **values)


def _card(found: RunView, here: str) -> ProgressCard | None:
    """The bar while the run goes on, and where htmx looks whether it does, the way to what came of it."""
    if found.job is None or not (found.going_on or wants_fragment()):
        return None
    card = progress.card(found.job)
    return card if found.going_on else replace(card, result_url=here, result_label=say("See what was issued"))
