"""Administrators as actions: exceptions beside a role, who may change whom, and the last Super administrator."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import update
from structlog.testing import CapturingLogger

from portal.actions import access, logins
from portal.actions.links import sub_accounts
from portal.actions.staff import administrators, roles
from portal.actions.staff.roles import Draft
from portal.db.engine import db, writes
from portal.db.logins import people as login_rows
from portal.db.tables import Administrator
from portal.rules.deciding import SYSTEM
from portal.rules.errors import Conflict, Invalid, Missing, NotAllowed, Refused
from portal.rules.holders import Role
from portal.rules.links.facts import BillingMode
from portal.rules.permissions import Permission
from tests.actions.staff.test_roles import DESK, again, holder, made
from tests.logins import administrator
from tests.people import customer, partner
from tests.queries import counted
from tests.web.staff.office import audit

P = Permission


def login_of(email: str) -> str:
    """The public id of a login."""
    person = login_rows.by_email(email)
    assert person is not None
    return person.public_id


def test_l1_the_sub_account_permission_is_given_by_an_exception_and_taken_away_again(app: Flask) -> None:
    for name in ("acme", "branch", "depot"):
        customer(name)
    desk = administrator("desk@staff.test", Role.FRONT_OF_HOUSE)
    with pytest.raises(NotAllowed):
        sub_accounts.link(desk, "acme", "branch", BillingMode.AGGREGATED)
    who = login_of("desk@staff.test")
    administrators.set_permissions(SYSTEM, who, desk.permissions | {P.SUB_ACCOUNTS_LINK})
    assert audit()[-1][1] == "Sol Berg (desk@staff.test), Front of house: given Link sub-accounts"
    sub_accounts.link(again("desk@staff.test"), "acme", "branch", BillingMode.AGGREGATED)
    administrators.set_permissions(SYSTEM, who, desk.permissions)
    with pytest.raises(NotAllowed):
        sub_accounts.link(again("desk@staff.test"), "acme", "depot", BillingMode.AGGREGATED)


def test_l1_the_sub_account_permissions_are_given_by_a_custom_role_and_taken_away_again(app: Flask) -> None:
    for name in ("acme", "branch", "depot"):
        customer(name)
    role = made("Linking", P.CUSTOMERS_VIEW, P.SUB_ACCOUNTS_LINK, P.SUB_ACCOUNTS_MANAGE)
    clerk = holder("clerk@staff.test", role)
    sub_accounts.link(clerk, "acme", "branch", BillingMode.AGGREGATED)
    roles.change_role(SYSTEM, role, Draft("Linking", "", frozenset({P.CUSTOMERS_VIEW})))
    with pytest.raises(NotAllowed):
        sub_accounts.link(again("clerk@staff.test"), "acme", "depot", BillingMode.AGGREGATED)


def test_an_exception_takes_away_what_the_role_allows_and_outlives_its_changes(app: Flask) -> None:
    role = made("Desk", *DESK)
    clerk = holder("clerk@staff.test", role)
    who = login_of("clerk@staff.test")
    administrators.set_permissions(SYSTEM, who, clerk.permissions - {P.CUSTOMERS_INVITE})
    roles.change_role(SYSTEM, role, Draft("Desk", "", DESK | {P.AUDIT_VIEW}))
    assert again("clerk@staff.test").permissions == {P.STAFF_HOME, P.CUSTOMERS_VIEW, P.AUDIT_VIEW}
    administrators.change_role(SYSTEM, who, "front_of_house")
    assert audit()[-1][1].endswith("from Desk to Front of house, ending taken away Invite to the portal")
    assert again("clerk@staff.test").permissions == Role.FRONT_OF_HOUSE.permissions


def test_exceptions_are_kept_as_small_as_they_can_be(app: Flask) -> None:
    administrator("desk@staff.test", Role.FRONT_OF_HOUSE)
    who = login_of("desk@staff.test")
    before = len(audit())
    member = administrators.set_permissions(SYSTEM, who, Role.FRONT_OF_HOUSE.permissions)
    assert (member.given, member.taken) == (frozenset(), frozenset())
    assert len(audit()) == before
    with pytest.raises(Invalid, match="needs “See finances”"):
        administrators.set_permissions(SYSTEM, who, Role.FRONT_OF_HOUSE.permissions | {P.FINANCE_POST})


def test_r24_a_stale_page_is_refused(app: Flask) -> None:
    administrator("desk@staff.test", Role.FRONT_OF_HOUSE)
    who = login_of("desk@staff.test")
    mark = administrators.open_permissions(SYSTEM, who).mark
    administrators.set_permissions(SYSTEM, who, DESK, mark=mark)
    with pytest.raises(Conflict):
        administrators.set_permissions(SYSTEM, who, DESK | {P.AUDIT_VIEW}, mark=mark)


def test_nothing_is_an_exception_for_a_super_administrator(app: Flask) -> None:
    boss = administrator("boss@staff.test")
    administrator("other@staff.test")
    who = login_of("other@staff.test")
    with pytest.raises(Refused, match="holds every permission"):
        administrators.set_permissions(boss, who, DESK)
    _store_exception()
    assert again("other@staff.test").permissions == Role.SUPER.permissions
    assert administrators.open_permissions(boss, who).fixed


@writes
def _store_exception() -> None:
    db.session.execute(update(Administrator).values(taken="sub_accounts.link,no.such.permission"))


def test_nobody_changes_or_disables_somebody_who_may_do_more(app: Flask) -> None:
    chief = holder(
        "chief@staff.test",
        made(
            "Chief",
            P.ADMINISTRATORS_MANAGE,
            *DESK,
            P.CUSTOMERS_ADD,
            P.CUSTOMERS_CONTACT,
            P.GROUPS_MANAGE,
            P.BOOKINGS_DESK,
            P.ORDERS_MANAGE,
            P.TICKETS_ANSWER,
            P.DOCUMENTS_MANAGE,
        ),
    )
    administrator("boss@staff.test")
    administrator("desk@staff.test", Role.FRONT_OF_HOUSE)
    boss, desk = login_of("boss@staff.test"), login_of("desk@staff.test")
    for deed in (
        lambda: administrators.change_role(chief, boss, "front_of_house"),
        lambda: administrators.disable(chief, boss),
        lambda: administrators.enable(chief, boss),
        lambda: administrators.set_permissions(chief, boss, DESK),
        lambda: logins.reset_login(chief, "boss@staff.test", show_link=True),
    ):
        with pytest.raises(NotAllowed, match="more than you may do yourself"):
            deed()
    assert not administrators.may_change(chief, administrators.open_permissions(chief, boss).member)
    administrators.set_permissions(chief, desk, DESK - {P.CUSTOMERS_INVITE})
    with pytest.raises(NotAllowed):
        administrators.set_permissions(chief, desk, DESK | {P.AUDIT_VIEW})
    with pytest.raises(NotAllowed):
        administrators.change_role(chief, desk, "administrator")
    administrators.disable(chief, desk)
    administrators.enable(chief, desk)


def test_what_the_actor_does_not_hold_stays_as_it_is(app: Flask) -> None:
    chief = holder("chief@staff.test", made("Chief", P.ADMINISTRATORS_MANAGE, *DESK))
    role = made("Linking", *DESK, P.SUB_ACCOUNTS_LINK)
    holder("clerk@staff.test", role)
    who = login_of("clerk@staff.test")
    administrators.set_permissions(SYSTEM, who, DESK)
    member = administrators.set_permissions(chief, who, frozenset({P.CUSTOMERS_VIEW}))
    assert member.taken == {P.CUSTOMERS_INVITE, P.SUB_ACCOUNTS_LINK}


def test_nobody_is_added_with_more_than_the_adder_holds_or_for_another_partner(app: Flask) -> None:
    ours, theirs = partner("Ours"), partner("Theirs")
    chief_role = made("Chief", P.ADMINISTRATORS_MANAGE, *DESK)
    chief, bound = holder("chief@staff.test", chief_role), administrator("bound@staff.test", Role.SUPER, ours)

    def add(actor: object, role: str, where: str | None, email: str = "new@staff.test") -> None:
        logins.create_administrator(actor, email=email, name="New", role=role, partner=where)  # type: ignore[arg-type]

    with pytest.raises(NotAllowed):
        add(chief, "administrator", None)
    with pytest.raises(Invalid):
        add(bound, "administrator", "Theirs")
    with pytest.raises(Invalid):
        add(bound, "administrator", None)
    with pytest.raises(Invalid):
        add(chief, "Nothing", None)
    add(bound, "Chief", "Ours")
    add(chief, chief_role, "Theirs", "other@staff.test")
    administrator("far@staff.test", Role.FRONT_OF_HOUSE, theirs)
    with pytest.raises(Missing):
        administrators.change_role(bound, login_of("far@staff.test"), "operations")
    with pytest.raises(Missing):
        logins.reset_login(bound, "far@staff.test")


def test_sec12_custom_roles_do_not_count_as_super_administrators(app: Flask) -> None:
    boss = administrator("boss@staff.test")
    holder("all@staff.test", roles.add_role(SYSTEM, Draft("All of it", "", frozenset(Permission))))
    with pytest.raises(Refused, match="SEC12"):
        administrators.change_role(boss, login_of("boss@staff.test"), "operations")
    with pytest.raises(Refused, match="SEC12"):
        administrators.disable(again("all@staff.test"), login_of("boss@staff.test"))


def test_sec51_a_grant_beyond_ones_own_rights_is_logged(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    chief = holder("chief@staff.test", made("Chief", P.ADMINISTRATORS_MANAGE, *DESK))
    log = CapturingLogger()
    monkeypatch.setattr(access, "log", log)
    with pytest.raises(NotAllowed):
        roles.add_role(chief, Draft("More", "", DESK | {P.AUDIT_VIEW}))
    (call,) = log.calls
    assert (call.args, call.kwargs["beyond"]) == (("denied",), ["audit.view"])


def test_the_list_costs_one_query(app: Flask) -> None:
    for number in range(5):
        holder(f"c{number}@staff.test", made(f"Role {number}"))
    with counted() as sent:
        administrators.list_administrators(SYSTEM)
    assert len(sent) == 1
