"""G16: a day that may be absent is absent only where that was chosen, on the portal and in the back office."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from portal.actions import groups
from portal.actions.groups import NewMember
from portal.db.groups import invitations
from portal.rules.deciding import SYSTEM
from tests import families
from tests.families import ADMIN, DEPENDENT, members
from tests.pages import PageClient
from tests.web.acme import browser_of
from tests.web.staff.office import now, path, staff

NANNY = {"role": "admin", "label": "Nanny", "scopes": "view"}
JUNE = date(2027, 6, 30)
GROUP = pytest.mark.parametrize("where", ["portal", "office"])


@pytest.fixture
def group(app: Flask) -> str:
    """A mother, a nanny until June, and a child."""
    families.switch()
    families.person("mum")
    families.person("nanny")
    families.child("leo")
    made = families.family("mum", leo=DEPENDENT)
    groups.add_member(SYSTEM, made, NewMember("nanny", ADMIN, "Nanny", until=JUNE))
    return made


def opened(app: Flask, group: str, where: str, page: str) -> tuple[PageClient, str]:
    """Somebody who may change the group, and the address of a page about it."""
    if where == "portal":
        return browser_of(app, "mum"), f"/my-group/{group}/{page}"
    return staff(app, "desk"), path("mum", f"/groups/{group}/{page}")


def calendar(client: PageClient, name: str = "until") -> dict[str, str]:
    return next(field for field in client.page.fields if field.get("name") == name)


@GROUP
@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"until-choice": "day", "until": ""}, "Enter the whole date, or choose “No end”."),
        ({"until-choice": "day", "until": " "}, "Enter the whole date, or choose “No end”."),
        ({"until-choice": "day"}, "Enter the whole date, or choose “No end”."),
        ({"until": ""}, "Choose one of the two."),
        ({"until-choice": "", "until": ""}, "Choose one of the two."),
        ({"until-choice": "never", "until": ""}, "Choose one of the two."),
        ({"until-choice": "day", "until": "6 Dek 2027"}, "“6 Dek 2027” is not a date."),
        ({"until-choice": "day", "until": "31.2.2027"}, "There is no 31.2.2027 in the calendar."),
    ],
)
def test_g16_nothing_that_is_empty_or_half_takes_an_end_away(
    app: Flask, group: str, where: str, sent: dict[str, str], sentence: str
) -> None:
    client, page = opened(app, group, where, f"members/{members(group)['nanny'].public_id}")
    client.get(page)
    answer = client.post(
        page, data={**client.page.hidden, "role": "admin", "label": "Nanny", "scopes": ["view"], **sent}
    )
    assert answer.status_code == 422
    assert client.page.words.count(sentence) == 2, "above the form and beside the field"
    assert members(group)["nanny"].until == JUNE
    field = calendar(client)
    assert (field["type"], field["value"], field["aria-invalid"]) == ("date", "", "true")
    assert {"until-hint", "until-error"} <= set(field["aria-describedby"].split())


@GROUP
@pytest.mark.parametrize(
    ("sent", "end"),
    [
        ({"until-choice": "none", "until": ""}, None),
        ({"until-choice": "none", "until": "2027-06-30"}, None),
        ({"until-choice": "none", "until": "half"}, None),
        ({"until-choice": "day", "until": "2028-01-31"}, date(2028, 1, 31)),
        ({"until-choice": "day", "until": "31 Jan 2028"}, date(2028, 1, 31)),
        ({"until": "2028-01-31"}, date(2028, 1, 31)),
    ],
)
def test_g16_the_choice_decides(app: Flask, group: str, where: str, sent: dict[str, str], end: date | None) -> None:
    client, page = opened(app, group, where, f"members/{members(group)['nanny'].public_id}")
    client.get(page)
    assert (calendar(client)["value"], client.page.chosen["until-choice"]) == ("2027-06-30", "day")
    answer = client.post(
        page, data={**client.page.hidden, "role": "admin", "label": "Nanny", "scopes": ["view"], **sent}
    )
    assert answer.status_code == 303
    assert members(group)["nanny"].until == end


@GROUP
def test_g16_another_role_keeps_the_choice_through_the_page_that_asks(app: Flask, group: str, where: str) -> None:
    client, page = opened(app, group, where, f"members/{members(group)['nanny'].public_id}")
    client.submit(page, {"role": "dependent", "label": "Nanny", "until-choice": "none", "until": "2027-06-30"})
    client.post(page, data=client.page.hidden | {"step": "edit"})
    assert client.page.chosen["until-choice"] == "none"
    client.submit(page, {"role": "dependent", "label": "Nanny"})
    assert client.post(page, data=client.page.hidden).status_code == 303
    assert (members(group)["nanny"].role, members(group)["nanny"].until) == (DEPENDENT, JUNE)


@GROUP
def test_g16_nobody_is_invited_for_good_by_half_a_day(app: Flask, group: str, where: str) -> None:
    client, page = opened(app, group, where, "invite")
    wanted = {"email": "gran@portal.test", "name": "Gran", "role": "admin", "label": "", "scopes": ["view"]}
    client.get(page)
    assert client.page.chosen["until-choice"] == "none"
    assert client.submit(page, {**wanted, "until-choice": "day", "until": ""}).status_code == 422
    assert "Enter the whole date, or choose “No end”." in client.page.words
    assert invitations.unanswered(members(group)["mum"].group_id) == []
    assert client.submit(page, {**wanted, "until-choice": "day", "until": "2028-01-31"}).status_code == 303
    assert [one.until for one in invitations.unanswered(members(group)["mum"].group_id)] == [date(2028, 1, 31)]


def test_g16_a_date_of_birth_goes_only_where_it_is_said_not_to_be_known(app: Flask, group: str) -> None:
    client, page = staff(app, "super"), path("nanny", "/details/edit")
    families.change("nanny", born_on=date(1990, 5, 3))
    born = now("nanny").born_on
    assert born is not None
    sent = {"name": "Nanny", "kind": "individual", "billing_type": "recurring", "billing_day": "1"}
    assert client.submit(page, {**sent, "born_on-choice": "day", "born_on": ""}).status_code == 422
    assert "Enter the whole date, or choose “Not known”." in client.page.words
    assert client.submit(page, {**sent, "born_on": ""}).status_code == 422
    assert now("nanny").born_on == born
    assert client.submit(page, {**sent, "born_on-choice": "none", "born_on": born.isoformat()}).status_code == 303
    assert now("nanny").born_on is None
