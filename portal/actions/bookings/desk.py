"""The desk: a day of sessions, a roster, walk-ins, and booking for whoever stands there (B11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from portal.actions import access
from portal.actions.bookings import booking, cancelling, charging
from portal.actions.bookings.cancelling import Look
from portal.actions.bookings.people import concerned
from portal.actions.bookings.planning import Wish
from portal.actions.bookings.promoting import hold_waiting, promote
from portal.actions.bookings.timetable import Shown, require_desk, shown_of
from portal.db.audit import records as audit
from portal.db.bookings import bookings as booked
from portal.db.bookings import calendar, roster, sessions
from portal.db.bookings import timetable as rows
from portal.db.bookings.calendar import Entry
from portal.db.bookings.roster import Guardian, Guest
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.db.partners import settings as partners
from portal.outside import clock
from portal.rules.bookings.states import BookingState
from portal.rules.deciding import Actor
from portal.rules.errors import Missing, Reason, Refused
from portal.rules.permissions import Permission
from portal.rules.sentences import Remark, say

MOST_OTHERS = 20
"""So many other dates are offered to whoever is to be moved."""

AHEAD_DAYS = 14
"""So many days of sessions are offered to whoever stands at the desk."""


@dataclass(frozen=True, slots=True)
class Branch:
    """A partner whose sessions the actor may look at."""

    public_id: str
    name: str
    current: bool


@dataclass(frozen=True, slots=True)
class Day:
    """The sessions of one partner on a day, in the order in which they begin."""

    on: date
    today: date
    branches: Sequence[Branch]
    branch: str
    zone: str
    sessions: Sequence[Shown]
    now: datetime

    @property
    def places(self) -> int:
        return sum(one.session.capacity for one in self.sessions if one.session.takes_place)

    @property
    def taken(self) -> int:
        return sum(one.session.taken for one in self.sessions if one.session.takes_place)

    @property
    def needy(self) -> list[Shown]:
        """Sessions to come that somebody has to look at: people wait for a place, or nobody leads it."""
        coming = [one for one in self.sessions if one.session.takes_place and one.session.ends_at > self.now]
        return [one for one in coming if one.inside.waiting or (one.session.taken and not one.session.instructor)]


@dataclass(frozen=True, slots=True)
class Roster:
    """A session with everybody who comes, and those who wait. `guardians` are by customer."""

    shown: Shown
    coming: Sequence[Guest]
    waiting: Sequence[Guest]
    guardians: dict[int, list[Guardian]]
    currency: str

    def count(self, state: str) -> int:
        """How many are booked, attended or missed."""
        return sum(one.state.value == state for one in self.coming)


@dataclass(frozen=True, slots=True)
class Offered:
    """What somebody has booked from today on, and what of the next days could be booked for them."""

    entries: Sequence[Entry]
    sessions: Sequence[Shown]
    until: date
    zone: str
    currency: str


@snapshot
def day(actor: Actor, on: date | None, branch: str = "") -> Day:
    """The sessions of a partner on a day, today without one. Raises Missing and NotAllowed."""
    access.require(actor, Permission.BOOKINGS_DESK)
    known = partners.partners(actor.partner_id)
    known = [one for one in known if one.settings.shows_bookings] or known
    chosen = next((one for one in known if one.public_id == branch), None)
    if branch and chosen is None:
        raise Missing()
    if chosen is None:
        busy = rows.partners_with_activities()
        chosen = next((one for one in known if one.id in busy), known[0] if known else None)
    if chosen is None:
        raise Missing()
    zone = chosen.settings.time_zone
    today = clock.today(zone)
    found = shown_of(rows.on_day(chosen.id, on or today))
    branches = [Branch(one.public_id, one.name, one.id == chosen.id) for one in known]
    return Day(on or today, today, branches, chosen.public_id, zone, found, clock.now())


@snapshot
def open_roster(actor: Actor, session: str) -> Roster:
    """A session with everybody in it. Raises Missing and NotAllowed."""
    found = rows.session(session)
    require_desk(actor, found.partner_id)
    everybody = roster.guests(found.id, clock.now())
    waits = (BookingState.WAITING, BookingState.OFFERED)
    return Roster(
        shown_of([found])[0],
        [one for one in everybody if one.state not in waits],
        [one for one in everybody if one.state in waits],
        roster.guardians({one.customer_id for one in everybody}),
        rows.activity_by_id(found.activity_id).currency,
    )


@writes(once="booking.walk_in", answer=str)
def walk_in(actor: Actor, session: str, customer: str, *, once: str | None = None) -> str:
    """Book somebody who came without a booking, also into a session that has begun, and check them in; the name.

    Raises Refused with all that stands against it, Missing and NotAllowed.
    """
    found = rows.session(session)
    require_desk(actor, found.partner_id)
    access.require(actor, Permission.BOOKINGS_DESK)
    (one,) = booking.booked(actor, [Wish(found.public_id, customer, anyway=True)], walk_in=True).bookings
    made, at = booked.find(one.booking), clock.now()
    assert made is not None
    booked.change(made.id, at, state=BookingState.ATTENDED, checked_in_at=at)
    text = say("Came without a booking, and was checked in: {session}", session=found.activity_name)
    audit.record(actor, "booking.check_in", text, subject_id=made.customer_id, booking=made.public_id)
    return made.name


@writes(once="booking.desk", answer=str)
def book_for(
    actor: Actor, profile: Profile, session: str, reason: str, *, wait: bool = False, once: str | None = None
) -> str:
    """Book a customer who stands at the desk, or put them on the waiting list, with a reason; the state.

    Raises Refused with all that stands against it, Missing and NotAllowed.
    """
    found = rows.session(session)
    require_desk(actor, found.partner_id)
    access.require(actor, Permission.BOOKINGS_DESK, profile)
    (one,) = booking.booked(actor, [Wish(found.public_id, profile.public_id, wait=wait)]).bookings
    if why := " ".join(reason.split())[:500]:
        text = say("{session} was booked at the desk: {reason}", session=found.activity_name, reason=Remark(why))
        audit.record(actor, "booking.book", text, subject_id=profile.id, booking=one.booking)
    return one.state


@snapshot
def offered(actor: Actor, profile: Profile) -> Offered:
    """What a customer has booked, and the sessions of the next days. Raises NotAllowed."""
    access.require(actor, Permission.BOOKINGS_DESK, profile)
    now, zone = clock.now(), profile.time_zone
    today = clock.today(zone)
    until = today + timedelta(days=AHEAD_DAYS)
    entries = calendar.between([profile.id], now, now + timedelta(days=400))
    coming = rows.between(profile.partner_id, today, until)
    shown = shown_of([one for one in coming if one.takes_place and one.starts_at > now])
    return Offered([one for one in entries if not one.cancelled], shown, until, zone, profile.currency)


@dataclass(frozen=True, slots=True)
class Moving:
    """A booking that is to be moved, and the other sessions of its activity that are still to come."""

    look: Look
    others: Sequence[Shown]


@snapshot
def moving(actor: Actor, booked_one: str) -> Moving:
    """Where a booking could go. Raises Missing and NotAllowed."""
    look = cancelling.look(actor, booked_one)
    require_desk(actor, look.session.partner_id)
    now = clock.now()
    coming = rows.of_activity(look.session.activity_id, clock.today(look.session.zone), None)
    others = [one for one in coming if one.takes_place and one.starts_at > now and one.id != look.session.id]
    return Moving(look, shown_of(others[:MOST_OTHERS]))


@writes(once="booking.move", answer=str)
def move_booking(actor: Actor, booked_one: str, session: str, reason: str, *, once: str | None = None) -> str:
    """Move somebody's booking into another session, with a reason: what was charged is taken back, whatever the
    deadline, and the new one is charged, to whom the old one was: who booked it and who was chosen to pay stay with it
    (B6). Its place goes to whoever waits. The name of whose it is.

    Raises Refused with all that stands against it, Missing and NotAllowed.
    """
    one, subject, grant = cancelling.named(actor, booked_one)
    access.require(actor, Permission.BOOKINGS_DESK, subject)
    to = rows.session(session)
    require_desk(actor, to.partner_id)
    charges = list(booked.charges_of([one.id]).values())
    people = concerned(actor, subject, grant, booker_id=one.booker_id)
    hold_waiting([one.session_id], {*people.ids, *charging.holders(charges)})
    held, at = sessions.hold([one.session_id, to.id]), clock.now()
    before, one = held[one.session_id], booked.by_id(one.id)
    if one.state is not BookingState.BOOKED or before.starts_at <= at:
        message = say("{name} has no place in {session} that could be moved.", name=subject.name, session=before.name)
        raise Refused([Reason("B11", message, say("Book the other session instead."))])
    cancelling.given_back(actor, one, before, at)
    booked.change(one.id, at, state=BookingState.CANCELLED, cancelled_at=at, visit=False, reason=reason[:500])
    sessions.give(before.id, 1, at)
    wish = Wish(to.public_id, subject.public_id, one.payer, anyway=True, booker_id=one.booker_id)
    booking.booked(actor, [wish])
    text = say("{activity} moved from {before} to {after}: {reason}", activity=before.name, before=before.starts_on,
               after=to.starts_on, reason=Remark(reason[:500]))  # fmt: skip
    audit.record(actor, "booking.move", text, subject_id=subject.id, booking=one.public_id)
    promote(actor, sessions.by_ids([before.id])[before.id], at)
    return subject.name
