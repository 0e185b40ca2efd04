"""Security headers of every answer, and the check that an unsafe request comes from our own pages."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from urllib.parse import urlsplit

from flask import Flask, current_app, request
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge
from werkzeug.wrappers import Response

from portal.config import Settings
from portal.rules.errors import NotAllowed
from portal.rules.sentences import say
from portal.web.serving.bodies import MOST_FIELDS

CSP = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)
SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
"""For a file that somebody brought and a browser shows by itself: it loads nothing and runs nothing. The style is the
browser's own, around a picture or a text."""

LASTING = "public, max-age=31536000, immutable"
"""For what is nobody's in particular, at an address that changes with it: browsers keep it for a year."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def register(app: Flask) -> None:
    """Install both on `app`."""
    app.before_request(refuse_foreign_pages)
    app.before_request(refuse_unreadable)
    app.after_request(add_headers)


def refuse_foreign_pages() -> None:
    """SEC36: an unsafe request that a browser says comes from another site is refused; Origin is the fallback."""
    if request.method in SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        foreign = site not in ("same-origin", "none")
    else:
        origin = request.headers.get("Origin")
        foreign = origin is not None and not _is_ours(origin)
    if foreign:
        raise NotAllowed(say("This form was sent from another site. Open the page here and try again."))


def _is_ours(origin: str) -> bool:
    """Whether a page of this origin is ours; of an installation on https, only one that came that way."""
    parts = urlsplit(origin)
    settings: Settings = current_app.config["PORTAL_SETTINGS"]
    return parts.netloc == request.host and (parts.scheme == "https" or not settings.cookies_secure)


def refuse_unreadable() -> None:
    """No text of ours holds a NUL, and PostgreSQL takes none; no form of ours has a thousand fields (R20)."""
    sent = [*request.args.items(multi=True)]
    if request.method not in SAFE_METHODS:
        sent += request.form.items(multi=True)
    if len(sent) > MOST_FIELDS:
        raise RequestEntityTooLarge()
    if any("\x00" in text for pair in sent for text in pair):
        raise BadRequest()


def add_headers(response: Response) -> Response:
    """SEC39 to SEC41."""
    own = response.headers.get("Content-Security-Policy", "")
    response.headers.update(common_headers(current_app.config["PORTAL_SETTINGS"]))
    if own == SANDBOX:
        response.headers["Content-Security-Policy"] = SANDBOX
    if response.headers.get("Cache-Control") != LASTING:
        response.headers["Cache-Control"] = "no-store"
    response.vary.add("HX-Request")
    return response


@lru_cache(maxsize=8)
def common_headers(settings: Settings) -> Mapping[str, str]:
    """What pages and static files carry alike."""
    headers = {
        "Content-Security-Policy": CSP,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    if settings.cookies_secure:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    return MappingProxyType(headers)
