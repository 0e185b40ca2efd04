"""Roles as actions: making, changing and deleting them, and that nobody gives what they do not hold (O4)."""

from __future__ import annotations

import pytest
from flask import Flask

from portal.actions.staff import administrators, roles
from portal.actions.staff.roles import Draft
from portal.db.logins import people as logins
from portal.rules.deciding import SYSTEM, Actor, CustomRole
from portal.rules.errors import Conflict, Invalid, Missing, NotAllowed, Refused
from portal.rules.holders import Role
from portal.rules.permissions import Permission
from tests.logins import administrator, login, signed_in
from tests.people import customer, partner
from tests.queries import counted
from tests.web.staff.office import audit

P = Permission
DESK = frozenset({P.CUSTOMERS_VIEW, P.CUSTOMERS_INVITE})


def made(name: str = "Bookkeeping", *permissions: Permission) -> str:
    """A new role; its public id."""
    return roles.add_role(SYSTEM, Draft(name, "", frozenset(permissions) or DESK))


def holder(email: str, role: str, partner_id: int | None = None) -> Actor:
    """An administrator with a custom role, as their next request finds them."""
    administrator(email, Role.FRONT_OF_HOUSE, partner_id)
    person = logins.by_email(email)
    assert person is not None
    administrators.change_role(SYSTEM, person.public_id, role)
    return again(email)


def again(email: str) -> Actor:
    return signed_in(email).actor


def test_o4_a_role_is_made_given_changed_and_taken_away(app: Flask) -> None:
    role = made("Bookkeeping", P.CUSTOMERS_VIEW, P.CUSTOMERS_FINANCE)
    clerk = holder("clerk@staff.test", role)
    assert isinstance(clerk.role, CustomRole)
    assert str(clerk.role.label) == "Bookkeeping"
    assert clerk.permissions == {P.STAFF_HOME, P.CUSTOMERS_VIEW, P.CUSTOMERS_FINANCE}
    assert roles.change_role(SYSTEM, role, Draft("Books", "All of it", frozenset({P.CUSTOMERS_VIEW, P.AUDIT_VIEW})))
    assert again("clerk@staff.test").permissions == {P.STAFF_HOME, P.CUSTOMERS_VIEW, P.AUDIT_VIEW}
    assert audit()[-1] == (
        "role.change",
        "Role “Bookkeeping”: renamed to “Books”; described otherwise; added Audit log; took away See finances",
    )
    assert not roles.change_role(SYSTEM, role, Draft("Books", "All of it", frozenset({P.CUSTOMERS_VIEW, P.AUDIT_VIEW})))
    with pytest.raises(Refused, match="Sol Berg has this role"):
        roles.remove_role(SYSTEM, role)
    person = logins.by_email("clerk@staff.test")
    assert person is not None
    administrators.change_role(SYSTEM, person.public_id, "operations")
    assert roles.remove_role(SYSTEM, role) == "Books"
    assert [line.role.label for line in roles.list_roles(SYSTEM)] == [role.label for role in Role]
    with pytest.raises(Missing):
        roles.open_role(SYSTEM, role)


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (Draft("", "", DESK), "name"),
        (Draft("\0 ", "", DESK), "name"),
        (Draft("x" * 61, "", DESK), "name"),
        (Draft("super ADMINISTRATOR", "", DESK), "name"),
        (Draft("front_of_house", "", DESK), "name"),
        (Draft("böokkeeping", "", DESK), "name"),
        (Draft("Other", "x" * 301, DESK), "description"),
        (Draft("Other", "", frozenset()), "permissions"),
        (Draft("Other", "", frozenset({P.STAFF_HOME, P.HOME})), "permissions"),
        (Draft("Other", "", frozenset({P.FINANCE_POST})), "permissions"),
    ],
)
def test_what_is_wrong_is_named(app: Flask, draft: Draft, field: str) -> None:
    made()
    with pytest.raises(Invalid) as error:
        roles.add_role(SYSTEM, draft)
    assert list(error.value.fields) == [field]


def test_a_double_click_makes_one_role(app: Flask) -> None:
    draft = Draft("Bookkeeping", "", DESK)
    first = roles.add_role(SYSTEM, draft, once="k")
    assert roles.add_role(SYSTEM, draft, once="k") == first
    with pytest.raises(Invalid):
        roles.add_role(SYSTEM, draft, once="other")


def test_r24_whoever_is_second_is_told(app: Flask) -> None:
    role = made()
    mark = roles.open_role(SYSTEM, role).mark
    roles.change_role(SYSTEM, role, Draft("First", "", DESK), mark=mark)
    with pytest.raises(Conflict):
        roles.change_role(SYSTEM, role, Draft("Second", "", DESK), mark=mark)
    with pytest.raises(Invalid):
        roles.change_role(SYSTEM, made("Other"), Draft("FIRST", "", DESK))


def test_nobody_puts_into_a_role_what_they_do_not_hold(app: Flask) -> None:
    chief = holder("chief@staff.test", made("Chief", P.ADMINISTRATORS_MANAGE, *DESK))
    rich = made("Rich", P.CUSTOMERS_VIEW, P.SUB_ACCOUNTS_LINK)
    with pytest.raises(NotAllowed, match="Link sub-accounts"):
        roles.add_role(chief, Draft("Poor", "", DESK | {P.SUB_ACCOUNTS_LINK}))
    own = roles.add_role(chief, Draft("Poor", "", DESK))
    with pytest.raises(NotAllowed, match="Link sub-accounts"):
        roles.change_role(chief, own, Draft("Poor", "", DESK | {P.SUB_ACCOUNTS_LINK}))
    for deed in (lambda: roles.change_role(chief, rich, Draft("x", "", DESK)), lambda: roles.remove_role(chief, rich)):
        with pytest.raises(NotAllowed, match="Rich allows more than you may do yourself"):
            deed()
    assert roles.open_role(chief, rich).why_not
    assert not roles.open_role(chief, own).why_not
    lacking = {str(role.label): missing for role, missing in roles.choices(chief)}
    assert not lacking["Poor"]
    assert lacking["Rich"] == {P.SUB_ACCOUNTS_LINK}
    assert lacking["Super administrator"]


def test_nobody_widens_their_own_rights(app: Flask) -> None:
    chief_role = made("Chief", P.ADMINISTRATORS_MANAGE, *DESK)
    chief = holder("chief@staff.test", chief_role)
    me = logins.by_email("chief@staff.test")
    assert me is not None
    for word in ("super_administrator", "administrator", "front_of_house", made("Rich", P.AUDIT_VIEW)):
        with pytest.raises(NotAllowed):
            administrators.change_role(chief, me.public_id, word)
    with pytest.raises(NotAllowed):
        roles.change_role(chief, chief_role, Draft("Chief", "", chief.permissions | {P.AUDIT_VIEW}))
    with pytest.raises(NotAllowed):
        administrators.set_permissions(chief, me.public_id, chief.permissions | {P.AUDIT_VIEW})
    administrators.set_permissions(SYSTEM, me.public_id, chief.permissions - {P.CUSTOMERS_INVITE})
    chief = again("chief@staff.test")
    assert P.CUSTOMERS_INVITE not in chief.permissions
    with pytest.raises(NotAllowed):
        administrators.set_permissions(chief, me.public_id, chief.permissions | {P.CUSTOMERS_INVITE})


def test_whoever_is_bound_to_a_partner_reads_roles_and_changes_none(app: Flask) -> None:
    role = made()
    bound = administrator("bound@staff.test", Role.SUPER, partner("Other Net"))
    holder("far@staff.test", role)
    assert [line.holders for line in roles.list_roles(bound)] == [1, 0, 0, 0, 0]
    page = roles.open_role(bound, role)
    assert page.holders == []
    assert "you look after one" in str(page.why_not)
    for deed in (
        lambda: roles.add_role(bound, Draft("Mine", "", DESK)),
        lambda: roles.change_role(bound, role, Draft("Mine", "", DESK)),
        lambda: roles.remove_role(bound, role),
        lambda: roles.require_maker(bound),
    ):
        with pytest.raises(NotAllowed, match="the same for every partner"):
            deed()


def test_only_whoever_looks_after_administrators_sees_roles(app: Flask) -> None:
    for actor in (administrator("desk@staff.test", Role.FRONT_OF_HOUSE), administrator("a@s.test", Role.ADMINISTRATOR)):
        with pytest.raises(NotAllowed):
            roles.list_roles(actor)
    with pytest.raises(Missing):
        roles.open_role(login(customer("acme"), "dana@acme.test"), "operations")


def test_the_number_of_queries_does_not_grow(app: Flask) -> None:
    with counted() as few:
        roles.list_roles(SYSTEM)
    for number in range(8):
        holder(f"c{number}@staff.test", made(f"Role {number}"))
    with counted() as many:
        roles.list_roles(SYSTEM)
    assert len(many) == len(few) == 2
