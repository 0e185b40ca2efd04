"""The Summary tab: the customer at a glance, with its groups."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from portal.actions.customers import profile as profiles
from portal.rules.customers.status import BillingType
from portal.rules.permissions import Permission
from portal.rules.sentences import ordinal, say
from portal.web.guard import actor, needs, shows_finances, subject
from portal.web.places import Remedy, Tab
from portal.web.staff.audit import rows_of
from portal.web.staff.customers import bp
from portal.web.staff.profile.group_panels import panels
from portal.web.staff.profile.head import tab

TAB = Tab(say("Summary"), "summary", Permission.CUSTOMERS_VIEW, 10)
REMEDIES = (Remedy("customer", "staff_customers.summary", say("Open the customer"), Permission.CUSTOMERS_VIEW),)


@bp.get("/<public_id:subject>")
@needs(Permission.CUSTOMERS_VIEW)
def summary() -> ResponseReturnValue:
    """The customer at a glance."""
    found = profiles.summary(actor(), subject())
    shows_finances()
    billing = say(
        "{type}, on the {day}", type=BillingType(subject().billing_type).label, day=ordinal(subject().billing_day)
    )
    return tab(
        "summary",
        "summary",
        found=found,
        activity=rows_of(found.activity or ()),
        billing=billing,
        groups=panels(),
    )
