"""Orders that wait for staff: accepting, fulfilling and cancelling them (M2)."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions.orders import handling, show
from portal.actions.orders.show import ShownOrder
from portal.rules.errors import Conflict, Refused
from portal.rules.orders import OrderState
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say
from portal.web.forms import sent_key
from portal.web.guard import actor, needs
from portal.web.orders import STATES
from portal.web.places import Place
from portal.web.remedies import linked
from portal.web.telling import tell, tell_done

bp = Blueprint("staff_orders", __name__, url_prefix="/staff/orders")

STAFF = Place(say("Orders"), "orders", "staff_orders.index", Permission.ORDERS_MANAGE, 33)
PAGE = 50


@bp.get("")
@needs(Permission.ORDERS_MANAGE)
def index() -> ResponseReturnValue:
    """Orders to accept and to fulfil, the oldest first; or those in one state."""
    known = {one.value: one for one in OrderState}
    wanted = known.get(request.args.get("state", ""))
    states = [wanted] if wanted else [OrderState.PLACED, OrderState.ACCEPTED]
    number = max(1, int(text)) if (text := request.args.get("page", "1")).isdecimal() and len(text) < 6 else 1
    rows, count = show.queue(actor(), states, page=number, size=PAGE)
    values = {"rows": rows, "count": count, "page": number, "size": PAGE, "state": wanted, "all_states": OrderState}
    return render_template("staff/orders/index.html", **values, states=STATES)


@bp.get("/<public_id:order>")
@needs(Permission.ORDERS_MANAGE)
def view(order: str) -> ResponseReturnValue:
    """One order, and what can be done with it."""
    return render_template("staff/orders/view.html", order=show.one(actor(), order), states=STATES)


@bp.post("/<public_id:order>/accept")
@needs(Permission.ORDERS_MANAGE)
def accept(order: str) -> ResponseReturnValue:
    """Accept it, once."""
    return _done(order, lambda: handling.accept(actor(), order, once=sent_key()), say("The order is accepted."))


@bp.post("/<public_id:order>/fulfil")
@needs(Permission.ORDERS_MANAGE)
def fulfil(order: str) -> ResponseReturnValue:
    """Note that the customer has it, once."""
    return _done(order, lambda: handling.fulfil(actor(), order, once=sent_key()), say("The order is fulfilled."))


@bp.route("/<public_id:order>/cancel", methods=["GET", "POST"])
@needs(Permission.ORDERS_MANAGE)
def cancel(order: str) -> ResponseReturnValue:
    """Cancel it with a reason, after a page that says what that does."""
    if request.method == "POST":
        reason = request.form.get("reason", "")
        text = say("The order is cancelled.")
        return _done(order, lambda: handling.cancel(actor(), order, reason=reason, once=sent_key()), text)
    found, reasons = handling.cancelling(actor(), order)
    values = {"order": found, "reasons": linked(reasons)}
    return render_template("staff/orders/cancel.html", **values), 409 if reasons else 200


def _done(order: str, deed: Callable[[], ShownOrder], text: Sentence) -> ResponseReturnValue:
    try:
        deed()
    except Refused as error:
        tell(error.reasons[0].message, "warning")
    except Conflict as error:
        tell(error.sentence, "warning")
    else:
        tell_done(text)
    return redirect(url_for("staff_orders.view", order=order), 303)
