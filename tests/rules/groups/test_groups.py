"""Roles, ages, ends, how two members stand to each other, and every refusal with its sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.errors import Reason
from portal.rules.groups import (
    GroupRole,
    JoiningFacts,
    Kinship,
    MemberFacts,
    Rule,
    born_between,
    change_refusals,
    ending_refusals,
    is_adult,
    joining_refusals,
    lasts,
    of_age_on,
)
from portal.rules.scopes import ALL_SCOPES, Scope

TODAY = date(2026, 11, 22)
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)
OWNER, ADMIN, DEPENDENT = GroupRole.OWNER, GroupRole.ADMIN, GroupRole.DEPENDENT
SOME = frozenset({Scope.VIEW, Scope.DOCUMENTS})

KIN = Kinship("g1", "Olga", OWNER, DEPENDENT)
MIA = JoiningFacts("Mia", "p20", partner_id=1, partner_name="Harbour Net")


ONE_OWNER = (Rule.ONE_OWNER, "Olga is the Owner, and a group has exactly one.")
OVER = (Rule.ENDS, "2026-11-21 is over already.")
NO_END = (Rule.ONE_OWNER, "The Owner’s membership has no end.")
MEMBER = (Rule.GROUPS, "Mia is a member of this group already.", "Edit it instead.")


def told(reasons: Sequence[Reason]) -> list[tuple[str, str, str]]:
    return [(str(one.rule), str(one.message), str(one.remedy)) for one in reasons]


@pytest.mark.parametrize(("role", "manages"), [(OWNER, True), (ADMIN, True), (DEPENDENT, False)])
def test_g6_who_manages(role: GroupRole, manages: bool) -> None:
    assert role.manages is manages
    assert str(role.label) == role.value.title()


# How two members stand to each other


@pytest.mark.parametrize("role", GroupRole)
@pytest.mark.parametrize("subject", GroupRole)
def test_g11_owner_and_admin_act_for_dependents_and_not_for_one_another(role: GroupRole, subject: GroupRole) -> None:
    kin = replace(KIN, role=role, subject_role=subject)
    expected = ALL_SCOPES if role is not DEPENDENT and subject is DEPENDENT else frozenset()
    assert kin.reach == expected


@pytest.mark.parametrize(
    ("scopes", "adult", "consent", "reach"),
    [
        (ALL_SCOPES, False, None, ALL_SCOPES),
        (SOME, False, None, SOME),
        (ALL_SCOPES, True, None, frozenset()),
        (ALL_SCOPES, True, ALL_SCOPES, ALL_SCOPES),
        (ALL_SCOPES, True, SOME, SOME),
        (SOME, True, ALL_SCOPES, SOME),
        (SOME, True, frozenset({Scope.VIEW, Scope.FINANCE}), frozenset({Scope.VIEW})),
        (SOME, True, frozenset({Scope.FINANCE}), frozenset()),
        (SOME, True, frozenset(), frozenset()),
    ],
)
def test_g12_pri2_the_reach_is_what_both_sides_allow(
    scopes: frozenset[Scope], adult: bool, consent: frozenset[Scope] | None, reach: frozenset[Scope]
) -> None:
    kin = replace(KIN, role=ADMIN, scopes=scopes, subject_is_adult=adult, consent=consent)
    assert kin.reach == reach
    assert kin.paused is (adult and consent is None)


@pytest.mark.parametrize(
    ("until", "subject_until", "live"),
    [
        (None, None, True),
        (TODAY, None, True),
        (None, TODAY, True),
        (TOMORROW, TOMORROW, True),
        (YESTERDAY, None, False),
        (None, YESTERDAY, False),
        (TOMORROW, YESTERDAY, False),
    ],
)
def test_g12_an_end_of_either_membership_ends_the_kinship(
    until: date | None, subject_until: date | None, live: bool
) -> None:
    assert replace(KIN, until=until, subject_until=subject_until).live(TODAY) is live


@pytest.mark.parametrize(
    ("role", "scopes", "until", "limited"),
    [
        (ADMIN, ALL_SCOPES, None, False),
        (ADMIN, SOME, None, True),
        (ADMIN, ALL_SCOPES, TOMORROW, True),
        (OWNER, ALL_SCOPES, None, False),
    ],
)
def test_g12_what_makes_a_carers_grant(
    role: GroupRole, scopes: frozenset[Scope], until: date | None, limited: bool
) -> None:
    assert replace(KIN, role=role, scopes=scopes, until=until).limited is limited


# Ends and ages


@pytest.mark.parametrize(("until", "still"), [(None, True), (TOMORROW, True), (TODAY, True), (YESTERDAY, False)])
def test_g12_a_last_day_counts(until: date | None, still: bool) -> None:
    assert lasts(until, TODAY) is still


@pytest.mark.parametrize(
    ("born_on", "age", "on"),
    [
        (date(2008, 11, 22), 18, date(2026, 11, 22)),
        (date(2008, 2, 28), 18, date(2026, 2, 28)),
        (date(2008, 2, 29), 18, date(2026, 3, 1)),
        (date(2008, 2, 29), 20, date(2028, 2, 29)),
        (date(2008, 2, 29), 16, date(2024, 2, 29)),
        (date(2007, 12, 31), 21, date(2028, 12, 31)),
    ],
)
def test_g13_the_day_somebody_comes_of_age(born_on: date, age: int, on: date) -> None:
    assert of_age_on(born_on, age) == on
    assert is_adult(born_on, age, on)
    assert not is_adult(born_on, age, on - timedelta(days=1))


def test_pri2_without_a_date_of_birth_nobody_is_acted_for_unasked() -> None:
    assert is_adult(None, 18, TODAY)


@given(st.dates(date(1900, 1, 1), date(2026, 12, 31)), st.integers(1, 150), st.integers(-40, 40), st.integers(0, 70))
def test_g13_the_window_of_births_misses_nobody(born_on: date, age: int, before: int, days: int) -> None:
    on = of_age_on(born_on, age)
    first = on - timedelta(days=max(0, min(before, days)))
    born_from, born_to = born_between(first, first + timedelta(days=days), age)
    assert born_from <= born_on <= born_to
    assert (born_to - born_from).days <= days + 10, "and looks at few others"


# Joining


def test_who_may_join() -> None:
    assert joining_refusals(MIA, 1, "Harbour Net", 1) == []
    assert joining_refusals(replace(MIA, elsewhere=2), 1, "Harbour Net", 3) == []


@pytest.mark.parametrize(
    ("change", "most", "expected"),
    [
        ({"is_member": True}, 1, MEMBER),
        ({"is_member": True, "elsewhere": 1}, 1, MEMBER),
        (
            {"partner_id": 2, "partner_name": "Lakeside"},
            1,
            (
                Rule.SAME_PARTNER,
                "Mia belongs to Lakeside and the group to Harbour Net.",
                "Members of a group are of one partner.",
            ),
        ),
        (
            {"elsewhere": 1},
            1,
            (
                Rule.GROUPS,
                "Mia is a member of a group already, and a customer may be in one group at a time.",
                "Remove it there first, or have Operations allow more groups per customer.",
            ),
        ),
        (
            {"elsewhere": 3},
            3,
            (
                Rule.GROUPS,
                "Mia is a member of 3 groups already, and a customer may be in 3 groups at a time.",
                "Remove it there first, or have Operations allow more groups per customer.",
            ),
        ),
        ({"inactive": True}, 1, ("C1", "Mia is Inactive.", "Set it to New, Active or Blocked first.")),
    ],
)
def test_g5_g9_why_somebody_cannot_join(change: dict[str, object], most: int, expected: tuple[str, str, str]) -> None:
    assert told(joining_refusals(replace(MIA, **change), 1, "Harbour Net", most)) == [expected]  # type: ignore[arg-type]


def test_every_unmet_condition_of_joining_is_listed_at_once() -> None:
    worst = replace(MIA, partner_id=2, elsewhere=1, inactive=True)
    reasons = joining_refusals(worst, 1, "Harbour Net", 1)
    assert [one.rule for one in reasons] == ["G9", "G5", "C1"]
    assert {one.remedy_for for one in reasons} == {"", "p20"}


# Leaving and changing


@pytest.mark.parametrize("role", GroupRole)
@pytest.mark.parametrize("others", [0, 1, 3])
def test_g8_the_owner_stays_while_others_remain(role: GroupRole, others: int) -> None:
    reasons = ending_refusals(MemberFacts("Olga", role), others)
    if role is not OWNER or not others:
        assert reasons == []
        return
    who = {1: "one other member remains", 3: "3 other members remain"}[others]
    assert told(reasons) == [
        (
            "G8",
            f"Olga is the Owner, and {who}.",
            "Transfer the ownership first, remove the others, or dissolve the group.",
        )
    ]


@pytest.mark.parametrize(
    ("member", "role", "until", "expected"),
    [
        (MemberFacts("Olga", OWNER), OWNER, None, []),
        (MemberFacts("Olga", OWNER), ADMIN, None, [ONE_OWNER]),
        (MemberFacts("Olga", OWNER), DEPENDENT, None, [ONE_OWNER]),
        (MemberFacts("Olga", OWNER), OWNER, TOMORROW, [NO_END]),
        (MemberFacts("Ada", ADMIN), OWNER, TODAY, [NO_END]),
        (MemberFacts("Ada", ADMIN), DEPENDENT, None, []),
        (MemberFacts("Ada", ADMIN), ADMIN, TODAY, []),
        (MemberFacts("Ada", ADMIN), ADMIN, YESTERDAY, [OVER]),
        (MemberFacts("Mia", DEPENDENT), ADMIN, None, []),
        (MemberFacts("Mia", DEPENDENT), DEPENDENT, YESTERDAY, [OVER]),
        (
            MemberFacts("Olga", OWNER),
            ADMIN,
            YESTERDAY,
            [
                ONE_OWNER,
                OVER,
            ],
        ),
    ],
)
def test_g3_g12_what_a_member_can_become(
    member: MemberFacts, role: GroupRole, until: date | None, expected: list[tuple[str, str]]
) -> None:
    assert [one[:2] for one in told(change_refusals(member, role, until, TODAY))] == expected


@pytest.mark.parametrize(
    ("now", "wanted", "extends"),
    [
        (TOMORROW, None, True),
        (TOMORROW, TOMORROW + timedelta(days=1), True),
        (TOMORROW, TOMORROW, False),
        (TOMORROW, TODAY, False),
        (None, TOMORROW, False),
        (None, None, False),
    ],
)
@pytest.mark.parametrize("is_actor", [True, False])
def test_g12_an_admin_does_not_extend_itself(
    now: date | None, wanted: date | None, extends: bool, is_actor: bool
) -> None:
    ada = MemberFacts("Ada", ADMIN, until=now, is_actor=is_actor)
    refused = told(change_refusals(ada, ADMIN, wanted, TODAY))
    expected = [("G12", "An Admin cannot extend its own membership.", "Ask the Owner of the group to do it.")]
    assert refused == (expected if extends and is_actor else [])


def test_the_rules_carry_their_ids() -> None:
    assert {rule.value for rule in Rule} == {"G1", "G3", "G4", "G5", "G7", "G8", "G9", "G12", "G15", "G18"}
