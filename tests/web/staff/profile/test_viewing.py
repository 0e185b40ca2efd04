"""O7, SEC8: staff look at the portal as the customer sees it; nothing is changed, and it ends by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from portal.rules.holders import Role
from tests.families import records
from tests.logins import administrator
from tests.pages import PageClient
from tests.people import partner, post, sign_in
from tests.web.acme import at, browser_of, company

BRIEFLY = {"Accept": "application/json"}


def office(app: Flask, role: Role = Role.ADMINISTRATOR, **more: int) -> PageClient:
    email = f"{role.value}{len(more)}@staff.test"
    administrator(email, role, **more)
    client = app.test_client()
    assert isinstance(client, PageClient)
    sign_in(client, email)
    return client


@pytest.fixture
def boss(app: Flask) -> PageClient:
    """An administrator who may see finances."""
    company()
    post("acme", "invoice", 12_345, "2026-11-02")
    return office(app)


def begin(client: PageClient, reason: str = "They see no invoice") -> int:
    path = f"/staff/customers/{at('acme').public_id}/view-as"
    return client.submit(path, {"reason": reason}).status_code


def test_o7_it_reads_alone_is_marked_and_told(app: Flask, boss: PageClient) -> None:
    assert begin(boss, " ") == 422
    assert begin(boss) == 303
    for path in ("/", "/documents", "/statements", "/tickets", "/nowhere"):
        page = boss.get(path)
        assert "Viewing as" in page.text, path
        assert 'action="/view-as/end"' in page.text, path
    boss.get("/tickets/new")
    token = boss.page.hidden["csrf_token"]
    for path, data in (
        ("/tickets/new", {"subject": "x", "text": "y"}),
        ("/documents/add", {}),
        ("/account/password", {}),
    ):
        answer = boss.post(path, data={"csrf_token": token, **data}, headers=BRIEFLY)
        assert answer.status_code == 403, path
    for path in ("/account", "/calendar/subscribe"):
        assert boss.get(path, headers=BRIEFLY).status_code == 403, path
    for path in ("/staff", "/staff/customers", f"/staff/customers/{at('acme').public_id}"):
        assert boss.get(path, headers=BRIEFLY).status_code == 404, path
    assert boss.get(f"/for/{at('franchise').public_id}/", headers=BRIEFLY).status_code == 403
    told = [(one.action, one.grant, one.details.get("reason")) for one in records("acme")][-4:]
    assert told == [
        ("customer.view_as", "staff", "They see no invoice"),
        *[("customer.view_as_refused", "staff", None)] * 3,
    ]
    me = browser_of(app, "acme")
    me.get("/account/log")
    assert "Looked at the portal as the customer sees it: They see no invoice" in me.page.words
    assert boss.post("/view-as/end", data={"csrf_token": token}).headers["Location"].startswith("/staff/customers/")
    assert boss.get("/staff").status_code == 200
    assert records("acme")[-1].action == "customer.view_as_ended"


def test_o7_it_ends_by_itself(boss: PageClient, frozen: time_machine.Coordinates) -> None:
    begin(boss)
    frozen.shift(timedelta(minutes=15))
    assert "Viewing as" in boss.get("/").text
    frozen.shift(timedelta(minutes=15))
    answer = boss.get("/")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/staff")


def test_o7_who_may_not_and_what_is_not_shown(app: Flask, boss: PageClient) -> None:
    path = f"/staff/customers/{at('acme').public_id}/view-as"
    assert office(app, Role.FRONT_OF_HOUSE).get(path, headers=BRIEFLY).status_code == 403
    assert office(app, Role.SUPER, partner_id=partner("Far")).get(path, headers=BRIEFLY).status_code == 404
    assert browser_of(app, "acme").get(path, headers=BRIEFLY).status_code == 404
    begin(boss)
    assert "123.45" in boss.get("/statements").text
