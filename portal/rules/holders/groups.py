"""Groups."""

from __future__ import annotations

from types import MappingProxyType

from portal.rules.holders import ADMINISTRATORS, DESK, Area, OfCustomers, OfStaff
from portal.rules.permissions import Permission
from portal.rules.scopes import Scope
from portal.rules.sentences import say

HOLDERS = MappingProxyType(
    {
        Permission.GROUP_VIEW: OfCustomers(None, own_only=True),
        Permission.GROUP_MANAGE: OfCustomers(Scope.BOOK, own_only=True),
        Permission.GROUP_CREATE: OfCustomers(Scope.BOOK, own_only=True),
        Permission.GROUPS_MANAGE: OfStaff(
            DESK,
            Area.GROUPS,
            say("Manage groups"),
            say("Create groups, and add, change and remove their members."),
            Permission.CUSTOMERS_VIEW,
        ),
        Permission.GROUPS_FREEZE: OfStaff(
            ADMINISTRATORS,
            Area.GROUPS,
            say("Freeze guardianship"),
            say("Let nobody of a group act for a customer while there is a dispute, read why, and end that."),
            Permission.CUSTOMERS_VIEW,
        ),
        Permission.GROUP_LABELS: OfStaff(
            ADMINISTRATORS, Area.GROUPS, say("Edit labels"), say("Add, rename and retire the labels of group members.")
        ),
    }
)
