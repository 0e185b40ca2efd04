"""Customers and their details."""

from __future__ import annotations

from types import MappingProxyType

from portal.rules.holders import ADMINISTRATORS, DESK, RUNNING, Area, OfCustomers, OfStaff, Power
from portal.rules.permissions import Permission
from portal.rules.scopes import Scope
from portal.rules.sentences import say

HOLDERS = MappingProxyType(
    {
        Permission.PROFILE_VIEW: OfCustomers(
            Scope.VIEW, power=Power(say("see details and services"), say("See details and services"))
        ),
        Permission.PROFILE_EDIT: OfCustomers(Scope.BOOK, power=Power(say("change details"), say("Change details"))),
        Permission.CUSTOMERS_VIEW: OfStaff(
            DESK | RUNNING,
            Area.CUSTOMERS,
            say("See customers"),
            say("Search customers and open their profiles."),
            of_removed=True,
        ),
        Permission.CUSTOMERS_ADD: OfStaff(
            DESK,
            Area.CUSTOMERS,
            say("Add customers"),
            say("Make a new customer, after a look at those who may be the same."),
            Permission.CUSTOMERS_VIEW,
        ),
        Permission.CUSTOMERS_CONTACT: OfStaff(
            DESK,
            Area.CUSTOMERS,
            say("Change contact details"),
            say("Correct a customer’s names, addresses and phone number."),
            Permission.CUSTOMERS_VIEW,
        ),
        Permission.CUSTOMERS_EDIT: OfStaff(
            ADMINISTRATORS,
            Area.CUSTOMERS,
            say("Change all details"),
            say("Change a customer’s kind, date of birth, partner and billing as well."),
            Permission.CUSTOMERS_CONTACT,
        ),
        Permission.CUSTOMERS_STATUS: OfStaff(
            ADMINISTRATORS,
            Area.CUSTOMERS,
            say("Change the status"),
            say("Set a customer to New, Active, Blocked or Inactive."),
            Permission.CUSTOMERS_VIEW,
        ),
        Permission.CUSTOMERS_INVITE: OfStaff(
            DESK,
            Area.CUSTOMERS,
            say("Invite to the portal"),
            say("Invite people to sign in for a customer, and end their sessions."),
            Permission.CUSTOMERS_VIEW,
        ),
        Permission.CUSTOMERS_VIEW_AS: OfStaff(
            ADMINISTRATORS,
            Area.CUSTOMERS,
            say("View as customer"),
            say("Look at the portal as a customer sees it, for a reason that the customer can read. Changes nothing."),
            Permission.CUSTOMERS_VIEW,
        ),
        Permission.CUSTOMERS_REMOVE: OfStaff(
            frozenset(),
            Area.CUSTOMERS,
            say("Remove customers"),
            say("Erase a customer that nothing ties any more; the books are kept under a pseudonym."),
            Permission.CUSTOMERS_VIEW,
            of_removed=True,
        ),
    }
)
