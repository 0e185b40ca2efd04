"""Ticked rows of the customers' list: linked, unlinked, billed otherwise, given a status, with one preview (O9)."""

from __future__ import annotations

import re
from datetime import date

import pytest
from flask import Flask

from portal.actions import groups, jobs
from portal.actions.groups import NewDependent
from portal.db.engine import db
from portal.db.tables import OutboxRecipient
from portal.rules.customers.status import Status
from portal.rules.deciding import SYSTEM
from portal.rules.groups import GroupRole
from portal.rules.links.facts import BillingMode
from tests import families, people
from tests.pages import PageClient, unpacked
from tests.web.staff.office import audit, now, staff

LIST = "/staff/customers"
TICKED = f"{LIST}/ticked"
ALONE = "nobody would be left who acts for them"


@pytest.fixture
def office(app: Flask) -> PageClient:
    for name in ("acme", "a", "b", "c"):
        people.customer(name)
    return staff(app, "super")


def public_ids(*names: str) -> list[str]:
    return [now(name).public_id for name in names]


def listed(office: PageClient, text: str) -> list[str]:
    """The public ids of those whom the list finds."""
    return re.findall(r'name="ticked"\s+value="(\w+)"', unpacked(office.get(LIST, query_string={"q": text})))


def go_on(office: PageClient, deed: str, *names: str, **more: str) -> None:
    """Tick these, choose what to do, and press Continue."""
    answer = office.get(TICKED, query_string={"deed": deed, "ticked": public_ids(*names), **more})
    assert answer.status_code == 200


def post(office: PageClient, path: str, *names: str, **more: str) -> int:
    """Send the form that is open, with what was ticked and `more`."""
    data = {**office.page.hidden, "ticked": public_ids(*names), **more}
    return int(office.post(path, data=data).status_code)


def confirm(office: PageClient, path: str) -> int:
    """Press the button of the preview that is open."""
    return int(office.post(path, data=office.page.hidden).status_code)


def test_the_list_offers_what_one_may_do(app: Flask, office: PageClient) -> None:
    office.get(LIST)
    assert "Link to a main account" in office.page.words
    assert "Change status" in office.page.words
    desk = staff(app, "desk")
    desk.get(LIST)
    assert "With those ticked" not in desk.page.words
    desk.get(TICKED, query_string={"deed": "status", "ticked": public_ids("a")})
    assert "Nothing ticked" in desk.page.words
    assert post(desk, f"{TICKED}/status", "a", to="blocked") == 403
    assert post(desk, "/staff/links/ticked", "a", action="unlink") == 403


def test_l18_o9_some_are_linked_together(office: PageClient) -> None:
    go_on(office, "link", "a", "b", q="acme")
    assert (
        post(office, "/staff/links/ticked", "a", "b", action="link", mode="independent", main=now("acme").public_id)
        == 200
    )
    assert "Link A to Acme, independent" in office.page.words
    assert "Link B to Acme, independent" in office.page.words
    assert now("a").main_id is None
    assert confirm(office, "/staff/links/import/carry-out") == 303
    assert [now(name).mode for name in "ab"] == [BillingMode.INDEPENDENT] * 2
    assert [text for action, text in audit() if action == "sub_accounts.link"]


def test_o9_what_is_so_already_and_what_is_refused(office: PageClient) -> None:
    people.link("acme", "a", "independent")
    go_on(office, "unlink", "a", "b")
    assert post(office, "/staff/links/ticked", "a", "b", action="unlink") == 200
    assert "B: nothing to do, it is so already" in office.page.words
    assert "Carry out one change" in office.page.words
    people.link("acme", "b", "independent")
    people.customer("other")
    go_on(office, "link", "acme", q="other")
    answer = post(office, "/staff/links/ticked", "acme", action="link", mode="independent", main=now("other").public_id)
    assert answer == 422
    assert "Nothing was changed" in office.page.words
    assert "L5" in office.page.words


def test_o9_a_customer_without_a_number_is_linked_too(office: PageClient) -> None:
    families.switch()
    families.person("mum")
    group = families.family("mum")
    groups.add_dependent(SYSTEM, group, NewDependent("Zoë <b>O’Brien</b>", "株式会社", date(2019, 3, 4)))
    found = listed(office, "Brien")
    assert len(found) == 1
    office.get(TICKED, query_string={"deed": "link", "ticked": found, "q": "acme"})
    data = {**office.page.hidden, "ticked": found, "action": "link", "mode": "aggregated"}
    assert office.post("/staff/links/ticked", data={**data, "main": now("acme").public_id}).status_code == 200
    assert confirm(office, "/staff/links/import/carry-out") == 303
    assert now(found[0]).main_name == "Acme"


def test_o9_o6_a_status_is_set_for_all_with_what_follows(office: PageClient) -> None:
    people.link("acme", "a")
    go_on(office, "status", "acme", "b", to="blocked")
    words = office.page.words
    assert "Active → Blocked" in words
    assert "1 sub-account follows" in words
    page = dict(office.page.hidden)
    assert post(office, f"{TICKED}/status", "acme", "b") == 303
    assert [now(name).own_status for name in ("acme", "a", "b")] == [Status.BLOCKED, Status.ACTIVE, Status.BLOCKED]
    assert now("a").status.status is Status.BLOCKED
    assert len([1 for action, _ in audit() if action == "customer.status"]) == 3
    # The same form again, and one that shows what is no more.
    assert office.post(f"{TICKED}/status", data={**page, "ticked": public_ids("acme", "b")}).status_code == 303
    assert len([1 for action, _ in audit() if action == "customer.status"]) == 3


def test_a_preview_that_is_no_longer_true_changes_nothing(office: PageClient) -> None:
    go_on(office, "status", "b", "c", to="inactive")
    page = dict(office.page.hidden)
    people.link("b", "a")
    assert office.post(f"{TICKED}/status", data={**page, "ticked": public_ids("b", "c")}).status_code == 409
    assert "Something has changed since you looked" in office.page.words
    assert now("c").own_status is Status.ACTIVE


def test_g15_nobody_is_left_alone_by_two_who_go_together(office: PageClient) -> None:
    families.switch()
    families.person("mum")
    families.person("dad")
    group = families.family("mum", dad=GroupRole.ADMIN)
    groups.add_dependent(SYSTEM, group, NewDependent("Mia", "", date(2019, 3, 4)))
    for one in ("mum", "dad"):
        go_on(office, "status", one, to="inactive")
        assert ALONE not in office.page.words
    go_on(office, "status", "mum", "dad", to="inactive")
    assert ALONE in office.page.words
    assert "Set status of 2" not in office.page.words
    assert post(office, f"{TICKED}/status", "mum", "dad") == 409
    assert now("mum").own_status is Status.ACTIVE


def test_s5_statements_go_to_those_who_can_be_reached(office: PageClient) -> None:
    people.link("acme", "a")
    people.post("b", "invoice", 1250, "2026-10-20")
    people.customer("quiet", email="")
    go_on(office, "send", "a", "b", "quiet", month="2026-10")
    words = office.page.words
    assert "b@example.test" in words
    assert "Acme pays for A, and gets the statements." in words
    assert "No address on file." in words
    assert "Send 1 statement" in words
    sent = dict(office.page.hidden)
    assert post(office, f"{TICKED}/statements", "a", "b", "quiet") == 303
    again = {**sent, "ticked": public_ids("a", "b", "quiet")}
    assert office.post(f"{TICKED}/statements", data=again).status_code == 303
    assert jobs.run_due() == 1
    db.session.rollback()
    assert [address for (address,) in db.session.query(OutboxRecipient.address)] == ["b@example.test"]
