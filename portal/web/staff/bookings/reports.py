"""How full sessions are, who did not come, and what they bring in, in the back office (B11, O9)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _
from wtforms import Form

from portal.actions.bookings import reports
from portal.actions.bookings.reports import ActivityFigures, Report
from portal.outside import clock
from portal.outside.sheets.tables import Cell, Column
from portal.rules.money import Money
from portal.rules.periods import Period, month_with
from portal.rules.permissions import Permission
from portal.web.fields import DayField
from portal.web.figures import time_zone
from portal.web.guard import actor, needs
from portal.web.listing import Listing, exported

bp = Blueprint("staff_booking_report", __name__, url_prefix="/staff/reports/bookings")

PART_OF = "staff_booking_report", "staff_bookings"
COUNTS = ("sessions", "places", "taken", "fill_rate", "attended", "missed", "no_show_rate", "visits")


class DaysFilter(Form):
    """The first and the last day of the sessions that are counted."""

    since = DayField(_("From"), id="f-since")
    until = DayField(_("To"), id="f-until")


@dataclass(frozen=True, slots=True)
class Line:
    """An activity in the table, with its rates in whole per cent; None where there is nothing to divide by."""

    row: ActivityFigures
    fill: int | None
    no_shows: int | None


@bp.get("")
@needs(Permission.ACTIVITIES_MANAGE)
def index() -> ResponseReturnValue:
    """Each activity in this month, or in other days."""
    form = DaysFilter(request.args)
    found, valid = _found(form)
    filters = {name: request.args.get(name, "")[:40] for name in ("since", "until")}
    listing = Listing(lambda **values: url_for("staff_booking_report.index", **values), filters)
    return render_template(
        "staff/bookings/report.html",
        form=form,
        found=found,
        lines=[line(one) for one in found.rows],
        totals=_totals(found),
        exports=listing.exports(lambda **values: url_for("staff_booking_report.export", **values)),
    ), 200 if valid else 422


@bp.get("/export.<form>")
@needs(Permission.ACTIVITIES_MANAGE)
def export(form: str) -> ResponseReturnValue:
    """The same as a file; amounts only for whoever may see them (S9)."""
    found, _valid = _found(DaysFilter(request.args))
    names = ("from", "to", "partner", "activity", *COUNTS, *(("currency", "revenue") if found.revenue else ()))
    return exported(form, "bookings", [Column(name) for name in names], (_cells(found, one) for one in found.rows))


def line(row: ActivityFigures) -> Line:
    """An activity with its rates."""
    return Line(row, _percent(row.taken, row.places), _percent(row.missed, row.attended + row.missed))


def _percent(part: int, whole: int) -> int | None:
    return round(100 * part / whole) if whole else None


def _found(form: DaysFilter) -> tuple[Report, bool]:
    """The days of the address, else this month; and whether they could be read."""
    month = month_with(clock.today(time_zone()))
    valid = bool(form.validate())
    first: date = form.since.data if valid and form.since.data else month.first
    last: date = form.until.data if valid and form.until.data else max(month.last, first)
    if not form.since.raw_data:
        form.since.data, form.until.data = first, last
    return reports.by_activity(actor(), Period(first, max(first, last))), valid


def _totals(found: Report) -> dict[str, int]:
    """What was charged altogether, by currency."""
    sums: dict[str, int] = {}
    for one in found.rows:
        sums[one.currency] = sums.get(one.currency, 0) + one.revenue_minor
    return sums


def _cells(found: Report, row: ActivityFigures) -> Sequence[Cell]:
    rates = line(row)
    counts = (row.sessions, row.places, row.taken, rates.fill, row.attended, row.missed, rates.no_shows, row.visits)
    money = (row.currency, Money(row.revenue_minor, row.currency)) if found.revenue else ()
    return (found.days.first, found.days.last, row.partner, row.activity, *counts, *money)
