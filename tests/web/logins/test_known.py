"""The cookie by which a browser is known again (SEC59)."""

from __future__ import annotations

import pytest
from flask import Flask

from portal import create_app
from portal.config import Settings
from portal.db.engine import db
from tests import people
from tests.logins import login
from tests.pages import PageClient
from tests.people import PASSWORD


@pytest.fixture
def dana(app: Flask) -> PageClient:
    """A browser in which Dana of Acme signed in and out."""
    login(people.customer("acme"), "dana@acme.example")
    client = app.test_client()
    assert isinstance(client, PageClient)
    client.submit("/login", {"email": "dana@acme.example", "password": PASSWORD})
    client.submit("/logout", {}, at="/account")
    return client


def stranger(app: Flask) -> PageClient:
    client = app.test_client()
    assert isinstance(client, PageClient)
    return client


def guesses(client: PageClient, email: str = "dana@acme.example") -> None:
    for _ in range(6):
        client.submit("/login", {"email": email, "password": "wrong"})


def comes_in(client: PageClient, email: str = "dana@acme.example") -> bool:
    return client.submit("/login", {"email": email, "password": PASSWORD}).status_code == 302


def test_sec59_a_guesser_in_ones_own_network_does_not_keep_one_out(app: Flask, dana: PageClient) -> None:
    guesses(stranger(app))
    assert not comes_in(stranger(app))
    assert comes_in(dana)


def test_sec59_an_altered_cookie_makes_no_browser_known(app: Flask, dana: PageClient) -> None:
    held = dana.get_cookie("known")
    assert held is not None
    guesses(stranger(app))
    for value in ("", held.value[:-2], f"x{held.value}", "W10.nonsense"):
        forger = stranger(app)
        forger.set_cookie("known", value)
        assert not comes_in(forger), value


def test_sec59_the_cookie_opens_nothing(app: Flask, dana: PageClient) -> None:
    assert dana.get("/account").status_code == 302
    held = dana.get_cookie("known")
    assert held is not None
    assert "acme" not in held.value
    assert held.http_only
    assert held.same_site == "Lax"


def test_sec59_several_people_share_a_browser(app: Flask, dana: PageClient) -> None:
    login(people.customer("beta"), "petra@beta.example")
    assert comes_in(dana, "petra@beta.example")
    dana.submit("/logout", {}, at="/account")
    for email in ("dana@acme.example", "petra@beta.example"):
        guesses(stranger(app), email)
        assert comes_in(dana, email), email
        dana.submit("/logout", {}, at="/account")


def test_sec34_over_https_the_cookie_is_bound_to_the_host(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"cookies_secure": True, "base_url": "https://kith.example"}))
    app.test_client_class = PageClient
    with app.app_context():
        login(people.customer("acme"), "dana@acme.example")
        client = app.test_client()
        client.get("/login", base_url="https://kith.example")
        typed = {**client.page.hidden, "email": "dana@acme.example", "password": PASSWORD}
        answer = client.post("/login", data=typed, base_url="https://kith.example")
        (cookie,) = [one for one in answer.headers.getlist("Set-Cookie") if one.startswith("__Host-known=")]
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
        db.session.remove()
        db.engine.dispose()
