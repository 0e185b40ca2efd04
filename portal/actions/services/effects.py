"""What a deed with a service comes to, in figures: the same before it and after it (F10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from portal.actions.memberships.effects import Changed, Document, Upcoming, Who
from portal.db import idempotency as operations
from portal.rules.periods import Period
from portal.rules.sentences import Sentence
from portal.rules.services import Deed, ServiceState


@dataclass(frozen=True, slots=True)
class Amount:
    """What some days of a plan come to, in minor units; below zero for what is given back.

    So many days (`number`) of the `of` days of their period; `price` is what those cost whole, as it is meant.
    """

    plan: str
    days: Period
    number: int
    of: int
    price: int
    net: int
    tax: int
    gross: int

    @property
    def is_back(self) -> bool:
        return self.net < 0 or self.gross < 0


@dataclass(frozen=True, slots=True)
class Effect:
    """What a deed does, or has done. `service` and `public_id` are "" before there is one.

    `first` is the day from which it counts; `plan` the plan that it is about, as it is before. `used` and `unused` are
    what is used of what was charged and what is not, as the price is meant. `upcoming` is what is billed after that;
    `dropped` are changes ahead that fall away. `documents` is empty in a preview.
    """

    service: str
    public_id: str
    deed: Deed
    plan: str
    holder: Who
    payer: Who
    currency: str
    headline: Sentence
    first: date
    state: ServiceState
    at_once: bool = False
    amounts: tuple[Amount, ...] = ()
    used: int = 0
    unused: int = 0
    upcoming: Upcoming | None = None
    changes: tuple[Changed, ...] = ()
    dropped: tuple[Sentence, ...] = ()
    documents: tuple[Document, ...] = ()

    @property
    def total(self) -> int:
        """What it comes to, with tax."""
        return sum(one.gross for one in self.amounts)

    @property
    def net(self) -> int:
        return sum(one.net for one in self.amounts)

    @property
    def tax(self) -> int:
        return sum(one.tax for one in self.amounts)

    @property
    def mark(self) -> str:
        """What stands for all that a page showed of it."""
        return operations.fingerprint(
            [
                self.public_id,
                self.deed,
                self.first,
                self.payer.public_id,
                [[str(one.what), str(one.before), str(one.after)] for one in self.changes],
                [[one.plan, one.days, one.net, one.tax, one.gross] for one in self.amounts],
                [self.upcoming.on, self.upcoming.minor] if self.upcoming else None,
            ]
        )
