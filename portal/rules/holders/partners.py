"""What the operator sets for partners."""

from __future__ import annotations

from types import MappingProxyType

from portal.rules.holders import RUNNING, Area, OfStaff, Role
from portal.rules.permissions import Permission
from portal.rules.sentences import say

HOLDERS = MappingProxyType(
    {
        Permission.PORTAL_CONFIGURE: OfStaff(
            RUNNING,
            Area.RUNNING,
            say("Portal config"),
            say("Change what a partner’s customers see, its letterhead, and its notifications of blocking."),
        ),
        Permission.FEATURES_MANAGE: OfStaff(
            frozenset({Role.OPERATIONS}), Area.RUNNING, say("Features"), say("Switch whole features on and off.")
        ),
    }
)
