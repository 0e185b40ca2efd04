"""`flask customer status`."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import select

from portal.db.customers import profiles as customers
from portal.db.engine import db
from portal.db.tables import AuditRecord
from portal.rules.holders import Role
from tests import people
from tests.cli.commands import answer, run
from tests.logins import administrator
from tests.notices import switch_on, waiting
from tests.people import sign_in
from tests.web.acme import at, browser_of, person


@pytest.fixture
def company(app: Flask) -> None:
    people.customer("acme")
    for reference, mode, own in (
        ("branch", "aggregated", "active"),
        ("closed", "aggregated", "inactive"),
        ("franchise", "independent", "active"),
    ):
        people.customer(reference)
        people.link("acme", reference, mode)
        run(app, "customer", "status", reference, own)


FOLLOWERS = [{"customer": "branch", "before": "active", "after": "blocked"}]
KEPT = [
    {"customer": "closed", "because": "stays Inactive: that is its own status"},
    {"customer": "franchise", "because": "stays Active: it is billed independently"},
]


@pytest.mark.usefixtures("company")
def test_o6_a_preview_says_who_follows_and_changes_nothing(app: Flask) -> None:
    wanted = {"customer": "acme", "before": "active", "after": "blocked", "effective": "blocked"}
    said = answer(app, "customer", "status", "acme", "blocked", "--preview")
    assert {name: said[name] for name in wanted} == wanted
    assert (said["followers"], said["kept"], said["preview"]) == (FOLLOWERS, KEPT, "Set Acme to Blocked")
    assert said["changes"] == [{"what": "Own status", "before": "Active", "after": "Blocked"}]
    assert any("not lifted by paying" in warning for warning in said["warnings"])
    assert said["told"] == ["Nobody is told of it: notices of blocking are off at Harbour Net."]
    text = run(app, "customer", "status", "acme", "blocked", "--preview").stdout
    assert "Acme: own status Active → Blocked\n" in text
    assert "  Branch (branch): Active → Blocked\n" in text
    assert "  Franchise (franchise) stays Active: it is billed independently\n" in text
    assert answer(app, "customer", "show", "acme")["status"]["own"] == "active"


@pytest.mark.usefixtures("company")
def test_o6_f9_a_preview_says_who_will_be_told(app: Flask) -> None:
    switch_on(by_sms=True)
    told = [
        "Acme will be told by email today at 18:00. No phone number is on file.",
        "1 sub-account will be told by email today at 18:00.",
        "SMS is not configured here, so text messages stay in the outbox.",
    ]
    assert answer(app, "customer", "status", "acme", "blocked", "--preview")["told"] == told
    assert waiting() == []
    assert f"  {told[1]}\n" in run(app, "customer", "status", "acme", "blocked").stdout
    assert len(waiting()) == 2
    assert answer(app, "customer", "status", "acme", "active", "--preview")["told"] == []


@pytest.mark.usefixtures("company")
def test_l11_those_who_are_billed_to_it_follow(app: Flask) -> None:
    said = answer(app, "customer", "status", "acme", "blocked")
    assert (said["followers"], said["kept"], "preview" in said) == (FOLLOWERS, KEPT, False)
    status = answer(app, "customer", "show", "branch")["status"]
    assert status == {"own": "active", "effective": "blocked", "because_of": "acme", "cause": None}
    assert answer(app, "customer", "status", "branch", "new")["effective"] == "blocked"
    assert "which Acme imposes" in run(app, "customer", "status", "branch", "active").stdout
    assert run(app, "customer", "status", "acme", "blocked").stdout == "Acme is Blocked already.\n"
    assert answer(app, "customer", "status", "acme", "active")["followers"][0]["after"] == "active"


def test_public_ids_and_who_did_it(app: Flask) -> None:
    found = people.customer("acme")
    person = administrator("ada@kith.example")
    run(app, "customer", "status", found.public_id, "inactive", "--as", person.email)
    assert customers.by_id(found.id).own_status.value == "inactive"
    assert db.session.scalars(select(AuditRecord.actor)).all() == ["ada@kith.example"]


def test_what_is_refused_and_what_is_wrong_usage(app: Flask) -> None:
    people.customer("acme")
    desk = administrator("desk@kith.example", Role.FRONT_OF_HOUSE)
    assert "Your role" in run(app, "customer", "status", "acme", "blocked", "--as", desk.email, code=1).stderr
    assert "There is no customer “nobody”." in run(app, "customer", "status", "nobody", "active", code=1).stderr
    assert answer(app, "customer", "status", "nobody", "active", code=1) == {
        "failed": ["There is no customer “nobody”."]
    }
    run(app, "customer", "status", "acme", "asleep", code=2)
    run(app, "customer", "status", "acme", code=2)
    assert answer(app, "customer", "show", "acme")["status"]["own"] == "active"


def test_o6_the_reason_is_for_staff_alone(app: Flask) -> None:
    person("acme", name="Acme Ltd")
    run(app, "customer", "status", "acme", "blocked", "--reason", " Threatened  the desk ")
    (line,) = [one for one in answer(app, "audit", "--customer", "acme")["entries"] if one["deed"] == "customer.status"]
    assert (line["reason"], "Threatened" in line["text"]) == ("Threatened the desk", False)
    me = browser_of(app, "acme")
    assert "Threatened" not in me.get("/account/log").text
    administrator("boss@staff.test")
    boss = app.test_client()
    sign_in(boss, "boss@staff.test")
    here = f"/staff/customers/{at('acme').public_id}/status"
    assert "because: Threatened the desk" in boss.get(here).text
    assert 'name="reason"' in boss.get(f"{here}?to=active").text
    assert "invalid" in answer(app, "customer", "status", "acme", "active", "--reason", "x" * 501, code=1)
