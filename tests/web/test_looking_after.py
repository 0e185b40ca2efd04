"""Whom somebody looks after, on Home: what they owe, what needs somebody, and the sentence above them."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from portal.actions import groups
from portal.actions.groups import NewMember, Welcome
from portal.rules.deciding import SYSTEM
from portal.rules.groups import GroupRole
from portal.rules.scopes import Scope
from tests import families
from tests.families import ADMIN, DEPENDENT, child, family, switch
from tests.pages import PageClient
from tests.people import customer, link, post, share, sub_accounts_of
from tests.queries import counted
from tests.web.acme import at, browser_of, change, company, configure

WITHOUT_FINANCE = frozenset({Scope.VIEW, Scope.BOOK})


@pytest.fixture
def home(app: Flask) -> str:
    """Dana, Owner; Rosa, her nanny without finances; Mia and Leo."""
    switch()
    families.person("dana", name="Dana Novák")
    configure(groups_per_customer=2)
    families.person("rosa", name="Rosa Lima")
    child("mia", name="Mia Novák", born_on=date(2011, 5, 3))
    child("leo", name="Leo Novák", born_on=date(2018, 9, 21))
    group = family("dana", rosa=ADMIN, mia=DEPENDENT, leo=DEPENDENT)
    edit = families.edit(group, "rosa", scopes=WITHOUT_FINANCE)
    groups.change_member(SYSTEM, group, families.member(group, "rosa"), edit)
    return group


def card(client: PageClient, name: str) -> str:
    """The words of somebody's card: from their name to the button that acts for them."""
    words = client.page.words.partition("People you look after")[2] or client.page.words.partition("a month for")[2]
    _, _, after = words.partition(f" {name} ")
    return after.partition("Act for")[0].strip()


def lede(client: PageClient) -> str:
    words = client.page.words
    return words.partition("Good morning, ")[2].partition("People you look after")[0]


def test_ux19_s9_a_parent_sees_what_each_child_owes(app: Flask, home: str) -> None:
    post("leo", "invoice", 2400, "2026-11-02", description="Judo")
    dana = browser_of(app, "dana")
    dana.get("/")
    assert card(dana, "Leo Novák") == "Dependent · 8 years old Owes 24.00 EUR on their own account See why : Leo Novák"
    assert card(dana, "Mia Novák") == "Dependent · 15 years old Owes Nothing"
    leo = at("leo").public_id
    assert f"/for/{leo}/statements" in dana.page.links
    assert f"/for/{leo}/" in dana.page.links
    assert lede(dana) == "Dana Leo Novák owes 24.00 EUR. "
    assert f"#person-{leo}" in dana.page.links
    assert f"person-{leo}" in dana.page.ids
    assert dana.page.words.count("24.00") == 2, "in the sentence, and at Leo; a need stands once"


def test_s9_without_finances_no_amount_is_shown(app: Flask, home: str) -> None:
    post("leo", "invoice", 2400, "2026-11-02", description="Judo")
    rosa = browser_of(app, "rosa")
    rosa.get("/")
    assert card(rosa, "Leo Novák") == "Dependent · 8 years old"
    assert "24.00" not in rosa.page.words
    assert f"/for/{at('leo').public_id}/statements" not in rosa.page.links
    assert "In the group of Dana Novák" in rosa.page.words
    rosa.get(f"/for/{at('leo').public_id}/")
    assert "24.00" not in rosa.page.words
    assert "Balance today" not in rosa.page.words


def test_s9_whoever_is_paid_for_owes_nothing(app: Flask, home: str) -> None:
    customer("work", name="Work Ltd")
    link("work", "leo")
    post("leo", "invoice", 2400, "2026-11-02")
    share("dana", "mia")
    post("mia", "invoice", 3100, "2026-11-02")
    dana = browser_of(app, "dana")
    dana.get("/")
    assert card(dana, "Leo Novák").endswith("Owes Nothing · Work Ltd pays for them")
    assert card(dana, "Mia Novák").endswith("Owes Nothing · you pay for them")
    assert "24.00" not in dana.page.words
    assert lede(dana) == "Dana You owe 31.00 EUR . One thing waits for you. "
    assert "31.00 EUR is overdue on an invoice" in dana.page.words


def test_f7_a_child_with_both_balances_has_both_figures(app: Flask, home: str) -> None:
    post("leo", "invoice", 2275, "2026-11-02")
    post("leo", "credit", 5000, "2026-11-03", ledger="credit")
    dana = browser_of(app, "dana")
    dana.get("/")
    assert "22.75 EUR on their own account; 50.00 EUR of Customer Credit can pay for it once Harbour Net" in card(
        dana, "Leo Novák"
    )
    assert "27.25" not in dana.page.words
    dana.get(f"/for/{at('leo').public_id}/")
    assert "House Account −22.75 Customer Credit +50.00" in dana.page.words
    assert "27.25" not in dana.page.words


def test_s9_the_overview_of_a_child_shows_its_balance(app: Flask, home: str) -> None:
    post("leo", "invoice", 2400, "2026-11-02")
    dana = browser_of(app, "dana")
    dana.get(f"/for/{at('leo').public_id}/")
    assert "Balance today EUR −24.00" in dana.page.words
    assert f"/for/{at('leo').public_id}/statements" in dana.page.links
    share("dana", "leo")
    dana.get(f"/for/{at('leo').public_id}/")
    assert "24.00" not in dana.page.words, "it owes nothing itself"


def test_a_blocked_child_and_one_who_comes_of_age_need_somebody(app: Flask, home: str) -> None:
    change("leo", own_status="blocked", blocked_cause="overdue")
    change("mia", born_on=date(2008, 12, 10))
    dana = browser_of(app, "dana")
    dana.get("/")
    assert "Needs Blocked because of unpaid invoices. It becomes active again when" in card(dana, "Leo Novák")
    assert "Needs Comes of age on 10 Dec 2026; then nobody acts for them until they agree." in card(dana, "Mia Novák")
    assert lede(dana) == "Dana Leo Novák and Mia Novák need somebody. "
    change("mia", born_on=date(2009, 2, 10))
    dana.get("/")
    assert "Comes of age" not in dana.page.words


def test_g18_a_child_nobody_acts_for_is_there_as_paused_and_with_nothing_else(app: Flask, home: str) -> None:
    post("leo", "invoice", 2400, "2026-11-02", description="Judo")
    change("leo", own_status="blocked", blocked_cause="by_hand")
    groups.freeze(SYSTEM, "leo", "The parents are in court")
    dana, rosa = browser_of(app, "dana"), browser_of(app, "rosa")
    for client in (dana, rosa):
        client.get("/")
        said = card(client, "Leo Novák")
        assert said.startswith("Dependent Paused Acting Paused at present. Whatever they need, "), said
        assert f"/for/{at('leo').public_id}/" not in client.page.links
        for hidden in ("court", "24.00", "8 years", "Blocked", "See why : Leo"):
            assert hidden not in client.page.words
    assert "Leo" not in lede(dana)
    assert card(dana, "Mia Novák").startswith("Dependent · 15 years old")
    groups.unfreeze(SYSTEM, "leo", "Settled")
    dana.get("/")
    assert card(dana, "Leo Novák").startswith("Dependent · 8 years old")


def test_g18_the_only_child_of_a_group_keeps_its_heading_while_paused(app: Flask, home: str) -> None:
    families.person("ines", name="Ines Duarte")
    child("tom", name="Tom Duarte")
    family("ines", rosa=ADMIN, tom=DEPENDENT)
    rosa = browser_of(app, "rosa")
    groups.freeze(SYSTEM, "tom", "Why")
    rosa.get("/")
    assert "Group of Ines Duarte Tom Duarte Dependent Paused" in rosa.page.words.replace(" TD ", " ")
    groups.freeze(SYSTEM, "leo", "Why")
    groups.freeze(SYSTEM, "mia", "Why")
    rosa.get("/")
    assert rosa.page.words.count("Acting Paused at present.") == 3
    assert not [link for link in rosa.page.links if link.startswith("/for/")]


def test_g13_g18_a_freeze_makes_nobody_known_who_was_not(app: Flask, home: str) -> None:
    families.change("leo", born_on=date(2000, 1, 1))
    groups.freeze(SYSTEM, "leo", "Why")
    dana = browser_of(app, "dana")
    dana.get("/")
    assert "Leo Novák" not in dana.page.words


def test_o5_where_statements_are_not_shown_nobody_owes(app: Flask, home: str) -> None:
    post("leo", "invoice", 2400, "2026-11-02")
    configure(shows_statements=False)
    dana = browser_of(app, "dana")
    dana.get("/")
    assert card(dana, "Leo Novák") == "Dependent · 8 years old"
    assert "24.00" not in dana.page.words


def test_g5_a_carer_of_two_families_has_a_heading_for_each(app: Flask, home: str) -> None:
    families.person("ines", name="Ines Duarte")
    child("tom", name="Tom Duarte")
    family("ines", rosa=ADMIN, tom=DEPENDENT)
    post("tom", "invoice", 1850, "2026-11-02")
    rosa = browser_of(app, "rosa")
    rosa.get("/")
    words = rosa.page.words.partition("People you look after")[2]
    places = [words.index(text) for text in ("Group of Dana Novák", "Leo", "Mia", "Group of Ines Duarte", "Tom")]
    assert places == sorted(places)
    assert card(rosa, "Tom Duarte").endswith("Owes 18.50 EUR on their own account See why : Tom Duarte")
    ines = browser_of(app, "ines")
    ines.get("/")
    assert "Novák" not in ines.page.words, "SEC4: one family knows nothing of the other"


def test_g1_where_groups_are_off_nobody_is_looked_after(app: Flask, home: str) -> None:
    switch(False)
    dana = browser_of(app, "dana")
    dana.get("/")
    assert "People you look after" not in dana.page.words
    assert "Leo" not in dana.page.words


def test_more_people_than_cards_are_a_link(app: Flask, home: str) -> None:
    for number in range(12):
        child(f"more-{number:02}", name=f"Kid {number:02}")
        groups.add_member(SYSTEM, home, NewMember(f"more-{number:02}", DEPENDENT))
    dana = browser_of(app, "dana")
    dana.get("/")
    assert "2 more people you look after" in dana.page.words
    assert "/people" in dana.page.links
    assert sum(name.startswith("person-") for name in dana.page.ids) == 12


def test_l15_a_few_sub_accounts_have_a_card_each(app: Flask) -> None:
    company()
    acme = browser_of(app, "acme")
    acme.get("/")
    assert "Sub-accounts 224.80 EUR a month for 3 active services All 2" in acme.page.words
    assert card(acme, "Riverside branch") == "Billed to you A month 149.90 EUR · 2 active services"
    assert f"/for/{at('branch').public_id}/" in acme.page.links
    assert f"/for/{at('franchise').public_id}/" not in acme.page.links, "L16: the partner does not let it be opened"
    change("acme", manages_sub_accounts=False)
    acme.get("/")
    assert f"person-{at('branch').public_id}" in acme.page.ids
    assert f"/for/{at('branch').public_id}/" not in acme.page.links
    assert "Act for Riverside branch" not in acme.page.words


def test_s9_no_balance_of_a_sub_account_is_shown(app: Flask) -> None:
    company()
    post("franchise", "invoice", 7311, "2026-11-02")
    post("branch", "invoice", 4200, "2026-11-02")
    acme = browser_of(app, "acme")
    acme.get("/")
    assert "73.11" not in acme.page.words
    assert "42.00" not in card(acme, "Riverside branch")


def test_many_sub_accounts_are_a_summary_with_a_link(app: Flask) -> None:
    company()
    sub_accounts_of("acme", {f"more-{number:02}": f"More {number:02}" for number in range(11)})
    acme = browser_of(app, "acme")
    acme.get("/")
    assert not [name for name in acme.page.ids if name.startswith("person-")]
    assert "All 13" in acme.page.words


@pytest.mark.parametrize("who", ["dana", "rosa"])
def test_home_of_a_guardian_takes_eight_queries_at_most(app: Flask, home: str, who: str) -> None:
    families.person("ines", name="Ines Duarte")
    child("tom", name="Tom Duarte")
    family("ines", rosa=ADMIN, tom=DEPENDENT)
    if who == "rosa":
        edit = families.edit(home, "rosa", until=date(2026, 11, 30))
        groups.change_member(SYSTEM, home, families.member(home, "rosa"), edit)
    browser = browser_of(app, who)
    browser.get("/")
    with counted() as few:
        browser.get("/")
    for number in range(9):
        child(f"more-{number:02}", name=f"Kid {number:02}")
        post(f"more-{number:02}", "invoice", 100, "2026-11-02")
        groups.add_member(SYSTEM, home, NewMember(f"more-{number:02}", DEPENDENT))
    with counted() as many:
        browser.get("/")
    assert "Kid 08" in browser.page.words
    assert len(few) == len(many) <= 8, "\n\n".join(many)


def test_an_invitation_and_an_end_wait_within_eight_queries(app: Flask, home: str) -> None:
    edit = families.edit(home, "rosa", until=date(2026, 11, 30))
    groups.change_member(SYSTEM, home, families.member(home, "rosa"), edit)
    ines = families.person("ines", name="Ines Duarte")
    child("tom", name="Tom Duarte")
    group = family("ines", tom=DEPENDENT)
    groups.invite(ines, group, Welcome("rosa@portal.test", "Rosa Lima", GroupRole.ADMIN))
    rosa = browser_of(app, "rosa")
    rosa.get("/")
    assert "Ines Duarte invites you into a group as Admin" in rosa.page.words
    assert "Your access to the group of Dana Novák ends on 30 Nov 2026" in rosa.page.words
    assert "2 things wait for you." in lede(rosa)
    with counted() as sent:
        rosa.get("/")
    assert len(sent) <= 8, "\n\n".join(sent)
