"""The services of the customer a page is about: what they have, and changing it from a day on (M1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from portal.actions import services
from portal.actions.access import Profile
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.web.addresses import address, page
from portal.web.customers.status import StatusView
from portal.web.deeds import DeedPage, answered
from portal.web.guard import actor, may, needs, subject
from portal.web.places import Place
from portal.web.services import deeds, together

bp = Blueprint("services", __name__)

OWN = WHEN_ACTING = Place(
    say("Services"), "services", "services.index", Permission.SERVICES_VIEW, 50, seen=say("services")
)

STATES = {
    "active": StatusView(say("Active"), "good"),
    "paused": StatusView(say("Paused"), "note"),
    "stopped": StatusView(say("Stopped"), ""),
}
WORDS = {
    "add": say("Begins"),
    "change": say("Changes"),
    "pause": say("Paused"),
    "resume": say("Goes on"),
    "stop": say("Stops"),
}


@page(bp, "/services")
@needs(Permission.SERVICES_VIEW)
def index() -> ResponseReturnValue:
    """Every plan with its price, and what the active ones cost a month."""
    about = subject()
    found = services.list_services(actor(), about)
    return render_template(
        "services/index.html", about=about, services=found, states=STATES, words=WORDS, several=_several(about)
    )


@page(bp, "/services/<public_id:service>")
@needs(Permission.SERVICES_VIEW)
def view(service: str) -> ResponseReturnValue:
    """One of them: what is billed next, what comes, and what can be done with it."""
    values = {"s": deeds.found(service), "about": subject(), "states": STATES, "words": WORDS, "to": _to}
    return render_template("services/view.html", **values)


@page(bp, "/services/<public_id:service>/change", methods=("GET", "POST"))
@needs(Permission.SERVICES_ORDER)
def change(service: str) -> ResponseReturnValue:
    """Another plan or number from a day on."""
    return _page(deeds.change(deeds.found(service), subject(), _to))


@page(bp, "/services/<public_id:service>/pause", methods=("GET", "POST"))
@needs(Permission.SERVICES_ORDER)
def pause(service: str) -> ResponseReturnValue:
    """Pause it from a day on."""
    return _page(deeds.pause(deeds.found(service), subject(), _to))


@page(bp, "/services/<public_id:service>/resume", methods=("GET", "POST"))
@needs(Permission.SERVICES_ORDER)
def resume(service: str) -> ResponseReturnValue:
    """Let it go on from a day."""
    return _page(deeds.resume(deeds.found(service), subject(), _to))


@page(bp, "/services/<public_id:service>/stop", methods=("GET", "POST"))
@needs(Permission.SERVICES_ORDER)
def stop(service: str) -> ResponseReturnValue:
    """Stop it from a day on."""
    return _page(deeds.stop(deeds.found(service), subject(), _to))


@bp.route("/services/several", methods=["GET", "POST"])
@needs(Permission.SERVICES_ORDER)
def several() -> ResponseReturnValue:
    """Pause, resume or stop services of several sub-accounts from one day on, after a look at what each comes to."""
    found = services.below(actor(), subject())
    return together.answered(subject(), found)


def _several(about: Profile) -> bool:
    """Whether there are sub-accounts whose services can be changed together."""
    own = actor().customer_id == about.id
    return own and about.manages_sub_accounts and bool(may(Permission.SERVICES_ORDER, about))


def _to(name: str, service: str = "") -> str:
    return address(f"services.{name}", service=service) if service else address(f"services.{name}")


def _page(deed: DeedPage[Any]) -> ResponseReturnValue:
    return answered(deed, lambda key: _to("view", key), _drawn)


def _drawn(values: Mapping[str, Any]) -> str:
    return render_template("services/deed.html", **values, about=subject())
