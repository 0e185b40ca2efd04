"""The first page of the back office."""

from __future__ import annotations

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.actions.staff import home as dashboard
from portal.rules.customers.status import Status
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.web.customers.status import TONES
from portal.web.guard import actor, needs
from portal.web.places import Place
from portal.web.staff.audit import rows_of

bp = Blueprint("staff", __name__, url_prefix="/staff")

STAFF = Place(say("Home"), "home", "staff.home", Permission.STAFF_HOME, 10)


@bp.get("")
@needs(Permission.STAFF_HOME)
def home() -> ResponseReturnValue:
    """Customers in figures, the mail, and what happened to links lately."""
    found = dashboard.dashboard(actor())
    return render_template(
        "staff/home.html",
        found=found,
        statuses=[
            (status.label, TONES[status], count, url_for("staff_customers.search", status=status.value))
            for status, count in ((status, found.statuses[status]) for status in Status)
        ],
        links=rows_of(found.links) if found.links is not None else None,
    )
