"""Memberships of customers."""

from __future__ import annotations

from types import MappingProxyType

from portal.rules.holders import OfCustomers
from portal.rules.permissions import Permission
from portal.rules.scopes import Scope

HOLDERS = MappingProxyType(
    {
        Permission.MEMBERSHIPS_VIEW: OfCustomers(Scope.VIEW, of_main=False),
        Permission.MEMBERSHIPS_BUY: OfCustomers(Scope.BOOK, of_main=False),
    }
)
