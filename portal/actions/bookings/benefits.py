"""What somebody's memberships make of the price of a session (B9)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from portal.db.bookings.sessions import SessionRow
from portal.db.customers.profiles import Profile
from portal.db.memberships import holding
from portal.db.memberships.holding import Holding
from portal.rules.bookings.facts import SessionFacts
from portal.rules.errors import Reason
from portal.rules.memberships.benefits import RULE, Benefit, Held, Wanted, benefit, benefit_of, used
from portal.rules.sentences import NOTHING, Sentence, say


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
    """The memberships of some people, with the visits that a basket has used of them so far.

    `but_bookings` are left out of what they were used for already.
    """

    def __init__(self, subject_ids: Collection[int], but_bookings: Collection[int] = ()) -> None:
        self._subjects = frozenset(subject_ids)
        self._but = but_bookings
        self._read()

    def _read(self) -> None:
        self._rows: dict[str, Holding] = {}
        self._held: dict[int, list[Held]] = defaultdict(list)
        for one in holding.of_customers(self._subjects, but_bookings=self._but):
            self._rows[one.row.reference] = one
            self._held[one.row.customer_id].append(one.held)

    def hold(self) -> None:
        """Hold the memberships until the transaction ends, in the order of their keys, and read them as they are."""
        holding.hold([one.row.id for one in self._rows.values()])
        self._read()

    def priced(
        self,
        wanted: str | None,
        subject: Profile,
        session: SessionRow,
        price_minor: int,
        clashes: Sequence[SessionFacts],
        *,
        takes: bool = True,
    ) -> tuple[Priced, list[Reason]]:
        """What a place costs, and why the membership that was wanted does not count.

        `takes` says that it takes a place: who waits uses nothing yet. Where it clashes, a membership that counts but
        for being at the other session refuses it (B9).
        """
        asked = Wanted(session.starts_on, session.benefit_class, price_minor, session.starts_at, session.ends_at)
        mine = self._held[subject.id]
        if wanted:
            one = self._named(wanted, mine)
            if one is None:
                message = say("{name} has no membership “{id}”.", name=subject.name, id=wanted[:100])
                return Priced(price_minor, price_minor), [Reason(RULE, message, say("Name another one, or none."))]
            found = benefit_of(one, asked)
            reasons = [reason for _, reason in found.why_not]
        else:
            found = benefit(mine, asked)
            reasons = self._busy(mine, asked, found) if clashes else []
        if takes and found.membership is not None:
            self._held[subject.id] = [used(one, asked, found) if one.key == found.membership else one for one in mine]
        return self._told(found, asked, self._held[subject.id]), reasons

    def _named(self, wanted: str, mine: Sequence[Held]) -> Held | None:
        keys = {one.key for one in mine if wanted in (one.key, self._rows[one.key].row.public_id)}
        return next((one for one in mine if one.key in keys), None)

    @staticmethod
    def _busy(mine: Sequence[Held], asked: Wanted, found: Benefit) -> list[Reason]:
        """One membership is not at two sessions at the same time (B9)."""
        free = benefit([replace(one, busy=()) for one in mine], asked)
        if found.membership is not None or free.membership is None:
            return []
        return [reason for key, reason in found.why_not if key == free.membership]

    def _told(self, found: Benefit, asked: Wanted, mine: Sequence[Held]) -> Priced:
        if found.membership is None:
            why = found.why_not[0][1].message if found.why_not else NOTHING
            return Priced(found.price, asked.price, why=why)
        row = self._rows[found.membership]
        after = next(one for one in mine if one.key == found.membership)
        stretch = after.on(asked.on)
        numbers = [left for left in (stretch and stretch.left, after.visits_left) if left is not None]
        return Priced(
            found.price,
            asked.price,
            row.row.id,
            row.row.reference,
            row.plan.name,
            found.included,
            min(numbers) if numbers else None,
        )
