"""Booking: one person or several, whole or not at all (B1, B7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.actions.bookings import charging, telling
from portal.actions.bookings.answers import BookedOne, due_of, told
from portal.actions.bookings.cancelling import cancel_all
from portal.actions.bookings.people import held
from portal.actions.bookings.planning import (
    Plan,
    Planned,
    Wish,
    given_up,
    named,
    plan,
    replacing,
    sessions_of,
    who,
    world,
)
from portal.actions.bookings.promoting import expire, who_waits
from portal.db.audit import records as audit
from portal.db.bookings import bookings as rows
from portal.db.bookings import sessions
from portal.db.bookings.bookings import NewBooking
from portal.db.bookings.sessions import SessionRow
from portal.db.engine import snapshot, writes
from portal.outside import clock
from portal.rules import seen
from portal.rules.bookings.states import BookingState
from portal.rules.deciding import Actor
from portal.rules.errors import Conflict, Invalid, Reason, Refused
from portal.rules.money import Money
from portal.rules.sentences import Sentence, say

MOST = 60
"""So many places are booked at once."""


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
    rows_ = sessions_of(found.values())
    instead = replacing(wishes, found, people)
    at = world(rows_, people.values(), clock.now(), but_basket=basket, instead=instead)
    return plan(wishes, found, people, at)


# Steps ----------------------------------------------------------------------------------------------------------------


def _check(wishes: Sequence[Wish]) -> None:
    if not wishes:
        raise Invalid({"": say("Choose a session first.")})
    if len(wishes) > MOST:
        raise Invalid({"": say("Book {most} places at once at most.", most=MOST)})


def _held(actor: Actor, wishes: Sequence[Wish], at: datetime, *, basket: int | None, walk_in: bool) -> Plan:
    """The plan, with everybody and everything it is about held until the transaction ends."""
    found = named(wishes)
    freed, holders = _to_be_freed(actor, wishes, found, at)
    concerned = held(lambda: [*who(actor, wishes).values(), *who_waits(freed)], holders)
    people = dict(zip(dict.fromkeys(wish.customer for wish in wishes), concerned, strict=False))
    own = {one.id for one in found.values()}
    all_held = sessions.hold(own | freed)
    rows_ = {key: one for key, one in all_held.items() if key in own}
    for key in rows_:
        expire(actor, key, at)
    instead = replacing(wishes, found, people)
    at_hand = world(rows_, people.values(), at, but_basket=basket, walk_in=walk_in, instead=instead)
    if {one.session.id for some in at_hand.gives_up.values() for one in some} - freed:
        raise Conflict(say("What is booked at that time has changed. Look at it again before you confirm."))
    at_hand.benefits.hold()
    return plan(wishes, found, people, at_hand)


def _to_be_freed(
    actor: Actor, wishes: Sequence[Wish], found: Mapping[str, SessionRow], at: datetime
) -> tuple[set[int], set[int]]:
    """The sessions in which a place would be given up, and with whom the invoices stand that charge it."""
    if not any(wish.instead for wish in wishes):
        return set(), set()
    instead = replacing(wishes, found, who(actor, wishes))
    gone = [one for some in given_up(sessions_of(found.values()), instead, at).values() for one in some]
    charges = list(rows.charges_of([one.booking.id for one in gone]).values())
    return {one.session.id for one in gone}, charging.holders(charges)


def _written(actor: Actor, found: Plan, at: datetime, walk_in: bool) -> Booked:
    gone = dict.fromkeys(one.booking.public_id for each in found.items for one in each.gives_up)
    if gone:
        cancel_all(actor, list(gone), "")
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
