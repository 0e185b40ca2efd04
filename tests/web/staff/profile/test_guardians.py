"""G15: pages that would leave somebody with nobody who acts for them say so, and do nothing."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask

from portal.actions.logins import inviting
from portal.rules.customers.status import Status
from portal.rules.deciding import SYSTEM
from tests import families
from tests.families import DEPENDENT
from tests.web.staff.office import now, path, staff

ALONE = "Leo has no login, and nobody would be left who acts for them."


@pytest.fixture(autouse=True)
def home(app: Flask) -> str:
    """A mother and a child who does not sign in."""
    families.switch()
    families.person("mum")
    families.child("leo")
    return families.family("mum", leo=DEPENDENT)


def test_g15_the_last_guardian_is_not_made_inactive(app: Flask) -> None:
    client, page = staff(app, "super"), path("mum", "/status")
    client.get(f"{page}?to=inactive")
    assert ALONE in client.page.words
    assert client.submit(page, {"to": "inactive"}, at=f"{page}?to=inactive").status_code == 409
    assert ALONE in client.page.words
    assert now("mum").own_status is Status.ACTIVE
    client.get(f"{page}?to=blocked")
    assert ALONE not in client.page.words


def test_g15_the_only_login_of_the_last_guardian_is_not_disabled(app: Flask) -> None:
    client = staff(app, "super")
    login = inviting.logins_of(SYSTEM, now("mum").public_id)[0]
    page = path("mum", f"/logins/{login.public_id}/disable")
    assert client.submit(page, {}).status_code == 409
    assert ALONE in client.page.words
    assert inviting.logins_of(SYSTEM, now("mum").public_id)[0].disabled_at is None


def test_g15_no_date_of_birth_makes_a_child_of_an_owner(app: Flask) -> None:
    client, page = staff(app, "super"), path("mum", "/details/edit")
    sent = {"name": "Mum", "kind": "individual", "billing_type": "recurring", "billing_day": "1"}
    answer = client.submit(page, {**sent, "born_on-choice": "day", "born_on": "2015-01-01"})
    assert answer.status_code == 409
    assert "Mum is not of age, and the Owner and the Admins of a group are." in client.page.words
    assert now("mum").born_on != date(2015, 1, 1)
