"""Orders of a customer: the catalogue, the basket with its check page, and what becomes of what was ordered (M2)."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from portal.actions.orders import handling, placing, show
from portal.rules.errors import Conflict, Refused
from portal.rules.orders import ItemKind, OrderState
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say
from portal.web.addresses import address, page
from portal.web.customers.status import StatusView
from portal.web.forms import sent_key, sent_mark, sent_number
from portal.web.guard import actor, may, needs, subject
from portal.web.places import Place
from portal.web.remedies import linked
from portal.web.telling import tell, tell_done

bp = Blueprint("orders", __name__)

OWN = WHEN_ACTING = Place(say("Orders"), "orders", "orders.index", Permission.ORDERS_VIEW, 55, seen=say("orders"))

STATES = {
    OrderState.PLACED: StatusView(say("Placed"), "note"),
    OrderState.ACCEPTED: StatusView(say("Accepted"), "good"),
    OrderState.FULFILLED: StatusView(say("Fulfilled"), "good"),
    OrderState.CANCELLED: StatusView(say("Cancelled"), ""),
}


@page(bp, "/orders")
@needs(Permission.ORDERS_VIEW)
def index() -> ResponseReturnValue:
    """What was ordered, and the catalogue to order from."""
    about = subject()
    return render_template(
        "orders/index.html",
        about=about,
        orders=show.of_customer(actor(), about),
        items=show.offers(actor(), about),
        basket=placing.basket(actor(), about) if may(Permission.ORDERS_PLACE, about) else None,
        states=STATES,
        service=ItemKind.SERVICE,
    )


@page(bp, "/orders/<public_id:order>")
@needs(Permission.ORDERS_VIEW)
def view(order: str) -> ResponseReturnValue:
    """One order and how far it is."""
    return render_template("orders/view.html", about=subject(), order=_found(order), states=STATES)


@page(bp, "/orders/basket", methods=("GET", "POST"))
@needs(Permission.ORDERS_PLACE)
def basket() -> ResponseReturnValue:
    """What is in the basket, at the prices of now; and placing it, at the prices that were shown (UX8)."""
    about = subject()
    if request.method == "GET":
        return _basket()
    try:
        done = placing.place_basket(actor(), about, mark=sent_mark(), once=sent_key())
    except Refused as error:
        return _basket(refused=error, code=409)
    except Conflict as error:
        return _basket(conflict=error.sentence, code=409)
    tell_done(say("The order for {name} is placed.", name=about.name))
    return redirect(address("orders.view", order=done.public_id), 303)


@page(bp, "/orders/basket/items/<public_id:article>", methods=("POST",))
@needs(Permission.ORDERS_PLACE)
def put(article: str) -> ResponseReturnValue:
    """Have so many of an item in the basket, none for 0; from the catalogue one more."""
    more = request.form.get("more") == "yes"
    try:
        placing.put(actor(), subject(), article, 1 if more else sent_number("number"), more=more)
    except Refused as error:
        tell(error.reasons[0].message, "warning")
    return redirect(address("orders.basket"), 303)


@page(bp, "/orders/<public_id:order>/cancel", methods=("GET", "POST"))
@needs(Permission.ORDERS_PLACE)
def cancel(order: str) -> ResponseReturnValue:
    """Cancel an order that is not accepted yet, after a page that says what that does (UX9)."""
    found = _found(order)
    if request.method == "POST":
        try:
            handling.cancel(actor(), found.public_id, once=sent_key())
        except (Refused, Conflict) as error:
            tell(error.sentence if isinstance(error, Conflict) else error.reasons[0].message, "warning")
        else:
            tell_done(say("The order is cancelled."))
        return redirect(address("orders.view", order=order), 303)
    _shown, reasons = handling.cancelling(actor(), found.public_id)
    values = {"about": subject(), "order": found, "reasons": linked(reasons)}
    return render_template("orders/cancel.html", **values), 409 if reasons else 200


def _found(order: str) -> show.ShownOrder:
    return show.of(actor(), subject(), order)


def _basket(refused: Refused | None = None, conflict: Sentence = NOTHING, code: int = 200) -> ResponseReturnValue:
    about = subject()
    found = placing.basket(actor(), about)
    reasons = refused.reasons if refused is not None else found.reasons
    values = {"about": about, "basket": found, "reasons": linked(reasons), "conflict": conflict}
    return render_template("orders/basket.html", **values, service=ItemKind.SERVICE), code
