"""Passing on places that are free to those who wait for them, in the order in which they joined (B2).

Whatever frees a place calls this in its own transaction, which holds the session: a cancellation, somebody who leaves
the list, more capacity. `waiting promote` and the worker catch up where an offer ran out or a basket was left.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from portal.actions.bookings import charging, telling
from portal.actions.bookings.answers import due_of
from portal.actions.bookings.people import Concerned, concerned, held
from portal.actions.bookings.planning import Planned, Wish, plan, world
from portal.db.audit import records as audit
from portal.db.bookings import bookings as rows
from portal.db.bookings import sessions
from portal.db.bookings.bookings import BookingRow
from portal.db.bookings.sessions import SessionRow
from portal.db.customers import profiles as customers
from portal.rules.bookings.fitting import promotes
from portal.rules.bookings.states import BookingState
from portal.rules.deciding import SYSTEM, Actor, Grant, Source
from portal.rules.errors import Reason, Refused
from portal.rules.money import Money
from portal.rules.sentences import say

_STANDS = frozenset({"B1", "B12", "C1", "B6", "B9"})
"""What keeps somebody who waits from being promoted: their age, a status, who pays, a membership that was asked for."""


@dataclass(frozen=True, slots=True)
class Promoted:
    """Somebody who got a place, or to whom one is offered: public ids of booking, session and customer."""

    booking: str
    session: str
    customer: str
    state: str


def expire(actor: Actor, session_id: int, at: datetime) -> int:
    """End the offers of a held session that ran out; how many. Whoever had one is told, and waits no more (B2)."""
    gone = [one for one in rows.waiting_in(session_id) if one.state is BookingState.OFFERED and not one.offer_lasts(at)]
    for one in gone:
        ended(one, at, reason="")
        session = sessions.by_ids([session_id])[session_id]
        title = session.facts().title
        audit.record(
            actor,
            "booking.offer_ended",
            say("The place in {session} was held until {until}", session=title, until=one.offered_until or at),
            subject_id=one.customer_id,
            booking=one.public_id,
        )
        subject = customers.by_id(one.customer_id)
        headline = say("No longer held: {session}", session=title)
        line = say(
            "The place that was held for {name} in {session} was not accepted in time, and goes to the next one.",
            name=subject.name,
            session=title,
        )
        if session.starts_at <= at:
            line = say(
                "The place that was held for {name} in {session} was not accepted before it began.",
                name=subject.name,
                session=title,
            )
        telling.tell(subject, headline, [line])
    return len(gone)


def ended(one: BookingRow, at: datetime, *, reason: str) -> None:
    """Take somebody off a waiting list."""
    rows.change(
        one.id, at, state=BookingState.CANCELLED, cancelled_at=at, offered_until=None, membership_id=None, reason=reason
    )


def who_waits(session_ids: Collection[int]) -> list[Concerned]:
    """Who would have to be held if places of sessions were passed on: all who wait, and who pays for them."""
    return [_concerned(one) for key in sorted(session_ids) for one in rows.waiting_in(key)]


def promote(actor: Actor, session: SessionRow, at: datetime, *, only: int | None = None) -> list[Promoted]:
    """Give what is free of a session that is held to those who wait for it, as far as they can have it.

    At once or, by the partner's setting, as an offer for some hours. Who is Blocked keeps waiting, and the next one
    has the place. Nothing after the cut-off. With `only`, the key of a customer, nobody else is looked at.
    """
    expire(actor, session.id, at)
    done: list[Promoted] = []
    for one in rows.waiting_in(session.id):
        if one.state is not BookingState.WAITING or only not in (None, one.customer_id):
            continue
        session = sessions.by_ids([session.id])[session.id]
        counted = sessions.counted([session.id], at).get(session.id, sessions.Counted())
        people = _concerned(one)
        settings = people.subject.settings
        if session.facts(counted).free < 1 or not promotes(session.facts(), at, settings.waiting_cut_off):
            break
        planned = planned_for(one, people, session, at)
        if any(reason.rule in _STANDS for reason in planned.reasons):
            continue
        if settings.waiting_hold:
            latest = session.starts_at - timedelta(minutes=settings.waiting_cut_off)
            _offer(actor, one, planned, min(at + timedelta(hours=settings.waiting_hold), latest), at)
            done.append(Promoted(one.public_id, session.reference, one.customer, BookingState.OFFERED.value))
        else:
            give(actor, one, planned, counted.held + counted.offered, at)
            done.append(Promoted(one.public_id, session.reference, one.customer, BookingState.BOOKED.value))
    return done


def planned_for(one: BookingRow, people: Concerned, session: SessionRow, at: datetime) -> Planned:
    """What becomes of a wish that waited, if it gets a place now."""
    wish = Wish(session.public_id, people.subject.public_id, one.payer, one.membership, anyway=True)
    around = world({session.id: session}, [people], at, but_booking=one.id, in_turn=True)
    around.benefits.hold()
    return plan([wish], {session.public_id: session}, {people.subject.public_id: people}, around).items[0]


def give(actor: Actor, one: BookingRow, planned: Planned, held_elsewhere: int, at: datetime) -> None:
    """Turn a wish that waited into a booking, with its charge. Raises Refused where no place is there."""
    if not sessions.take(planned.session.id, 1, held_elsewhere, at):
        message = say("All places in {session} are taken.", session=planned.facts.title)
        raise Refused([Reason("B2", message, say("Whoever waits longest gets the next place."))])
    priced = planned.priced
    rows.change(
        one.id,
        at,
        state=BookingState.BOOKED,
        offered_until=None,
        promoted_at=at,
        price_minor=priced.minor,
        payer_id=planned.payer.id,
        membership_id=priced.membership_id,
        visit=priced.visit,
    )
    charging.charge(actor, [due_of(planned, one.id)], at)
    title, subject = planned.facts.title, planned.subject
    text = say("Got a place in {session} from the waiting list", session=title)
    audit.record(actor, "booking.promote", text, subject_id=subject.id, booking=one.public_id)
    lines = [say("A place in {session} became free, and {name} has it.", session=title, name=subject.name)]
    if priced.minor:
        amount = Money(priced.minor, planned.session.currency)
        lines.append(say("It costs {amount}, charged to {payer}.", amount=amount, payer=planned.payer.name))
    facts = planned.facts
    lines.append(say("It can be cancelled free of charge until {until}.", until=facts.told(facts.deadline)))
    telling.tell(subject, say("Booked: {session}", session=title), lines)


def _offer(actor: Actor, one: BookingRow, planned: Planned, until: datetime, at: datetime) -> None:
    rows.change(one.id, at, state=BookingState.OFFERED, offered_until=until, promoted_at=at)
    title, subject = planned.facts.title, planned.subject
    text = say("A place in {session} is held until {until}", session=title, until=until)
    audit.record(actor, "booking.offer", text, subject_id=subject.id, booking=one.public_id)
    line = say(
        "A place in {session} became free. It is held for {name} until {until}: accept it in the portal.",
        session=title,
        name=subject.name,
        until=planned.facts.told(until),
    )
    telling.tell(subject, say("Held for you: {session}", session=title), [line])


def _concerned(one: BookingRow) -> Concerned:
    return concerned(SYSTEM, customers.by_id(one.customer_id), Grant(Source.SYSTEM), booker_id=one.booker_id)


def hold_waiting(session_ids: Collection[int], others: Collection[int] = ()) -> None:
    """Hold who waits for sessions, and `others`, before the sessions themselves are held."""
    held(lambda: who_waits(session_ids), others)
