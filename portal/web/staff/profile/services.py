"""The Services tab."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from portal.actions.customers import profile as profiles
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.web.guard import actor, needs, subject
from portal.web.places import Remedy, Tab
from portal.web.staff.customers import bp
from portal.web.staff.profile.head import tab

TAB = Tab(say("Services"), "services", Permission.CUSTOMERS_VIEW, 50)
REMEDIES = (
    Remedy("customer-services", "staff_customers.services", say("Open its services"), Permission.CUSTOMERS_VIEW),
)


@bp.get("/<public_id:subject>/services")
@needs(Permission.CUSTOMERS_VIEW)
def services() -> ResponseReturnValue:
    """What the customer has, stopped services included."""
    return tab("services", "services", services=profiles.services(actor(), subject()))
