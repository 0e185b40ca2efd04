"""The operator’s own people."""

from __future__ import annotations

from types import MappingProxyType

from portal.rules.holders import DESK, RUNNING, Area, OfStaff
from portal.rules.permissions import Permission
from portal.rules.sentences import say

HOLDERS = MappingProxyType(
    {
        Permission.STAFF_HOME: OfStaff(DESK | RUNNING),
        Permission.ADMINISTRATORS_MANAGE: OfStaff(
            frozenset(),
            Area.ADMINISTRATORS,
            say("Administrators and roles"),
            say(
                "Add administrators, choose their roles and exceptions, and make roles. Never beyond one’s own rights."
            ),
        ),
    }
)
