"""The memberships of a customer: what they hold, what can be bought, and what becomes of it (B5, B9, B10)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from portal.actions.memberships import offers, show
from portal.rules.bookings.states import BookingState
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.web.addresses import address, page
from portal.web.deeds import DeedPage, answered
from portal.web.guard import actor, needs, subject
from portal.web.memberships import deeds
from portal.web.places import Place

bp = Blueprint("memberships", __name__)

OWN = WHEN_ACTING = Place(
    say("Memberships"), "memberships", "memberships.index", Permission.MEMBERSHIPS_VIEW, 47, seen=say("memberships")
)
WORDS = {
    BookingState.BOOKED: say("Booked"),
    BookingState.ATTENDED: say("Was there"),
    BookingState.MISSED: say("Did not come"),
    BookingState.CANCELLED: say("Cancelled"),
}


@page(bp, "/memberships")
@needs(Permission.MEMBERSHIPS_VIEW)
def index() -> ResponseReturnValue:
    """What the customer holds, and what can be bought."""
    found = show.of_customer(actor(), subject())
    return render_template(
        "memberships/index.html",
        about=subject(),
        found=found,
        offers=offers.for_customer(actor(), subject()),
    )


@page(bp, "/memberships/<public_id:membership>")
@needs(Permission.MEMBERSHIPS_VIEW)
def view(membership: str) -> ResponseReturnValue:
    """One of them: what is left, when it renews, and what can be done with it."""
    values = {"m": deeds.found(membership), "about": subject(), "words": WORDS, "at": _to}
    return render_template("memberships/view.html", **values, invoice_url=_invoice)


@page(bp, "/memberships/buy/<public_id:plan>", methods=("GET", "POST"))
@needs(Permission.MEMBERSHIPS_BUY)
def buy(plan: str) -> ResponseReturnValue:
    """Buy a plan for the customer: from when, and who pays, with the price, before it is confirmed."""
    return _page(deeds.buy(subject(), plan, _to))


@page(bp, "/memberships/<public_id:membership>/renew", methods=("GET", "POST"))
@needs(Permission.MEMBERSHIPS_BUY)
def renew(membership: str) -> ResponseReturnValue:
    """Renew it by hand."""
    return _page(deeds.renew(deeds.found(membership), _to))


@page(bp, "/memberships/<public_id:membership>/end", methods=("GET", "POST"))
@needs(Permission.MEMBERSHIPS_BUY)
def end(membership: str) -> ResponseReturnValue:
    """End it with what is granted: until then everything works."""
    return _page(deeds.end(deeds.found(membership), _to))


@page(bp, "/memberships/<public_id:membership>/end/undo", methods=("GET", "POST"))
@needs(Permission.MEMBERSHIPS_BUY)
def undo(membership: str) -> ResponseReturnValue:
    """Take the end back."""
    return _page(deeds.undo(deeds.found(membership), _to))


@page(bp, "/memberships/<public_id:membership>/freeze", methods=("GET", "POST"))
@needs(Permission.MEMBERSHIPS_BUY)
def freeze(membership: str) -> ResponseReturnValue:
    """Let it rest for some days."""
    return _page(deeds.freeze(deeds.found(membership), _to))


@page(bp, "/memberships/<public_id:membership>/unfreeze", methods=("GET", "POST"))
@needs(Permission.MEMBERSHIPS_BUY)
def unfreeze(membership: str) -> ResponseReturnValue:
    """Use it again before the freeze is over."""
    return _page(deeds.unfreeze(deeds.found(membership), _to))


@page(bp, "/memberships/<public_id:membership>/change", methods=("GET", "POST"))
@needs(Permission.MEMBERSHIPS_BUY)
def change(membership: str) -> ResponseReturnValue:
    """Another plan: a dearer one at once, any other with the next period."""
    return _page(deeds.change(deeds.found(membership), subject(), _to))


def _to(name: str, **about: str) -> str:
    return address(f"memberships.{name}", **about)


def _invoice(public_id: str) -> str:
    return address("invoices.view", invoice=public_id)


def _page(deed: DeedPage[Any]) -> ResponseReturnValue:
    return answered(deed, lambda key: _to("view", membership=key), _drawn)


def _drawn(values: Mapping[str, Any]) -> str:
    return render_template("memberships/deed.html", **values, about=subject())
