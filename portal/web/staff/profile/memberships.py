"""The Memberships tab: what a customer holds, and everything that can be done with it at the desk (B5, B10, B11)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import render_template, url_for
from flask.typing import ResponseReturnValue

from portal.actions.memberships import offers, show
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.web.deeds import DeedPage, answered
from portal.web.guard import actor, may, needs, subject
from portal.web.memberships import deeds
from portal.web.memberships.pages import WORDS
from portal.web.places import Tab
from portal.web.staff.customers import bp
from portal.web.staff.profile.head import at, frame, tab

TAB = Tab(say("Memberships"), "memberships", Permission.BOOKINGS_DESK, 47)
ONE = "/<public_id:subject>/memberships/<public_id:membership>"


@bp.get("/<public_id:subject>/memberships")
@needs(Permission.BOOKINGS_DESK)
def memberships() -> ResponseReturnValue:
    """What the customer holds, and what can be bought for it."""
    found, sold = show.of_customer(actor(), subject()), offers.for_customer(actor(), subject())
    return tab("memberships", "memberships", found=found, offers=sold)


@bp.get(ONE)
@needs(Permission.BOOKINGS_DESK)
def membership(membership: str) -> ResponseReturnValue:
    """One of them."""
    values: dict[str, Any] = {"m": deeds.found(membership), "words": WORDS, "at": _to, "own": 0}
    invoices = _invoice if may(Permission.CUSTOMERS_FINANCE) else None
    return tab("memberships", "membership", **values, permission="bookings.desk", invoice_url=invoices)


@bp.route("/<public_id:subject>/memberships/buy/<public_id:plan>", methods=["GET", "POST"])
@needs(Permission.BOOKINGS_DESK)
def membership_buy(plan: str) -> ResponseReturnValue:
    """Buy a plan for the customer."""
    return _page(deeds.buy(subject(), plan, _to))


@bp.route(f"{ONE}/renew", methods=["GET", "POST"])
@needs(Permission.BOOKINGS_DESK)
def membership_renew(membership: str) -> ResponseReturnValue:
    """Renew it by hand."""
    return _page(deeds.renew(deeds.found(membership), _to))


@bp.route(f"{ONE}/end", methods=["GET", "POST"])
@needs(Permission.BOOKINGS_DESK)
def membership_end(membership: str) -> ResponseReturnValue:
    """End it on a day that is chosen; what is not used after it is given back."""
    return _page(deeds.end(deeds.found(membership), _to, staff=True))


@bp.route(f"{ONE}/end/undo", methods=["GET", "POST"])
@needs(Permission.BOOKINGS_DESK)
def membership_undo(membership: str) -> ResponseReturnValue:
    """Take the end back."""
    return _page(deeds.undo(deeds.found(membership), _to))


@bp.route(f"{ONE}/freeze", methods=["GET", "POST"])
@needs(Permission.BOOKINGS_DESK)
def membership_freeze(membership: str) -> ResponseReturnValue:
    """Let it rest for some days."""
    return _page(deeds.freeze(deeds.found(membership), _to))


@bp.route(f"{ONE}/unfreeze", methods=["GET", "POST"])
@needs(Permission.BOOKINGS_DESK)
def membership_unfreeze(membership: str) -> ResponseReturnValue:
    """Use it again before the freeze is over."""
    return _page(deeds.unfreeze(deeds.found(membership), _to))


@bp.route(f"{ONE}/change", methods=["GET", "POST"])
@needs(Permission.BOOKINGS_DESK)
def membership_change(membership: str) -> ResponseReturnValue:
    """Another plan."""
    return _page(deeds.change(deeds.found(membership), subject(), _to))


def _to(name: str, **about: str) -> str:
    view = {"index": "memberships", "view": "membership"}.get(name, f"membership_{name}")
    return at(view, subject().public_id, **about)


def _invoice(public_id: str) -> str:
    return url_for("staff_invoices.view", invoice=public_id)


def _page(deed: DeedPage[Any]) -> ResponseReturnValue:
    return answered(deed, lambda key: _to("view", membership=key), _drawn)


def _drawn(values: Mapping[str, Any]) -> str:
    return render_template("staff/customers/membership_deed.html", **frame("memberships"), **values)
