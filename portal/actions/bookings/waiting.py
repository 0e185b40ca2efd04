"""Waiting lists: catching up with promotions, accepting a place that is held, leaving (B2)."""

from __future__ import annotations

from dataclasses import dataclass

from portal.actions import access
from portal.actions.bookings.answers import BookedOne
from portal.actions.bookings.cancelling import left
from portal.actions.bookings.people import concerned, held, subjects
from portal.actions.bookings.promoting import Promoted, give, hold_waiting, planned_for, promote
from portal.db.bookings import bookings as rows
from portal.db.bookings import sessions, waiting
from portal.db.bookings.bookings import BookingRow
from portal.db.bookings.sessions import SessionRow
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.outside import clock
from portal.rules.bookings import fitting
from portal.rules.bookings.states import BookingState
from portal.rules.deciding import Actor, Grant
from portal.rules.errors import Missing, Reason, Refused
from portal.rules.permissions import Permission
from portal.rules.sentences import say


@dataclass(frozen=True, slots=True)
class Passed:
    """Who got a place, or is offered one."""

    promoted: tuple[Promoted, ...]


@dataclass(frozen=True, slots=True)
class Left:
    """Somebody who waits no longer."""

    booking: str
    session: str
    customer: str


def catch_up(actor: Actor, session: str | None = None) -> Passed:
    """Promote wherever a place is free and somebody waits: in one session, or in all. Each in its own transaction.

    Raises Missing and NotAllowed.
    """
    access.require(actor, Permission.BOOKINGS_DESK)
    if session is not None:
        return pass_on(actor, _named(session).id)
    done: list[Promoted] = []
    for key in _to_do(actor.partner_id):
        done += pass_on(actor, key).promoted
    return Passed(tuple(done))


@writes
def promote_one(actor: Actor, session: str, customer: str) -> Passed:
    """Give a free place to one who waits, past those who joined before. Raises Missing, NotAllowed and Refused (B2)."""
    row, subject, _grant = _of(actor, session, customer)
    access.require(actor, Permission.BOOKINGS_DESK, subject)
    hold_waiting([row.id])
    row = sessions.hold([row.id])[row.id]
    done = promote(actor, row, clock.now(), only=subject.id)
    if not done:
        message = say("{name} cannot be promoted in {session} now.", name=subject.name, session=row.facts().title)
        raise Refused([Reason("B2", message, say("A place has to be free, and they have to wait for it."))])
    return Passed(tuple(done))


@writes(once="waiting.accept", answer=BookedOne)
def accept(actor: Actor, session: str, customer: str, *, once: str | None = None) -> BookedOne:
    """Take a place that is held for somebody. Raises Missing, NotAllowed and Refused (B2)."""
    row, subject, grant = _of(actor, session, customer)
    key = row.id
    (people,) = held(lambda: [concerned(actor, customers.by_id(subject.id), grant, booker_id=_booker(key, subject.id))])
    row, at = sessions.hold([key])[key], clock.now()
    if reasons := fitting.time_reasons(row.facts(), at, in_turn=True):
        raise Refused(reasons)
    one = rows.live_of(row.id, subject.id)
    if one is None or one.state is not BookingState.OFFERED or not one.offer_lasts(at):
        raise Refused([_nothing_held(row, subject, one)])
    planned = planned_for(one, people, row, at)
    if reasons := [reason for reason in planned.reasons if reason.rule != "B2"]:
        raise Refused(reasons)
    counted = sessions.counted([row.id], at)[row.id]
    give(actor, one, planned, counted.held + counted.offered - 1, at)
    again = rows.by_id(one.id)
    return BookedOne(
        again.public_id,
        row.reference,
        subject.reference,
        again.state.value,
        again.price_minor,
        again.payer_reference or "",
        again.membership,
        row.currency,
    )


@writes(once="waiting.leave", answer=Left)
def leave(actor: Actor, session: str, customer: str, *, once: str | None = None) -> Left:
    """Leave a waiting list, or let a place go that is held. Raises Missing, NotAllowed and Refused (B2)."""
    row, subject, grant = _of(actor, session, customer)
    hold_waiting([row.id], {subject.id})
    row, at = sessions.hold([row.id])[row.id], clock.now()
    one = rows.live_of(row.id, subject.id)
    if one is None or one.state not in (BookingState.WAITING, BookingState.OFFERED):
        message = say("{name} does not wait for {session}.", name=subject.name, session=row.facts().title)
        raise Refused([Reason("B2", message, say("Nothing has to be left."))])
    left(actor, one, row, subject, grant, at)
    promote(actor, row, at)
    return Left(one.public_id, row.reference, subject.reference)


# Steps ----------------------------------------------------------------------------------------------------------------


@writes
def pass_on(actor: Actor, session_id: int) -> Passed:
    """Promote in one session, by its key, for the system or whoever may."""
    hold_waiting([session_id])
    row = sessions.hold([session_id])[session_id]
    return Passed(tuple(promote(actor, row, clock.now())))


@snapshot
def _to_do(partner_id: int | None) -> list[int]:
    return waiting.to_promote(clock.now(), partner_id)


@snapshot
def _named(session: str) -> SessionRow:
    found = sessions.by_references([session]).get(session)
    if found is None:
        raise Missing(say("There is no session “{reference}”.", reference=session[:120]))
    return found


def _of(actor: Actor, session: str, customer: str) -> tuple[SessionRow, Profile, Grant]:
    row = _named(session)
    profile, grant = subjects(actor, [customer], Permission.BOOKINGS_BOOK)[customer]
    return row, profile, grant


def _booker(session_id: int, customer_id: int) -> int | None:
    one = rows.live_of(session_id, customer_id)
    return None if one is None else one.booker_id


def _nothing_held(row: SessionRow, subject: Profile, one: BookingRow | None) -> Reason:
    title = row.facts().title
    if one is not None and one.offered_until is not None:
        message = say("The place in {session} was held until {until}.", session=title, until=one.offered_until)
        return Reason("B2", message, say("Join the waiting list again."))
    message = say("No place in {session} is held for {name}.", session=title, name=subject.name)
    return Reason("B2", message, say("Whoever waits longest gets the next place."))
