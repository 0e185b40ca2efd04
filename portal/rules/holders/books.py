"""The books of customers."""

from __future__ import annotations

from types import MappingProxyType

from portal.rules.holders import ADMINISTRATORS, Area, OfStaff
from portal.rules.permissions import Permission
from portal.rules.sentences import say

HOLDERS = MappingProxyType(
    {
        Permission.CUSTOMERS_FINANCE: OfStaff(
            ADMINISTRATORS,
            Area.FINANCE,
            say("See finances"),
            say("See a customer’s balances, statements and saved finance documents."),
            Permission.CUSTOMERS_VIEW,
            of_removed=True,
        ),
        Permission.FINANCE_POST: OfStaff(
            ADMINISTRATORS,
            Area.FINANCE,
            say("Post to the books"),
            say("Record payments, charges and corrections, and reverse entries."),
            Permission.CUSTOMERS_FINANCE,
        ),
    }
)
