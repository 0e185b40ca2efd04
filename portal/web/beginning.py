"""Where somebody was when they began to act for another, so that "Switch back" returns there.

It is the page of one's own that led to the first page of the other, as the browser tells it, and is kept in the signed
cookie. Only a page of this portal that has to do with nobody else is ever stored or given back (SEC43).
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import current_app, request, session, url_for
from werkzeug.exceptions import HTTPException

from portal.rules.permissions import Permission
from portal.web.addresses import is_local

KEY = "began_at"
LONGEST = 500
"""A longer address is not kept: the cookie is sent with every request."""


def note() -> None:
    """Remember the own page that led here; coming from a page of somebody acted for changes nothing."""
    came_from = urlsplit(request.referrer or "")
    if came_from.netloc != request.host:
        return
    target = came_from.path + (f"?{came_from.query}" if came_from.query else "")
    if _is_own_page(target) and session.get(KEY) != target:
        session[KEY] = target


def page() -> str:
    """Where "Switch back" leads: where one began, else Home."""
    target = session.get(KEY)
    return target if isinstance(target, str) and _is_own_page(target) else url_for("home.index")


def _is_own_page(target: str) -> bool:
    """Whether an address is a page of the portal for oneself that has to be signed in for."""
    if len(target) > LONGEST or not is_local(target) or target.startswith("/staff"):
        return False
    try:
        endpoint, values = current_app.url_map.bind("").match(urlsplit(target).path, method="GET")
    except HTTPException:
        return False
    policy = getattr(current_app.view_functions[endpoint], "portal_policy", None)
    return isinstance(policy, Permission) and "subject" not in values
