"""Whatever is booked, cancelled, waited for, moved and resized in whatever order, places agree with a model (B2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

import pytest
import time_machine
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from portal.actions.bookings import booking, cancelling, desk, sessions, upkeep, waiting
from portal.actions.bookings.planning import Wish
from portal.db.bookings import bookings as rows
from portal.db.bookings import checks
from portal.db.engine import db
from portal.outside import clock
from portal.rules.bookings.states import BookingState
from portal.rules.deciding import SYSTEM
from portal.rules.errors import Refused
from tests import families, people
from tests import sessions as made
from tests.conftest import NOW

PEOPLE, CLASSES = 6, 2
WHO, WHERE = st.integers(0, PEOPLE - 1), st.integers(0, CLASSES - 1)
GYMS = count()
HOLD = 24
PRICE = 1200


@dataclass
class Entry:
    """A booking as the model knows it: whose, and until when its place is held for them, if it only is."""

    who: int
    state: str
    until: datetime | None = None


@dataclass
class Class:
    """A session as the model knows it: its places, and its live bookings in the order of their making."""

    capacity: int
    entries: list[Entry] = field(default_factory=list)

    def of(self, who: int) -> Entry | None:
        return next((one for one in self.entries if one.who == who), None)

    def number(self, *states: str) -> int:
        return sum(one.state in states for one in self.entries)

    def expire(self) -> None:
        now = clock.now()
        self.entries = [one for one in self.entries if one.until is None or now < one.until]

    @property
    def left(self) -> int:
        """Places that are free for somebody who has not waited."""
        return max(0, self.capacity - self.number("booked", "offered")) - self.number("waiting")

    def promote(self, hold: int) -> None:
        self.expire()
        for one in self.entries:
            if one.state == "waiting" and self.number("booked", "offered") < self.capacity:
                one.state = "offered" if hold else "booked"
                one.until = clock.now() + timedelta(hours=hold) if hold else None


class Gym(RuleBasedStateMachine):
    """Some people and two sessions of few places; by the partner's setting a place is given at once, or held."""

    @initialize(hold=st.sampled_from([0, HOLD]), capacities=st.tuples(st.integers(1, 2), st.integers(1, 2)))
    def begin(self, hold: int, capacities: tuple[int, int]) -> None:
        db.session.rollback()
        self.clock = time_machine.travel(NOW, tick=False)
        self.traveller = self.clock.start()
        name = f"gym{next(GYMS)}"
        self.people = [f"{name}-{number}" for number in range(PEOPLE)]
        for one in self.people:
            people.customer(one)
        families.choose(waiting_hold=hold)
        self.hold, self.classes = hold, [Class(one) for one in capacities]
        self.sessions = [
            made.session(f"{name}/{number}", f"2027-06-0{number + 1}T17:00", capacity=one)
            for number, one in enumerate(capacities)
        ]
        self.keys = [booking.sessions.by_references([one])[one].id for one in self.sessions]
        self.gone: list[dict[int, str]] = [{} for _ in self.classes]
        for where, number in enumerate(capacities):
            for who in range(number + 2):
                self.book(who, where, wait=True)  # full from the beginning, with two who wait

    def teardown(self) -> None:
        if hasattr(self, "clock"):
            found = [check.find() for check in checks.CHECKS]
            self.clock.stop()
            assert found == [[], [], []]

    def attempt(self, expected: bool, deed: Callable[[], object]) -> bool:
        """Do it; it works exactly where the model says so."""
        if expected:
            deed()
        else:
            with pytest.raises(Refused):
                deed()
        return expected

    def booking_of(self, who: int, where: int) -> str:
        found = [one for one in rows.live_in([self.keys[where]]) if one.customer == self.people[who]]
        return found[0].public_id

    @rule(who=WHO, where=WHERE, wait=st.booleans())
    def book(self, who: int, where: int, wait: bool) -> None:
        there, now = self.classes[where], clock.now()
        standing = [one for one in there.entries if one.until is None or now < one.until]
        after = Class(there.capacity, standing)
        free = after.left > 0
        wish = Wish(self.sessions[where], self.people[who], wait=wait)
        if self.attempt(after.of(who) is None and (free or wait), lambda: booking.book(SYSTEM, [wish])):
            there.expire()
            there.entries.append(Entry(who, "booked" if free else "waiting"))

    @rule(who=WHO, where=WHERE)
    def cancel(self, who: int, where: int) -> None:
        """Cancel a booking, or leave the waiting list, by the same button."""
        there = self.classes[where]
        one = there.of(who)
        if one is None:
            return
        public_id = self.booking_of(who, where)
        cancelling.cancel(SYSTEM, public_id)
        if one.state == "booked":
            self.gone[where][who] = public_id
        there.entries.remove(one)
        there.promote(self.hold)

    @rule(who=WHO, where=WHERE)
    def undo(self, who: int, where: int) -> None:
        there = self.classes[where]
        if who not in self.gone[where]:
            return
        standing = Class(there.capacity, list(there.entries))
        standing.expire()
        free = standing.left > 0 and standing.of(who) is None
        if self.attempt(free, lambda: cancelling.undo(SYSTEM, self.gone[where][who])):
            there.expire()
            there.entries.insert(0, Entry(who, "booked"))
            del self.gone[where][who]

    @rule(who=WHO, where=WHERE)
    def accept(self, who: int, where: int) -> None:
        one = self.classes[where].of(who)
        held = one is not None and one.until is not None and clock.now() < one.until
        if self.attempt(held, lambda: waiting.accept(SYSTEM, self.sessions[where], self.people[who])):
            assert one is not None
            one.state, one.until = "booked", None

    @rule(who=WHO, where=WHERE)
    def move(self, who: int, where: int) -> None:
        """Move a booking into the other session, at the desk."""
        here, there = self.classes[where], self.classes[1 - where]
        one = here.of(who)
        if one is None or one.state != "booked":
            return
        standing = Class(there.capacity, list(there.entries))
        standing.expire()
        fits = standing.left > 0 and standing.of(who) is None
        public_id = self.booking_of(who, where)
        if self.attempt(fits, lambda: desk.move_booking(SYSTEM, public_id, self.sessions[1 - where], "Asked")):
            there.expire()
            there.entries.append(Entry(who, "booked"))
            self.gone[where][who] = public_id
            here.entries.remove(one)
            here.promote(self.hold)

    @rule(where=WHERE, capacity=st.integers(0, 4))
    def resize(self, where: int, capacity: int) -> None:
        there = self.classes[where]
        sessions.resize(SYSTEM, self.sessions[where], capacity)
        more, there.capacity = capacity > there.capacity, capacity
        if more:
            there.promote(self.hold)

    @rule(hours=st.sampled_from([1, 13]))
    def wait_and_catch_up(self, hours: int) -> None:
        """Time passes, and then the worker comes by."""
        self.traveller.shift(timedelta(hours=hours))
        upkeep.run_due()
        for one in self.classes:
            one.promote(self.hold)

    @rule()
    def wait_a_while(self) -> None:
        """Time passes without the worker: an offer may run out that nobody has ended."""
        self.traveller.shift(timedelta(hours=HOLD + 1))

    @invariant()
    def places_are_as_in_the_model(self) -> None:
        if not hasattr(self, "classes"):
            return
        db.session.rollback()
        for key, reference, there in zip(self.keys, self.sessions, self.classes, strict=True):
            live = rows.live_in([key])
            names = {(self.people[one.who], one.state) for one in there.entries}
            assert {(one.customer, one.state.value) for one in live} == names
            waits = [one.customer for one in live if one.state is BookingState.WAITING]
            assert waits == [self.people[one.who] for one in there.entries if one.state == "waiting"]
            assert made.taken(reference) == there.number("booked")
            charged = rows.charges_of([one.id for one in live])
            assert {one.id for one in live if one.takes} == charged.keys()
            assert all(one.amount_minor == PRICE for one in charged.values())


@pytest.mark.usefixtures("app")
def test_b2_places_follow_a_model_whatever_is_done(engine: str) -> None:
    number = 7 if engine == "sqlite" else 1
    chosen = settings(
        max_examples=number,
        stateful_step_count=25,
        deadline=None,
        phases=[Phase.generate],  # shrinking takes minutes, and the steps are told without it
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Gym, settings=chosen)
