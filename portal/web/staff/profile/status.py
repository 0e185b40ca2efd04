"""Changing the own status of a customer."""

from __future__ import annotations

from flask import redirect, request
from flask.typing import ResponseReturnValue

from portal.actions.customers import status as customer_status
from portal.actions.customers.profile import Head
from portal.rules.customers.status import Status
from portal.rules.errors import Conflict, Invalid, Refused
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say
from portal.web.forms import chosen, sent_key, sent_mark
from portal.web.guard import actor, may, needs, subject
from portal.web.places import Remedy
from portal.web.remedies import linked
from portal.web.staff.customers import bp
from portal.web.staff.profile.head import Menu, MenuItem, at, tab
from portal.web.telling import tell

REMEDIES = (Remedy("customer-status", "staff_customers.status", say("Change its status"), Permission.CUSTOMERS_STATUS),)


def _menu(head: Head) -> list[MenuItem]:
    if not may(Permission.CUSTOMERS_STATUS):
        return []
    return [MenuItem(say("Change status"), "switch", at("status", head.profile.public_id))]


MENU = Menu(3, 40, _menu)


@bp.route("/<public_id:subject>/status", methods=["GET", "POST"])
@needs(Permission.CUSTOMERS_STATUS)
def status() -> ResponseReturnValue:
    """Choose another status, see who will follow (O6), and confirm."""
    to = chosen(Status, "to")
    if request.method == "GET":
        return _choose_status() if to is None or to is subject().own_status else _check_status(to)
    if to is None or not sent_mark():
        return _check_status(to, code=422) if to else _choose_status(code=422)
    try:
        reason = request.form.get("reason", "")
        customer_status.change(actor(), subject().public_id, to, reason=reason, mark=sent_mark(), once=sent_key())
    except Invalid as error:
        return _check_status(to, code=422, conflict=error.sentence)
    except Conflict as error:
        return _check_status(to, code=409, conflict=error.sentence)
    except Refused:
        return _check_status(to, code=409)
    tell(say("{name} is {status} now.", name=subject().name, status=to.label))
    return redirect(at("summary", subject().public_id), 303)


def _choose_status(*, code: int = 200) -> ResponseReturnValue:
    options = [(status.value, status.label, customer_status.MEANINGS[status]) for status in Status]
    reason = customer_status.last_reason(actor(), subject())
    return tab("details", "status", code=code, preview=None, options=options, reason=reason)


def _check_status(to: Status, *, code: int = 200, conflict: Sentence = NOTHING) -> ResponseReturnValue:
    preview = customer_status.preview(actor(), subject().public_id, to)
    changes = [(change.what, change.before, change.after) for change in preview.changes]
    values = {"changes": changes, "conflict": conflict, "reasons": linked(preview.reasons)}
    return tab("details", "status", code=code, preview=preview, **values)
