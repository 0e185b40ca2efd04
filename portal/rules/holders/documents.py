"""Documents."""

from __future__ import annotations

from types import MappingProxyType

from portal.rules.holders import DESK, Area, OfCustomers, OfStaff, Power
from portal.rules.permissions import Permission
from portal.rules.scopes import Scope
from portal.rules.sentences import say

HOLDERS = MappingProxyType(
    {
        Permission.DOCUMENTS_VIEW: OfCustomers(
            Scope.DOCUMENTS, power=Power(say("see documents"), say("See documents"))
        ),
        Permission.DOCUMENTS_ADD: OfCustomers(Scope.DOCUMENTS, power=Power(say("add documents"), say("Add documents"))),
        Permission.DOCUMENTS_MANAGE: OfStaff(
            DESK,
            Area.CUSTOMERS,
            say("Manage documents"),
            say("Put files into customers’ documents, hide them from customers, change and remove them."),
            Permission.CUSTOMERS_VIEW,
        ),
    }
)
