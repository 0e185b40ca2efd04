"""Roles and the exceptions beside them: what somebody holds in the end, and where it comes from (O4)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.deciding import ROLE_PERMISSIONS, STAFF_PERMISSIONS, SYSTEM, Actor, AnyRole, CustomRole, decide
from portal.rules.holders import Role
from portal.rules.permissions import Permission
from portal.rules.roles import ALWAYS, AREAS, WORDINGS, beyond, holdings, in_force, named, unmet

NOTHING: frozenset[Permission] = frozenset()
P = Permission
SOME = st.frozensets(st.sampled_from(sorted(STAFF_PERMISSIONS, key=lambda one: one.value)))


def custom(*permissions: Permission) -> CustomRole:
    return CustomRole("a" * 20, "Bookkeeping", "", frozenset(permissions))


def test_every_permission_of_the_back_office_has_words() -> None:
    assert set(WORDINGS) | ALWAYS == STAFF_PERMISSIONS
    assert sum(len(area) for _, area in AREAS) == len(WORDINGS)
    assert len(set(named(WORDINGS))) == len(WORDINGS)
    for one in WORDINGS.values():
        assert str(one.text).endswith(".")
        assert one.needs is None or one.needs in WORDINGS


@pytest.mark.parametrize("role", Role)
def test_default_roles_are_sound(role: Role) -> None:
    assert in_force(role, NOTHING, NOTHING) == ROLE_PERMISSIONS[role] == role.permissions
    assert unmet(role.permissions) == []
    assert role.permissions >= ALWAYS
    assert str(role.description).endswith(".")


def test_the_super_administrator_holds_everything_whatever_is_stored() -> None:
    assert in_force(Role.SUPER, NOTHING, STAFF_PERMISSIONS) == STAFF_PERMISSIONS


@pytest.mark.parametrize(
    ("role", "more", "less", "held"),
    [
        (Role.FRONT_OF_HOUSE, {P.SUB_ACCOUNTS_LINK}, set(), Role.FRONT_OF_HOUSE.permissions | {P.SUB_ACCOUNTS_LINK}),
        (Role.ADMINISTRATOR, set(), {P.FINANCE_POST}, Role.ADMINISTRATOR.permissions - {P.FINANCE_POST}),
        (custom(P.AUDIT_VIEW), set(), set(), {P.AUDIT_VIEW, P.STAFF_HOME}),
        (custom(P.AUDIT_VIEW), set(), {P.AUDIT_VIEW, P.STAFF_HOME}, {P.STAFF_HOME}),
        (custom(P.CUSTOMERS_VIEW, P.CUSTOMERS_FINANCE, P.FINANCE_POST), set(), {P.CUSTOMERS_VIEW}, {P.STAFF_HOME}),
        (custom(P.AUDIT_VIEW), {P.FINANCE_POST}, set(), {P.AUDIT_VIEW, P.STAFF_HOME}),
        (custom(P.HOME, P.ACCOUNT), {P.STATEMENTS_VIEW}, set(), {P.STAFF_HOME}),
    ],
)
def test_o4_what_is_held_in_the_end(
    role: AnyRole, more: set[Permission], less: set[Permission], held: set[Permission]
) -> None:
    assert in_force(role, frozenset(more), frozenset(less)) == held


@given(role=SOME, more=SOME, less=SOME)
def test_nothing_that_was_taken_away_is_held_and_nothing_appears(
    role: frozenset[Permission], more: frozenset[Permission], less: frozenset[Permission]
) -> None:
    held = in_force(custom(*role), more, less)
    assert held <= role | more | ALWAYS
    assert not (held - ALWAYS) & less
    assert unmet(held) == []
    assert {one for one, holding in holdings(custom(*role), more, less).items() if holding.held} == held - ALWAYS


def test_where_each_permission_comes_from() -> None:
    found = holdings(
        custom(P.CUSTOMERS_VIEW, P.AUDIT_VIEW, P.OUTBOX_VIEW),
        frozenset({P.CUSTOMERS_INVITE, P.FINANCE_POST}),
        frozenset({P.OUTBOX_VIEW}),
    )
    assert {permission: str(holding.origin[0]) for permission, holding in found.items() if holding.origin[0]} == {
        P.CUSTOMERS_VIEW: "From the role",
        P.AUDIT_VIEW: "From the role",
        P.CUSTOMERS_INVITE: "Given beside the role",
        P.FINANCE_POST: "Idle without “See finances”",
        P.OUTBOX_VIEW: "Taken away",
    }


def test_what_needs_what_is_said() -> None:
    (sentence,) = unmet(frozenset({P.FINANCE_POST, P.CUSTOMERS_VIEW}))
    assert str(sentence) == "“Post to the books” needs “See finances” as well."


def test_nobody_is_beyond_the_system() -> None:
    clerk = Actor("Cleo", 1, role=custom(P.AUDIT_VIEW), permissions=frozenset({P.AUDIT_VIEW}))
    assert beyond(SYSTEM, STAFF_PERMISSIONS) == NOTHING
    assert beyond(clerk, frozenset({P.AUDIT_VIEW, P.OUTBOX_VIEW})) == {P.OUTBOX_VIEW}


def test_l1_a_custom_role_links_as_soon_as_it_may() -> None:
    role = custom(P.CUSTOMERS_VIEW, P.SUB_ACCOUNTS_LINK)
    clerk = Actor("Cleo", 1, role=role, permissions=in_force(role, NOTHING, NOTHING))
    assert clerk.is_staff
    assert decide(clerk, P.SUB_ACCOUNTS_LINK)
    assert not decide(clerk, P.SUB_ACCOUNTS_MANAGE)
