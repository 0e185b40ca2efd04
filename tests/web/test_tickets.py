"""M4: tickets on the pages of customers, of whoever acts for them, and of staff."""

from __future__ import annotations

import io
import re

import pytest
from flask import Flask

from portal.actions.tickets import finding, queue
from portal.rules.deciding import SYSTEM
from portal.rules.holders import Role
from tests.logins import administrator
from tests.outside import files
from tests.pages import PageClient
from tests.people import sign_in
from tests.web.acme import NASTY, at, browser_of, company, person

CANARY = "canary of the note"


@pytest.fixture
def petra(app: Flask) -> PageClient:
    """Acme's bookkeeper."""
    company()
    return browser_of(app, "acme")


@pytest.fixture
def desk(app: Flask) -> PageClient:
    """Somebody at the front desk."""
    administrator("desk@staff.test", Role.FRONT_OF_HOUSE)
    client = app.test_client()
    assert isinstance(client, PageClient)
    sign_in(client, "desk@staff.test")
    return client


def opened(browser: PageClient, where: str = "", **more: object) -> str:
    """Open a ticket with a picture; its address."""
    data = {"subject": NASTY, "text": f"{NASTY}\nsecond line", "files": (io.BytesIO(files.png()), "dot.png"), **more}
    answer = browser.submit(f"{where}/tickets/new", data, content_type="multipart/form-data")
    assert answer.status_code == 303, browser.page.words
    return answer.headers["Location"]


def test_m4_a_conversation_on_both_sides(app: Flask, petra: PageClient, desk: PageClient) -> None:
    ticket = opened(petra)
    number = ticket.rpartition("/")[2]
    petra.get(ticket)
    assert "Your ticket is open." in petra.page.words
    assert NASTY in petra.page.words
    (picture,) = [link for link in petra.page.links if "/files/" in link]
    shown = petra.get(picture)
    assert (shown.data, shown.headers["Content-Security-Policy"][:8]) == (files.png(), "sandbox;")
    desk.get("/staff/tickets")
    assert "1 waits for us." in desk.page.words
    there = f"/staff/tickets/{number}"
    assert there in desk.page.links
    desk.submit(f"{there}/write", {"kind": "note", "text": CANARY}, at=f"{there}?write=note")
    desk.submit(f"{there}/write", {"text": "Restart it.", "then": "wait"}, at=there)
    desk.submit(f"{there}/give", {"assignee": "desk@staff.test", "priority": "high"}, at=there)
    desk.get(there)
    assert "Internal: the customer never sees this" in desk.page.words
    assert "Sol Berg set the priority to High" in desk.page.words
    page = petra.get(ticket).text
    assert "Restart it." in page
    assert "Waits for your answer" in page
    assert not re.search(f"{CANARY}|priority|Internal", page)
    assert petra.submit(ticket, {"text": "It runs."}).status_code == 303
    desk.get("/staff/tickets?with=me")
    assert NASTY in desk.page.words
    petra.get(ticket)
    assert petra.submit(f"{ticket}/solved", {}, at=ticket).status_code == 303
    petra.get("/tickets")
    assert "Nothing is open" in petra.page.words
    petra.get("/tickets?show=all")
    assert "Solved" in petra.page.words
    desk.submit(f"{there}/state", {"state": "closed"}, at=there)
    petra.get(ticket)
    assert "What you write begins a new one" in petra.page.words
    new = petra.submit(ticket, {"text": "Again."}).headers["Location"]
    petra.get(new)
    assert new != ticket
    assert ticket in petra.page.links


def test_m4_faults_are_said_and_keep_what_was_typed(petra: PageClient, desk: PageClient) -> None:
    assert petra.submit("/tickets/new", {"subject": "", "text": ""}).status_code == 422
    assert "Give it a subject" in petra.page.words
    data = {"subject": "Mine", "text": "Typed", "files": (io.BytesIO(b"<html>"), "page.html")}
    answer = petra.submit("/tickets/new", data, content_type="multipart/form-data")
    assert (answer.status_code, "Typed" in answer.text) == (409, True)
    assert "page.html is a page with markup" in petra.page.words
    ticket = opened(petra)
    assert petra.submit(ticket, {"text": " "}).status_code == 422
    there = f"/staff{ticket}"
    assert desk.submit(f"{there}/write", {"text": ""}, at=there).status_code == 422
    other = opened(petra, f"/for/{at('branch').public_id}").rpartition("/")[2]
    answer = desk.submit(f"{there}/merge", {"into": other})
    assert answer.status_code == 409
    assert "of different customers" in desk.page.words


def test_m4_l15_a_main_account_writes_for_its_sub_account_and_nobody_else_reads(app: Flask, petra: PageClient) -> None:
    branch = f"/for/{at('branch').public_id}"
    ticket = opened(petra, branch)
    assert ticket.startswith(branch)
    own = ticket.removeprefix(branch)
    bo = browser_of(app, "branch")
    assert bo.get(own).status_code == 200
    assert "Petra Acme" in bo.page.words
    person("stranger")
    for who in ("franchise", "stranger"):
        other = browser_of(app, who)
        assert other.get(own).status_code == 404
        assert other.get(ticket).status_code == 404
        assert other.submit(own, {"text": "Hello"}, at="/tickets/new").status_code == 404
    assert petra.get(own).status_code == 404, "it is the branch's"
    assert len(finding.look(SYSTEM, own.rpartition("/")[2]).entries) == 1


def test_m4_staff_write_join_and_keep_canned_answers(app: Flask, petra: PageClient, desk: PageClient) -> None:
    one, two = opened(petra, subject="One"), opened(petra, subject="Two")
    desk.submit("/staff/tickets/answers", {"title": "Restart", "text": "Please restart it."})
    (canned,) = queue.canned_answers(SYSTEM)
    page = desk.get(f"/staff{one}?canned={canned.public_id}").text
    assert "Please restart it.</textarea>" in page
    path = f"/staff/tickets/answers/{canned.public_id}"
    desk.submit(path, {"title": "Restart", "text": "Once."})
    desk.get("/staff/tickets/answers")
    desk.submit(f"{path}/retire", {}, at="/staff/tickets/answers")
    assert queue.canned_answers(SYSTEM) == []
    answer = desk.submit(f"/staff{one}/merge", {"into": two.rpartition("/")[2]})
    assert answer.headers["Location"] == f"/staff{two}"
    assert desk.get(f"/staff{one}").headers["Location"] == f"/staff{two}"
    assert petra.get(one).headers["Location"] == two
    here = f"/staff/customers/{at('acme').public_id}/tickets"
    made = desk.submit(f"{here}/new", {"subject": "Your contract", "text": "It ends."}).headers["Location"]
    desk.get(here)
    assert made in desk.page.links
