"""G18 in the back office and in the portal: the freeze, what stands on pages meanwhile, and its end."""

from __future__ import annotations

import pytest
from flask import Flask

from tests import families
from tests.web.acme import NASTY, browser_of
from tests.web.staff.office import now, path, staff

WHY = "The parents are in court"


@pytest.fixture
def home(app: Flask) -> str:
    """Dana, her nanny Rosa, and Leo, who has no login; the group's public id."""
    families.switch()
    families.person("dana", name="Dana Novák")
    families.person("rosa", name="Rosa Lima")
    families.child("leo", name="Leo Novák")
    return families.family("dana", rosa=families.ADMIN, leo=families.DEPENDENT)


def test_g18_freezing_says_what_it_means_and_bites_at_the_next_click(app: Flask, home: str) -> None:
    clerk, dana = staff(app, "admin"), browser_of(app, "dana")
    overview = f"/for/{now('leo').public_id}/"
    assert dana.get(overview).status_code == 200
    page = path("leo", "/groups/guardianship")
    clerk.get(path("leo"))
    assert page in clerk.page.links
    clerk.get(page)
    assert "Dana Novák and Rosa Lima cannot act for Leo Novák." in clerk.page.words
    answer = clerk.submit(page, {"reason": WHY})
    assert answer.status_code == 303
    clerk.get(answer.location)
    assert "The guardianship over Leo Novák is frozen." in clerk.page.words
    assert "Guardianship frozen by staff" in clerk.page.words
    assert WHY not in clerk.page.words
    assert dana.get(overview).status_code == 403
    assert "Acting for Leo Novák is paused at present." in dana.page.words
    for address in ("/", "/my-group", overview, "/account/log"):
        dana.get(address)
        assert WHY not in dana.page.words
        assert overview not in dana.page.links
    dana.get("/my-group")
    assert "Acting is paused" in dana.page.words
    clerk.get(page)
    assert WHY in clerk.page.words
    assert "Reason for ending it" in clerk.page.words
    assert "A freeze has no end by itself" not in clerk.page.words
    assert clerk.submit(page, {"reason": "Settled"}).status_code == 303
    assert dana.get(overview).status_code == 200


def test_g18_a_freeze_needs_a_reason_and_the_permission(app: Flask, home: str) -> None:
    clerk, page = staff(app, "admin"), path("leo", "/groups/guardianship")
    assert clerk.submit(page, {"reason": ""}).status_code == 422
    assert "Enter the reason." in clerk.page.words
    assert clerk.submit(page, {"reason": "x" * 501}).status_code == 422
    assert clerk.submit(page, {"reason": NASTY}).status_code == 303
    clerk.get(page)
    assert NASTY in clerk.page.words
    desk = staff(app, "desk")
    assert desk.get(page).status_code == 403
    desk.get(path("leo"))
    assert page not in desk.page.links
    assert "Guardianship frozen by staff" in desk.page.words


def test_g18_nothing_is_offered_that_a_freeze_refuses(app: Flask, home: str) -> None:
    """Changing and removing the child, and dissolving the group; others can be changed as before."""
    dana, rosa = browser_of(app, "dana"), browser_of(app, "rosa")
    change = {who: f"/my-group/{home}/members/{families.member(home, who)}" for who in ("leo", "rosa")}
    dissolve = f"/my-group/{home}/dissolve"
    dana.get("/my-group")
    assert {change["leo"], change["rosa"], dissolve} <= set(dana.page.links)
    families.groups.freeze(families.SYSTEM, "leo", WHY)
    for client in (dana, rosa):
        client.get("/my-group")
        assert not {change["leo"], dissolve} & set(client.page.links)
        assert client.get(f"{change['leo']}/remove").status_code == 403
        assert "their place in the group stays" in client.page.words
    dana.get("/my-group")
    assert change["rosa"] in dana.page.links


def test_g18_two_who_freeze_at_once_are_told(app: Flask, home: str) -> None:
    clerk, other, page = staff(app, "admin"), staff(app, "super"), path("leo", "/groups/guardianship")
    clerk.get(page)
    sent = {**clerk.page.hidden, "reason": WHY}
    assert other.submit(page, {"reason": WHY}).status_code == 303
    assert clerk.post(page, data=sent).status_code == 409
    assert "is frozen already" in clerk.page.words


def test_g1_there_is_no_freeze_while_groups_are_off(app: Flask, home: str) -> None:
    families.switch(False)
    assert staff(app, "admin").get(path("leo", "/groups/guardianship")).status_code == 404
