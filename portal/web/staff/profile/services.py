"""The Services tab: what a customer has, and everything that can be done with it from a day on (M1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue

from portal.actions.customers import profile as profiles
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.web.deeds import DeedPage, answered
from portal.web.guard import actor, needs, subject
from portal.web.places import Remedy, Tab
from portal.web.services import deeds
from portal.web.services.pages import STATES, WORDS
from portal.web.staff.customers import bp
from portal.web.staff.profile.head import at, frame, tab

TAB = Tab(say("Services"), "services", Permission.CUSTOMERS_VIEW, 50)
REMEDIES = (
    Remedy("customer-services", "staff_customers.services", say("Open its services"), Permission.CUSTOMERS_VIEW),
)
ONE = "/<public_id:subject>/services/<public_id:service>"


@bp.get("/<public_id:subject>/services")
@needs(Permission.CUSTOMERS_VIEW)
def services() -> ResponseReturnValue:
    """What the customer has, stopped services included."""
    return tab("services", "services", services=profiles.services(actor(), subject()), words=WORDS)


@bp.route("/<public_id:subject>/services/new", methods=["GET", "POST"])
@needs(Permission.SERVICES_MANAGE)
def service_add() -> ResponseReturnValue:
    """Give the customer a service from a day on."""
    return _page(deeds.add(subject(), _to))


@bp.get(ONE)
@needs(Permission.CUSTOMERS_VIEW)
def service(service: str) -> ResponseReturnValue:
    """One of them."""
    values: dict[str, Any] = {"s": deeds.found(service), "about": subject(), "states": STATES, "words": WORDS}
    return tab("services", "service", **values, at=_to)


@bp.route(f"{ONE}/change", methods=["GET", "POST"])
@needs(Permission.SERVICES_MANAGE)
def service_change(service: str) -> ResponseReturnValue:
    """Another plan, price, number or period from a day on."""
    return _page(deeds.change(deeds.found(service), subject(), _to, staff=True))


@bp.route(f"{ONE}/pause", methods=["GET", "POST"])
@needs(Permission.SERVICES_MANAGE)
def service_pause(service: str) -> ResponseReturnValue:
    """Pause it from a day on."""
    return _page(deeds.pause(deeds.found(service), subject(), _to))


@bp.route(f"{ONE}/resume", methods=["GET", "POST"])
@needs(Permission.SERVICES_MANAGE)
def service_resume(service: str) -> ResponseReturnValue:
    """Let it go on from a day."""
    return _page(deeds.resume(deeds.found(service), subject(), _to))


@bp.route(f"{ONE}/stop", methods=["GET", "POST"])
@needs(Permission.SERVICES_MANAGE)
def service_stop(service: str) -> ResponseReturnValue:
    """Stop it from a day on."""
    return _page(deeds.stop(deeds.found(service), subject(), _to))


def _to(name: str, service: str = "") -> str:
    views = {"view": "service", "index": "services"}
    more = {"service": service} if service else {}
    return at(views.get(name, f"service_{name}"), subject().public_id, **more)


def _page(deed: DeedPage[Any]) -> ResponseReturnValue:
    return answered(deed, lambda key: _to("view", key), _drawn)


def _drawn(values: Mapping[str, Any]) -> str:
    return render_template("staff/customers/service_deed.html", **frame("services"), **values)
