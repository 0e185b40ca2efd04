"""The Services tab."""

from __future__ import annotations

from flask import redirect, request
from flask.typing import ResponseReturnValue

from portal.actions import services as actions
from portal.actions.customers import profile as profiles
from portal.actions.services import changing
from portal.actions.services.changing import Wish
from portal.outside import clock
from portal.rules.errors import Refused
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.rules.services import Deed
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
@needs(Permission.SERVICES_MANAGE)
def stop_service(service: str) -> ResponseReturnValue:
    """Stop a service, after saying what that means."""
    found = actions.find_service(actor(), subject(), service)
    if request.method == "GET":
        return tab("services", "service_stop", service=found, currency=subject().currency)
    on = max(clock.today(subject().time_zone), found.started_on)
    try:
        done = changing.carry_out(actor(), Wish(service, Deed.STOP, on), once=sent_key())
    except Refused as error:
        tell(error.reasons[0].message, "warning")
    else:
        tell(say("{plan} is stopped. Nothing more of it is charged.", plan=done.plan))
    return redirect(at("services", subject().public_id), 303)
