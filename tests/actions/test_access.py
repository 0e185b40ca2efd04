"""Deciding with stored facts: the main account's toggle, the partner's option, and what a denial leaves in the log."""

from __future__ import annotations

from dataclasses import replace

import pytest
import structlog
from flask import Flask
from sqlalchemy import update

from portal.actions import access
from portal.actions.links import sub_accounts
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import db, writes
from portal.db.tables import Partner
from portal.rules.deciding import ROLE_PERMISSIONS, SYSTEM, Actor, Answer, Source
from portal.rules.errors import Missing, NotAllowed
from portal.rules.holders import Role
from portal.rules.permissions import Permission
from portal.rules.scopes import Scope
from tests import people

DESK = Actor("Dora", 6, role=Role.FRONT_OF_HOUSE, permissions=ROLE_PERMISSIONS[Role.FRONT_OF_HOUSE])


def profile(reference: str) -> Profile:
    found = customers.by_reference(reference)
    assert found is not None
    return found


def as_customer(reference: str) -> Actor:
    me = profile(reference)
    return Actor("Somebody", 1, f"{reference}@example.test", customer_id=me.id, partner_id=me.partner_id)


@writes
def allow_independent(orders: bool = True) -> None:
    db.session.execute(update(Partner).values(manages_independent=True, independent_orders=orders))


def answer(actor: Actor, permission: Permission, reference: str) -> Answer:
    return access.weigh(actor, permission, profile(reference)).answer


@pytest.fixture
def company(app: Flask) -> None:
    """Acme pays for branch and has franchise beside it; rival is a stranger."""
    for name in ("acme", "branch", "franchise", "rival"):
        people.customer(name)
    people.link("acme", "branch")
    people.link("acme", "franchise", "independent")


@pytest.mark.usefixtures("company")
def test_l15_l16_what_a_main_account_opens() -> None:
    acme, seen = as_customer("acme"), Permission.PROFILE_VIEW
    names = ("acme", "branch", "franchise", "rival")

    def answers() -> str:
        return "".join(answer(acme, seen, name).name[0] for name in names)

    assert answers() == "AKKH"
    sub_accounts.set_management(SYSTEM, "acme", True)
    assert answers() == "AAKH"
    allow_independent()
    assert answers() == "AAAH"
    sub_accounts.set_management(SYSTEM, "acme", False)
    assert answers() == "AKKH"
    sub_accounts.set_management(SYSTEM, "acme", True)
    sub_accounts.unlink(SYSTEM, "branch")
    assert answers() == "AHAH", "the next request after unlinking"


@pytest.mark.usefixtures("company")
def test_l15_the_toggle_gives_nothing_to_the_other_side() -> None:
    sub_accounts.set_management(SYSTEM, "acme", True)
    sub_accounts.set_management(SYSTEM, "branch", True)
    for permission in Permission:
        assert answer(as_customer("branch"), permission, "acme") is Answer.HIDDEN
        assert answer(as_customer("branch"), permission, "franchise") is Answer.HIDDEN


@pytest.mark.usefixtures("company")
def test_s9_finances_of_a_sub_account_stay_closed() -> None:
    sub_accounts.set_management(SYSTEM, "acme", True)
    allow_independent()
    for person in ("acme", "branch"):
        decision = access.weigh(as_customer(person), Permission.STATEMENTS_VIEW, profile("branch"))
        assert decision.answer is Answer.KNOWN
        assert str(decision.sentence).startswith("Acme is billed and pays for Branch")
    assert answer(as_customer("acme"), Permission.STATEMENTS_VIEW, "franchise") is Answer.KNOWN
    assert answer(as_customer("franchise"), Permission.STATEMENTS_VIEW, "franchise") is Answer.ALLOWED
    assert answer(as_customer("acme"), Permission.STATEMENTS_VIEW, "acme") is Answer.ALLOWED


@pytest.mark.usefixtures("company")
def test_grants_say_where_they_come_from() -> None:
    sub_accounts.set_management(SYSTEM, "acme", True)
    allow_independent(orders=False)
    grant = access.require(as_customer("acme"), Permission.PROFILE_VIEW, profile("franchise"))
    assert (grant.source, Scope.ORDER in grant.scopes) == (Source.MAIN_ACCOUNT, False)
    assert access.require(DESK, Permission.CUSTOMERS_VIEW, profile("acme")).source is Source.STAFF
    assert access.require(SYSTEM, Permission.FINANCE_POST, profile("acme")).source is Source.SYSTEM


@pytest.mark.usefixtures("company")
def test_denials_are_told_and_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    acme, rival = as_customer("acme"), profile("rival")
    log = structlog.testing.CapturingLogger()
    monkeypatch.setattr(access, "log", log)
    with pytest.raises(Missing) as unknown:
        access.require(acme, Permission.PROFILE_VIEW, rival)
    assert "Rival" not in str(unknown.value)
    (call,) = log.calls
    assert (call.method_name, call.args) == ("warning", ("denied",))
    assert (call.kwargs["permission"], call.kwargs["subject"]) == ("profile.view", rival.public_id)
    with pytest.raises(NotAllowed, match="management is off"):
        access.require(acme, Permission.PROFILE_VIEW, profile("branch"))
    with pytest.raises(NotAllowed):
        access.require(DESK, Permission.FINANCE_POST, rival)
    with pytest.raises(Missing):
        access.require(replace(DESK, partner_id=999), Permission.CUSTOMERS_VIEW, rival)
    with pytest.raises(Missing):
        access.require(acme, Permission.STAFF_HOME)


@pytest.mark.usefixtures("company")
def test_whom_a_page_is_about() -> None:
    acme = as_customer("acme")
    assert access.load_subject(acme, None).external_id == "acme"
    assert access.load_subject(acme, profile("branch").public_id).external_id == "branch"
    for actor, public_id in [(acme, "f" * 20), (acme, "branch"), (DESK, None)]:
        with pytest.raises(Missing):
            access.load_subject(actor, public_id)
