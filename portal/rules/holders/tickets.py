"""Tickets: of customers and those who act for them, and of staff who answer."""

from __future__ import annotations

from types import MappingProxyType

from portal.rules.holders import DESK, Area, OfCustomers, OfStaff, Power
from portal.rules.permissions import Permission
from portal.rules.scopes import Scope
from portal.rules.sentences import say

HOLDERS = MappingProxyType(
    {
        Permission.TICKETS_VIEW: OfCustomers(Scope.TICKETS),
        Permission.TICKETS_WRITE: OfCustomers(Scope.TICKETS, power=Power(say("write tickets"), say("Write tickets"))),
        Permission.TICKETS_ANSWER: OfStaff(
            DESK,
            Area.CUSTOMERS,
            say("Tickets"),
            say("Read customers’ tickets, answer, write internal notes, and give tickets to somebody."),
            Permission.CUSTOMERS_VIEW,
        ),
    }
)
