"""Bookings: of customers and those who act for them, at the desk, and what is offered."""

from __future__ import annotations

from types import MappingProxyType

from portal.rules.holders import DESK, RUNNING, Area, OfCustomers, OfStaff, Power
from portal.rules.permissions import Permission
from portal.rules.scopes import Scope
from portal.rules.sentences import say

HOLDERS = MappingProxyType(
    {
        Permission.BOOKINGS_VIEW: OfCustomers(Scope.VIEW, of_main=False),
        Permission.BOOKINGS_BOOK: OfCustomers(
            Scope.BOOK, of_main=False, power=Power(say("make bookings"), say("Make bookings"))
        ),
        Permission.BOOKINGS_DESK: OfStaff(
            DESK,
            Area.BOOKINGS,
            say("Bookings at the desk"),
            say("See the day and who comes, check in, and book, move and cancel for customers."),
            Permission.CUSTOMERS_VIEW,
        ),
        Permission.ACTIVITIES_MANAGE: OfStaff(
            RUNNING,
            Area.BOOKINGS,
            say("Activities and plans"),
            say("Make and change activities, their sessions, and membership plans."),
        ),
    }
)
