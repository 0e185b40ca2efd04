"""The index behind the customer search: kept by the database itself, whatever changes customers, logins and links."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import text

from portal.actions.customers import profile as profiles
from portal.actions.customers import removal as customer_removal
from portal.actions.customers import search as customer_search
from portal.actions.customers.search import Wanted
from portal.actions.links import sub_accounts
from portal.db.customers.search.checks import indexed
from portal.db.engine import db, is_sqlite, writes
from portal.rules.customers.search_fields import SearchField
from portal.rules.deciding import SYSTEM, Actor
from portal.rules.holders import Role
from tests.importing import clean
from tests.logins import administrator, login
from tests.people import customer, link
from tests.web.staff.office import now


@writes
def run(statement: str, **values: object) -> None:
    db.session.execute(text(statement), values)


def everywhere() -> Actor:
    """An administrator who looks at every field."""
    actor = administrator("looker@staff.test", Role.FRONT_OF_HOUSE)
    customer_search.choose_search_fields(actor, frozenset(SearchField))
    return actor


def found(actor: Actor, words: str) -> list[str | None]:
    """Who is found, after a look at whether the index agrees with what is stored."""
    db.session.rollback()
    assert indexed() == []
    if is_sqlite():
        run("INSERT INTO customer_search (customer_search, rank) VALUES ('integrity-check', 1)")
    return [row.external_id for row in customer_search.search(actor, Wanted(text=words)).rows]


def test_o1_changed_details_are_found_and_former_ones_not(app: Flask) -> None:
    actor, made = everywhere(), customer("n-1", name="Dana Novák")
    profiles.edit_details(
        SYSTEM, made.public_id, replace(profiles.details_of(made), name="Dana Kowalska"), version=made.version
    )
    assert (found(actor, "kowal"), found(actor, "nov")) == (["n-1"], [])
    run("UPDATE customer SET folded = 'somebody else', phone = '600 700' WHERE external_id = 'n-1'")
    assert (found(actor, "body"), found(actor, "600700"), found(actor, "dana")) == (["n-1"], ["n-1"], [])
    customer("n-2", name="Nobody")
    run("DELETE FROM customer WHERE external_id = 'n-2'")
    assert found(actor, "body") == ["n-1"]


def test_o1_logins_come_change_and_go(app: Flask) -> None:
    actor = everywhere()
    for name in ("n-1", "n-2"):
        customer(name)
    login(now("n-1"), "one@door.test")
    login(now("n-1"), "two@door.test")
    assert (found(actor, "one@door"), found(actor, "two@door n-1")) == (["n-1"], ["n-1"])
    run("UPDATE login SET email = 'three@door.test' WHERE email = 'two@door.test'")
    assert (found(actor, "two@door"), found(actor, "three@")) == ([], ["n-1"])
    run("UPDATE login SET customer_id = :key WHERE email = 'three@door.test'", key=now("n-2").id)
    assert (found(actor, "three@"), found(actor, "one@door")) == (["n-2"], ["n-1"])
    run("DELETE FROM login WHERE email = 'three@door.test'")
    assert found(actor, "three@") == []


def test_o1_main_accounts_come_are_renamed_and_go(app: Flask) -> None:
    actor = everywhere()
    for name in ("main", "s-1", "s-2"):
        customer(name, name=name.title())
        if name != "main":
            link("main", name)
    assert found(actor, "main") == ["main", "s-1", "s-2"]
    run("UPDATE customer SET folded_name = 'harbour', external_id = 'H-9' WHERE external_id = 'main'")
    assert (found(actor, "harb"), found(actor, "h-9")) == (["s-1", "s-2"], ["s-1", "s-2"])
    sub_accounts.unlink(SYSTEM, "s-1")
    assert found(actor, "harb") == ["s-2"]


def test_o1_imports_are_found(app: Flask) -> None:
    actor = everywhere()
    rows = "".join(f"n{number},Name {number},a{number}@imported.test\n" for number in range(620))
    clean("customers", f"external_id,name,email\n{rows}")
    clean(
        "links", "main,sub,billing_mode,action\n" + "".join(f"n0,n{number},aggregated,\n" for number in range(1, 620))
    )
    assert found(actor, "a617@imported") == ["n617"]
    page = customer_search.search(actor, Wanted(text="imported"))
    assert (page.total, page.more, page.pages) == (620, False, 13)
    clean("customers", "external_id,name,email\nn617,Other,b@imported.test\n")
    assert (found(actor, "a617@imported"), found(actor, "other b@")) == ([], ["n617"])


def test_pri5_whoever_was_removed_is_found_by_nothing(app: Flask) -> None:
    actor, made = everywhere(), customer("gone", name="Dana Novák", own_status="inactive")
    login(made, "dana@door.test")
    customer_removal.remove(SYSTEM, made.public_id)
    assert (found(actor, "dana"), found(actor, "nov"), found(actor, "gone")) == ([], [], [])


@pytest.mark.usefixtures("app")
def test_going_back_and_forth_makes_the_index_again() -> None:
    actor = everywhere()
    for name in ("acme", "branch"):
        customer(name)
    link("acme", "branch")
    login(now("branch"), "one@door.test")
    db.session.remove()
    db.engine.dispose()
    downgrade(revision="0005")
    run("UPDATE customer SET folded = folded || ' meanwhile', phone = '+44 20 7946' WHERE external_id = 'branch'")
    db.session.remove()
    db.engine.dispose()
    upgrade()
    assert (found(actor, "meanwhile"), found(actor, "+44-20-7946")) == (["branch"], ["branch"])
    assert (found(actor, "one@door"), found(actor, "branch acme")) == (["branch"], ["branch"])
