"""The audit log."""

from __future__ import annotations

from types import MappingProxyType

from portal.rules.holders import RUNNING, Area, OfStaff
from portal.rules.permissions import Permission
from portal.rules.sentences import say

HOLDERS = MappingProxyType(
    {
        Permission.AUDIT_VIEW: OfStaff(
            RUNNING, Area.RUNNING, say("Audit log"), say("Read who did what, and when."), of_removed=True
        ),
    }
)
