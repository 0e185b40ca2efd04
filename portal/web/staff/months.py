"""Months that are closed: seeing up to where, and closing one with a last look (F8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions.books import periods
from portal.actions.books.periods import Closed
from portal.rules.days import NoDay, parse_day
from portal.rules.errors import Conflict, Missing, Refused
from portal.rules.periods import Period, month_with
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say
from portal.web.forms import sent_key, sent_mark
from portal.web.guard import actor, needs
from portal.web.remedies import linked
from portal.web.telling import tell

bp = Blueprint("staff_months", __name__, url_prefix="/staff/months")

PART_OF = "staff_months", "staff_billing"
SHOWN = 12
"""So many earlier closings are listed for a partner."""


@dataclass(frozen=True, slots=True)
class PartnerRow:
    """A partner: up to where its months are closed, what can be closed now, and who closed what."""

    closed: Closed
    choices: list[tuple[str, Sentence]]
    history: list[tuple[Sentence, datetime, str]]


@bp.get("")
@needs(Permission.CUSTOMERS_FINANCE)
def index() -> ResponseReturnValue:
    """Up to where the months of each partner are closed."""
    rows = [_row(one) for one in periods.show(actor()).partners]
    return render_template("staff/months/index.html", rows=rows)


def _row(one: Closed) -> PartnerRow:
    history = periods.history(actor(), one.public_id)[:SHOWN]
    return PartnerRow(
        one,
        [(month.first.isoformat()[:7], _named(month)) for month in one.over],
        [(_named(month_with(day)), at, who) for day, at, who in history],
    )


def _named(month: Period) -> Sentence:
    return say("{month}", month=month)


@bp.get("/check")
@needs(Permission.FINANCE_POST)
def check() -> ResponseReturnValue:
    """What closing a month means, before it is done (UX9)."""
    if "month" not in request.args:
        return index()
    return _check(request.args.get("partner", "")[:60], _month(request.args.get("month", "")))


@bp.post("/close")
@needs(Permission.FINANCE_POST)
def close() -> ResponseReturnValue:
    """Close it."""
    partner, month = request.form.get("partner", "")[:60], _month(request.form.get("month", ""))
    try:
        done = periods.close(actor(), month, partner=partner, mark=sent_mark(), once=sent_key())
    except (Refused, Conflict) as error:
        return _check(partner, month, conflict=error.sentence if isinstance(error, Conflict) else NOTHING)
    tell(say("{month} of {partner} is closed.", month=month_with(month), partner=done.partners[0].partner))
    return redirect(url_for("staff_months.index"), 303)


def _month(text: str) -> date:
    """The month that was chosen, such as 2026-03."""
    try:
        return parse_day(f"{text[:7]}-01")
    except NoDay:
        raise Missing() from None


def _check(partner: str, month: date, *, conflict: Sentence = NOTHING) -> ResponseReturnValue:
    found = periods.foresee(actor(), month, partner)
    body = render_template(
        "staff/months/check.html",
        found=found,
        conflict=conflict,
        reasons=linked(found.reasons),
        month=_named(found.month),
        button=say("Close {month}", month=found.month),
        fields={"mark": found.mark, "partner": found.public_id, "month": found.month.first.isoformat()[:7]},
    )
    return body, 409 if conflict or found.reasons else 200
