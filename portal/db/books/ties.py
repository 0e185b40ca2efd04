"""What is open in the books and keeps a customer from being removed (L12)."""

from __future__ import annotations

from sqlalchemy import select

from portal.db.customers.profiles import Profile
from portal.db.customers.removal import Tie
from portal.db.engine import db
from portal.db.links import linking
from portal.db.tables import LedgerAccount
from portal.rules.customers.removal import book_ties
from portal.rules.errors import Reason
from portal.rules.money import Money


def _find(profile: Profile) -> list[Reason]:
    elsewhere = db.session.execute(
        select(LedgerAccount.currency, LedgerAccount.balance_minor)
        .where(LedgerAccount.owner_id == profile.id, LedgerAccount.currency != profile.currency)
        .where(LedgerAccount.balance_minor != 0)
        .order_by(LedgerAccount.id)
    )
    balances = [Money(row.balance_minor, row.currency) for row in elsewhere]
    return book_ties(linking.facts([profile.id])[profile.id], balances)


TIES = Tie(15, _find)
"""First: while a main account owes its aggregated sub-accounts cannot be unlinked (L10)."""
