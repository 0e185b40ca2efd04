"""The basket: several people and sessions, checked on one page and confirmed whole or not at all (B7)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from portal.actions import access
from portal.actions.bookings.booking import Booked, booked, foreseen
from portal.actions.bookings.people import person_of
from portal.actions.bookings.planning import Plan, Planned, Wish
from portal.actions.bookings.promoting import hold_waiting, promote
from portal.db.bookings import baskets as rows
from portal.db.bookings import sessions
from portal.db.bookings.baskets import Item
from portal.db.bookings.sessions import SessionRow
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.outside import clock
from portal.rules.bookings import fitting, payers
from portal.rules.bookings.states import BookingPayer, BookingState
from portal.rules.deciding import Actor
from portal.rules.errors import Invalid, Missing, Reason, Refused
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say

HOLD = timedelta(minutes=5)
MOST = 40
"""So many places fit into one basket."""


@dataclass(frozen=True, slots=True)
class Line:
    """One item of a basket with what becomes of it; `why` is why it cannot be decided, for somebody one no longer acts
    for.
    """

    item: Item
    planned: Planned | None
    why: Sentence | None = None

    @property
    def holds(self) -> bool:
        """Whether a place is held for it now."""
        return self.item.held_until is not None and clock.now() < self.item.held_until


@dataclass(frozen=True, slots=True)
class Payable:
    """Who could pay for everything: the choice, and what comes to whom, as names with amounts in minor units."""

    choice: BookingPayer
    chosen: bool
    sums: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """Who could pay for what one person does (B6): each choice with the payer's name, and which is chosen."""

    customer: str
    name: str
    choices: tuple[tuple[BookingPayer, str], ...]
    chosen: BookingPayer

    @property
    def options(self) -> list[tuple[str, str]]:
        """The choices as a list to choose from has them."""
        return [(kind.value, name) for kind, name in self.choices]


@dataclass(frozen=True, slots=True)
class Look:
    """A basket as its page shows it. `held_until` is when the first hold ends, None where nothing is held."""

    lines: tuple[Line, ...]
    plan: Plan
    payable: tuple[Payable, ...]
    parts: tuple[Part, ...]
    currency: str
    reasons: tuple[Reason, ...]
    mark: str
    held_until: datetime | None
    wanted: Sequence[Wish] = field(default=())

    @property
    def total_minor(self) -> int:
        return sum(one.price_minor for one in self.plan.items)

    @property
    def sums(self) -> tuple[tuple[str, int], ...]:
        """What comes to whom as it was chosen, as names with amounts in minor units."""
        return _sums(self.plan)

    @property
    def back_minor(self) -> int:
        """What comes back for bookings that are given up."""
        gone = {each.booking.id: each.back_minor for one in self.plan.items for each in one.gives_up}
        return sum(gone.values())

    @property
    def booked(self) -> int:
        """How many places would be booked."""
        return sum(one.state is BookingState.BOOKED for one in self.plan.items)

    @property
    def waiting(self) -> int:
        """How many waiting lists would be joined."""
        return sum(one.state is BookingState.WAITING for one in self.plan.items)

    @property
    def visits(self) -> int:
        """How many visits of memberships it would use."""
        return sum(one.priced.visit and one.state is BookingState.BOOKED for one in self.plan.items)


@dataclass(frozen=True, slots=True)
class Added:
    """How many places were put into the basket."""

    added: int


def _login(actor: Actor) -> int:
    if actor.login_id is None or actor.is_staff:
        raise Missing()
    return actor.login_id


@snapshot
def look(actor: Actor) -> Look | None:
    """The basket of whoever is signed in; None for an empty one. Nothing is held any longer by looking."""
    basket = rows.basket_of(_login(actor))
    items = rows.items(basket) if basket is not None else []
    return _look(actor, basket, items) if basket is not None and items else None


@snapshot
def count(actor: Actor) -> int:
    """How many places are in the basket."""
    basket = rows.basket_of(actor.login_id) if actor.login_id is not None and not actor.is_staff else None
    return len(rows.items(basket)) if basket is not None else 0


@writes(once="basket.add", answer=Added)
def add(actor: Actor, chosen_sessions: Collection[str], people: Collection[str], *, once: str | None = None) -> Added:
    """Put sessions for people (public ids) into the basket, and hold a place for each where one is free, five minutes.

    What is in it already stays. Raises Missing, NotAllowed, Invalid where nothing is chosen, and Refused for somebody
    who is too young or old, and for a session that cannot be booked now.
    """
    login, at = _login(actor), clock.now()
    found, wanted = _chosen(actor, chosen_sessions, people)
    basket = rows.begin(login, at)
    held = sessions.hold(one.id for one in found.values())
    reasons = [reason for one in held.values() for reason in fitting.time_reasons(one.facts(), at)]
    for profile in wanted.values():
        for one in held.values():
            facts, majority = one.facts(), profile.settings.majority_age
            reasons += fitting.age_reasons(
                person_of(profile), one.age_from, one.age_to, one.starts_on, majority, facts.title
            )
    if reasons:
        raise Refused(list(dict.fromkeys(reasons)))
    there = {(one.session_id, one.customer_id) for one in rows.items(basket)}
    new = [(key, person) for key in held for person in wanted if (key, person) not in there]
    if len(there) + len(new) > MOST:
        raise Invalid({"": say("A basket takes {most} places. Book these first.", most=MOST)})
    for key, person in new:
        rows.add(basket, key, person, held_until=None, at=at)
    _hold_again(basket, at)
    return Added(len(new))


@writes(once="basket.hold", answer=None)
def hold_longer(actor: Actor, *, once: str | None = None) -> None:
    """Hold the places for another five minutes, as far as they are free still."""
    basket = _basket(actor)
    sessions.hold({one.session_id for one in rows.items(basket)})
    _hold_again(basket, clock.now())


@writes(once="basket.decide", answer=None)
def decide(
    actor: Actor,
    item: str,
    *,
    wait: bool | None = None,
    anyway: bool | None = None,
    instead: bool | None = None,
    once: str | None = None,
) -> None:
    """Decide about one line: to wait where it is full, to book it in spite of a clash, or `instead` of what is booked
    at that time, which is cancelled in the same step. Who waits gives nothing up. Raises Missing.
    """
    found = _item(actor, item)
    values: dict[str, object] = {}
    if wait is not None:
        values |= {"wait": wait, **({"instead": False} if wait else {})}
    if anyway is not None:
        values |= {"anyway": anyway}
    if instead is not None:
        values |= {"instead": instead, **({"wait": False} if instead else {})}
    rows.change(found.id, **values)


@writes(once="basket.payer", answer=None)
def choose_payer(actor: Actor, payer: BookingPayer, *, once: str | None = None) -> None:
    """Choose who pays for everything in the basket (B6). Raises Missing."""
    for one in rows.items(_basket(actor)):
        rows.change(one.id, payer=payer)


@writes(once="basket.payers", answer=None)
def choose_payers(actor: Actor, wanted: Mapping[str, BookingPayer], *, once: str | None = None) -> None:
    """Choose who pays for each person in the basket (B6), by their public ids. Raises Missing."""
    for one in rows.items(_basket(actor)):
        if one.customer in wanted:
            rows.change(one.id, payer=wanted[one.customer])


@writes(once="basket.remove", answer=None)
def remove(actor: Actor, item: str, *, once: str | None = None) -> None:
    """Take one line out; the place that it held goes to whoever waits. Raises Missing."""
    found, at = _item(actor, item), clock.now()
    hold_waiting([found.session_id])
    session = sessions.hold([found.session_id])[found.session_id]
    rows.remove(found.basket_id, [found.id])
    promote(actor, session, at)


@writes(once="basket.confirm", answer=Booked)
def confirm(actor: Actor, *, mark: str, once: str | None = None) -> Booked:
    """Book all that is in the basket, as it was shown with `mark`. Raises Conflict, Refused, Missing and NotAllowed."""
    basket = _basket(actor)
    items = rows.items(basket)
    done = booked(actor, [wish_of(one) for one in items], mark=mark, basket=basket)
    rows.remove(basket, [one.id for one in items])
    return done


# Steps ----------------------------------------------------------------------------------------------------------------


def _chosen(
    actor: Actor, chosen_sessions: Collection[str], people: Collection[str]
) -> tuple[dict[str, SessionRow], dict[int, Profile]]:
    """What was chosen, for people whom the actor books for, all of one partner."""
    if not chosen_sessions:
        raise Invalid({"sessions": say("Choose a date.")})
    if not people:
        raise Invalid({"people": say("Choose whom it is for.")})
    found = sessions.by_references(chosen_sessions)
    wanted = {}
    for public_id in people:
        profile = access.load_subject(actor, public_id)
        access.require(actor, Permission.BOOKINGS_BOOK, profile)
        wanted[profile.id] = profile
    partners = {one.partner_id for one in found.values()} | {one.partner_id for one in wanted.values()}
    if len(found) < len(set(chosen_sessions)) or len(partners) > 1:
        raise Missing()
    return found, wanted


def wish_of(item: Item) -> Wish:
    """An item as booking takes it."""
    return Wish(item.session, item.customer, item.payer, item.membership, item.wait, item.anyway, item.instead)


def _look(actor: Actor, basket: int, items: Sequence[Item]) -> Look:
    lost: dict[int, Sentence] = {}
    for one in {item.customer_id: item for item in items}.values():
        decision = access.weigh(actor, Permission.BOOKINGS_BOOK, customers.by_id(one.customer_id))
        if not decision:
            lost[one.customer_id] = say("You no longer book for {name}. Take it out.", name=one.name)
    kept = [one for one in items if one.customer_id not in lost]
    wishes = [wish_of(one) for one in kept]
    plan = foreseen(actor, wishes, basket=basket) if wishes else Plan(())
    planned = dict(zip((one.id for one in kept), plan.items, strict=True))
    lines = tuple(Line(one, planned.get(one.id), lost.get(one.customer_id)) for one in items)
    holds = [one.held_until for one in items if one.held_until is not None and one.held_until > clock.now()]
    more = tuple(Reason("G8", text, say("Then the rest can be booked.")) for text in lost.values())
    currency = plan.items[0].session.currency if plan.items else ""
    return Look(
        lines,
        plan,
        _payable(actor, basket, plan, kept),
        _parts(plan),
        currency,
        (*plan.reasons, *more),
        plan.mark,
        min(holds) if holds else None,
        wishes,
    )


def _payable(actor: Actor, basket: int, plan: Plan, items: Sequence[Item]) -> tuple[Payable, ...]:
    """Each way to pay for everything that makes a difference, with what comes to whom."""
    if not plan.items:
        return ()
    kinds: dict[BookingPayer, None] = {}
    for one in plan.items:
        fixed = one.subject.settings.booking_payer
        kinds |= dict.fromkeys(payers.choices(fixed, one.people.parties))
    same = len({one.payer for one in items}) == 1
    chosen = items[0].payer
    found: dict[tuple[tuple[str, int], ...], Payable] = {}
    for kind in kinds:
        if any(one.people.payer_reasons(kind) for one in plan.items):
            continue
        sums: dict[str, int] = {}
        for one in plan.items:
            if one.state is BookingState.BOOKED:
                name = one.people.payer(kind).name
                sums[name] = sums.get(name, 0) + one.price_minor
        key = tuple(sums.items())
        default = not same or chosen is BookingPayer.CHOICE
        is_chosen = (same and chosen is kind) or (default and key == _sums(plan))
        before = found.get(key)
        if before is None or (is_chosen and not before.chosen):
            found[key] = Payable(kind, is_chosen, key)
    return tuple(found.values())


def _parts(plan: Plan) -> tuple[Part, ...]:
    """Each person with more than one who could pay for them, where there are several people."""
    first = {one.subject.id: one for one in reversed(plan.items)}
    if len(first) < 2:
        return ()
    found = []
    for one in plan.items:
        if first.pop(one.subject.id, None) is None:
            continue
        people = one.people
        kinds = payers.choices(one.subject.settings.booking_payer, people.parties)
        names = {people.payer(kind).id: (kind, people.payer(kind).name) for kind in reversed(kinds)}
        chosen = names.get(one.payer.id)
        if len(names) > 1 and chosen is not None:
            choices = tuple(sorted(names.values(), key=lambda each: kinds.index(each[0])))
            found.append(Part(one.subject.public_id, one.subject.name, choices, chosen[0]))
    return tuple(found)


def _sums(plan: Plan) -> tuple[tuple[str, int], ...]:
    sums: dict[str, int] = {}
    for one in plan.items:
        if one.state is BookingState.BOOKED:
            sums[one.payer.name] = sums.get(one.payer.name, 0) + one.price_minor
    return tuple(sums.items())


def _hold_again(basket: int, at: datetime) -> None:
    """Hold a place for each line for which one is free, of sessions that are held; first come, first served."""
    items = rows.items(basket)
    found = sessions.by_ids({one.session_id for one in items})
    counted = sessions.counted(list(found), at, but_basket=basket)
    free = {}
    for key, one in found.items():
        facts = one.facts(counted.get(key))
        free[key] = max(0, facts.free - facts.waiting)
    for item in items:
        held = free[item.session_id] > 0 and not found[item.session_id].facts().begun(at)
        free[item.session_id] -= held
        rows.change(item.id, held_until=at + HOLD if held else None)
    rows.touch(basket, at)


def _basket(actor: Actor) -> int:
    """The basket of whoever is signed in, held with its lines. Raises Missing."""
    basket = rows.hold(_login(actor))
    if basket is None:
        raise Missing(say("The basket is empty."))
    return basket


def _item(actor: Actor, item: str) -> Item:
    found = [one for one in rows.items(_basket(actor)) if one.public_id == item]
    if not found:
        raise Missing()
    return found[0]
