"""The Services tab."""

from __future__ import annotations

from flask import redirect, request
from flask.typing import ResponseReturnValue

from portal.actions import services as actions
from portal.actions.customers import profile as profiles
from portal.rules.errors import Conflict
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.web.forms import sent_key
from portal.web.guard import actor, needs, subject
from portal.web.places import Remedy, Tab
from portal.web.staff.customers import bp
from portal.web.staff.profile.head import at, tab
from portal.web.telling import tell

TAB = Tab(say("Services"), "services", Permission.CUSTOMERS_VIEW, 50)
REMEDIES = (
    Remedy("customer-services", "staff_customers.services", say("Open its services"), Permission.CUSTOMERS_VIEW),
)


@bp.get("/<public_id:subject>/services")
@needs(Permission.CUSTOMERS_VIEW)
def services() -> ResponseReturnValue:
    """What the customer has, stopped services included."""
    return tab("services", "services", services=profiles.services(actor(), subject()))


@bp.route("/<public_id:subject>/services/<public_id:service>/stop", methods=["GET", "POST"])
@needs(Permission.CUSTOMERS_EDIT)
def stop_service(service: str) -> ResponseReturnValue:
    """Stop a service, after saying what that means."""
    if request.method == "GET":
        found = actions.find_service(actor(), subject(), service)
        return tab("services", "service_stop", service=found, currency=subject().currency)
    try:
        done = actions.stop(actor(), subject().public_id, service, once=sent_key())
    except Conflict as error:
        tell(error.sentence, "warning")
    else:
        tell(say("{plan} is stopped. Nothing more of it is charged.", plan=done.plan))
    return redirect(at("services", subject().public_id), 303)
