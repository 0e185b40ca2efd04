"""What Customer Credit can pay, for whoever is about to apply it (F7)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.actions import access
from portal.db.books import posting as books
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot
from portal.outside import clock
from portal.rules.balances import Balances
from portal.rules.deciding import Actor
from portal.rules.errors import Conflict
from portal.rules.permissions import Permission
from portal.rules.sentences import say


@dataclass(frozen=True, slots=True)
class Offer:
    """The balances of whoever pays, as of `on`, which is today. `amount_minor` is what Customer Credit can pay of what
    is owed by then; it is 0 where something may come to be owed by what is dated ahead.
    """

    on: date
    balances: Balances

    @property
    def amount_minor(self) -> int:
        return self.balances.applicable_minor


@snapshot
def offer(actor: Actor, profile: Profile) -> Offer:
    """What can be applied for a loaded customer. Raises NotAllowed, and Conflict when there is nothing to pay or no
    credit, today or by anything that is dated ahead.
    """
    access.require(actor, Permission.FINANCE_POST, profile)
    today = clock.today(profile.time_zone)
    found = Offer(today, books.balances({profile.payer_id: profile.currency}, today)[profile.payer_id])
    if not found.amount_minor and not found.balances.ahead:
        raise Conflict(say("Nothing is owed that Customer Credit could pay."))
    return found
