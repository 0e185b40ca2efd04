"""One's own and the family's bookings, and what waits for them (B2, B3, B4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.actions import access
from portal.actions.bookings.family import Relative, family
from portal.db.audit import records as audit
from portal.db.bookings import bookings as rows
from portal.db.bookings import mine as lists
from portal.db.bookings import sessions
from portal.db.bookings import waiting as reminders
from portal.db.bookings.bookings import BookingRow
from portal.db.bookings.sessions import SessionRow
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.outside import clock
from portal.rules.bookings.facts import SessionFacts
from portal.rules.bookings.states import BookingState, SessionState
from portal.rules.deciding import Actor
from portal.rules.permissions import Permission
from portal.rules.sentences import say

MOST = 200


@dataclass(frozen=True, slots=True)
class Mine:
    """One booking of one of the people, with its session. `place` is the place on the waiting list."""

    relative: Relative
    booking: BookingRow
    session: SessionRow
    place: int
    now: datetime

    @property
    def facts(self) -> SessionFacts:
        return self.session.facts()

    @property
    def over(self) -> bool:
        return self.session.ends_at <= self.now

    @property
    def in_time(self) -> bool:
        """Whether cancelling gives back what it cost."""
        return self.now <= self.facts.deadline

    @property
    def can_cancel(self) -> bool:
        return self.booking.state is BookingState.BOOKED and self.session.starts_at > self.now

    @property
    def can_undo(self) -> bool:
        """Whether it was cancelled, had a place, and can be booked still."""
        one, session = self.booking, self.session
        can_be = (
            session.state is SessionState.OPEN and self.now <= self.facts.closes_at and not self.facts.begun(self.now)
        )
        return one.state is BookingState.CANCELLED and one.payer_id is not None and can_be


@dataclass(frozen=True, slots=True)
class Bookings:
    """Everything of the people of the pages: what waits, what is booked, and what was cancelled lately.

    `reminded` says that the customer whose pages these are is reminded the day before.
    """

    people: tuple[Relative, ...]
    shown: tuple[Relative, ...]
    waiting: tuple[Mine, ...]
    booked: tuple[Mine, ...]
    cancelled: tuple[Mine, ...]
    past: bool
    more: bool
    reminded: bool

    @property
    def count(self) -> int:
        return len(self.booked)


@snapshot
def list_bookings(actor: Actor, about: Profile, *, who: str = "", past: bool = False) -> Bookings:
    """The bookings of the people of these pages, or of one of them: those to come, soonest first, or those that are
    over, latest first. Raises NotAllowed and Missing.
    """
    access.require(actor, Permission.BOOKINGS_VIEW, about)
    now = clock.now()
    people = family(actor, about)
    shown = [one for one in people if one.public_id == who] or people
    known = {one.id: one for one in shown}
    found = lists.of_people(list(known), now, past=past, limit=MOST + 1)
    more = len(found) > MOST
    every = _mine(found[:MOST], known, now)
    booked = [one for one in every if one.booking.takes]
    waits = [one for one in every if one.booking.state in (BookingState.WAITING, BookingState.OFFERED)]
    gone = [one for one in every if one.booking.state is BookingState.CANCELLED]
    return Bookings(
        tuple(people),
        tuple(shown),
        tuple(waits),
        tuple(booked),
        tuple(one for one in gone if one.can_undo),
        past,
        more,
        reminders.wants_reminders(about.id),
    )


@writes(once="booking.reminders", answer=None)
def switch_reminders(actor: Actor, about: Profile, on: bool, *, once: str | None = None) -> None:
    """Let a customer be reminded the day before what it has booked, or not. Raises NotAllowed and Missing."""
    grant = access.require(actor, Permission.BOOKINGS_BOOK, about)
    reminders.set_reminders(about.id, on)
    text = say("Reminders of bookings switched on") if on else say("Reminders of bookings switched off")
    audit.record(actor, "booking.reminders", text, subject_id=about.id, grant=grant)


@snapshot
def one_of(actor: Actor, about: Profile, booking: str) -> Mine | None:
    """One booking of the people of these pages, by its public id; None where it is nobody's of them."""
    found = rows.find(booking)
    known = {one.id: one for one in family(actor, about)}
    if found is None or found.customer_id not in known:
        return None
    return _mine([found], known, clock.now())[0]


def _mine(found: Sequence[BookingRow], known: dict[int, Relative], now: datetime) -> list[Mine]:
    there = sessions.by_ids({one.session_id for one in found})
    places = lists.places([one.id for one in found if one.state is BookingState.WAITING])
    return [Mine(known[one.customer_id], one, there[one.session_id], places.get(one.id, 0), now) for one in found]
