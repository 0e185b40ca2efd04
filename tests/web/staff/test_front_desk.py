"""The Front of House dashboard: finding a customer, its card, and Linked Accounts."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from portal.actions import groups
from portal.rules.deciding import SYSTEM
from tests.families import ADMIN, DEPENDENT, change, child, choose, edit, family, member, person, switch
from tests.pages import PageClient
from tests.people import customer, link, partner, post, service, share
from tests.web.acme import HTMX, NASTY, browser_of, company, couple
from tests.web.staff.office import now, path, staff

DESK = "/staff/front-desk"


@pytest.fixture
def home(app: Flask) -> str:
    """Dana, her nanny Rosa, and Leo, with groups on; the group's public id."""
    switch()
    person("dana", name="Dana Novák", phone="+420 123 456", address="14 Mill Road\nBrno")
    person("rosa", name="Rosa Lima")
    child("leo", name="Leo Novák")
    return family("dana", rosa=ADMIN, leo=DEPENDENT)


def load(reference: str, page: str = "") -> str:
    return f"{DESK}/{now(reference).public_id}{page}"


def test_g10_the_desk_finds_and_loads_a_customer(app: Flask, home: str) -> None:
    client = staff(app, "desk")
    client.get("/staff")
    assert DESK in client.page.links
    client.get(DESK)
    assert "Who is it?" in client.page.words
    client.get(f"{DESK}?q=nov%C3%A1k")
    assert "Dana Novák" in client.page.words
    assert "Rosa Lima" not in client.page.words
    assert load("dana") in client.page.links
    client.get(load("dana"))
    for text in ("Dana Novák", "Active", "Owner of a group", "+420 123 456", "14 Mill Road", "Linked Accounts 2"):
        assert text in client.page.words
    assert path("dana") in client.page.links
    assert load("dana", "/linked") in client.page.links


def test_g10_linked_accounts_lists_the_others_with_both_ways_on(app: Flask, home: str) -> None:
    groups.change_member(SYSTEM, home, member(home, "rosa"), edit(home, "rosa", label="Nanny", until=date(2027, 6, 30)))
    client = staff(app, "desk")
    client.get(load("leo", "/linked"))
    words = client.page.words
    assert "Dependent in the group of Dana Novák" in words
    assert "Dana Novák Owner" in words
    assert "Rosa Lima Admin Nanny Member until 30 Jun 2027" in words
    assert words.count("Load Customer") == 2
    for who in ("dana", "rosa"):
        assert load(who) in client.page.links
        assert path(who) in client.page.links


def test_g5_each_group_is_apart(app: Flask, home: str) -> None:
    choose(groups_per_customer=2)
    person("kim", name="Kim Berg")
    family("kim", rosa=ADMIN)
    client = staff(app, "desk")
    client.get(load("rosa", "/linked"))
    assert "Group of Dana Novák 2" in client.page.words
    assert "Group of Kim Berg 1" in client.page.words
    assert "Linked Accounts 3" in client.page.words


def test_g12_g13_the_card_says_what_suspends_a_place(app: Flask, home: str) -> None:
    change("leo", born_on=date(2000, 1, 1))
    client = staff(app, "desk")
    client.get(load("leo"))
    assert "Paused: of age, has not agreed" in client.page.words
    client.get(load("dana", "/linked"))
    assert "Paused Of age, has not agreed to being acted for" in client.page.words


def test_a_group_of_one_says_so(app: Flask) -> None:
    switch()
    person("dana", name="Dana Novák")
    family("dana")
    client = staff(app, "desk")
    client.get(load("dana", "/linked"))
    assert "Nobody else is in this group" in client.page.words


def test_g1_no_tab_and_no_page_without_a_group_or_the_feature(app: Flask, home: str) -> None:
    person("kim")
    client = staff(app, "super")
    client.get(load("kim"))
    assert "Linked Accounts" not in client.page.words
    assert client.get(load("kim", "/linked")).status_code == 404
    switch(on=False)
    client.get(load("dana"))
    assert "Linked Accounts" not in client.page.words
    assert "group" not in client.page.words
    assert client.get(load("dana", "/linked")).status_code == 404


def test_what_is_owed_is_for_whoever_sees_finances(app: Flask, home: str) -> None:
    post("dana", "invoice", 3400, "2026-11-01")
    service(now("dana"), "Swimming", 3000)
    client = staff(app, "admin")
    client.get(load("dana"))
    assert "−34.00" in client.page.words
    assert "1 active" in client.page.words
    client = staff(app, "desk")
    client.get(load("dana"))
    assert "34.00" not in client.page.words


def test_ux13_the_status_explains_itself(app: Flask) -> None:
    company()
    change("acme", own_status="blocked")
    client = staff(app, "desk")
    client.get(load("branch"))
    assert "Blocked because Acme Ltd is blocked" in client.page.words
    assert "Aggregated sub-account of Acme Ltd" in client.page.words
    assert load("acme") in client.page.links
    assert "Acme Ltd is billed and pays" in client.page.words
    client.get(load("acme"))
    assert "2 sub-accounts" in client.page.words


def test_partner_accounts_carry_a_badge(app: Flask) -> None:
    couple()
    customer("bare", name="Bare Ltd", email="")
    client = staff(app, "desk")
    client.get(load("alex"))
    assert "Shares balances with Sam Moreau" in client.page.words
    client.get(load("sam"))
    assert "Balances held by Alex Moreau" in client.page.words
    client.get(load("bare"))
    assert "Nothing is on file." in client.page.words


def test_the_search_answers_htmx_with_a_fragment(app: Flask, home: str) -> None:
    client = staff(app, "desk")
    html = client.get(f"{DESK}?q=lima", headers=HTMX).get_data(as_text=True)
    assert html.lstrip().startswith('<div id="desk"')
    assert "1 customer found" in client.page.words
    client.get(f"{DESK}?q=zzz", headers=HTMX)
    assert "Nobody found" in client.page.words
    client.get(f"{DESK}?q={'x' * 300}")
    assert "Search for at most 200 characters." in client.page.words


def test_o1_many_matches_lead_on_to_all_of_them(app: Flask) -> None:
    for number in range(14):
        customer(f"shop-{number}", name=f"Shop {number}")
    client = staff(app, "desk")
    client.get(f"{DESK}?q=shop")
    assert client.page.words.count("Load Customer") == 12
    assert "The first 12 of 14." in client.page.words
    assert "/staff/customers?q=shop" in client.page.links


def test_each_keeps_to_its_own_partner(app: Flask, home: str) -> None:
    partner("Other Net")
    client = staff(app, "super", of="Other Net")
    client.get(f"{DESK}?q=dana")
    assert "Nobody found" in client.page.words
    assert client.get(load("dana")).status_code == 404
    assert client.get(load("dana", "/linked")).status_code == 404
    assert client.get(f"{DESK}/{'0' * 20}").status_code == 404
    dana, operations = browser_of(app, "dana"), staff(app, "operations")
    for address in (DESK, load("dana"), load("dana", "/linked")):
        assert dana.get(address).status_code == 404
        assert operations.get(address).status_code == 200


def test_any_name_is_shown_unharmed(app: Flask) -> None:
    switch()
    person("dana", name=NASTY, address=NASTY)
    child("leo", name=NASTY + " jr.")
    family("dana", leo=DEPENDENT)
    client = staff(app, "super")
    for page in (f"{DESK}?q=zo%C3%AB", load("dana"), load("dana", "/linked"), load("leo", "/linked")):
        html = client.get(page).get_data(as_text=True)
        assert "<b>" not in html
        assert NASTY in client.page.words


def test_g10_linked_accounts_knows_sub_accounts_and_shared_balances(app: Flask) -> None:
    customer("acme", name="Acme Ltd")
    for number in range(14):
        customer(f"sub-{number:02}", name=f"Kiosk {number:02}")
        link("acme", f"sub-{number:02}", "independent")
    customer("mate", name="Mate Ltd")
    share("acme", "mate")
    client = staff(app, "desk")
    client.get(load("acme"))
    assert load("acme", "/linked") in client.page.links
    shown = shown_at(client, load("acme", "/linked"))
    assert "Sub-accounts 14 Show all" in shown
    assert "Kiosk 11" in shown
    assert "Kiosk 12" not in shown
    assert "Mate Ltd Uses the balances of this one" in shown
    for other in ("sub-00", "mate"):
        assert {load(other), path(other)} <= set(client.page.links)
    shown = shown_at(client, load("sub-00", "/linked"))
    assert "Acme Ltd Independent sub-account of it" in shown
    assert "Acme Ltd Holds the balances of both" in shown_at(client, load("mate", "/linked"))


def shown_at(client: PageClient, url: str) -> str:
    client.get(url)
    return client.page.words
