"""The messages that customers got in the portal, what they want to be told, and declining news by a link (O2)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask import Flask

from portal.actions.messages import posting, preferences, sending
from portal.actions.messages.sending import Wanted
from portal.rules.deciding import SYSTEM
from portal.rules.messages.filters import from_names
from portal.rules.messages.states import MessageKind, Way
from portal.rules.scopes import Scope
from tests import families
from tests.families import DEPENDENT
from tests.logins import mails
from tests.pages import PageClient
from tests.web.acme import browser_of, person

TO_LEO = from_names({"text": "leo"})
CLOSED = Wanted(MessageKind.SERVICE, TO_LEO, "Closed <b>", "Hello {name},\n\n{people}: closed.", ways=(Way.PORTAL,))


@pytest.fixture
def mum(app: Flask, frozen: object) -> PageClient:
    """A mother who reads what is written to her child, which has nothing on file."""
    families.switch()
    families.person("mum")
    families.child("leo", email="")
    families.family("mum", leo=DEPENDENT)
    return browser_of(app, "mum")


def send(wanted: Wanted) -> str:
    sent = sending.send(SYSTEM, wanted)
    posting.post_due()
    return sent


def test_o2_a_message_is_unread_until_it_is_opened_by_whoever_acts_for_a_child(app: Flask, mum: PageClient) -> None:
    mum.get("/messages")
    assert "No message yet" in mum.page.words
    sent = send(CLOSED)
    mum.get("/")
    assert "1 message you have not read" in mum.page.words
    for path in ("/messages", f"/for/{families.profile('leo').public_id}/messages"):
        mum.get(path)
        assert "1 unread" in mum.page.words
    mum.get(f"/messages/{sent}")
    assert "Hello Mum," in mum.page.words
    assert "Leo: closed." in mum.page.words
    mum.get("/messages")
    opened = mum.post(f"/messages/{sent}/open", data=mum.page.hidden)
    assert (opened.status_code, opened.location) == (303, f"/messages/{sent}")
    mum.get("/messages")
    assert "unread" not in mum.page.words
    mum.get("/")
    assert "have not read" not in mum.page.words
    families.person("other")
    other = browser_of(app, "other")
    assert other.get(f"/messages/{sent}").status_code == 404
    assert other.post(f"/messages/{sent}/open", data=other.page.hidden).status_code in (400, 404)


def test_s9_what_concerns_money_is_read_by_whoever_sees_the_books(app: Flask, mum: PageClient) -> None:
    person("dana", scopes=(Scope.VIEW,))
    sent = send(replace(CLOSED, kind=MessageKind.MONEY, filters=from_names({"partner": "Harbour Net"})))
    assert mum.get(f"/messages/{sent}").status_code == 200
    dana = browser_of(app, "dana")
    assert dana.get(f"/messages/{sent}").status_code == 404
    dana.get("/messages")
    assert "No message yet" in dana.page.words


def test_o2_people_choose_what_they_are_told(app: Flask, mum: PageClient) -> None:
    mum.get("/account")
    assert "/messages" in mum.page.links
    mum.get("/messages")
    saved = mum.post("/messages/wanted", data={**mum.page.hidden, "wanted": "service"})
    assert saved.status_code == 303
    assert preferences.wanted(SYSTEM, families.profile("mum")) == {MessageKind.SERVICE, MessageKind.MONEY}
    mum.get("/messages")
    mum.post("/messages/wanted", data={**mum.page.hidden, "wanted": ["news", "service"]})
    assert preferences.wanted(SYSTEM, families.profile("mum")) == set(MessageKind)


def test_o2_news_are_declined_without_signing_in(app: Flask, mum: PageClient) -> None:
    send(Wanted(MessageKind.NEWS, from_names({"text": "mum"}), "News", "Hello"))
    link = "/" + mails()[-1].unsubscribe.split("/", 3)[3]
    stranger = app.test_client()
    assert isinstance(stranger, PageClient)
    stranger.get(link)
    assert "No more news?" in stranger.page.words
    assert MessageKind.NEWS in preferences.wanted(SYSTEM, families.profile("mum"))
    program = app.test_client()
    clicked = program.post(link, data={"List-Unsubscribe": "One-Click"})
    assert (clicked.status_code, "You get no more news" in clicked.text) == (200, True)
    assert MessageKind.NEWS not in preferences.wanted(SYSTEM, families.profile("mum"))
    assert program.get(f"{link}x").status_code == 404
    assert program.post(f"{link}x").status_code == 404
