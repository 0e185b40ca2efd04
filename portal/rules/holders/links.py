"""Links between customers: only the Super administrator links sub-accounts until the permission is given (L1)."""

from __future__ import annotations

from types import MappingProxyType

from portal.rules.holders import ADMINISTRATORS, Area, OfCustomers, OfStaff
from portal.rules.permissions import Permission
from portal.rules.scopes import Scope
from portal.rules.sentences import say

HOLDERS = MappingProxyType(
    {
        Permission.SUB_ACCOUNTS_VIEW: OfCustomers(Scope.VIEW, own_only=True),
        Permission.PARTNER_ACCOUNTS_LINK: OfStaff(
            ADMINISTRATORS,
            Area.CUSTOMERS,
            say("Link partner accounts"),
            say("Let two customers share the balances of one of them, and end it."),
            Permission.CUSTOMERS_VIEW,
        ),
        Permission.SUB_ACCOUNTS_LINK: OfStaff(
            frozenset(),
            Area.SUB_ACCOUNTS,
            say("Link sub-accounts"),
            say("Link, edit and unlink sub-accounts: decides who pays for whom."),
            Permission.CUSTOMERS_VIEW,
        ),
        Permission.SUB_ACCOUNTS_MANAGE: OfStaff(
            frozenset(),
            Area.SUB_ACCOUNTS,
            say("Sub-account management"),
            say("Let a main account manage its sub-accounts in the portal, or stop that."),
            Permission.CUSTOMERS_VIEW,
        ),
    }
)
