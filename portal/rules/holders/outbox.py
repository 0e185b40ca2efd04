"""The outbox."""

from __future__ import annotations

from types import MappingProxyType

from portal.rules.holders import RUNNING, Area, OfStaff
from portal.rules.permissions import Permission
from portal.rules.sentences import say

HOLDERS = MappingProxyType(
    {
        Permission.OUTBOX_VIEW: OfStaff(
            RUNNING,
            Area.RUNNING,
            say("Outbox and jobs"),
            say("Read the outbox and the jobs, and send failed mail again."),
            of_removed=True,
        ),
    }
)
