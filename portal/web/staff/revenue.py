"""What partners charge, as charts with their numbers beside them (O10)."""

from __future__ import annotations

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions.books import revenue as actions
from portal.rules.permissions import Permission
from portal.web.figures import month_short
from portal.web.guard import actor, needs
from portal.web.staff.profile.head import at
from portal.web.statements.spending import year_asked

bp = Blueprint("staff_revenue", __name__, url_prefix="/staff/revenue")

PART_OF = "staff_revenue", "staff_ageing"


@bp.get("")
@needs(Permission.CUSTOMERS_FINANCE)
def index() -> ResponseReturnValue:
    """By month, main account and category: of the last twelve months, or of a year."""
    year = year_asked()
    found = actions.look(actor(), request.args.get("partner", "")[:20], year)
    return render_template(
        "staff/revenue/index.html",
        found=found,
        year=year,
        bars=[(month_short(one.key.first), one.length) for one in found.months if one.key],
        url=lambda value: url_for("staff_revenue.index", partner=found.partner, year=value),
        payer_url=lambda payer: at("finance", payer),
    )
