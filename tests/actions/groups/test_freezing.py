"""G18: staff freeze the guardianship over one subject in a dispute, and end that by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select

from portal.actions import access, doctor, groups, logins
from portal.actions.customers import details
from portal.actions.groups import NewMember
from portal.db.engine import db
from portal.db.tables import GuardianshipFreeze
from portal.rules.deciding import ROLE_PERMISSIONS, SYSTEM, Actor
from portal.rules.errors import Invalid, Missing, NotAllowed, PortalError, Refused
from portal.rules.holders import Role
from portal.rules.permissions import Permission
from tests.families import (
    ADMIN,
    DEPENDENT,
    as_,
    change,
    child,
    choose,
    edit,
    family,
    logged,
    member,
    opens,
    person,
    posted,
    profile,
    records,
    roles,
    sees,
    switch,
)

CLERK = Actor(
    "Clara", None, "clara@desk.test", role=Role.ADMINISTRATOR, permissions=ROLE_PERMISSIONS[Role.ADMINISTRATOR]
)
DESK = replace(CLERK, role=Role.FRONT_OF_HOUSE, permissions=ROLE_PERMISSIONS[Role.FRONT_OF_HOUSE])
WHY = "The parents are in court about who looks after Tim"

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture
def home() -> str:
    """Olga owns a group with Ada as Admin, and with Tim and Ida, children; Kim is a Dependent who signs in."""
    switch()
    for name in ("olga", "ada"):
        person(name)
    for name in ("tim", "ida"):
        child(name)
    person("kim")
    return family("olga", ada=ADMIN, tim=DEPENDENT, ida=DEPENDENT, kim=DEPENDENT)


def rules_of(error: pytest.ExceptionInfo[Refused]) -> list[str]:
    return [str(reason.rule) for reason in error.value.reasons]


def test_g18_nobody_acts_for_the_subject_and_for_others_they_do(home: str) -> None:
    assert str(groups.freeze(CLERK, "tim", WHY).sentence) == "The guardianship over Tim is frozen"
    for who in ("olga", "ada"):
        assert not sees(as_(who), "tim")
        assert opens(as_(who), "tim") == set()
        assert sees(as_(who), "ida")
    with pytest.raises(NotAllowed) as error:
        access.require(as_("olga"), Permission.PROFILE_VIEW, profile("tim"))
    assert str(error.value) == "Acting for Tim is paused at present. Whatever they need, the operator does."
    tim = profile("tim")
    with pytest.raises(NotAllowed):
        details.change(as_("olga"), tim.public_id, details.details_of(tim), version=tim.version)
    assert access.require(CLERK, Permission.CUSTOMERS_EDIT, profile("tim")), "staff act"
    assert roles(home)["tim"] == "dependent"
    assert doctor.examine().sound
    groups.unfreeze(CLERK, "tim", "The court decided")
    assert sees(as_("ada"), "tim")


def test_g18_a_freeze_holds_in_every_group_and_for_an_adult_who_agreed(home: str) -> None:
    choose(groups_per_customer=2)
    person("sam")
    other = family("sam")
    groups.add_member(SYSTEM, other, NewMember("kim", DEPENDENT))
    assert sees(as_("sam"), "kim")
    assert sees(as_("olga"), "kim")
    groups.freeze(CLERK, "kim", WHY)
    for who in ("sam", "olga", "ada"):
        assert not sees(as_(who), "kim")
    assert sees(as_("kim"), "kim"), "who signs in for themselves goes on doing so"


def test_g18_the_reason_is_for_staff_alone(home: str) -> None:
    before = len(posted())
    groups.freeze(CLERK, "kim", WHY)
    groups.unfreeze(CLERK, "kim", "Settled between them")
    told = [line.text for line in records("kim")] + [str(line.text) for line in logins.my_log(as_("kim")).lines]
    assert "Acting for Kim through groups is paused" in told
    assert not any("court" in str(text) or "Settled" in str(text) for text in told)
    assert posted()[before:] == [], "nobody is written to"
    assert [action for action, who in logged() if who == "kim"][-2:] == ["group.freeze", "group.unfreeze"]
    details_of = [line.details for line in records("kim")][-2:]
    assert [one["reason"] for one in details_of] == [WHY, "Settled between them"]
    freeze = groups.freeze_of(CLERK, profile("kim"))
    assert freeze is None
    (row,) = db.session.scalars(select(GuardianshipFreeze))
    assert (row.reason, row.frozen_by, row.end_reason, row.ended_by) == (
        WHY,
        "clara@desk.test",
        "Settled between them",
        "clara@desk.test",
    )


@pytest.mark.parametrize(
    ("who", "error"), [(DESK, NotAllowed), ("olga", Missing), ("kim", Missing), ("stranger", Missing)]
)
def test_g18_it_has_a_permission_of_its_own(home: str, who: Actor | str, error: type[PortalError]) -> None:
    person("stranger")
    actor = as_(who) if isinstance(who, str) else who
    for deed in (groups.freeze, groups.unfreeze):
        with pytest.raises(error):
            deed(actor, "tim", WHY)
    with pytest.raises(error):
        groups.freeze_of(actor, profile("tim"))
    assert sees(as_("olga"), "tim")


def test_g18_what_stands_in_the_way(home: str) -> None:
    for reason in ("", "  ", "x" * 501):
        with pytest.raises(Invalid) as wrong:
            groups.freeze(CLERK, "tim", reason)
        assert set(wrong.value.fields) == {"reason"}
    with pytest.raises(Refused) as error:
        groups.unfreeze(CLERK, "tim", WHY)
    assert rules_of(error) == ["G18"]
    done = groups.freeze(CLERK, "tim", WHY, once="k")
    assert groups.freeze(CLERK, "tim", WHY, once="k") == done
    with pytest.raises(Refused) as error:
        groups.freeze(CLERK, "tim", WHY)
    assert rules_of(error) == ["G18"]
    switch(False)
    with pytest.raises(Refused) as error:
        groups.unfreeze(CLERK, "tim", WHY)
    assert rules_of(error) == ["G1"]


DEEDS: dict[str, Callable[[str], object]] = {
    "change": lambda home: groups.change_member(
        as_("olga"), home, member(home, "tim"), edit(home, "tim", label="Carer")
    ),
    "remove": lambda home: groups.remove_member(as_("ada"), home, member(home, "tim")),
    "dissolve": lambda home: groups.dissolve(as_("olga"), home),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_g18_members_do_not_change_the_place_of_a_frozen_subject(home: str, deed: str) -> None:
    groups.freeze(CLERK, "tim", WHY)
    before = roles(home), logged()
    with pytest.raises(NotAllowed, match="Acting for Tim is paused"):
        DEEDS[deed](home)
    assert (roles(home), logged()) == before
    groups.change_member(CLERK, home, member(home, "tim"), edit(home, "tim", label="Child"))
    groups.remove_member(CLERK, home, member(home, "tim"))
    assert "tim" not in roles(home)


def test_g15_g18_a_frozen_subject_keeps_nobody_from_leaving(home: str) -> None:
    change("olga", own_status="inactive")
    groups.remove_member(CLERK, home, member(home, "ida"))
    with pytest.raises(Refused) as error:
        groups.leave(as_("ada"), home)
    assert rules_of(error) == ["G15"]
    groups.freeze(CLERK, "tim", WHY)
    groups.leave(as_("ada"), home)


def test_g18_lists_show_it_as_paused(home: str) -> None:
    groups.freeze(CLERK, "tim", WHY)
    tim = next(one for one in groups.my_group(as_("olga"), home).members if one.name == "Tim")
    assert tim.frozen
    assert not tim.acts
