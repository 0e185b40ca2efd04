"""What a basket comes to before it is confirmed: who gets which place, at what price, on whose books, and why not.

Booking, its preview and the check page plan with the same function, so that what is shown is what is done (F10, B7).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from portal.actions.bookings.benefits import Benefits, Priced
from portal.actions.bookings.people import Concerned, concerned, person_of, subjects
from portal.db import idempotency as operations
from portal.db.bookings import bookings as rows
from portal.db.bookings import sessions
from portal.db.bookings.bookings import BookingRow
from portal.db.bookings.sessions import Counted, SessionRow
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.types import rate_of
from portal.rules.bookings import fitting
from portal.rules.bookings.facts import Held, SessionFacts
from portal.rules.bookings.states import BookingPayer, BookingState, SessionState
from portal.rules.deciding import Actor
from portal.rules.errors import Invalid, Missing, Reason
from portal.rules.invoices.lines import Line, computed
from portal.rules.money import Money
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say


@dataclass(frozen=True, slots=True)
class Wish:
    """One person in one session, named as people name them. `payer` is who was chosen to pay, `membership` which one is
    to count; `wait` joins the waiting list where there is no place, `anyway` books in spite of a clash (B3).
    `instead` books it in the place of what the subject has at that time, which is cancelled in the same step.
    `booker_id` is the customer who booked it before, where it only goes elsewhere; without one whoever books now.
    """

    session: str
    customer: str
    payer: BookingPayer = BookingPayer.CHOICE
    membership: str | None = None
    wait: bool = False
    anyway: bool = False
    instead: bool = False
    booker_id: int | None = None


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A booking that is cancelled for another one; what comes back in minor units, nothing where it is late (B4)."""

    booking: BookingRow
    session: SessionRow
    back_minor: int
    late: bool

    @property
    def told(self) -> Sentence:
        """What cancelling it does."""
        title = self.session.facts().title
        if self.back_minor:
            amount = Money(self.back_minor, self.session.currency)
            return say("{session} is cancelled for it, and {amount} comes back.", session=title, amount=amount)
        if self.booking.visit:
            return say("{session} is cancelled for it, and the visit comes back.", session=title)
        if self.late and self.booking.price_minor:
            return say("{session} is cancelled for it, too late to get back what it cost.", session=title)
        return say("{session} is cancelled for it.", session=title)


@dataclass(frozen=True, slots=True)
class Planned:
    """What becomes of one wish. `state` is BOOKED or WAITING; `place` is the place on the waiting list.

    `priced` says what it costs and by which membership; who waits is priced when a place is there. `clashes` are what
    lies at the same time, also where it was wanted so; `swaps` says that all of it is booked, and could be given up for
    this. `gives_up` is what is cancelled for it.
    """

    wish: Wish
    session: SessionRow
    facts: SessionFacts
    people: Concerned
    payer: Profile
    state: BookingState
    priced: Priced
    place: int = 0
    clashes: tuple[SessionFacts, ...] = ()
    swaps: bool = False
    gives_up: tuple[GivenUp, ...] = ()
    reasons: tuple[Reason, ...] = ()

    @property
    def subject(self) -> Profile:
        return self.people.subject

    @property
    def price_minor(self) -> int:
        """What it costs with tax, in minor units; 0 for one who waits."""
        return self.priced.minor if self.state is BookingState.BOOKED else 0


@dataclass(frozen=True, slots=True)
class Plan:
    """Every wish of a basket, in its order. `mark` stands for all that is shown."""

    items: tuple[Planned, ...]

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """All that stands against confirming it, each thing once."""
        return tuple(dict.fromkeys(reason for one in self.items for reason in one.reasons))

    @property
    def mark(self) -> str:
        shown = [
            [
                one.session.public_id,
                one.session.version,
                one.session.starts_at,
                one.subject.public_id,
                one.state.value,
                one.price_minor,
                one.payer.public_id,
                one.priced.reference,
                [str(reason.message) for reason in one.reasons],
                [(each.booking.public_id, each.back_minor, each.late) for each in one.gives_up],
            ]
            for one in self.items
        ]
        return operations.fingerprint(shown)


@dataclass(slots=True)
class World:
    """What planning needs to know, read at one moment."""

    now: datetime
    sessions: Mapping[int, SessionRow]
    counted: Mapping[int, Counted]
    around: Mapping[int, Sequence[tuple[BookingRow, SessionRow]]]
    ahead: Mapping[int, int]
    benefits: Benefits
    walk_in: bool = False
    in_turn: bool = False
    gives_up: Mapping[tuple[int, int], Sequence[GivenUp]] = field(default_factory=dict)
    planned: list[Planned] = field(default_factory=list)

    def facts(self, session_id: int) -> SessionFacts:
        """A session with what is counted of it; `waiting` are those who come first."""
        row = self.sessions[session_id]
        counted = self.counted.get(session_id, Counted())
        return row.facts(Counted(counted.held, counted.offered, self.ahead.get(session_id, 0)))


def named(wishes: Sequence[Wish]) -> dict[str, SessionRow]:
    """The sessions that are wished for. Raises Missing, and Invalid for a pair that stands twice."""
    found = sessions.by_references({wish.session for wish in wishes})
    for wish in wishes:
        if wish.session not in found:
            raise Missing(say("There is no session “{reference}”.", reference=wish.session[:120]))
    return found


def who(actor: Actor, wishes: Sequence[Wish]) -> dict[str, Concerned]:
    """Who is concerned, by what names the subjects. Raises Missing and NotAllowed."""
    found = subjects(actor, (wish.customer for wish in wishes), Permission.BOOKINGS_BOOK)
    bookers = {wish.customer: wish.booker_id for wish in wishes}
    return {
        reference: concerned(actor, profile, grant, booker_id=bookers[reference])
        for reference, (profile, grant) in found.items()
    }


def world(
    rows_: Mapping[int, SessionRow],
    people: Iterable[Concerned],
    now: datetime,
    *,
    but_basket: int | None = None,
    but_booking: int | None = None,
    walk_in: bool = False,
    in_turn: bool = False,
    instead: Collection[tuple[int, int]] = (),
) -> World:
    """What is so at a moment around some sessions and people. `but_booking` is left out of what they have already.

    A `walk_in` comes to a session that may have begun (B11). Whose turn it is on a waiting list joined it in time, so
    that the booking window no longer counts (`in_turn`, B2). `instead` are the sessions, each with its subject, for
    which what is booked at that time is given up: planned as if it were not there.
    """
    keys = list(rows_)
    ids = {one.subject.id for one in people}
    start = min((one.starts_at for one in rows_.values()), default=now)
    end = max((one.ends_at for one in rows_.values()), default=now)
    gives_up = given_up(rows_, instead, now)
    left_out = {one.booking.id for some in gives_up.values() for one in some} | {but_booking or 0}
    around: dict[int, list[tuple[BookingRow, SessionRow]]] = defaultdict(list)
    for booking, session in rows.around(ids, start, end, now):
        if booking.id not in left_out:
            around[booking.customer_id].append((booking, session))
    counted = sessions.counted(keys, now, but_basket=but_basket)
    benefits, ahead = Benefits(ids, left_out), _ahead(rows_, counted, now)
    return World(now, rows_, counted, around, ahead, benefits, walk_in, in_turn, gives_up)


def replacing(
    wishes: Sequence[Wish], named_: Mapping[str, SessionRow], people: Mapping[str, Concerned]
) -> list[tuple[int, int]]:
    """The sessions, each with its subject, for which something else is to be given up."""
    return [
        (named_[wish.session].id, people[wish.customer].subject.id) for wish in wishes if wish.instead and not wish.wait
    ]


def given_up(
    rows_: Mapping[int, SessionRow], instead: Collection[tuple[int, int]], now: datetime
) -> dict[tuple[int, int], list[GivenUp]]:
    """What is cancelled for sessions, each with its subject: what is booked at the time and has not begun. A visit that
    would stay used is not given up on the way.
    """
    found: dict[tuple[int, int], list[GivenUp]] = {}
    for key, subject in instead:
        wanted = rows_[key]
        for booking, session in rows.around([subject], wanted.starts_at, wanted.ends_at, now):
            if session.id != key and _can_go(booking, session, now):
                late = now > session.facts().deadline
                charged = sum(one.amount_minor for one in rows.charges_of([booking.id]).values())
                found.setdefault((key, subject), []).append(GivenUp(booking, session, 0 if late else charged, late))
    return found


def _can_go(booking: BookingRow, session: SessionRow, now: datetime) -> bool:
    stands = booking.state is BookingState.BOOKED and session.state is SessionState.OPEN and session.starts_at > now
    return stands and not (booking.visit and now > session.facts().deadline)


def _ahead(found: Mapping[int, SessionRow], counted: Mapping[int, Counted], now: datetime) -> dict[int, int]:
    """How many who wait for a session come before anybody else: those who can be promoted still (B2)."""
    waiting = [key for key, one in counted.items() if one.waiting]
    ahead: dict[int, int] = {}
    for key in waiting:
        waits = [one for one in rows.waiting_in(key) if one.state is BookingState.WAITING]
        profiles = customers.by_ids({one.customer_id for one in waits})
        ahead[key] = sum(
            profiles[one.customer_id].status.status.orders_and_books
            and fitting.promotes(found[key].facts(), now, profiles[one.customer_id].settings.waiting_cut_off)
            for one in waits
        )
    return ahead


def plan(wishes: Sequence[Wish], named_: Mapping[str, SessionRow], people: Mapping[str, Concerned], at: World) -> Plan:
    """What becomes of each wish, all of them together."""
    seen: set[tuple[int, int]] = set()
    wanted: dict[int, int] = defaultdict(int)
    for wish in wishes:
        session, one = at.sessions[named_[wish.session].id], people[wish.customer]
        if (session.id, one.subject.id) in seen:
            text = say("{name} stands twice in {session}.", name=one.subject.name, session=session.facts().title)
            raise Invalid({"": text})
        seen.add((session.id, one.subject.id))
        wanted[session.id] += not wish.wait
    found: dict[int, Planned] = {}
    for index in sorted(range(len(wishes)), key=lambda one: wishes[one].wait):  # who would wait takes what is left
        wish = wishes[index]
        found[index] = _planned(wish, named_[wish.session].id, people[wish.customer], at, wanted)
        at.planned.append(found[index])
    return Plan(tuple(found[index] for index in range(len(wishes))))


def alone(wish: Wish, session_id: int, people: Concerned, at: World) -> Planned:
    """What would become of a wish by itself, whatever else was planned in this world."""
    at.planned.clear()
    return _planned(wish, session_id, people, at, {session_id: not wish.wait}, alone=True)


def _planned(
    wish: Wish, session_id: int, people: Concerned, at: World, wanted: Mapping[int, int], *, alone: bool = False
) -> Planned:
    session, facts, subject = at.sessions[session_id], at.facts(session_id), people.subject
    payer, reasons = people.payer(wish.payer), people.payer_reasons(wish.payer)
    if session.partner_id != subject.partner_id:
        message = say("{session} is not offered where {name} is a customer.", session=facts.title, name=subject.name)
        reasons.append(Reason("B1", message, say("Choose a session of its own partner.")))
    concerned_by = [subject, *([people.booker] if people.booker else []), payer]
    reasons += fitting.status_reasons(map(person_of, concerned_by))
    reasons += fitting.time_reasons(facts, at.now, any_time=at.walk_in, in_turn=at.in_turn)
    majority = subject.settings.majority_age
    person = person_of(subject)
    reasons += fitting.age_reasons(person, facts.age_from, facts.age_to, facts.starts_on, majority, facts.title)
    own = held_by(subject.id, at)
    reasons += fitting.own_reasons(person, facts, own)
    clashes = tuple(other for other in occupied(subject.id, at) if other.id != facts.id and facts.overlaps(other))
    if not wish.anyway:
        reasons += fitting.clash_reasons(person, facts, clashes)
    gets = sum(one.session.id == session_id and one.state is BookingState.BOOKED for one in at.planned)
    state, place = BookingState.BOOKED, 0
    if wish.wait and gets >= max(0, facts.free - facts.waiting):
        state = BookingState.WAITING
        before = sum(one.session.id == session_id and one.state is BookingState.WAITING for one in at.planned)
        place = at.counted.get(session_id, Counted()).waiting + before + 1
    elif not wish.wait and not any(one.rule == "B2" for one in reasons):
        reasons += fitting.place_reasons(facts, wanted[session_id])
    takes, price = state is BookingState.BOOKED and not alone, price_of(session, subject)
    priced, more = at.benefits.priced(wish.membership, subject, session, price, clashes, takes=takes)
    there = {each.id for booking, each in at.around.get(subject.id, ()) if _can_go(booking, each, at.now)}
    swaps = bool(clashes) and all(other.id in there for other in clashes)
    gone = tuple(at.gives_up.get((session_id, subject.id), ()))
    every = (*reasons, *more)
    return Planned(wish, session, facts, people, payer, state, priced, place, clashes, swaps, gone, every)


def held_by(subject_id: int, at: World) -> list[Held]:
    """What somebody has or waits for in the sessions that are looked at, or at the time."""
    found = []
    for booking, session in at.around.get(subject_id, ()):
        place = 0
        if booking.state is BookingState.WAITING:
            waits = [one for one in rows.waiting_in(session.id) if one.state is BookingState.WAITING]
            place = 1 + [one.id for one in waits].index(booking.id)
        found.append(Held(session.facts(), booking.state, place))
    return found


def occupied(subject_id: int, at: World) -> list[SessionFacts]:
    """The sessions at which somebody is to be already, the earlier wishes of the basket among them."""
    booked = [
        session.facts()
        for booking, session in at.around.get(subject_id, ())
        if session.state is SessionState.OPEN and booking.state is not BookingState.WAITING
    ]
    mine = [one.facts for one in at.planned if one.subject.id == subject_id and one.state is BookingState.BOOKED]
    return [*booked, *mine]


def price_of(session: SessionRow, subject: Profile) -> int:
    """What a session costs somebody without a membership, with tax, in minor units."""
    line = Line("", Decimal(1), session.price_minor, tax_rate_of(session, subject))
    return computed([line], session.prices, session.currency).total


def tax_rate_of(session: SessionRow, subject: Profile) -> Decimal:
    """The tax rate of a session: the activity's, else that of lines for the customer."""
    if session.rate_e3 is not None:
        return rate_of(session.rate_e3)
    return subject.settings.tax_rate if subject.tax_rate is None else subject.tax_rate


def sessions_of(found: Collection[SessionRow]) -> dict[int, SessionRow]:
    """Sessions by their keys."""
    return {one.id: one for one in found}
