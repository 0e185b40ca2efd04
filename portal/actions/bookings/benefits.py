"""What somebody's memberships make of the price of a session (B9)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from portal.db.bookings.sessions import SessionRow
from portal.db.customers.profiles import Profile
from portal.rules.bookings.facts import SessionFacts
from portal.rules.errors import Reason
from portal.rules.sentences import NOTHING, Sentence


@dataclass(frozen=True, slots=True)
class Priced:
    """What a place costs with tax, in minor units. With a membership: its key and name, whether it uses one of its
    visits, and how many are left in the period of the session afterwards (None: any number). `why` is why none counts.
    """

    minor: int
    full_minor: int
    membership_id: int | None = None
    reference: str | None = None
    plan: str = ""
    visit: bool = False
    left: int | None = None
    why: Sentence = NOTHING


class Benefits:
    """The memberships of some people, with the visits that a basket has used of them so far."""

    def __init__(self, subject_ids: Collection[int], but_booking: int | None = None) -> None:
        pass

    def hold(self) -> None:
        """Hold the memberships until the transaction ends, in the order of their keys, and read them as they are."""

    def priced(
        self,
        wanted: str | None,
        subject: Profile,
        session: SessionRow,
        price_minor: int,
        clashes: Sequence[SessionFacts],
    ) -> tuple[Priced, list[Reason]]:
        """What a place costs, and why the membership that was wanted does not count."""
        return Priced(price_minor, price_minor), []
