"""The services of the customer a page is about."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from portal.actions import services
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.web.addresses import page
from portal.web.customers.status import StatusView
from portal.web.guard import actor, needs, subject
from portal.web.places import Place

bp = Blueprint("services", __name__)

OWN = WHEN_ACTING = Place(
    say("Services"), "services", "services.index", Permission.SERVICES_VIEW, 50, seen=say("services")
)

STATES = {
    "active": StatusView(say("Active"), "good"),
    "paused": StatusView(say("Paused"), "note"),
    "stopped": StatusView(say("Stopped"), ""),
}


@page(bp, "/services")
@needs(Permission.SERVICES_VIEW)
def index() -> ResponseReturnValue:
    """Every plan with its price, and what the active ones cost a month."""
    about = subject()
    found = services.list_services(actor(), about)
    return render_template("services/index.html", about=about, services=found, states=STATES)
