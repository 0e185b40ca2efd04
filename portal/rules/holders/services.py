"""Services."""

from __future__ import annotations

from types import MappingProxyType

from portal.rules.holders import ADMINISTRATORS, Area, OfCustomers, OfStaff, Power
from portal.rules.permissions import Permission
from portal.rules.scopes import Scope
from portal.rules.sentences import say

HOLDERS = MappingProxyType(
    {
        Permission.SERVICES_VIEW: OfCustomers(Scope.VIEW),
        Permission.SERVICES_ORDER: OfCustomers(
            Scope.ORDER, power=Power(say("change services"), say("Change services"))
        ),
        Permission.SERVICES_MANAGE: OfStaff(
            ADMINISTRATORS,
            Area.CUSTOMERS,
            say("Change services"),
            say("Add, change, pause, resume and stop services of customers."),
            Permission.CUSTOMERS_VIEW,
        ),
    }
)
