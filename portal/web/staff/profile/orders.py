"""The Orders tab of a profile: what a customer ordered (M2)."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from portal.actions.orders import show
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.web.guard import actor, needs, subject
from portal.web.orders import STATES
from portal.web.places import Tab
from portal.web.staff.customers import bp
from portal.web.staff.profile.head import tab

TAB = Tab(say("Orders"), "orders", Permission.ORDERS_MANAGE, 52)


@bp.get("/<public_id:subject>/orders")
@needs(Permission.ORDERS_MANAGE)
def orders() -> ResponseReturnValue:
    """What the customer ordered, the newest first."""
    return tab("orders", "orders", orders=show.of_customer(actor(), subject()), states=STATES)
