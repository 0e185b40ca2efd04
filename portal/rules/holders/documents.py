"""Documents."""

from __future__ import annotations

from types import MappingProxyType

from portal.rules.holders import OfCustomers
from portal.rules.permissions import Permission
from portal.rules.scopes import Scope

HOLDERS = MappingProxyType(
    {
        Permission.DOCUMENTS_VIEW: OfCustomers(Scope.DOCUMENTS),
    }
)
