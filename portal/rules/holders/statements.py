"""Statements, and paying invoices."""

from __future__ import annotations

from types import MappingProxyType

from portal.rules.holders import OfCustomers, Power
from portal.rules.permissions import Permission
from portal.rules.scopes import Scope
from portal.rules.sentences import say

HOLDERS = MappingProxyType(
    {
        Permission.STATEMENTS_VIEW: OfCustomers(Scope.FINANCE, power=Power(say("see finances"), say("See finances"))),
        Permission.STATEMENTS_SEND: OfCustomers(Scope.FINANCE),
        Permission.STATEMENTS_SAVE: OfCustomers(Scope.FINANCE),
        Permission.INVOICES_PAY: OfCustomers(Scope.FINANCE),
    }
)
