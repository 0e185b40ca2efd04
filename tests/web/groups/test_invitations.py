"""The link in the mail that invites into a group: who may use it, and what it does (UX15, SEC16, SEC22 to SEC24)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from time_machine import Traveller

from portal.actions import groups
from portal.actions.groups import Welcome
from portal.db.logins import people as login_rows
from portal.rules.groups import GroupRole
from portal.rules.scopes import Scope
from tests import families, logins
from tests.families import ADMIN, DEPENDENT
from tests.pages import PageClient
from tests.people import PASSWORD
from tests.web.acme import NASTY, browser_of


@pytest.fixture
def group(app: Flask) -> str:
    families.switch()
    families.person("mum")
    families.child("leo")
    return families.family("mum", leo=DEPENDENT)


def invited(group: str, email: str = "gran@portal.test", role: GroupRole = ADMIN, name: str = "Gran Novák") -> str:
    """The address in the mail that invites somebody."""
    groups.invite(families.as_("mum"), group, Welcome(email, name, role, "", frozenset({Scope.VIEW})))
    return link_in_last_mail()


def link_in_last_mail() -> str:
    found = set(re.findall(r"http://127\.0\.0\.1:8000(/invitations/[\w-]+)", logins.mails()[-1].text))
    assert len(found) == 1
    return str(found.pop())


def visitor(app: Flask) -> PageClient:
    client = app.test_client()
    assert isinstance(client, PageClient)
    return client


def state(group: str) -> tuple[int, int]:
    """How many members and unanswered invitations a group has."""
    found = groups.my_group(families.as_("mum"), group)
    return len(found.members), len(found.invitations)


def test_sec23_opening_the_link_changes_nothing(app: Flask, group: str) -> None:
    link, browser = invited(group), visitor(app)
    for _ in range(3):
        assert browser.get(link).status_code == 200
    assert "Mum invites you into the group of Mum" in browser.page.words
    assert "see details and services" in browser.page.words
    assert state(group) == (2, 1)


def test_a_newcomer_chooses_a_password_and_is_in(app: Flask, group: str) -> None:
    link, browser = invited(group), visitor(app)
    wanted = {"given_name": "Gran", "family_name": "Novák", "password": PASSWORD, "born_on": "1950-01-31", "scopes": []}
    answer = browser.submit(link, wanted)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login?next=/my-group")
    assert state(group) == (3, 0)
    gran = browser_of(app, "gran")
    assert gran.get(f"/for/{families.profile('leo').public_id}/").status_code == 200
    assert browser.get(link).status_code == 410


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"given_name": "", "password": PASSWORD, "born_on": "1950-01-31"}, "Enter your given name."),
        ({"given_name": "Gran", "password": ""}, "Choose a password."),
        ({"given_name": "Gran", "password": "password", "born_on": "1950-01-31"}, "nobody else would think of"),
        ({"given_name": "Gran", "password": PASSWORD, "born_on": ""}, "Enter your date of birth."),
        ({"given_name": "g" * 10_000, "password": PASSWORD, "born_on": "1950-01-31"}, "at most 100 characters"),
        ({"given_name": "Gran", "password": PASSWORD, "born_on": "31 February 1950"}, "in the calendar"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_used_up(
    app: Flask, group: str, wanted: dict[str, str], said: str
) -> None:
    link, browser = invited(group), visitor(app)
    assert browser.submit(link, wanted).status_code == 422
    assert said.casefold() in browser.page.words.casefold()
    assert state(group) == (2, 1)
    assert login_rows.by_email("gran@portal.test") is None


def test_an_adult_dependent_agrees_as_they_join(app: Flask, group: str) -> None:
    link, browser = invited(group, role=DEPENDENT), visitor(app)
    browser.get(link)
    assert "Being acted for" in browser.page.words
    wanted = {"given_name": "Gran", "born_on": "1950-01-31", "password": PASSWORD, "scopes": ["view"]}
    assert browser.submit(link, wanted).status_code == 303
    gran = next(one for one in groups.my_group(families.as_("mum"), group).members if one.name == "Gran")
    assert gran.consent == {Scope.VIEW}
    assert gran.acts


def test_somebody_who_signs_in_already_is_asked_to_and_comes_back(app: Flask, group: str) -> None:
    families.person("gran")
    link, browser = invited(group), visitor(app)
    browser.get(link)
    assert f"/login?next={link}" in browser.page.links
    assert "password" not in {field.get("name") for field in browser.page.fields}
    gran = browser_of(app, "gran")
    answer = gran.get(link)
    assert answer.status_code == 302
    assert "/my-group/waiting/" in answer.headers["Location"]


def test_sec24_another_signed_in_person_cannot_use_it(app: Flask, group: str) -> None:
    families.person("pat")
    link, pat = invited(group), browser_of(app, "pat")
    pat.get(link)
    assert "You are signed in already" in pat.page.words
    data = {**pat.page.hidden, "given_name": "Pat", "password": PASSWORD}
    assert pat.post(link, data=data).status_code == 409
    assert state(group) == (2, 1)


def test_sec16_known_and_unknown_addresses_get_the_same_answer(app: Flask, group: str) -> None:
    families.person("pat")
    families.person("far", of="Elsewhere Ltd")
    mum, answers = browser_of(app, "mum"), []
    for name in ("pat", "far", "nobody"):
        before = len(logins.mails())
        answer = mum.submit(f"/my-group/{group}/invite", {"email": f"{name}@portal.test", "role": "admin"})
        mum.get(answer.headers["Location"])
        said = mum.page.words.replace(name, "somebody")
        answers.append((answer.status_code, len(logins.mails()) - before, "on its way to somebody@portal.test" in said))
    assert set(answers) == {(303, 1, True)}


def test_g9_a_customer_of_another_partner_learns_why(app: Flask, group: str) -> None:
    families.person("far", of="Elsewhere Ltd")
    link, far = invited(group, "far@portal.test"), browser_of(app, "far")
    waiting = far.get(link).headers["Location"]
    assert far.get(waiting).status_code == 200
    assert far.submit(f"{waiting}/accept", {}, at=waiting).status_code == 409
    assert "Your account is with Elsewhere Ltd" in far.page.words
    assert state(group) == (2, 1)


def test_declining_by_the_link_needs_no_login(app: Flask, group: str) -> None:
    link, browser = invited(group), visitor(app)
    answer = browser.submit(f"{link}/decline", {}, at=link)
    browser.get(answer.headers["Location"])
    assert "You declined" in browser.page.words
    assert state(group) == (2, 0)
    assert logins.recipients(logins.mails()[-1]) == ["mum@portal.test"]
    assert browser.get(link).status_code == 410


def test_ux15_an_expired_link_offers_a_new_one(app: Flask, group: str, frozen: Traveller) -> None:
    link, browser = invited(group), visitor(app)
    frozen.shift(timedelta(days=15))
    assert browser.get(link).status_code == 410
    assert "has expired" in browser.page.words
    before = len(logins.mails())
    assert browser.submit(f"{link}/again", {}, at=link).status_code == 303
    assert len(logins.mails()) == before + 1
    fresh = link_in_last_mail()
    assert fresh != link
    assert browser.get(fresh).status_code == 200
    assert browser.get(link).status_code == 404
    assert browser.submit(f"{fresh}/again", {}, at=fresh).status_code == 409


def test_sec17_new_links_are_not_sent_without_end(app: Flask, group: str, frozen: Traveller) -> None:
    browser, statuses = visitor(app), []
    link = invited(group)
    for _ in range(8):
        frozen.shift(timedelta(days=15))
        browser.get(link)
        frozen.shift(timedelta(seconds=-1))
        statuses.append(browser.submit(f"{link}/again", {}, at=link).status_code)
        if statuses[-1] == 303:
            link = link_in_last_mail()
    assert set(statuses) <= {303, 429}


def test_g1_while_the_feature_is_off_there_is_no_such_page(app: Flask, group: str) -> None:
    link, browser = invited(group), visitor(app)
    families.switch(False)
    assert browser.get(link).status_code == 404


def test_a_link_nobody_ever_sent(app: Flask, group: str) -> None:
    assert visitor(app).get("/invitations/nobody-sent-this").status_code == 404


def test_a_name_is_text_in_page_and_mail(app: Flask, group: str) -> None:
    link, browser = invited(group, name=NASTY), visitor(app)
    html = browser.get(link).get_data(as_text=True)
    assert NASTY in browser.page.words
    assert "<b>O" not in html
    assert "<b>O" not in (logins.mails()[-1].html or "")
