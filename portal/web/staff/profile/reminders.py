"""Whether a customer gets reminders, switched on its Finance tab (F14)."""

from __future__ import annotations

from flask import redirect, request
from flask.typing import ResponseReturnValue

from portal.actions.overdue import reminding
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.web.forms import sent_key
from portal.web.guard import actor, needs, subject
from portal.web.staff.customers import bp
from portal.web.staff.profile.head import at
from portal.web.telling import tell


@bp.post("/<public_id:subject>/finance/reminders")
@needs(Permission.FINANCE_POST)
def reminders() -> ResponseReturnValue:
    """Let the customer get no reminders, or get them again."""
    exempt = request.form.get("exempt") == "on"
    reminding.exempt(actor(), subject().public_id, exempt, once=sent_key())
    name = subject().name
    tell(say("{name} gets no reminders.", name=name) if exempt else say("{name} gets reminders again.", name=name))
    return redirect(at("finance", subject().public_id, _anchor="reminders"), 303)
