"""Creating groups and changing who is in them: what works, every refusal, who is told and what is remembered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from portal.actions import access, doctor, groups
from portal.actions.groups import Edit, NewDependent, NewMember
from portal.db.audit import records as audit
from portal.db.engine import db
from portal.db.groups import members as rows
from portal.db.tables import ActingConsent, AuditRecord, Customer, GroupMember
from portal.rules.deciding import ROLE_PERMISSIONS, SYSTEM, Actor, GroupDeed, Source
from portal.rules.errors import Conflict, Invalid, Mismatch, Missing, NotAllowed, PortalError, Refused
from portal.rules.groups import CONSENT_VERSION
from portal.rules.groups.ends import NO_END
from portal.rules.holders import Role
from portal.rules.permissions import Permission
from portal.rules.scopes import ALL_SCOPES, Scope
from tests import families, people
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
    logged,
    member,
    members,
    opens,
    outcome,
    person,
    posted,
    profile,
    roles,
    sees,
    switch,
)

DESK = Actor(
    "Dora", None, "dora@desk.test", role=Role.FRONT_OF_HOUSE, permissions=ROLE_PERMISSIONS[Role.FRONT_OF_HOUSE]
)
OPERATIONS = replace(DESK, role=Role.OPERATIONS, permissions=ROLE_PERMISSIONS[Role.OPERATIONS])
MIA = NewDependent("Mia", "Novák", date(2016, 5, 1), "Child")
SEE = frozenset({Scope.VIEW, Scope.DOCUMENTS})
ELSEWHERE = "f" * 20

pytestmark = pytest.mark.usefixtures("app")


def rules_of(error: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [str(reason.rule) for reason in error.value.reasons]


@pytest.fixture
def home() -> str:
    """Olga owns a group in which Ada is Admin and Tim, a child, Dependent; Sam is a stranger. Its public id."""
    switch()
    for name in ("olga", "ada", "sam"):
        person(name)
    child("tim")
    return family("olga", ada=ADMIN, tim=DEPENDENT)


# Creating


def test_g2_staff_create_a_group_with_its_first_member() -> None:
    switch()
    person("olga")
    person("ada")
    done = groups.create(DESK, "olga", "Parent", NewMember("ada", ADMIN, "Nanny", SEE, date(2027, 1, 31)))
    assert outcome(done) == ("The group of Olga is created", done.group, member(done.group, "ada"), False)
    olga, ada = members(done.group).values()
    assert (olga.role, olga.label, olga.until, olga.scopes) == (OWNER, "Parent", None, ALL_SCOPES)
    assert (ada.role, ada.label, ada.until, ada.scopes) == (ADMIN, "Nanny", date(2027, 1, 31), SEE)
    assert logged() == [("group.create", "olga"), ("group.add", "ada")]
    assert posted() == [("group_change", "olga"), ("group_change", "ada")]


def test_g2_g7_a_customer_creates_its_own_where_the_partner_lets_it() -> None:
    switch()
    olga = person("olga")
    with pytest.raises(Missing):
        groups.create(olga, "olga", "Parent", MIA)
    choose(customers_create_groups=True)
    done = groups.create(olga, "olga", "Parent", MIA)
    assert roles(done.group) == {"olga": "owner", "Mia Novák": "dependent"}
    assert posted() == [], "what one did oneself needs no mail"
    with pytest.raises(Missing):
        groups.create(olga, "olga", "Parent", MIA)
    person("ada")
    with pytest.raises(Missing):
        groups.create(olga, "ada", "Parent", MIA)


def test_g7_a_customer_adds_nobody_who_exists_without_asking_them(home: str) -> None:
    choose(customers_create_groups=True, groups_per_customer=2)
    for deed in (
        lambda: groups.create(as_("olga"), "olga", "", NewMember("sam", DEPENDENT)),
        lambda: groups.add_member(as_("olga"), home, NewMember("sam", DEPENDENT)),
    ):
        with pytest.raises(NotAllowed, match="Invite them by email"):
            deed()
    assert not sees(as_("olga"), "sam")


def test_creating_lists_every_refusal_at_once() -> None:
    switch()
    person("olga", own_status="inactive")
    person("far", of="Lakeside")
    person("ada")
    family("ada")
    with pytest.raises(Refused) as error:
        groups.create(DESK, "olga", "", NewMember("far", DEPENDENT))
    assert rules_of(error) == ["C1", "G9"]
    assert str(error.value.headline) == "A group of Olga can’t be created yet"
    with pytest.raises(Refused) as error:
        groups.create(DESK, "ada")
    assert rules_of(error) == ["G5"]
    change("olga", own_status="active")
    with pytest.raises(Refused) as error:
        groups.create(DESK, "olga", "", NewMember("ada", DEPENDENT))
    assert rules_of(error) == ["G5"]
    with pytest.raises(Refused) as error:
        groups.create(DESK, "olga", "", NewMember("olga", DEPENDENT))
    assert rules_of(error) == ["G3"]
    with pytest.raises(Missing, match="There is no customer “nobody”"):
        groups.create(DESK, "olga", "", NewMember("nobody", DEPENDENT))
    assert logged() == [("group.create", "ada")]


def test_a_bound_administrator_neither_groups_nor_names_others_customers() -> None:
    switch()
    person("olga")
    person("far", of="Lakeside", name="Farah")
    bound = replace(DESK, partner_id=profile("olga").partner_id)
    with pytest.raises(Missing) as error:
        groups.create(bound, "olga", "", NewMember("far", DEPENDENT))
    assert "Farah" not in str(error.value)
    group = groups.create(bound, "olga").group
    with pytest.raises(Missing):
        groups.add_member(bound, group, NewMember("far", DEPENDENT))
    with pytest.raises(Missing):
        groups.create(bound, "far")
    stranger = replace(DESK, partner_id=profile("far").partner_id)
    with pytest.raises(Missing):
        groups.dissolve(stranger, group)


# Adding


def test_g7_c3_a_dependent_is_a_customer_without_a_login(home: str) -> None:
    choose(default_billing_type="prepaid_daily", default_billing_day=7)
    before = len(posted())
    done = groups.add_dependent(as_("ada"), home, replace(MIA, given_name="  Mia\0 ", family_name="Nov\0ák  "))
    mia = members(home)["Mia Novák"]
    assert outcome(done) == ("Mia Novák is in the group now", home, mia.public_id, False)
    assert (mia.role, mia.label, mia.logins, mia.email, mia.consent) == (DEPENDENT, "Child", 0, "", None)
    stored = access.load_subject(as_("ada"), mia.customer_public_id)
    assert (stored.name, stored.billing_type, stored.billing_day, stored.payer_id) == (
        "Mia Novák",
        "prepaid_daily",
        7,
        stored.id,
    )
    assert stored.status.status == "active"
    (line,) = audit.for_subject(mia.customer_id)
    assert (line.actor, line.grant, line.action) == (address("ada"), "group", "group.add")
    assert posted()[before:] == []
    for who in ("olga", "ada"):
        assert access.require(as_(who), Permission.PROFILE_VIEW, stored).source is Source.GROUP


def test_an_adult_is_invited_and_not_made_up(home: str) -> None:
    born = date(2008, 11, 22)
    with pytest.raises(Refused) as error:
        groups.add_dependent(as_("olga"), home, replace(MIA, born_on=born))
    assert rules_of(error) == ["G7"]
    groups.add_dependent(as_("olga"), home, replace(MIA, born_on=date(2008, 11, 23)))


@pytest.mark.parametrize(
    ("new", "fields"),
    [
        (NewDependent(" ", "", None), {"given_name", "born_on"}),
        (NewDependent("x" * 101, "y" * 101, date(1899, 12, 31)), {"given_name", "family_name", "born_on"}),
        (NewDependent("Mia", "", date(2026, 11, 23)), {"born_on"}),
        (NewDependent("Mia", "", date(2020, 1, 1), "Emperor"), {"label"}),
    ],
)
def test_fields_of_a_dependent(home: str, new: NewDependent, fields: set[str]) -> None:
    with pytest.raises(Invalid) as error:
        groups.add_dependent(as_("olga"), home, new)
    assert set(error.value.fields) == fields
    assert db.session.scalar(select(Customer.id).where(Customer.name.startswith("Mia"))) is None


def test_a_child_born_today_where_the_day_begins_first(home: str, frozen: time_machine.Traveller) -> None:
    choose(time_zone="Pacific/Auckland")
    frozen.move_to("2026-11-22T12:00:00Z")
    groups.add_dependent(as_("olga"), home, replace(MIA, born_on=date(2026, 11, 23)))
    with pytest.raises(Invalid):
        groups.add_dependent(as_("olga"), home, replace(MIA, born_on=date(2026, 11, 24)))


def test_staff_add_who_exists_and_record_an_adults_agreement(home: str) -> None:
    before = len(posted())
    done = groups.add_member(DESK, home, NewMember("sam", DEPENDENT, "Child"))
    sam = members(home)["sam"]
    assert outcome(done) == ("Sam is in the group of Olga", home, sam.public_id, False)
    assert (sam.consent, sam.consent_by) == (ALL_SCOPES, "recorded by dora@desk.test")
    assert posted()[before:] == [("group_change", "sam")]
    assert opens(as_("ada"), "sam") == ALL_SCOPES
    with pytest.raises(Refused) as error:
        groups.add_member(DESK, home, NewMember("sam", ADMIN))
    assert rules_of(error) == ["G5"]


def test_g3_staff_add_a_new_owner(home: str) -> None:
    done = groups.add_member(DESK, home, NewMember("sam", OWNER, "Parent"))
    assert str(done.sentence) == "Sam is in the group of Sam"
    assert roles(home) == {"sam": "owner", "ada": "admin", "olga": "admin", "tim": "dependent"}
    assert [line for line in logged() if line[0] == "group.transfer"] == [
        ("group.transfer", "sam"),
        ("group.transfer", "olga"),
    ]


@pytest.mark.parametrize("role", [OWNER, ADMIN, DEPENDENT])
def test_adding_with_an_end_that_is_over(home: str, role: families.GroupRole) -> None:
    with pytest.raises(Invalid) as error:
        groups.add_member(DESK, home, NewMember("sam", role, until=date(2026, 11, 21)))
    assert set(error.value.fields) == {"until"}


# Who may what


DEEDS: dict[str, Callable[[Actor, str], object]] = {
    "add a dependent": lambda who, home: groups.add_dependent(who, home, MIA),
    "change a dependent": lambda who, home: groups.change_member(
        who, home, member(home, "tim"), edit(home, "tim", label="Carer")
    ),
    "remove a dependent": lambda who, home: groups.remove_member(who, home, member(home, "tim")),
    "change an Admin": lambda who, home: groups.change_member(
        who, home, member(home, "ada"), edit(home, "ada", scopes=SEE)
    ),
    "make a Dependent Admin": lambda who, home: groups.change_member(
        who, home, member(home, "kim"), edit(home, "kim", role=ADMIN)
    ),
    "demote an Admin": lambda who, home: groups.change_member(
        who, home, member(home, "ada"), edit(home, "ada", role=DEPENDENT)
    ),
    "remove an Admin": lambda who, home: groups.remove_member(who, home, member(home, "ada")),
    "offer the ownership": lambda who, home: groups.offer_ownership(who, home, member(home, "ada")),
    "dissolve": lambda who, home: groups.dissolve(who, home),
}
ADMINS_TOO = ("add a dependent", "change a dependent", "remove a dependent")


@pytest.mark.parametrize("deed", DEEDS)
def test_g6_the_owner_does_everything(home: str, deed: str) -> None:
    person("kim")
    groups.add_member(SYSTEM, home, NewMember("kim", DEPENDENT))
    before = logged()
    DEEDS[deed](as_("olga"), home)
    assert len(logged()) > len(before)


@pytest.mark.parametrize(
    ("who", "deeds"), [("ada", ADMINS_TOO), ("desk", (*ADMINS_TOO, "remove an Admin", "dissolve"))]
)
def test_g6_what_admins_and_the_desk_do(home: str, who: str, deeds: tuple[str, ...]) -> None:
    for deed in deeds:
        before = logged()
        DEEDS[deed](DESK if who == "desk" else as_(who), home)
        assert len(logged()) > len(before)


@pytest.mark.parametrize(
    ("who", "error"), [("ada", NotAllowed), ("kim", NotAllowed), ("operations", NotAllowed), ("sam", Missing)]
)
def test_g6_who_is_refused(home: str, who: str, error: type[PortalError]) -> None:
    person("kim", born_on=date(2010, 1, 1))
    groups.add_member(SYSTEM, home, NewMember("kim", DEPENDENT))
    before = (members(home), logged(), posted())
    actor = OPERATIONS if who == "operations" else as_(who)
    for deed in set(DEEDS) - (set(ADMINS_TOO) if who == "ada" else set()):
        with pytest.raises(error):
            DEEDS[deed](actor, home)
    assert (members(home), logged(), posted()) == before


def test_g3_an_owner_hands_over_only_by_an_offer(home: str) -> None:
    with pytest.raises(Refused) as error:
        groups.change_member(as_("olga"), home, member(home, "ada"), edit(home, "ada", role=OWNER))
    assert rules_of(error) == ["G3"]
    assert "has to accept" in str(error.value)


def test_g12_an_admin_cannot_extend_its_own_membership(home: str) -> None:
    groups.change_member(as_("olga"), home, member(home, "ada"), edit(home, "ada", until=date(2026, 12, 1)))
    with pytest.raises(NotAllowed):
        groups.change_member(as_("ada"), home, member(home, "ada"), edit(home, "ada", until=NO_END))


# Changing


def test_g16_an_end_goes_away_only_by_saying_so(home: str) -> None:
    end, ada = date(2027, 1, 31), member(home, "ada")
    groups.change_member(as_("olga"), home, ada, Edit(ADMIN, "Nanny", SEE, end))
    for role, label in ((ADMIN, "Carer"), (DEPENDENT, "Child"), (ADMIN, "Nanny")):
        groups.change_member(SYSTEM, home, ada, Edit(role, label, SEE))
        assert members(home)["ada"].until == end, role
    done = groups.change_member(as_("olga"), home, ada, Edit(ADMIN, "Nanny", SEE, NO_END))
    assert str(done.sentence) == "Ada: without an end"
    assert members(home)["ada"].until is None


def test_g16_who_joins_or_is_invited_without_an_end_is_so_explicitly(home: str) -> None:
    nothing: Any = None
    for deed in (
        lambda: groups.add_member(DESK, home, NewMember("sam", ADMIN, until=nothing)),
        lambda: groups.invite(as_("olga"), home, groups.Welcome("new@portal.test", "New", ADMIN, until=nothing)),
    ):
        with pytest.raises(TypeError):
            deed()
    assert "sam" not in members(home)


def test_g3_g16_the_ownership_takes_an_end_away(home: str) -> None:
    ada = member(home, "ada")
    groups.change_member(SYSTEM, home, ada, edit(home, "ada", until=date(2027, 1, 31)))
    groups.change_member(SYSTEM, home, ada, Edit(OWNER))
    assert members(home)["ada"].until is None


def test_changing_a_member_says_what_changed(home: str) -> None:
    before = len(posted())
    wanted = edit(home, "ada", label="Nanny", scopes=SEE, until=date(2027, 1, 31))
    done = groups.change_member(as_("olga"), home, member(home, "ada"), wanted)
    assert str(done.sentence) == "Ada: another label, other rights, until 2027-01-31"
    ada = members(home)["ada"]
    assert (ada.label, ada.scopes, ada.until, ada.version) == ("Nanny", SEE, date(2027, 1, 31), 2)
    assert posted()[before:] == [("group_change", "ada")]
    assert logged()[-1] == ("group.change", "ada")
    assert opens(as_("ada"), "tim") == SEE
    again = groups.change_member(as_("olga"), home, member(home, "ada"), wanted)
    assert str(again.sentence) == "Ada is as before"
    assert members(home)["ada"].version == 2
    assert len(posted()) == before + 1


def test_sec5_demotion_and_its_opposite_bite_at_once(home: str) -> None:
    assert sees(as_("ada"), "tim")
    groups.change_member(as_("olga"), home, member(home, "ada"), edit(home, "ada", role=DEPENDENT))
    assert not sees(as_("ada"), "tim")
    assert not sees(as_("olga"), "ada"), "an adult agrees first (PRI2)"
    with pytest.raises(NotAllowed):
        groups.add_dependent(as_("ada"), home, MIA)
    groups.change_member(as_("olga"), home, member(home, "ada"), edit(home, "ada", role=ADMIN))
    assert sees(as_("ada"), "tim")


def test_pri2_demoting_somebody_of_unknown_age_gives_nobody_anything(home: str) -> None:
    change("ada", born_on=None)
    groups.change_member(as_("olga"), home, member(home, "ada"), edit(home, "ada", role=DEPENDENT))
    assert opens(as_("olga"), "ada") == set()
    groups.agree(as_("ada"), home, {Scope.VIEW})
    assert opens(as_("olga"), "ada") == {Scope.VIEW}


def test_staff_who_make_an_adult_dependent_record_the_agreement(home: str) -> None:
    groups.change_member(DESK, home, member(home, "ada"), edit(home, "ada", role=DEPENDENT))
    assert members(home)["ada"].consent_by == "recorded by dora@desk.test"
    groups.change_member(DESK, home, member(home, "ada"), edit(home, "ada", role=ADMIN))
    assert members(home)["ada"].consent is None


def test_g3_staff_transfer_the_ownership_in_one_step(home: str) -> None:
    before = len(posted())
    groups.change_member(DESK, home, member(home, "ada"), edit(home, "ada", role=OWNER))
    assert roles(home) == {"ada": "owner", "olga": "admin", "tim": "dependent"}
    assert members(home)["olga"].scopes == ALL_SCOPES
    assert {line for line in logged() if line[0] == "group.transfer"} == {
        ("group.transfer", "ada"),
        ("group.transfer", "olga"),
    }
    assert sorted(posted()[before:]) == [("group_change", "ada"), ("group_change", "olga")]
    groups.remove_member(as_("ada"), home, member(home, "olga"))


def test_sec12_the_owner_is_not_demoted_by_anybody(home: str) -> None:
    for actor in (as_("olga"), DESK, SYSTEM):
        with pytest.raises(Refused) as error:
            groups.change_member(actor, home, member(home, "olga"), edit(home, "olga", role=ADMIN))
        assert rules_of(error) == ["G3"]
        with pytest.raises(Refused) as error:
            groups.change_member(actor, home, member(home, "olga"), edit(home, "olga", until=date(2027, 1, 1)))
        assert rules_of(error) == ["G3"]


def test_r24_a_stale_page_changes_nothing(home: str) -> None:
    ada, tim = members(home)["ada"], members(home)["tim"]
    version = rows.find(home)
    assert version is not None
    groups.change_member(as_("olga"), home, ada.public_id, edit(home, "ada", label="Nanny"), version=ada.version)
    before = (members(home), logged(), posted())
    stale: list[Callable[[], object]] = [
        lambda: groups.change_member(as_("olga"), home, ada.public_id, Edit(ADMIN), version=ada.version),
        lambda: groups.remove_member(as_("olga"), home, ada.public_id, version=ada.version),
        lambda: groups.dissolve(as_("olga"), home, version=version.version),
    ]
    for deed in stale:
        with pytest.raises(Conflict, match="Somebody changed this"):
            deed()
    assert (members(home), logged(), posted()) == before
    groups.remove_member(as_("olga"), home, tim.public_id, version=tim.version)


def test_g5_an_end_does_not_move_past_the_limit(home: str, frozen: time_machine.Traveller) -> None:
    groups.change_member(as_("olga"), home, member(home, "ada"), edit(home, "ada", until=date(2026, 11, 30)))
    frozen.move_to("2026-12-02T09:00:00Z")
    person("ben")
    other = family("ben", ada=ADMIN)
    with pytest.raises(Refused) as error:
        groups.change_member(as_("olga"), home, member(home, "ada"), edit(home, "ada", until=NO_END))
    assert rules_of(error) == ["G5"]
    groups.remove_member(as_("ben"), other, member(other, "ada"))
    groups.change_member(as_("olga"), home, member(home, "ada"), edit(home, "ada", until=NO_END))
    assert sees(as_("ada"), "tim")


# Ending


def test_g8_sec5_removal_ends_every_grant_at_once(home: str) -> None:
    before = len(posted())
    done = groups.remove_member(as_("olga"), home, member(home, "ada"))
    assert outcome(done) == ("Ada is no longer in the group", home, "", False)
    assert not sees(as_("ada"), "tim")
    with pytest.raises(Missing):
        groups.my_group(as_("ada"), home)
    assert groups.my_groups(as_("ada"), profile("ada")).groups == ()
    assert logged()[-1] == ("group.remove", "ada")
    assert posted()[before:] == [("group_change", "ada")]
    assert groups.remove_member(as_("olga"), home, member(home, "tim")).alone
    done = groups.remove_member(as_("olga"), home, member(home, "olga"))
    assert str(done.sentence) == "The group of Olga is dissolved"
    assert members(home) == {}


def test_g8_the_owner_neither_leaves_nor_is_removed_while_others_remain(home: str) -> None:
    for deed in (
        lambda: groups.leave(as_("olga"), home),
        lambda: groups.remove_member(as_("olga"), home, member(home, "olga")),
        lambda: groups.remove_member(DESK, home, member(home, "olga")),
    ):
        with pytest.raises(Refused) as error:
            deed()
        assert rules_of(error) == ["G8"]
        assert "2 other members remain" in str(error.value)
    with pytest.raises(NotAllowed):
        groups.remove_member(as_("ada"), home, member(home, "olga"))


def test_leaving(home: str) -> None:
    person("kim", born_on=date(2010, 1, 1))
    groups.add_member(SYSTEM, home, NewMember("kim", DEPENDENT))
    before = len(posted())
    with pytest.raises(NotAllowed, match="can remove you"):
        groups.leave(as_("kim"), home)
    with pytest.raises(NotAllowed, match="Staff are in no group"):
        groups.leave(DESK, home)
    with pytest.raises(Missing):
        groups.leave(as_("sam"), home)
    groups.leave(as_("ada"), home)
    assert "ada" not in roles(home)
    assert posted()[before:] == [("group_change", "olga")]
    assert logged()[-1] == ("group.leave", "ada")
    change("kim", born_on=date(2008, 1, 1))
    groups.leave(as_("kim"), home)


def test_dissolving_ends_every_membership_and_nothing_else(home: str) -> None:
    groups.invite(as_("olga"), home, groups.Welcome("new@portal.test", "New", DEPENDENT))
    before = len(posted())
    assert outcome(groups.dissolve(as_("olga"), home)) == ("The group of Olga is dissolved", "", "", False)
    assert members(home) == {}
    assert logged()[-3:] == [("group.dissolve", who) for who in ("olga", "ada", "tim")]
    assert posted()[before:] == [("group_change", "ada")]
    assert not sees(as_("ada"), "tim")
    assert profile("tim").status.status == "active"
    with pytest.raises(Missing):
        groups.dissolve(as_("olga"), home)
    family("ada", tim=DEPENDENT)


# Agreements


def test_pri2_an_adult_agrees_and_takes_it_back(home: str) -> None:
    groups.change_member(as_("olga"), home, member(home, "ada"), edit(home, "ada", role=DEPENDENT))
    before = len(posted())
    assert opens(as_("olga"), "ada") == set()
    groups.agree(as_("ada"), home, {Scope.FINANCE})
    assert opens(as_("olga"), "ada") == {Scope.VIEW, Scope.FINANCE}
    record = db.session.scalars(select(AuditRecord).where(AuditRecord.action == "group.agree")).one()
    assert record.details["wording"] == CONSENT_VERSION
    groups.agree(as_("ada"), home, {Scope.FINANCE})
    groups.agree(as_("ada"), home, {Scope.DOCUMENTS})
    assert opens(as_("olga"), "ada") == SEE
    groups.withdraw(as_("ada"), home)
    assert opens(as_("olga"), "ada") == set()
    groups.withdraw(as_("ada"), home)
    assert posted()[before:] == [("group_change", "olga")] * 3
    assert logged()[-3:] == [("group.agree", "ada"), ("group.agree", "ada"), ("group.withdraw", "ada")]
    assert roles(home)["ada"] == "dependent"


def test_g8_an_agreement_ends_with_its_membership(home: str) -> None:
    groups.add_member(DESK, home, NewMember("sam", DEPENDENT))
    groups.remove_member(as_("olga"), home, member(home, "sam"))
    assert db.session.scalars(select(ActingConsent.withdrawn_at)).all() != [None]
    groups.add_member(DESK, home, NewMember("sam", ADMIN))
    groups.change_member(as_("olga"), home, member(home, "sam"), edit(home, "sam", role=DEPENDENT))
    assert opens(as_("olga"), "sam") == set()
    assert doctor.examine().sound


def test_pri2_who_agrees_for_whom(home: str) -> None:
    person("kim", born_on=date(2010, 1, 1))
    groups.add_member(SYSTEM, home, NewMember("kim", DEPENDENT))
    for who in ("olga", "ada", "kim"):
        with pytest.raises(NotAllowed):
            groups.agree(as_(who), home, ALL_SCOPES)
        with pytest.raises(NotAllowed):
            groups.withdraw(as_(who), home)
    with pytest.raises(NotAllowed):
        groups.agree(DESK, home, ALL_SCOPES)
    with pytest.raises(Missing):
        groups.agree(as_("sam"), home, ALL_SCOPES)
    groups.add_member(SYSTEM, home, NewMember("sam", DEPENDENT))
    with pytest.raises(Invalid):
        groups.agree(as_("sam"), home, ())


# Idempotency


def test_the_same_form_twice_has_one_effect(home: str) -> None:
    groups.add_member(DESK, home, NewMember("sam", ADMIN), once="sam")
    sam = member(home, "sam")
    ben = person("ben")
    deeds: list[Callable[[str], object]] = [
        lambda key: groups.create(DESK, "ben", "", NewDependent("Jo", "", date(2020, 1, 1)), once=key),
        lambda key: groups.add_member(DESK, home, NewMember("sam", ADMIN), once="sam"),
        lambda key: groups.add_dependent(as_("olga"), home, MIA, once=key),
        lambda key: groups.change_member(as_("olga"), home, sam, Edit(ADMIN, "Nanny"), version=1, once=key),
        lambda key: groups.remove_member(as_("olga"), home, sam, version=2, once=key),
        lambda key: groups.leave(as_("ada"), home, once=key),
        lambda key: groups.dissolve(as_("olga"), home, once=key),
    ]
    for number, deed in enumerate(deeds):
        first = deed(f"k{number}")
        before = (logged(), posted())
        assert deed(f"k{number}") == first
        assert (logged(), posted()) == before
    with pytest.raises(Mismatch):
        groups.add_dependent(ben, home, replace(MIA, given_name="Max"), once="k2")


# Labels


def test_g4_labels_are_added_renamed_retired_and_deleted(home: str) -> None:
    admin = replace(DESK, role=Role.ADMINISTRATOR, permissions=ROLE_PERMISSIONS[Role.ADMINISTRATOR])
    assert [label.name for label in groups.labels()] == ["Parent", "Nanny", "Child", "Carer"]
    aunt = groups.add_label(admin, "  Aunt ")
    groups.change_member(as_("olga"), home, member(home, "ada"), edit(home, "ada", label="aunt"))
    with pytest.raises(Refused) as error:
        groups.remove_label(admin, aunt)
    assert rules_of(error) == ["G4"]
    groups.rename_label(admin, aunt, "Great-aunt")
    assert members(home)["ada"].label == "Great-aunt"
    groups.retire_label(admin, aunt, True)
    groups.change_member(as_("olga"), home, member(home, "ada"), edit(home, "ada", scopes=SEE))
    assert members(home)["ada"].label == "Great-aunt", "whoever wears it keeps it"
    with pytest.raises(Invalid):
        groups.change_member(as_("olga"), home, member(home, "tim"), edit(home, "tim", label=aunt))
    for name in ("great-AUNT", "parent", " ", "x" * 41):
        with pytest.raises(Invalid):
            groups.add_label(admin, name)
    spare = groups.add_label(admin, "Spare")
    groups.remove_label(admin, spare)
    with pytest.raises(Missing):
        groups.remove_label(admin, spare)
    for actor in (DESK, OPERATIONS):
        with pytest.raises(NotAllowed):
            groups.add_label(actor, "Uncle")
    with pytest.raises(NotAllowed, match="look after one"):
        groups.add_label(replace(admin, partner_id=people.partner()), "Uncle")
    assert [line for line in logged() if line[0] == "group.label"] == [("group.label", "")] * 5


# Switching


def test_g1_switched_off_groups_are_hidden_and_give_nothing_and_come_back(home: str) -> None:
    person("kim")
    groups.add_member(SYSTEM, home, NewMember("kim", DEPENDENT))
    everybody = roles(home)
    switch(False)
    assert not sees(as_("olga"), "tim")
    for deed in DEEDS.values():
        with pytest.raises(Missing):
            deed(as_("olga"), home)
        with pytest.raises(Refused) as error:
            deed(DESK, home)
        assert rules_of(error) == ["G1"]
    with pytest.raises(Missing):
        groups.my_groups(as_("olga"), profile("olga"))
    with pytest.raises(Missing):
        groups.my_group(as_("olga"), home)
    assert groups.of_customer(DESK, profile("olga")) == ()
    with pytest.raises(Refused) as error:
        groups.create(DESK, "sam")
    assert rules_of(error) == ["G1"]
    switch()
    assert roles(home) == everybody
    assert sees(as_("olga"), "tim")


def test_g1_a_partner_may_differ_from_the_installation(home: str) -> None:
    groups.switch_groups(SYSTEM, False, "Harbour Net")
    assert not sees(as_("olga"), "tim")
    groups.switch_groups(SYSTEM, True, "Harbour Net")
    switch(False)
    assert sees(as_("olga"), "tim")
    assert str(groups.switch_groups(SYSTEM, True, "Harbour Net")) == "Groups are on for Harbour Net"
    said = [line for line in db.session.scalars(select(AuditRecord.action)) if line == "features.groups"]
    assert len(said) == 4, "switching to what it is already is no deed"
    with pytest.raises(NotAllowed):
        groups.switch_groups(DESK, True)
    with pytest.raises(Missing):
        groups.switch_groups(SYSTEM, True, "Nowhere")


def test_operations_choose_limits_for_a_partner(home: str) -> None:
    before, mark = groups.choices_of(OPERATIONS, "Harbour Net")
    assert (before.groups_per_customer, before.majority_age, before.customers_create_groups) == (1, 18, False)
    wanted = groups.GroupChoices(True, True, 3, 16)
    changed = groups.change_choices(OPERATIONS, "Harbour Net", wanted, mark=mark)
    assert tuple(map(str, changed)) == ("groups", "customers may create groups", "groups per customer", "majority age")
    with pytest.raises(Conflict):
        groups.change_choices(OPERATIONS, "Harbour Net", replace(wanted, majority_age=18), mark=mark)
    with pytest.raises(Invalid) as error:
        groups.change_choices(OPERATIONS, "Harbour Net", replace(wanted, groups_per_customer=0, majority_age=0))
    assert set(error.value.fields) == {"groups_per_customer", "majority_age"}
    person("ben")
    family("ben", ada=ADMIN)
    assert len(groups.my_groups(as_("ada"), profile("ada")).groups) == 2


# Looking


def test_what_members_see_of_their_group(home: str) -> None:
    change("tim", born_on=date(2010, 3, 1))
    seen = groups.my_group(as_("ada"), home)
    assert [(one.name, one.role, one.is_me, one.acts, one.may_change) for one in seen.members] == [
        ("Olga", OWNER, False, False, False),
        ("Ada", ADMIN, True, False, False),
        ("Tim", DEPENDENT, False, True, True),
    ]
    assert seen.members[2].of_age_on == date(2028, 3, 1)
    assert (seen.manages, seen.owns) == (True, False)
    assert seen.deeds == {GroupDeed.ADD_DEPENDENT, GroupDeed.CHANGE_DEPENDENT}
    owner = groups.my_group(as_("olga"), home)
    assert [one.may_change for one in owner.members] == [True, True, True]
    assert [one.may_offer for one in owner.members] == [False, True, False]
    with pytest.raises(NotAllowed):
        groups.my_group(as_("ada"), home, GroupDeed.OWN)
    for missing in (lambda: groups.my_group(as_("sam"), home), lambda: groups.my_group(as_("olga"), ELSEWHERE)):
        with pytest.raises(Missing):
            missing()


def test_every_membership_ever_stays_on_record(home: str) -> None:
    groups.remove_member(as_("olga"), home, member(home, "ada"))
    groups.add_member(DESK, home, NewMember("ada", DEPENDENT))
    periods = db.session.scalars(select(GroupMember.left_at).where(GroupMember.customer_id == profile("ada").id)).all()
    assert sorted(left is None for left in periods) == [False, True]
