"""Documents."""

from __future__ import annotations

from types import MappingProxyType

from portal.rules.holders import OfCustomers, Power
from portal.rules.permissions import Permission
from portal.rules.scopes import Scope
from portal.rules.sentences import say

HOLDERS = MappingProxyType(
    {
        Permission.DOCUMENTS_VIEW: OfCustomers(
            Scope.DOCUMENTS, power=Power(say("see documents"), say("See documents"))
        ),
    }
)
