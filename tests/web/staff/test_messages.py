"""Messages to many in the back office: who gets one, how it reads, a test, sending, stopping, templates (O2)."""

from __future__ import annotations

import re

from flask import Flask

from portal.actions.messages import posting, preferences, showing
from portal.rules.deciding import SYSTEM
from portal.rules.messages.states import MessageKind
from tests import people
from tests.logins import mails, recipients
from tests.pages import PageClient
from tests.web.staff.office import staff

NEW = "/staff/messages/new"
WRITTEN = {
    "kind": "service",
    "ways": "email",
    "subject": "The pool is closed <b>",
    "message": "Hello {first name},\n\nthe pool is closed.\nSorry.",
    "leaves-choice": "none",
    "statuses": "active",
}
DECEMBER = {"leaves-choice": "day", "leaves": "2026-12-01"}


def office(app: Flask) -> PageClient:
    people.customer("anna", name="Zoë <b>O'Brien</b> 株式会社", given_name="Zoë")
    people.customer("shop", email="ANNA@example.test")
    people.customer("bert")
    people.customer("carl", email="")
    return staff(app, "super")


def press(browser: PageClient, step: str, **more: str) -> int:
    """Press a button of the form; the status of the answer."""
    return browser.submit(NEW, {**WRITTEN, "step": step, **more}).status_code


def test_o2_a_message_is_looked_at_tested_checked_and_sent_once(app: Flask, frozen: object) -> None:
    browser = office(app)
    browser.get("/staff/messages")
    assert "No message yet" in browser.page.words
    assert press(browser, "look", statuses="asleep") == 422
    assert press(browser, "look", subject=" ") == 422
    assert "Write a subject." in browser.page.words
    assert press(browser, "check", at="25:00", **DECEMBER) == 422
    assert press(browser, "look", main="nobody") == 422
    assert "There is no customer “nobody”." in browser.page.words
    assert press(browser, "look") == 200
    assert "Get it 2 Same mailbox 1 No address 1" in " ".join(browser.page.words.split())
    assert "3. As Zoë <b>O'Brien</b> 株式会社 gets it" in browser.page.words
    assert "Because of" in browser.page.words
    assert "Hello Zoë, the pool is closed. Sorry." in " ".join(browser.page.words.split())
    assert press(browser, "test") == 200
    assert [recipients(one) for one in mails()] == [["super.everywhere@staff.test"]]
    assert press(browser, "check") == 200
    confirm = dict(browser.page.hidden)
    assert "Send it to 2" in browser.page.words
    done = browser.post(NEW, data={**confirm, "step": "send"})
    again = browser.post(NEW, data={**confirm, "step": "send"})
    assert (done.status_code, again.location) == (303, done.location)
    (message,) = showing.latest(SYSTEM)
    assert (message.row.kind, message.copies_in_all) == (MessageKind.SERVICE, 2)
    browser.get(done.location)
    assert "The copy for anna goes to the same address" in browser.page.words
    assert "0 of 2 have left" in browser.page.words
    posting.post_due()
    browser.get(f"{done.location}?state=left_out")
    assert "Nothing is on file by which it could come." in browser.page.words
    assert "Bert" not in browser.page.words
    browser.get("/staff/messages")
    assert "The pool is closed <b>" in browser.page.words


def test_o2_a_scheduled_one_can_be_stopped_and_nobody_left_is_refused(app: Flask, frozen: object) -> None:
    browser = office(app)
    assert press(browser, "check", at="8:00", text="bert", **DECEMBER) == 200
    assert "leaves at 1 Dec 2026, 08:00" in browser.page.words
    sent = browser.post(NEW, data={**browser.page.hidden, "step": "send"}).location
    preferences.switch(SYSTEM, "bert", MessageKind.SERVICE, False)
    refused = press(browser, "send", text="bert")
    assert refused == 409
    assert "Nobody would get it" in browser.page.words
    browser.get(sent)
    stop = re.sub(r"$", "/stop", sent)
    assert browser.post(stop, data=browser.page.hidden).status_code == 303
    browser.get(sent)
    assert "The message was stopped before." in browser.page.words
    assert browser.post(stop, data={"idempotency_key": "other", **_csrf(browser)}).status_code == 409


def test_o2_who_was_searched_for_can_be_written_to(app: Flask, frozen: object) -> None:
    browser = office(app)
    browser.get("/staff/customers")
    assert not any("/staff/messages/new" in one for one in browser.page.links)
    browser.get("/staff/customers?q=bert&status=active")
    browser.get(next(one for one in browser.page.links if "/staff/messages/new" in one))
    ticked = [one["value"] for one in browser.page.fields if one.get("name") == "statuses" and "checked" in one]
    assert ticked == ["active"]
    assert [one["value"] for one in browser.page.fields if one.get("name") == "text"] == ["bert"]


def test_o2_templates_are_kept_used_and_removed(app: Flask, frozen: object) -> None:
    browser = office(app)
    new = "/staff/messages/templates/new"
    words = {"name": "Closed", "subject": "Closed <b>", "text": "Hello {name}"}
    assert browser.submit(new, {**words, "text": "Hello {nobody}"}).status_code == 422
    assert browser.submit(new, words).status_code == 303
    assert browser.submit(new, words).status_code == 422
    assert "There is a template “Closed” already." in browser.page.words
    browser.get("/staff/messages/templates")
    edit = next(one for one in browser.page.links if re.search(r"templates/[0-9a-f]{20}$", one))
    browser.get(f"/staff/messages/new?template={edit.rsplit('/', 1)[1]}")
    assert "Hello {name}" in browser.page.words
    browser.get(edit)
    old = browser.page.hidden
    assert browser.post(edit, data={**old, **words, "subject": "Shut"}).status_code == 303
    assert browser.post(edit, data={**old, **words, "idempotency_key": "other"}).status_code == 409
    browser.get(edit)
    assert browser.post(f"{edit}/remove", data=browser.page.hidden).status_code == 303
    assert browser.get(edit).status_code == 404


def _csrf(browser: PageClient) -> dict[str, str]:
    return {name: value for name, value in browser.page.hidden.items() if name == "csrf_token"}
