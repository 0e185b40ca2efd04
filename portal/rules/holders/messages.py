"""Messages to many customers, and reading those one got."""

from __future__ import annotations

from types import MappingProxyType

from portal.rules.holders import ADMINISTRATORS, Area, OfCustomers, OfStaff
from portal.rules.permissions import Permission
from portal.rules.scopes import Scope
from portal.rules.sentences import say

HOLDERS = MappingProxyType(
    {
        Permission.MESSAGES_VIEW: OfCustomers(Scope.VIEW, of_main=False),
        Permission.MESSAGES_SEND: OfStaff(
            ADMINISTRATORS,
            Area.CUSTOMERS,
            say("Messages to many customers"),
            say("Write to many customers at once, and see who got it and who did not."),
            Permission.CUSTOMERS_VIEW,
        ),
    }
)
