"""Statements."""

from __future__ import annotations

from types import MappingProxyType

from portal.rules.holders import OfCustomers
from portal.rules.permissions import Permission
from portal.rules.scopes import Scope

HOLDERS = MappingProxyType(
    {
        Permission.STATEMENTS_VIEW: OfCustomers(Scope.FINANCE),
        Permission.STATEMENTS_SEND: OfCustomers(Scope.FINANCE),
        Permission.STATEMENTS_SAVE: OfCustomers(Scope.FINANCE),
    }
)
