"""Whatever families do in whatever order, their groups agree with a small model of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count

import pytest
import time_machine
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select

from portal.actions import access, doctor, groups, outbox
from portal.actions.groups import Edit, NewDependent, NewMember, Welcome
from portal.db.engine import db
from portal.db.groups import invitations as group_invitations
from portal.db.groups import members as rows
from portal.db.tables import AuditRecord
from portal.rules.deciding import SYSTEM, Actor, grants_over
from portal.rules.errors import PortalError
from portal.rules.groups import GroupRole, InvitationKind
from portal.rules.groups.ends import end_of
from portal.rules.scopes import ALL_SCOPES, Scope
from tests import families
from tests.conftest import NOW
from tests.families import ADMIN, DEPENDENT, OWNER, child, person, profile

GROWN, KIDS = 4, 2
PEOPLE = GROWN + KIDS
WHO, ADULT = st.integers(0, PEOPLE - 1), st.integers(0, GROWN - 1)
ROLES = st.sampled_from([ADMIN, DEPENDENT])
DAYS = st.sampled_from([None, 0, 3, 10])
SCOPES = st.sampled_from([ALL_SCOPES, frozenset({Scope.VIEW, Scope.DOCUMENTS})])
TOWNS = count()
Deed = Callable[[], object]


@dataclass
class Place:
    """A membership as the model knows it."""

    role: GroupRole
    until: date | None = None
    scopes: frozenset[Scope] = ALL_SCOPES
    consent: frozenset[Scope] | None = None


@dataclass
class Household:
    """A group as the model knows it, with the invitations that wait: whom, as what, until when, and sent when."""

    public_id: str
    places: dict[int, Place] = field(default_factory=dict)
    invited: dict[int, tuple[GroupRole, date | None, date]] = field(default_factory=dict)
    offered: tuple[int, date] | None = None

    @property
    def owner(self) -> int:
        return next(who for who, place in self.places.items() if place.role is OWNER)


class Town(RuleBasedStateMachine):
    """Grown-ups who sign in, children who do not, and the groups among them."""

    @initialize()
    def begin(self) -> None:
        db.session.rollback()
        self.clock = time_machine.travel(NOW, tick=False)
        self.traveller = self.clock.start()
        self.today = date(2026, 11, 22)
        self.name = f"town-{next(TOWNS)}"
        families.switch()
        self.references = [f"{self.name}-{number}" for number in range(PEOPLE)]
        self.actors: dict[int, Actor] = {}
        for number, reference in enumerate(self.references):
            if number < GROWN:
                self.actors[number] = person(reference, of=self.name)
            else:
                child(reference, of=self.name)
        self.on = True
        self.homes: list[Household] = []
        self.deeds = self.rows()
        self.create(0, 1, ADMIN)
        self.homes[0].places[GROWN] = self.placed(GROWN, DEPENDENT)
        groups.add_member(SYSTEM, self.homes[0].public_id, NewMember(self.references[GROWN], DEPENDENT))
        self.deeds = self.rows()

    def teardown(self) -> None:
        if hasattr(self, "clock"):
            self.send_mail()
            examination = doctor.examine()
            self.clock.stop()
            assert examination.sound, [finding for finding in examination.findings if finding.problems]

    # What people do: each step says whether the model expects it to work

    def attempt(self, expected: bool, deed: Deed) -> bool:
        """Do it; it must work exactly where the model says so, and leave a line in the log exactly then."""
        if not expected:
            with pytest.raises(PortalError):
                deed()
            assert self.rows() == self.deeds, "a refusal leaves no trace"
            return False
        deed()
        rows = self.rows()
        assert rows > self.deeds, "every deed is in the log"
        self.deeds = rows
        return True

    @rule(who=WHO, first=WHO, role=ROLES)
    def create(self, who: int, first: int, role: GroupRole) -> None:
        free = self.on and who != first and not self.busy(who) and not self.busy(first)
        free = free and who < GROWN and (first < GROWN or role is DEPENDENT)  # G15
        made: list[str] = []
        new = NewMember(self.references[first], role)
        if self.attempt(free, lambda: made.append(groups.create(SYSTEM, self.references[who], "", new).group)):
            home = Household(made[0], {who: Place(OWNER)})
            home.places[first] = self.placed(first, role)
            self.homes.append(home)

    @rule(which=WHO, by=ADULT, who=ADULT, role=ROLES, days=DAYS)
    def invite(self, which: int, by: int, who: int, role: GroupRole, days: int | None) -> None:
        home = self.home(which)
        if home is None:
            return
        may = self.manages(home, by) and (role is DEPENDENT or self.owns(home, by))
        known = who in home.places or who in home.invited
        until = self.day(days)
        wanted = Welcome(self.actors[who].email, "Somebody", role, until=end_of(until))
        if self.attempt(may and not known, lambda: groups.invite(self.actors[by], home.public_id, wanted)):
            home.invited[who] = (role, until, self.today)

    @rule(which=WHO, who=ADULT, agreed=SCOPES)
    def accept(self, which: int, who: int, agreed: frozenset[Scope]) -> None:
        home = self.home(which)
        if home is None or who not in home.invited:
            return
        key = self.key_of(home, who)
        role, until, sent = home.invited[who]
        fresh = self.today < sent + timedelta(days=14) and self.lasts(until)
        works = self.on and fresh and not self.busy(who) and who not in home.places
        if self.attempt(works, lambda: groups.accept(self.actors[who], key, agreed=agreed)):
            del home.invited[who]
            home.places[who] = Place(role, until, consent=agreed | {Scope.VIEW} if role is DEPENDENT else None)

    @rule(which=WHO, by=ADULT)
    def add_child(self, which: int, by: int) -> None:
        home = self.home(which)
        if home is not None and len(home.places) < 8:
            new = NewDependent("Kit", str(next(TOWNS)), families.YOUNG)
            deed = lambda: groups.add_dependent(self.actors[by], home.public_id, new)  # noqa: E731
            if self.attempt(self.manages(home, by), deed):
                home.places[1000 + len(self.references) + self.deeds] = Place(DEPENDENT)

    @rule(which=WHO, by=ADULT, who=WHO, role=ROLES, days=DAYS, scopes=SCOPES)
    def change(
        self, which: int, by: int, who: int, role: GroupRole, days: int | None, scopes: frozenset[Scope]
    ) -> None:
        home = self.home(which)
        if home is None or who not in home.places:
            return
        place, until = home.places[who], self.day(days)
        wanted = Edit(role, "", scopes, end_of(until))
        same = place.role is role and place.until == until and (role is DEPENDENT or place.scopes == scopes)
        needs_owner = ADMIN in (place.role, role)
        may = self.owns(home, by) if needs_owner or place.role is OWNER else self.manages(home, by)
        revives = not self.lasts(place.until) and self.busy(who)
        works = may and place.role is not OWNER and not revives and (who < GROWN or role is DEPENDENT)
        if same and works:
            return  # nothing to remember
        public_id = self.member(home, who)
        if self.attempt(works, lambda: groups.change_member(self.actors[by], home.public_id, public_id, wanted)):
            if role is ADMIN:
                home.places[who] = Place(ADMIN, until, scopes | {Scope.VIEW})
            else:
                home.places[who] = Place(DEPENDENT, until, consent=place.consent if place.role is DEPENDENT else None)
            if place.role is ADMIN and role is DEPENDENT and home.offered and home.offered[0] == who:
                home.offered = None

    @rule(which=WHO, who=WHO)
    def transfer_by_staff(self, which: int, who: int) -> None:
        home = self.home(which)
        if home is None or who not in home.places or home.owner == who:
            return
        revives = not self.lasts(home.places[who].until) and self.busy(who)
        public_id = self.member(home, who)
        deed = lambda: groups.change_member(SYSTEM, home.public_id, public_id, Edit(OWNER))  # noqa: E731
        if self.attempt(self.on and not revives and who < GROWN, deed):
            self.hand_over(home, who)

    @rule(which=WHO, by=ADULT, who=ADULT)
    def offer(self, which: int, by: int, who: int) -> None:
        home = self.home(which)
        if home is None or who not in home.places:
            return
        place, public_id = home.places[who], self.member(home, who)
        works = self.owns(home, by) and place.role is not OWNER and self.lasts(place.until)
        if self.attempt(works, lambda: groups.offer_ownership(self.actors[by], home.public_id, public_id)):
            home.offered = (who, self.today)

    @rule(which=WHO)
    def take_over(self, which: int) -> None:
        home = self.home(which)
        if home is None or home.offered is None:
            return
        who, sent = home.offered
        key = self.key_of(home, who, offer=True)
        fresh = self.today < sent + timedelta(days=14) and self.lasts(home.places[who].until)
        if self.attempt(self.on and fresh, lambda: groups.accept_offer(self.actors[who], key)):
            self.hand_over(home, who)

    @rule(which=WHO, by=ADULT, who=WHO)
    def remove(self, which: int, by: int, who: int) -> None:
        home = self.home(which)
        if home is None or who not in home.places:
            return
        place, public_id = home.places[who], self.member(home, who)
        works = self.manages(home, by) if place.role is DEPENDENT else self.owns(home, by)
        works = works and (place.role is not OWNER or len(home.places) == 1)
        if self.attempt(works, lambda: groups.remove_member(self.actors[by], home.public_id, public_id)):
            self.ended(home, who)

    @rule(which=WHO, who=ADULT)
    def leave(self, which: int, who: int) -> None:
        home = self.home(which)
        if home is None:
            return
        works = self.live(home, who) and (home.owner != who or len(home.places) == 1)
        if self.attempt(works, lambda: groups.leave(self.actors[who], home.public_id)):
            self.ended(home, who)

    @rule(which=WHO, by=ADULT)
    def dissolve(self, which: int, by: int) -> None:
        home = self.home(which)
        if home is not None and self.attempt(
            self.owns(home, by), lambda: groups.dissolve(self.actors[by], home.public_id)
        ):
            self.homes.remove(home)

    @rule(which=WHO, who=ADULT, scopes=SCOPES)
    def agree(self, which: int, who: int, scopes: frozenset[Scope]) -> None:
        home = self.home(which)
        if home is None or (who in home.places and home.places[who].consent == scopes | {Scope.VIEW}):
            return
        works = self.live(home, who) and home.places[who].role is DEPENDENT
        if self.attempt(works, lambda: groups.agree(self.actors[who], home.public_id, scopes)):
            home.places[who].consent = scopes | {Scope.VIEW}

    @rule(which=WHO, who=ADULT)
    def withdraw(self, which: int, who: int) -> None:
        home = self.home(which)
        if home is None or (who in home.places and home.places[who].consent is None and self.live(home, who)):
            return
        works = self.live(home, who) and home.places[who].role is DEPENDENT
        if self.attempt(works, lambda: groups.withdraw(self.actors[who], home.public_id)):
            home.places[who].consent = None

    @rule(days=st.sampled_from([1, 4, 15]))
    def time_passes(self, days: int) -> None:
        self.send_mail()
        self.traveller.shift(timedelta(days=days))
        self.today += timedelta(days=days)

    @rule()
    def switch(self) -> None:
        self.on = not self.on
        families.switch(self.on)
        self.deeds = self.rows()

    # What must be so at every moment

    @invariant()
    def groups_are_as_the_model_says(self) -> None:
        for home in getattr(self, "homes", []):
            stored = families.members(home.public_id)
            roles = sorted(one.role for one in stored.values())
            assert roles == sorted(place.role for place in home.places.values())
            assert roles.count(OWNER) == 1
            assert stored[self.references[home.owner]].role is OWNER

    @invariant()
    def nobody_acts_without_a_live_source(self) -> None:
        subjects = [profile(reference) for reference in getattr(self, "references", [])]
        for by, actor in getattr(self, "actors", {}).items():
            for who, subject in enumerate(subjects):
                if by != who:
                    grants = grants_over(actor, access.facts_for(actor, subject))
                    found = {scope for grant in grants for scope in grant.scopes}
                    assert found == self.reach(by, who), (by, who)

    @invariant()
    def nobody_is_in_more_groups_than_allowed(self) -> None:
        for who in range(PEOPLE if hasattr(self, "homes") else 0):
            assert sum(self.lives_in(home, who) for home in self.homes) <= 1

    # The model

    def home(self, which: int) -> Household | None:
        return self.homes[which % len(self.homes)] if self.homes else None

    def day(self, days: int | None) -> date | None:
        return self.today + timedelta(days=days) if days is not None else None

    def lasts(self, until: date | None) -> bool:
        return until is None or self.today <= until

    def lives_in(self, home: Household, who: int) -> bool:
        return who in home.places and self.lasts(home.places[who].until)

    def live(self, home: Household, who: int) -> bool:
        return self.on and self.lives_in(home, who)

    def busy(self, who: int) -> bool:
        return any(self.lives_in(home, who) for home in self.homes)

    def owns(self, home: Household, who: int) -> bool:
        return self.live(home, who) and home.places[who].role is OWNER

    def manages(self, home: Household, who: int) -> bool:
        return self.live(home, who) and home.places[who].role.manages

    def placed(self, who: int, role: GroupRole) -> Place:
        return Place(role, consent=ALL_SCOPES if role is DEPENDENT and who < GROWN else None)

    def reach(self, by: int, who: int) -> set[Scope]:
        found: set[Scope] = set()
        for home in self.homes:
            if self.manages(home, by) and self.live(home, who) and home.places[who].role is DEPENDENT:
                theirs = home.places[who].consent if who < GROWN else ALL_SCOPES
                found |= home.places[by].scopes & (theirs or frozenset())
        return found

    def hand_over(self, home: Household, who: int) -> None:
        home.places[home.owner] = Place(ADMIN)
        home.places[who] = Place(OWNER)
        home.offered = None

    def ended(self, home: Household, who: int) -> None:
        del home.places[who]
        if home.offered and home.offered[0] == who:
            home.offered = None
        if not home.places:
            self.homes.remove(home)

    def member(self, home: Household, who: int) -> str:
        return families.member(home.public_id, self.references[who])

    def key_of(self, home: Household, who: int, *, offer: bool = False) -> str:
        db.session.rollback()
        found = rows.find(home.public_id)
        assert found is not None
        kind = InvitationKind.OWNERSHIP if offer else InvitationKind.MEMBERSHIP
        waiting = group_invitations.unanswered(found.id, kind)
        return next(one.public_id for one in waiting if offer or one.email == self.actors[who].email)

    def send_mail(self) -> None:
        """As the worker would: the doctor looks for mail that nobody sends."""
        while outbox.send_due().handled:
            pass

    def rows(self) -> int:
        db.session.rollback()
        return db.session.scalar(select(func.count()).select_from(AuditRecord)) or 0


@pytest.mark.usefixtures("app")
def test_random_deeds_keep_groups_and_model_together() -> None:
    run_state_machine_as_test(
        Town,
        settings=settings(
            max_examples=8,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
        ),
    )
