"""G15: whoever is not of age gets no role that acts for others, by any way there is; and nobody is left alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

import pytest

from portal.actions import doctor, groups
from portal.actions.customers import profile as details
from portal.actions.customers import status
from portal.actions.groups import Edit, NewDependent, NewMember, Welcome
from portal.actions.logins import inviting
from portal.db.engine import writes
from portal.db.groups import members as rows
from portal.rules.customers.status import Status
from portal.rules.deciding import SYSTEM
from portal.rules.errors import Invalid, Missing, Reason, Refused
from portal.rules.groups import GroupRole
from tests import logins, people
from tests.families import (
    ADMIN,
    DEPENDENT,
    OWNER,
    address,
    as_,
    change,
    child,
    choose,
    edit,
    family,
    member,
    person,
    posted,
    profile,
    roles,
    switch,
)
from tests.importing import imported

pytestmark = pytest.mark.usefixtures("app")

GROWN_UP = date(1985, 6, 1)

AGES: dict[str, tuple[date | None, bool]] = {
    "eight": (date(2018, 9, 21), False),
    "fifteen": (date(2011, 5, 3), False),
    "the day before": (date(2008, 11, 23), False),
    "on the birthday": (date(2008, 11, 22), True),
    "grown": (GROWN_UP, True),
    "unknown": (None, True),
}
"""A date of birth, and whether its owner is of age on 22 November 2026 in the partner's time zone (18 years)."""


@dataclass(frozen=True)
class Family:
    """Olga owns a group in which Ben is Admin and Tim, a child, Dependent; Kim is in no group.

    `kim` was born on `born_on`, and signs in or not.
    """

    key: str
    born_on: date | None
    signs_in: bool
    group: str = ""

    @property
    def kim(self) -> str:
        return f"kim-{self.key}"

    @property
    def olga(self) -> str:
        return f"olga-{self.key}"

    def begin(self) -> Family:
        for name in ("olga", "ben", "sam"):
            person(f"{name}-{self.key}")
        child(f"tim-{self.key}")
        make: Callable[..., object] = person if self.signs_in else child
        make(self.kim, born_on=self.born_on)
        group = family(self.olga, **{f"ben-{self.key}": ADMIN, f"tim-{self.key}": DEPENDENT})
        return Family(self.key, self.born_on, self.signs_in, group)

    def join(self) -> str:
        """Kim becomes a Dependent; the membership."""
        groups.add_member(SYSTEM, self.group, NewMember(self.kim, DEPENDENT))
        return member(self.group, self.kim)

    @property
    def managers(self) -> set[str]:
        return {who.partition("-")[0] for who, role in roles(self.group).items() if role != "dependent"}


def add(role: GroupRole) -> Callable[[Family], object]:
    return lambda home: groups.add_member(SYSTEM, home.group, NewMember(home.kim, role))


def give(role: GroupRole, *, by_owner: bool = False) -> Callable[[Family], object]:
    def way(home: Family) -> None:
        actor = as_(home.olga) if by_owner else SYSTEM
        groups.change_member(actor, home.group, home.join(), Edit(role))

    return way


def accept_an_old_offer(home: Family) -> None:
    change(home.kim, born_on=GROWN_UP)
    groups.offer_ownership(as_(home.olga), home.group, home.join())
    change(home.kim, born_on=home.born_on)
    groups.accept_offer(as_(home.kim), waiting(home))


def accept_an_invitation(home: Family) -> None:
    groups.invite(as_(home.olga), home.group, Welcome(address(home.kim), "Kim", ADMIN))
    groups.accept(as_(home.kim), waiting(home))


def open_an_invitation(home: Family) -> None:
    """Kim has an address on file, and opens a login by the link in the mail."""
    change(home.kim, email=address(home.kim))
    groups.invite(as_(home.olga), home.group, Welcome(address(home.kim), "Kim", ADMIN))
    (mail,) = (one for one in logins.mails() if logins.recipients(one) == [address(home.kim)])
    groups.accept_as_newcomer(mail.text.partition("/invitations/")[2].split()[0], people.PASSWORD, "", "")


def waiting(home: Family) -> str:
    (one,) = groups.waiting_for(as_(home.kim))
    return one.public_id


def file(rows: str, stored: str = "") -> Callable[[Family], object]:
    """A file of groups with these rows, after another one with what is `stored`."""

    def take(home: Family, text: str) -> None:
        filled = text.format(kim=home.kim, sam=f"sam-{home.key}", new=f"new-{home.key}")
        outcome = imported("groups", f"group,customer,role,label\n{filled}")
        if outcome.errors:
            raise Refused([Reason(error.rule, error.sentence) for error in outcome.errors])

    def way(home: Family) -> None:
        if stored:
            take(home, stored)
        take(home, rows)

    return way


STORED = "{new},{sam},owner,\n{new},{kim},dependent,\n"
WAYS: dict[str, tuple[Callable[[Family], object], frozenset[bool]]] = {
    "staff add an Admin": (add(ADMIN), frozenset({True, False})),
    "staff add an Owner": (add(OWNER), frozenset({True, False})),
    "staff make an Admin": (give(ADMIN), frozenset({True, False})),
    "staff make an Owner": (give(OWNER), frozenset({True, False})),
    "the Owner makes an Admin": (give(ADMIN, by_owner=True), frozenset({True, False})),
    "staff create a group": (lambda home: groups.create(SYSTEM, home.kim), frozenset({True, False})),
    "staff create a group with an Admin": (
        lambda home: groups.create(SYSTEM, f"sam-{home.key}", "", NewMember(home.kim, ADMIN)),
        frozenset({True, False}),
    ),
    "a customer creates a group": (
        lambda home: groups.create(as_(home.kim), home.kim, "", NewDependent("Mia", "", date(2020, 1, 1))),
        frozenset({True}),
    ),
    "the ownership is offered": (
        lambda home: groups.offer_ownership(as_(home.olga), home.group, home.join()),
        frozenset({True}),
    ),
    "an old offer is accepted": (accept_an_old_offer, frozenset({True})),
    "an invitation is accepted": (accept_an_invitation, frozenset({True})),
    "an invitation opens a login": (open_an_invitation, frozenset({False})),
    "a file creates a group": (file("{new},{kim},owner,\n{new},{sam},admin,\n"), frozenset({True, False})),
    "a file adds an Admin": (file("{new},{kim},admin,\n{new},{sam},owner,\n"), frozenset({True, False})),
    "a file makes an Admin": (file("{new},{kim},admin,\n", STORED), frozenset({True, False})),
    "a file makes an Owner": (file("{new},{kim},owner,\n", STORED), frozenset({True, False})),
}
"""Each way to a role that acts for others, and who can go it: those who sign in, those without a login, or both."""


@pytest.mark.parametrize("way", WAYS)
def test_g15_who_is_given_a_role_that_acts_for_others(way: str) -> None:
    switch()
    go, logins_of_kim = WAYS[way]
    for signs_in in logins_of_kim:
        for number, (age, (born_on, of_age)) in enumerate(AGES.items()):
            home = Family(f"{number}{'-in' * signs_in}", born_on, signs_in).begin()
            choose(customers_create_groups=True)
            refused: set[str] = set()
            try:
                go(home)
            except Refused as error:
                refused = {str(reason.rule) for reason in error.reasons}
            except Missing:
                refused = {"G15"}  # there is no such page for a child
            assert refused == (set() if of_age else {"G15"}), (way, age, signs_in)
            if not of_age:
                assert home.managers == {"olga", "ben"}, (way, age, signs_in)


@pytest.mark.parametrize("way", ["an old offer is accepted", "an invitation is accepted"])
def test_g15_what_a_child_cannot_accept_is_taken_back_and_told(way: str) -> None:
    switch()
    home = Family("1", date(2011, 5, 3), True).begin()
    with pytest.raises(Refused) as error:
        WAYS[way][0](home)
    (reason,) = error.value.reasons
    assert str(reason.message) == "You are not of age, and the Owner and the Admins of a group are."
    assert "Olga-1 is told" in str(reason.remedy)
    assert groups.waiting_for(as_(home.kim)) == []
    assert posted()[-1] == ("group_change", home.olga)


@pytest.fixture
def home() -> str:
    """Olga owns a group in which Ben is Admin and Tim, who has no login, Dependent. Its public id."""
    switch()
    for name in ("olga", "ben"):
        person(name)
    child("tim")
    return family("olga", ben=ADMIN, tim=DEPENDENT)


def test_g15_a_child_who_owns_steps_down_to_dependent(home: str) -> None:
    person("kim", born_on=None)
    groups.add_member(SYSTEM, home, NewMember("kim", OWNER))
    change("kim", born_on=date(2011, 5, 3))
    groups.change_member(SYSTEM, home, member(home, "olga"), Edit(OWNER))
    assert roles(home) == {"olga": "owner", "ben": "admin", "kim": "dependent", "tim": "dependent"}


# Nobody is left with nobody


LOSING: dict[str, Callable[[str], object]] = {
    "removed": lambda group: groups.remove_member(SYSTEM, group, member(group, "ben")),
    "leaves": lambda group: groups.leave(as_("ben"), group),
    "gets an end": lambda group: groups.change_member(
        SYSTEM, group, member(group, "ben"), edit(group, "ben", until=date(2027, 1, 31))
    ),
    "becomes a Dependent": lambda group: groups.change_member(SYSTEM, group, member(group, "ben"), Edit(DEPENDENT)),
    "becomes a Dependent by a file": lambda _group: _imported("fam,ben,dependent,\n"),
    "becomes Inactive": lambda _group: status.change(SYSTEM, profile("ben").public_id, Status.INACTIVE),
    "becomes Inactive by a file": lambda _group: _customers("ben", status="inactive"),
    "cannot sign in any more": lambda _group: inviting.disable_login(SYSTEM, _login("ben")),
}
"""How the only Admin who signs in stops acting for others."""


def _login(who: str) -> str:
    return next(one.public_id for one in inviting.logins_of(SYSTEM, profile(who).public_id))


def _imported(rows: str, kind: str = "groups", header: str = "group,customer,role,label") -> None:
    outcome = imported(kind, f"{header}\n{rows}")
    if outcome.errors:
        raise Refused([Reason(error.rule, error.sentence) for error in outcome.errors])


@pytest.mark.parametrize("how", LOSING)
def test_g15_nobody_without_a_login_loses_the_last_one_who_acts_for_them(how: str) -> None:
    switch()
    person("ben")
    child("olga", born_on=GROWN_UP)
    child("tim")
    _imported("fam,olga,owner,\nfam,ben,admin,\nfam,tim,dependent,\n")
    group = groups.find_place(SYSTEM, "tim").group
    with pytest.raises(Refused) as error:
        LOSING[how](group)
    assert {str(reason.rule) for reason in error.value.reasons} == {"G15"}
    assert "Tim has no login, and nobody would be left who acts for them." in str(error.value.reasons[0].message)
    person("ada")
    groups.add_member(SYSTEM, group, NewMember("ada", ADMIN))
    LOSING[how](group)


@pytest.mark.parametrize("by_file", [False, True])
def test_g15_a_main_account_that_becomes_inactive_takes_nobodys_last_guardian_with_it(by_file: bool) -> None:
    switch()
    for who in ("olga", "ben"):
        person(who)
    child("tim")
    people.customer("acme")
    people.link("acme", "olga")
    group = family("olga", tim=DEPENDENT)
    with pytest.raises(Refused) as error:
        _to_inactive("acme", by_file)
    assert {str(reason.rule) for reason in error.value.reasons} == {"G15"}
    assert "Tim has no login" in str(error.value.reasons[0].message)
    assert profile("acme").own_status is Status.ACTIVE
    groups.add_member(SYSTEM, group, NewMember("ben", ADMIN))
    _to_inactive("acme", by_file)
    assert profile("olga").status.status is Status.INACTIVE


def _to_inactive(who: str, by_file: bool) -> None:
    if by_file:
        _customers(who, status="inactive")
    else:
        status.change(SYSTEM, profile(who).public_id, Status.INACTIVE)


def _customers(who: str, **wanted: str) -> None:
    """Import a row about a customer, with what it is now but for `wanted`."""
    now = profile(who)
    row = {"external_id": who, "name": now.name, "partner": now.partner_name, "kind": now.kind, **wanted}
    _imported(",".join(row.values()) + "\n", "customers", ",".join(row))


def _edited(who: str, born_on: date | None) -> None:
    now = profile(who)
    wanted = replace(details.details_of(now), born_on=born_on)
    details.edit_details(SYSTEM, now.public_id, wanted, version=now.version)


REBORN: dict[str, Callable[[str, date | None], object]] = {
    "by its details": _edited,
    "by a file": lambda who, on: _customers(who, born_on=str(on or "")),
}
"""How a date of birth is changed."""


@pytest.mark.parametrize("how", REBORN)
def test_g15_no_date_of_birth_makes_a_child_of_an_owner_or_admin(home: str, how: str) -> None:
    for who in ("olga", "ben"):
        was = profile(who).born_on
        with pytest.raises(Refused) as error:
            REBORN[how](who, date(2011, 5, 3))
        assert {str(reason.rule) for reason in error.value.reasons} == {"G15"}
        assert profile(who).born_on == was
        REBORN[how](who, date(1980, 5, 3))
        assert profile(who).born_on == date(1980, 5, 3)


@pytest.mark.parametrize("how", REBORN)
@pytest.mark.parametrize("born_on", [None, date(1950, 1, 1)])
def test_g15_no_date_of_birth_leaves_a_child_with_nobody(home: str, how: str, born_on: date | None) -> None:
    was = profile("tim").born_on
    with pytest.raises(Refused) as error:
        REBORN[how]("tim", born_on)
    assert {str(reason.rule) for reason in error.value.reasons} == {"G15"}
    REBORN[how]("tim", date(2016, 2, 3))
    assert was != profile("tim").born_on == date(2016, 2, 3)


def test_g15_no_rising_age_makes_a_child_of_an_owner_or_admin() -> None:
    switch()
    person("ada", born_on=date(2006, 3, 1))
    person("ben", born_on=date(2005, 1, 1))
    child("kim")
    family("ada", ben=ADMIN, kim=DEPENDENT)
    now, _mark = groups.choices_of(SYSTEM, "Harbour Net")
    wanted = groups.GroupChoices(now.groups_on, now.customers_create_groups, now.groups_per_customer, 21)
    with pytest.raises(Invalid) as error:
        groups.change_choices(SYSTEM, "Harbour Net", wanted)
    (said,) = error.value.fields["majority_age"]
    assert str(said).startswith("Ada would not be of age at 21, and is Owner or Admin of a group.")
    with pytest.raises(Invalid, match="Ada and Ben would not be of age at 22"):
        groups.change_choices(SYSTEM, "Harbour Net", replace(wanted, majority_age=22))
    groups.change_choices(SYSTEM, "Harbour Net", replace(wanted, majority_age=20))
    groups.change_choices(SYSTEM, "Harbour Net", replace(wanted, majority_age=16))


def test_g15_an_adult_without_a_login_is_not_lowered_to_somebody_nobody_acts_for(home: str) -> None:
    child("gran", born_on=date(1950, 1, 1))
    groups.add_member(SYSTEM, home, NewMember("gran", ADMIN))
    with pytest.raises(Refused) as error:
        groups.change_member(as_("olga"), home, member(home, "gran"), Edit(DEPENDENT))
    assert [str(reason.rule) for reason in error.value.reasons] == ["G15"]
    groups.change_member(SYSTEM, home, member(home, "gran"), Edit(DEPENDENT))
    assert roles(home)["gran"] == "dependent", "staff record that she agreed"


def test_g15_whoever_is_taken_out_is_nobodys_dependent_any_more(home: str) -> None:
    groups.remove_member(as_("olga"), home, member(home, "tim"))
    assert roles(home) == {"olga": "owner", "ben": "admin"}


# What the doctor finds


def found_by_the_doctor() -> list[str]:
    return [str(problem) for finding in doctor.examine().findings for problem in finding.problems]


def test_g15_the_doctor_names_who_is_too_young_and_whom_nobody_may_act_for(home: str) -> None:
    child("gran", born_on=date(1950, 1, 1))
    groups.add_member(SYSTEM, home, NewMember("gran", DEPENDENT))
    assert found_by_the_doctor() == []
    change("ben", born_on=date(2011, 5, 3))
    with_consent_withdrawn(home, "gran")
    assert found_by_the_doctor() == [
        "Ben is not of age, and Admin of a group.",
        "Gran has no login, and nobody may act for them in the group of Olga.",
    ]
    change("gran", born_on=date(2015, 1, 1))
    change("olga", own_status="inactive")
    change("ben", own_status="inactive", born_on=GROWN_UP)
    assert found_by_the_doctor() == [
        "Tim has no login, and nobody may act for them in the group of Olga.",
        "Gran has no login, and nobody may act for them in the group of Olga.",
    ]


@writes
def with_consent_withdrawn(home: str, who: str) -> None:
    """As when a Dependent comes of age without anybody having asked them."""
    found = rows.find(home)
    assert found is not None
    (one,) = (one for one in rows.members(found.id) if one.external_id == who)
    rows.withdraw_consent(one.id)
