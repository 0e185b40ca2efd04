"""Long work."""

from __future__ import annotations

from types import MappingProxyType

from portal.rules.holders import OfCustomers
from portal.rules.permissions import Permission

HOLDERS = MappingProxyType(
    {
        Permission.JOBS_VIEW: OfCustomers(None, own_only=True),
    }
)
