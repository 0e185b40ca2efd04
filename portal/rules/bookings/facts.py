"""What deciding about bookings needs to know of sessions, people and places."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from portal.rules.bookings.leads import before
from portal.rules.bookings.states import BookingState, SessionState
from portal.rules.bookings.words import at
from portal.rules.customers.status import Status
from portal.rules.sentences import Sentence, say, verbatim


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """One session with what its activity says. Leads are texts such as "2 days", "" for none.

    `held` are places that open baskets hold, `offered` those that wait for an answer; `waiting` counts who waits.
    `held` leaves out the basket that asks.
    """

    id: int
    name: str
    starts_wall: datetime
    zone: str
    starts_at: datetime
    ends_at: datetime
    starts_on: date
    whole_day: bool
    state: SessionState
    capacity: int
    taken: int
    held: int = 0
    offered: int = 0
    waiting: int = 0
    age_from: int | None = None
    age_to: int | None = None
    cancel_until: str = ""
    book_from: str = ""
    book_until: str = ""

    @property
    def free(self) -> int:
        """Places that nobody has or holds; never below 0."""
        return max(0, self.capacity - self.taken - self.held - self.offered)

    @property
    def deadline(self) -> datetime:
        """Until when a cancellation takes the charge back, that instant included (B4)."""
        return before(self.cancel_until, self.starts_wall, self.zone)

    @property
    def opens_at(self) -> datetime | None:
        """From when it can be booked; None for from whenever it is there."""
        return before(self.book_from, self.starts_wall, self.zone) if self.book_from.strip() else None

    @property
    def closes_at(self) -> datetime:
        """Until when it can be booked."""
        return before(self.book_until, self.starts_wall, self.zone)

    @property
    def when(self) -> Sentence:
        """When it begins, as the clock at the place shows it."""
        return at(self.starts_wall, whole_day=self.whole_day)

    @property
    def title(self) -> Sentence:
        """What it is called in sentences."""
        return say("{activity}, {when}", activity=verbatim(self.name), when=self.when)

    def here(self, instant: datetime) -> datetime:
        """An instant on the clock at the place."""
        return instant.astimezone(ZoneInfo(self.zone))

    def told(self, instant: datetime) -> Sentence:
        """An instant as the clock at the place shows it, with its zone: "28 Mar 2020, 18:00 (Europe/Berlin)"."""
        return at(self.here(instant), zone=self.zone)

    def begun(self, now: datetime) -> bool:
        return now >= self.starts_at

    def overlaps(self, other: SessionFacts) -> bool:
        """Whether both are at one time; touching is none (B3)."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """Somebody a booking is for, books or pays. `status` is the one in force, `because` whom it comes from."""

    id: int
    name: str
    public_id: str
    status: Status
    because: str = ""
    born_on: date | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """What somebody has in a session already, or in another one at the time: its state and place on the list."""

    session: SessionFacts
    state: BookingState
    place: int = 0
