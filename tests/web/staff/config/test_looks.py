"""The colour and the logo of a partner's portal (O5)."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from PIL import Image

from tests.pages import PageClient
from tests.people import partner
from tests.web.acme import browser_of, company
from tests.web.staff.config.test_portal import page_of
from tests.web.staff.office import audit, staff


def logo() -> io.BytesIO:
    made = io.BytesIO()
    Image.new("RGB", (400, 100), "#1f5fae").save(made, "PNG")
    made.seek(0)
    return made


@pytest.fixture
def office(app: Flask) -> PageClient:
    company()
    return staff(app, "operations")


def looks(office: PageClient) -> str:
    return f"{page_of(office)}/looks"


def style(client: PageClient, path: str) -> str:
    """The address of the partner's style sheet on a page; empty without one."""
    found = re.search(r'href="(/brand/[^"]+\.css)"', client.get(path).text)
    return found[1] if found else ""


def test_o5_customers_see_the_colour_and_the_logo_of_their_partner_only(
    app: Flask, office: PageClient, frozen: time_machine.Coordinates
) -> None:
    main, door, page = browser_of(app, "acme"), app.test_client(), looks(office)
    assert style(main, "/") == ""
    assert 'aria-label="Kith"' in main.get("/").text
    answer = office.submit(page, {"colour": "1F5FAE", "logo": (logo(), "our logo.png")})
    assert answer.status_code == 303
    office.get(page)
    assert "Saved: colour" in office.page.words
    assert ("portal.brand", "Portal of Harbour Net: changed colour and logo") in audit()
    sheet = style(main, "/")
    shown = main.get(sheet)
    assert shown.mimetype == "text/css"
    assert "--accent:#1f5fae" in shown.text
    assert "immutable" in shown.headers["Cache-Control"]
    html = main.get("/").text
    assert 'aria-label="Harbour Net"' in html
    (picture,) = re.findall(r'src="(/brand/[^"]+\.png)"', html)
    assert main.get(picture).data.startswith(b"\x89PNG")
    assert style(office, "/staff") == "", "the back office is everybody's"
    frozen.shift(timedelta(minutes=1))
    assert style(door, "/login") == sheet, "the only partner's"
    partner("Another")
    frozen.shift(timedelta(seconds=59))
    assert style(door, "/login") == sheet, "it is asked for once a minute"
    frozen.shift(timedelta(seconds=1))
    assert style(door, "/login") == "", "whose door it is, nobody knows"
    assert "no-store" in door.get(re.sub(r"[0-9a-f]{12}\.css", "0.css", sheet)).headers["Cache-Control"]


def test_o5_what_is_no_colour_and_no_picture_is_refused_and_changes_nothing(app: Flask, office: PageClient) -> None:
    page = looks(office)
    answer = office.submit(page, {"colour": "red;}", "logo": (io.BytesIO(b"<svg/>"), "a.png")})
    assert answer.status_code == 422
    assert "Write a colour like #0b5f5a." in office.page.words
    assert "Choose a picture as PNG, JPEG or WebP of at most 4 MB." in office.page.words
    assert style(browser_of(app, "acme"), "/") == ""


def test_o5_a_logo_is_taken_away_and_the_colour_stays(app: Flask, office: PageClient) -> None:
    page = looks(office)
    office.submit(page, {"colour": "#1f5fae", "logo": (logo(), "a.png")})
    assert office.submit(page, {"colour": "#1f5fae", "without": "y"}).status_code == 303
    html = browser_of(app, "acme").get("/").text
    assert ".png" not in html
    assert ">Harbour Net</span>" in html
    assert [text for action, text in audit() if action == "portal.brand"][-1].endswith("changed logo")


def test_o5_a_form_that_was_open_while_somebody_else_saved_is_not_taken(office: PageClient) -> None:
    page = looks(office)
    office.get(page)
    old = office.page.hidden
    office.submit(page, {"colour": "#1f5fae"})
    assert office.post(page, data={**old, "colour": "#aa0000"}).status_code == 409


def test_o5_administrators_of_another_partner_find_nothing(app: Flask, office: PageClient) -> None:
    page = looks(office)
    assert staff(app, "operations", of="Another").get(page).status_code == 404
    assert app.test_client().get("/brand/00000000000000000000/0.css").status_code == 404
