"""Monthly statements of a customer, from its Finance tab (S8)."""

from __future__ import annotations

from flask import redirect, request
from flask.typing import ResponseReturnValue

from portal.actions.statements import monthly as actions
from portal.rules.permissions import Permission
from portal.web.guard import actor, needs, subject
from portal.web.staff.customers import bp
from portal.web.staff.profile.head import at, tab
from portal.web.statements.monthly import tell_choice


@bp.get("/<public_id:subject>/finance/monthly")
@needs(Permission.CUSTOMERS_FINANCE)
def monthly() -> ResponseReturnValue:
    """Whether the customer gets its statement every month, where it goes, and which were sent."""
    return tab("finance", "monthly", found=actions.look(actor(), subject()))


@bp.post("/<public_id:subject>/finance/monthly")
@needs(Permission.FINANCE_POST)
def choose_monthly() -> ResponseReturnValue:
    """Switch it on or off, because the customer asked for it."""
    tell_choice(request.form.get("monthly") == "on")
    return redirect(at("monthly", subject().public_id), 303)
