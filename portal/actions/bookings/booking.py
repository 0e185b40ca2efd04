"""Booking: one person or several, whole or not at all (B1, B7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.actions.bookings import charging, telling
from portal.actions.bookings.charging import Due
from portal.actions.bookings.people import held
from portal.actions.bookings.planning import (
    Plan,
    Planned,
    Wish,
    named,
    plan,
    sessions_of,
    tax_rate_of,
    who,
    world,
)
from portal.actions.bookings.promoting import expire
from portal.db.audit import records as audit
from portal.db.bookings import bookings as rows
from portal.db.bookings import sessions
from portal.db.bookings.bookings import NewBooking
from portal.db.engine import snapshot, writes
from portal.outside import clock
from portal.rules import seen
from portal.rules.bookings.states import BookingState
from portal.rules.deciding import Actor
from portal.rules.errors import Invalid, Reason, Refused
from portal.rules.money import Money
from portal.rules.periods import Period
from portal.rules.sentences import Sentence, say

MOST = 60
"""So many places are booked at once."""


@dataclass(frozen=True, slots=True)
class BookedOne:
    """One booking as commands and JSON tell it; the price in minor units. `booking` is its public id."""

    booking: str
    session: str
    customer: str
    state: str
    price_minor: int
    paid_by: str
    membership: str | None
    currency: str


@dataclass(frozen=True, slots=True)
class Booked:
    """What was booked, in the order of the wishes."""

    bookings: tuple[BookedOne, ...]


@writes(once="booking.book", answer=Booked)
def book(actor: Actor, wishes: Sequence[Wish], *, mark: str | None = None, once: str | None = None) -> Booked:
    """Book all that is wished for, or join the waiting lists where that was wanted.

    Raises Missing, NotAllowed and Invalid; Refused with everything that stands against it (B1 to B12), and Conflict
    when what the preview `mark` showed has changed.
    """
    return booked(actor, wishes, mark=mark)


def booked(
    actor: Actor, wishes: Sequence[Wish], *, mark: str | None = None, basket: int | None = None, walk_in: bool = False
) -> Booked:
    """The same as a step of a transaction. `basket` is the key of the basket that is confirmed: what it holds is its
    own. A `walk_in` comes to a session that may have begun (B11).
    """
    _check(wishes)
    at = clock.now()
    found = _held(actor, wishes, at, basket=basket, walk_in=walk_in)
    if mark is not None:
        seen.unchanged(mark, found.mark)
    if found.reasons:
        raise Refused(found.reasons)
    return _written(actor, found, at, walk_in)


@snapshot
def foresee(actor: Actor, wishes: Sequence[Wish]) -> Plan:
    """What booking would do, and why it would be refused. Raises Missing, NotAllowed and Invalid."""
    _check(wishes)
    return foreseen(actor, wishes)


def foreseen(actor: Actor, wishes: Sequence[Wish], *, basket: int | None = None) -> Plan:
    """The same as a step of a reading; `basket` is the one whose holds are its own."""
    found, people = named(wishes), who(actor, wishes)
    at = world(sessions_of(found.values()), people.values(), clock.now(), but_basket=basket)
    return plan(wishes, found, people, at)


def told(one: Planned, booking: str = "") -> BookedOne:
    """A planned or written booking as it is told."""
    return BookedOne(
        booking,
        one.session.reference,
        one.subject.reference,
        one.state.value,
        one.price_minor,
        one.payer.reference,
        one.priced.reference if one.state is BookingState.BOOKED else None,
        one.session.currency,
    )


# Steps ----------------------------------------------------------------------------------------------------------------


def _check(wishes: Sequence[Wish]) -> None:
    if not wishes:
        raise Invalid({"": say("Choose a session first.")})
    if len(wishes) > MOST:
        raise Invalid({"": say("Book {most} places at once at most.", most=MOST)})


def _held(actor: Actor, wishes: Sequence[Wish], at: datetime, *, basket: int | None, walk_in: bool) -> Plan:
    """The plan, with everybody and everything it is about held until the transaction ends."""
    found = named(wishes)
    concerned = held(lambda: list(who(actor, wishes).values()))
    people = dict(zip(dict.fromkeys(wish.customer for wish in wishes), concerned, strict=True))
    rows_ = sessions.hold(one.id for one in found.values())
    for key in rows_:
        expire(actor, key, at)
    at_hand = world(rows_, people.values(), at, but_basket=basket, walk_in=walk_in)
    at_hand.benefits.hold()
    return plan(wishes, found, people, at_hand)


def _written(actor: Actor, found: Plan, at: datetime, walk_in: bool) -> Booked:
    held_elsewhere = {one.session.id: one.facts.held + one.facts.offered for one in found.items}
    for key in sorted(held_elsewhere):
        places = sum(one.session.id == key and one.state is BookingState.BOOKED for one in found.items)
        if places and not sessions.take(key, places, held_elsewhere[key], at):
            message = say("Somebody else took the last place in the meantime.")
            raise Refused([Reason("B2", message, say("Join the waiting list, or choose another date."))])
    keys = rows.add([_new(actor, one, at, walk_in) for one in found.items])
    charging.charge(
        actor, [due_of(one, key) for one, (key, _) in zip(found.items, keys, strict=True) if one.price_minor], at
    )
    for one, (_, public_id) in zip(found.items, keys, strict=True):
        _tell(actor, one, public_id)
    return Booked(tuple(told(one, public_id) for one, (_, public_id) in zip(found.items, keys, strict=True)))


def _new(actor: Actor, one: Planned, at: datetime, walk_in: bool) -> NewBooking:
    has_place = one.state is BookingState.BOOKED
    return NewBooking(
        session_id=one.session.id,
        customer_id=one.subject.id,
        state=one.state,
        booked_at=at,
        price_minor=one.price_minor,
        payer=one.wish.payer,
        payer_id=one.payer.id if has_place else None,
        booker_id=one.people.parties.booker,
        membership_id=one.priced.membership_id if has_place or one.wish.membership else None,
        visit=one.priced.visit and has_place,
        anyway=one.wish.anyway,
        walk_in=walk_in,
        actor=actor.label,
    )


def due_of(one: Planned, booking_id: int) -> Due:
    """What a place that was taken costs, for the books."""
    day = one.session.starts_on
    return Due(
        booking_id,
        one.subject,
        one.payer,
        one.price_minor,
        tax_rate_of(one.session, one.subject),
        one.facts.title,
        Period(day, day),
    )


def _tell(actor: Actor, one: Planned, public_id: str) -> None:
    subject, title = one.subject, one.facts.title
    if one.state is BookingState.WAITING:
        text = say("Joined the waiting list of {session}", session=title)
        audit.record(actor, "booking.wait", text, subject_id=subject.id, grant=one.people.grant, booking=public_id)
        return
    text = say("Booked {session}", session=title)
    if one.price_minor:
        amount = Money(one.price_minor, one.session.currency)
        text = say("Booked {session} for {amount}, paid by {payer}", session=title, amount=amount, payer=one.payer.name)
    audit.record(actor, "booking.book", text, subject_id=subject.id, grant=one.people.grant, booking=public_id)
    telling.tell(subject, say("Booked: {session}", session=title), lines_of(one))


def lines_of(one: Planned) -> list[Sentence]:
    """What a mail says of a place: when and where, what it costs whom, and until when it can be cancelled."""
    facts, place = one.facts, one.session.place
    where = say("{session}, {place}.", session=facts.title, place=place)
    lines = [where if place else say("{session}.", session=facts.title)]
    if one.priced.membership_id is not None and not one.price_minor:
        lines.append(say("It is included in {plan}.", plan=one.priced.plan))
    elif one.price_minor:
        amount = Money(one.price_minor, one.session.currency)
        lines.append(say("It costs {amount}, charged to {payer}.", amount=amount, payer=one.payer.name))
    lines.append(say("It can be cancelled free of charge until {until}.", until=facts.told(facts.deadline)))
    return lines
