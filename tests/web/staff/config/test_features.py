"""Config, Features: the installation's switch of groups, and each partner's choices (G1)."""

from __future__ import annotations

import pytest
from flask import Flask

from portal.actions import groups
from portal.db.partners import features
from portal.db.partners.features import GroupSettings
from portal.rules.deciding import SYSTEM
from tests.families import ADMIN, choose, family, person, profile, roles, switch
from tests.pages import PageClient
from tests.people import partner
from tests.web.acme import NASTY, browser_of
from tests.web.staff.office import audit, staff

FEATURES = "/staff/config/features"
SWITCH = f"{FEATURES}/groups"


def settings(name: str = "Harbour Net") -> GroupSettings:
    return next(one for one in groups.group_switches(SYSTEM).partners if one.name == name)


def page_of(name: str = "Harbour Net") -> str:
    return f"{FEATURES}/partners/{settings(name).public_id}"


def values(**changes: str) -> dict[str, str]:
    return {"groups_on": "follow", "groups_per_customer": "1", "majority_age": "18", **changes}


def turn(client: PageClient, to: str) -> int:
    return client.submit(SWITCH, {"to": to}).status_code


@pytest.fixture
def home(app: Flask) -> str:
    """A group of two, with groups on; its public id."""
    switch()
    person("dana")
    person("rosa")
    return family("dana", rosa=ADMIN)


def test_g1_operations_switch_groups_on_for_the_installation(app: Flask) -> None:
    person("dana")
    client = staff(app, "operations")
    client.get("/staff/config")
    assert FEATURES in client.page.links
    client.get(FEATURES)
    assert "Groups Off" in client.page.words
    client.get(SWITCH)
    assert "One partner follows this switch, and there are no groups yet." in client.page.words
    assert turn(client, "on") == 303
    client.get(FEATURES)
    assert "Groups are on for the installation." in client.page.words
    assert "Harbour Net On as the installation" in client.page.words
    assert profile("dana").settings.groups_on
    assert ("features.groups", "Groups switched on for the installation") in audit()


def test_g1_switching_off_says_what_is_hidden_and_that_nothing_is_deleted(app: Flask, home: str) -> None:
    partner("Other Net")
    partner("Third Net")
    choose("Third Net", groups_on=True)
    client = staff(app, "operations")
    client.get(SWITCH)
    words = client.page.words
    assert "Switch groups off?" in words
    assert "2 partners follow this switch, and there is one group with 2 members." in words
    for sentence in ("Hidden: My Group in the portal", "Suspended with the next click", "Nothing is deleted: members"):
        assert sentence in words
    assert "These have their own switch and stay as they are: Third Net." in words
    assert turn(client, "off") == 303
    assert not profile("dana").settings.groups_on
    assert roles(home) == {"dana": "owner", "rosa": "admin"}
    client.get(SWITCH)
    assert "The groups that are there work again" in client.page.words
    turn(client, "on")
    assert profile("dana").settings.groups_on


def test_r10_a_double_click_switches_once(app: Flask, home: str) -> None:
    client = staff(app, "super")
    client.get(SWITCH)
    sent = dict(client.page.hidden)
    assert sent["to"] == "off"
    assert [client.post(SWITCH, data=sent).status_code for _ in range(2)] == [303, 303]
    assert [text for _, text in audit()].count("Groups switched off for the installation") == 1
    assert client.submit(SWITCH, {"to": "sideways"}).status_code == 422


def test_g1_g2_g5_g13_a_partner_chooses_for_itself(app: Flask, home: str) -> None:
    client = staff(app, "operations")
    client.get(page_of())
    assert "On now, with one group and 2 members." in client.page.words
    assert "On for the installation now." in client.page.words
    wanted = values(groups_on="off", customers_create_groups="y", groups_per_customer="3", majority_age="21")
    assert client.submit(page_of(), wanted).status_code == 303
    found = settings()
    assert (found.groups_on, found.in_force, found.customers_create_groups) == (False, False, True)
    assert (found.groups_per_customer, found.majority_age) == (3, 21)
    client.get(FEATURES)
    assert "groups per customer" in client.page.words
    assert "Harbour Net Off its own switch" in client.page.words
    assert "Customers and staff" in client.page.words
    assert client.submit(page_of(), values(groups_on="on")).status_code == 303
    assert settings().groups_on is True
    assert client.submit(page_of(), values()).status_code == 303
    assert settings().groups_on is None
    client.submit(page_of(), values())
    client.get(FEATURES)
    assert "Nothing was different, so nothing changed." in client.page.words


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"groups_per_customer": "0"}, "Enter a number from 1 to 50."),
        ({"groups_per_customer": "51"}, "Enter a number from 1 to 50."),
        ({"majority_age": "0"}, "Enter an age from 1 to 150 years."),
        ({"majority_age": "old"}, "is not a whole number"),
        ({"majority_age": ""}, "Enter an age in years."),
        ({"groups_on": "perhaps"}, "Not a valid choice."),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_saved(app: Flask, changes: dict[str, str], sentence: str) -> None:
    partner()
    client = staff(app, "operations")
    assert client.submit(page_of(), values(customers_create_groups="y", **changes)).status_code == 422
    assert sentence in client.page.words
    assert not settings().customers_create_groups


def test_r24_a_stale_form_keeps_its_input_and_shows_what_is_there_now(app: Flask) -> None:
    partner()
    client = staff(app, "operations")
    client.get(page_of())
    stale = dict(client.page.hidden)
    choose(majority_age=21)
    answer = client.post(page_of(), data={**stale, **values(groups_per_customer="4")})
    assert answer.status_code == 409
    assert "Somebody else changed Harbour Net since you opened this page." in client.page.words
    assert "Groups per customer 1 4" in client.page.words
    assert "Majority age 21 18" in client.page.words
    assert 'value="4"' in answer.get_data(as_text=True)
    assert settings().groups_per_customer == 1
    assert client.post(page_of(), data={**client.page.hidden, **values(groups_per_customer="4")}).status_code == 303
    assert settings().groups_per_customer == 4


def test_g1_only_operations_and_super_administrators_switch(app: Flask, home: str) -> None:
    for client, code in ((staff(app, "desk"), 403), (staff(app, "admin"), 403), (browser_of(app, "dana"), 404)):
        for page in (FEATURES, SWITCH, page_of()):
            assert client.get(page).status_code == code
        client.get("/staff" if code == 403 else "/account")
        token = client.page.hidden["csrf_token"]
        assert client.post(SWITCH, data={"csrf_token": token, "to": "off"}).status_code == code
        assert client.post(page_of(), data={"csrf_token": token, **values(groups_on="off")}).status_code == code
    assert features.is_on()
    assert settings().groups_on is None


def test_whoever_looks_after_one_partner_switches_that_one_alone(app: Flask, home: str) -> None:
    partner("Other Net")
    client = staff(app, "super", of="Other Net")
    client.get(FEATURES)
    assert "Other Net" in client.page.words
    assert "Harbour Net" not in client.page.words
    assert "Switch off" not in client.page.words
    assert client.get(SWITCH).status_code == 403
    assert client.submit(SWITCH, {"to": "off"}, at=FEATURES).status_code == 403
    assert client.get(page_of()).status_code == 404
    assert client.submit(page_of(), values(groups_on="off"), at=FEATURES).status_code == 404
    assert client.get(f"{FEATURES}/partners/{'0' * 20}").status_code == 404
    assert client.submit(page_of("Other Net"), values(groups_on="off")).status_code == 303
    assert settings("Other Net").groups_on is False
    assert settings().groups_on is None
    assert features.is_on()


def test_any_name_is_shown_unharmed(app: Flask) -> None:
    partner(NASTY)
    client = staff(app, "operations")
    choose(NASTY, groups_on=False)
    for page in (FEATURES, SWITCH, page_of(NASTY)):
        html = client.get(page).get_data(as_text=True)
        assert "<b>" not in html
        assert NASTY in client.page.words


def test_an_installation_without_partners(app: Flask) -> None:
    client = staff(app, "operations")
    client.get(FEATURES)
    assert "There are no partners yet" in client.page.words
