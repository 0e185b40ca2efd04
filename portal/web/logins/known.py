"""The cookie by which a browser is known again to whoever signed in there: nobody else's tries count in it (SEC59).

It opens nothing. It holds a random name and the public ids of the last few logins, signed, for half a year.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from flask import current_app, request
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from portal.actions.logins import NO_BROWSER, KnownBrowser
from portal.config import Settings

KEPT_FOR = timedelta(days=180)
MOST_LOGINS = 8
"""So many people of one household share a browser; whoever signed in longest ago is forgotten first."""


def browser() -> KnownBrowser:
    """What the request's browser is known as; an altered or old cookie is none."""
    held = _held()
    return KnownBrowser(held[0], frozenset(held[1:])) if held else NO_BROWSER


def remember(response: Response, login: str) -> Response:
    """Have the browser known to the login with this public id from now on."""
    name, *before = _held() or [secrets.token_urlsafe(16)]
    logins = [login, *(one for one in before if one != login)][:MOST_LOGINS]
    settings = _settings()
    response.set_cookie(
        _cookie(),
        _serializer().dumps([name, *logins]),
        max_age=KEPT_FOR,
        secure=settings.cookies_secure,
        httponly=True,
        samesite="Lax",
    )
    return response


def _held() -> list[str]:
    try:
        held = _serializer().loads(request.cookies.get(_cookie(), ""), max_age=int(KEPT_FOR.total_seconds()))
    except BadSignature:
        return []
    return [str(one) for one in held]


def _cookie() -> str:
    return "__Host-known" if _settings().cookies_secure else "known"


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.config["SECRET_KEY"]), salt="known browser")


def _settings() -> Settings:
    settings: Settings = current_app.config["PORTAL_SETTINGS"]
    return settings
