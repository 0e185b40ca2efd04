"""My Profile, Search fields: what the customer search looks at for one administrator (O1)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask

from portal.actions.customers import profile as profiles
from portal.actions.customers import search as customer_search
from portal.actions.customers.search import Wanted
from portal.actions.links import sub_accounts
from portal.rules.customers.search_fields import USUAL, SearchField, listed
from portal.rules.deciding import SYSTEM, Actor
from portal.rules.holders import Role
from tests.logins import administrator, login, signed_in
from tests.people import customer, link
from tests.queries import counted
from tests.web.acme import browser_of, company
from tests.web.staff.office import now, staff

PAGE = "/staff/account/search-fields"
F = SearchField


def looker(*fields: SearchField) -> Actor:
    """An administrator who searches in these fields."""
    actor = administrator("looker@staff.test", Role.FRONT_OF_HOUSE)
    if fields:
        customer_search.choose_search_fields(actor, frozenset(fields))
    return actor


def found(actor: Actor, text: str) -> list[tuple[str | None, bool]]:
    return [(row.external_id, row.by_main) for row in customer_search.search(actor, Wanted(text=text)).rows]


def dana() -> None:
    """A customer with one word in every field."""
    made = customer("n-100", name="Łucja Kowalska", email="old@example.test", kind="individual")
    details = profiles.details_of(made)
    changed = {
        "email": "post@letters.test",
        "billing_email": "bills@money.test",
        "phone": "+48 600 700 800",
        "address": "7 Długa\nGdańsk",
    }
    profiles.edit_details(SYSTEM, made.public_id, replace(details, **changed), version=made.version)
    login(now("n-100"), "enters@door.test")


WORDS = {
    F.NAME: ["lucja", "KOWALSKA", "Łucja"],
    F.EMAIL: ["letters", "money"],
    F.PHONE: ["600700800", "700"],
    F.LOGIN: ["enters@door"],
    F.NUMBER: ["n-100"],
    F.ADDRESS: ["gdansk", "Długa"],
}


@pytest.mark.parametrize("field", WORDS)
def test_o1_each_field_finds_its_own_and_nothing_else(app: Flask, field: SearchField) -> None:
    dana()
    only, others = looker(field), USUAL - {field}
    for where, words in WORDS.items():
        for word in words:
            assert bool(found(only, word)) is (where is field), (field, word)
    customer_search.choose_search_fields(only, others)
    for where, words in WORDS.items():
        for word in words:
            assert bool(found(only, word)) is (where is not field), (field, word)


def test_o1_the_portals_own_number_is_a_number(app: Flask) -> None:
    dana()
    start = now("n-100").public_id[:12]
    assert found(looker(F.NUMBER), start)
    customer_search.choose_search_fields(looker_again(), frozenset({F.NAME}))
    assert not found(looker_again(), start)


def looker_again() -> Actor:
    return signed_in("looker@staff.test").actor


def test_o1_sub_accounts_are_found_by_their_main_account_once_that_is_switched_on(app: Flask) -> None:
    for reference, name in (("m-77", "Harbour Holding"), ("s-1", "Branch"), ("s-2", "Harbour Depot"), ("x", "Other")):
        customer(reference, name=name)
    link("m-77", "s-1")
    link("m-77", "s-2", "independent")
    actor = looker()
    assert found(actor, "harbour") == [("s-2", False), ("m-77", False)]
    customer_search.choose_search_fields(actor, USUAL | {F.MAIN_ACCOUNT})
    assert found(actor, "harbour") == [("s-1", True), ("s-2", False), ("m-77", False)]
    assert found(actor, "M-77") == [("m-77", False), ("s-1", True), ("s-2", True)]
    assert found(actor, "branch harbour") == [("s-1", True)]
    assert found(actor, now("m-77").public_id[:12]) == [("s-1", True), ("s-2", True), ("m-77", False)]
    assert found(actor, "other harbour") == []
    assert customer_search.search(actor, Wanted(text="harbour", linked="main")).total == 1
    assert found(SYSTEM, "harbour") == [("s-2", False), ("m-77", False)]


def test_o1_an_ended_link_finds_nothing(app: Flask) -> None:
    customer("acme")
    customer("branch")
    link("acme", "branch")
    sub_accounts.unlink(SYSTEM, "branch")
    assert found(looker(*F), "acme") == [("acme", False)]


@pytest.mark.parametrize("text", ["%", "_", "\\", "'; DROP TABLE customer; --", "\x00", "\u202e", "🙂" * 20])
def test_odd_characters_are_only_text(app: Flask, text: str) -> None:
    dana()
    customer("acme")
    link("acme", "n-100")
    actor = looker(F.ADDRESS, F.MAIN_ACCOUNT)
    assert not [one for one in found(actor, text) if one[0] is None]
    assert found(actor, "gdansk") == [("n-100", False)]


def test_j4_the_number_of_queries_stays(app: Flask) -> None:
    customer("acme")
    for number in range(20):
        customer(f"c{number}")
        link("acme", f"c{number}")
    actor = looker()
    with counted() as few:
        found(actor, "acme")
    customer_search.choose_search_fields(actor, frozenset(F))
    with counted() as many:
        assert len(found(actor, "acme")) == 21
    assert len(many) == len(few) == 2


def test_the_page_saves_and_the_search_says_where_it_looks(app: Flask) -> None:
    company()
    client = staff(app, "desk")
    client.get("/staff/customers?q=acme")
    assert f"Looks at {listed(USUAL)}." in client.page.words
    assert PAGE in client.page.links
    client.get(PAGE)
    assert client.submit(PAGE, {"fields": ["name", "main_account"]}).status_code == 303
    client.get(PAGE)
    assert "Saved." in client.page.words
    client.get("/staff/customers?q=acme")
    assert "Looks at names and main accounts." in client.page.words
    assert "Found by its main account" in client.page.words
    client.get("/staff/front-desk?q=acme")
    assert "Found by its main account" in client.page.words
    other = staff(app, "admin")
    other.get("/staff/customers?q=acme")
    assert "Found by its main account" not in other.page.words


@pytest.mark.parametrize("sent", [[], ["main_account"], ["everything"]])
def test_at_least_one_field_of_the_customer_itself(app: Flask, sent: list[str]) -> None:
    client = staff(app, "desk")
    assert client.submit(PAGE, {"fields": sent}).status_code == 422
    assert "Error:" in client.page.title


def test_only_whoever_sees_customers_has_the_tab(app: Flask) -> None:
    company()
    client = browser_of(app, "acme")
    assert client.get(PAGE).status_code == 404
    client.get("/account")
    assert "Search fields" not in client.page.words
