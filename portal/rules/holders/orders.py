"""Orders and the catalogue."""

from __future__ import annotations

from types import MappingProxyType

from portal.rules.holders import DESK, RUNNING, Area, OfCustomers, OfStaff, Power
from portal.rules.permissions import Permission
from portal.rules.scopes import Scope
from portal.rules.sentences import say

HOLDERS = MappingProxyType(
    {
        Permission.ORDERS_VIEW: OfCustomers(Scope.VIEW),
        Permission.ORDERS_PLACE: OfCustomers(Scope.ORDER, power=Power(say("place orders"), say("Place orders"))),
        Permission.ORDERS_MANAGE: OfStaff(
            DESK,
            Area.CUSTOMERS,
            say("Handle orders"),
            say("Place, accept, fulfil and cancel orders of customers."),
            Permission.CUSTOMERS_VIEW,
        ),
        Permission.CATALOGUE_MANAGE: OfStaff(
            RUNNING,
            Area.RUNNING,
            say("Keep the catalogue"),
            say("Make and change what can be ordered, its prices and its stock."),
        ),
    }
)
