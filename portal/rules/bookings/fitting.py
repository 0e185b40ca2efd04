"""Why somebody cannot have a place in a session: every condition that is not met, each with its remedy (B1 to B12)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from portal.rules.bookings.facts import Held, PersonFacts, SessionFacts
from portal.rules.bookings.states import TAKES_A_PLACE, BookingState, SessionState
from portal.rules.customers.status import Status
from portal.rules.errors import Reason
from portal.rules.sentences import NOTHING, Sentence, ordinal, say


def age_on(born_on: date, day: date) -> int:
    """Whole years on a day; who was born on 29 February is a year older on 1 March."""
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))


def for_ages(age_from: int | None, age_to: int | None) -> Sentence:
    """Whom something is for: "ages 6 to 10"; NOTHING for everybody."""
    if age_from is not None and age_to is not None:
        return say("ages {least} to {most}", least=age_from, most=age_to)
    if age_from is not None:
        return say("from {least} years", least=age_from)
    return say("up to {most} years", most=age_to) if age_to is not None else NOTHING


def age_reasons(
    person: PersonFacts, age_from: int | None, age_to: int | None, on: date, majority: int, what: Sentence
) -> list[Reason]:
    """B1, B5: somebody is too young or too old on a day. Without a date of birth they count as an adult (G15)."""
    if age_from is None and age_to is None:
        return []
    ages = for_ages(age_from, age_to)
    if person.born_on is None:
        if (age_from or 0) <= majority and (age_to is None or age_to >= majority):
            return []
        message = say(
            "{what} is for {ages}, and no date of birth of {name} is known.", what=what, ages=ages, name=person.name
        )
        return [Reason("B1", message, say("Enter the date of birth first."), "customer-details", person.public_id)]
    age = age_on(person.born_on, on)
    if (age_from is None or age >= age_from) and (age_to is None or age <= age_to):
        return []
    message = say(
        "{name} is {age} on {day}, and {what} is for {ages}.", name=person.name, age=age, day=on, what=what, ages=ages
    )
    return [Reason("B1", message, say("Choose something for that age."))]


def status_reasons(people: Iterable[PersonFacts]) -> list[Reason]:
    """B12, C1: one of those concerned is not Active. Each is named once, whatever they are there."""
    reasons = []
    for one in {person.id: person for person in people}.values():
        if one.status is Status.BLOCKED:
            why = say("{name} is Blocked, so nothing is booked.", name=one.name)
            if one.because:
                why = say(
                    "{name} is Blocked because {other} is, so nothing is booked.", name=one.name, other=one.because
                )
            remedy = say("Pay what is overdue, or ask the operator.")
            reasons.append(Reason("B12", why, remedy, "customer-finance", one.public_id))
        elif one.status is Status.NEW:
            message = say("{name} is New, and books nothing before it is Active.", name=one.name)
            reasons.append(Reason("C1", message, say("Ask the operator to activate it.")))
        elif one.status is Status.INACTIVE:
            message = say("{name} is Inactive, so nothing is booked for it.", name=one.name)
            reasons.append(Reason("C1", message, say("Ask the operator to activate it.")))
    return reasons


def time_reasons(
    session: SessionFacts, now: datetime, *, any_time: bool = False, in_turn: bool = False
) -> list[Reason]:
    """B1, B2: it was cancelled, has begun, or is not open for booking now. A walk-in comes at `any_time` (B11).

    The booking window says when to ask for a place: whose turn it is (`in_turn`) asked within it.
    """
    if session.state is SessionState.CANCELLED:
        return [Reason("B2", say("{session} was cancelled.", session=session.title), say("Choose another date."))]
    if any_time:
        return []
    if session.begun(now):
        message = say("{session} has begun, so nobody is booked any more.", session=session.title)
        return [Reason("B2", message, say("Choose a later date."))]
    if in_turn:
        return []
    if session.opens_at is not None and now < session.opens_at:
        message = say(
            "{session} can be booked from {from_}.", session=session.title, from_=session.told(session.opens_at)
        )
        return [Reason("B1", message, say("Come back then."))]
    if now > session.closes_at:
        message = say(
            "{session} could be booked until {until}.", session=session.title, until=session.told(session.closes_at)
        )
        return [Reason("B1", message, say("Choose a later date, or ask the operator."))]
    return []


def place_reasons(session: SessionFacts, wanted: int) -> list[Reason]:
    """B2: fewer places are free than are wanted. Who waits comes first."""
    free = max(0, session.free - session.waiting)
    if wanted <= free:
        return []
    remedy = say("Join the waiting list, or choose another date.")
    if session.free and not free:
        message = say("What is free in {session} is for those who wait for it.", session=session.title)
    elif free:
        message = say(
            "{session} has {count} place left, and {wanted} are wanted.",
            "{session} has {count} places left, and {wanted} are wanted.",
            count=free,
            session=session.title,
            wanted=wanted,
        )
    elif session.held or session.offered:
        message = say(
            "All {capacity} places in {session} are taken or held for somebody.",
            capacity=session.capacity,
            session=session.title,
        )
    else:
        message = say("All {capacity} places in {session} are taken.", capacity=session.capacity, session=session.title)
    return [Reason("B2", message, remedy)]


def own_reasons(person: PersonFacts, session: SessionFacts, held: Iterable[Held]) -> list[Reason]:
    """B3: somebody is in this session already, waits for it, or is offered a place."""
    for one in held:
        if one.session.id != session.id:
            continue
        if one.state in TAKES_A_PLACE:
            message = say("{name} is booked into {session} already.", name=person.name, session=session.title)
            return [Reason("B3", message, say("Nothing more is needed."))]
        if one.state is BookingState.OFFERED:
            message = say("A place in {session} is held for {name}.", name=person.name, session=session.title)
            return [Reason("B3", message, say("Accept it, or leave the waiting list."))]
        message = say(
            "{name} waits for {session} already, in the {place} place.",
            name=person.name,
            session=session.title,
            place=ordinal(one.place),
        )
        return [Reason("B3", message, say("Whoever waits longest gets the next place."))]
    return []


def clash_reasons(person: PersonFacts, session: SessionFacts, others: Iterable[SessionFacts]) -> list[Reason]:
    """B3: somebody is at another session at that time; touching is no clash."""
    return [
        Reason(
            "B3",
            say(
                "{session} is at the same time as {other}, where {name} is booked.",
                session=session.title,
                other=other.title,
                name=person.name,
            ),
            say("Choose another date, or book it in spite of that."),
        )
        for other in others
        if other.id != session.id and session.overlaps(other)
    ]


def promotes(session: SessionFacts, now: datetime, cut_off: int) -> bool:
    """Whether places are passed on still: not after the start, nor later than `cut_off` minutes before it (B2)."""
    ends = session.starts_at - timedelta(minutes=cut_off)
    return session.state is SessionState.OPEN and now < session.starts_at and now <= ends


def cancel_reasons(session: SessionFacts, name: str, state: BookingState, now: datetime, *, late: bool) -> list[Reason]:
    """B4: why a booking cannot be cancelled. With `late` the deadline does not count, and the charge stays."""
    if state is BookingState.CANCELLED:
        message = say("The booking of {name} in {session} is cancelled already.", name=name, session=session.title)
        return [Reason("B4", message, say("Nothing more is needed."))]
    if state is BookingState.ATTENDED:
        message = say("{name} was at {session}.", name=name, session=session.title)
        return [Reason("B4", message, say("Whoever attended cannot cancel; ask the operator."))]
    if state is BookingState.MISSED:
        message = say("{name} was noted as not there at {session}.", name=name, session=session.title)
        return [Reason("B4", message, say("Ask the operator."))]
    if state is BookingState.BOOKED and now > session.deadline and not late:
        message = say(
            "{session} could be cancelled until {until}.", session=session.title, until=session.told(session.deadline)
        )
        remedy = say("It can still be cancelled late: then the charge stays, or the visit is used.")
        return [Reason("B4", message, remedy)]
    return []


def undo_reasons(session: SessionFacts, name: str, state: BookingState) -> list[Reason]:
    """B4: why a cancellation cannot be undone, besides what stands against booking it anew."""
    if state is BookingState.CANCELLED:
        return []
    message = say("The booking of {name} in {session} is not cancelled.", name=name, session=session.title)
    return [Reason("B4", message, say("Nothing has to be undone."))]
