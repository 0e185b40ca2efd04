"""Ending the look at the portal as a customer sees it, and refusing whatever else would change something (O7)."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from portal.actions.customers import viewing as actions
from portal.actions.logins import SignedIn
from portal.rules.errors import NotAllowed
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.web.session import current

END = "viewing.end"
SECRET = frozenset({"calendar.subscribe"})
"""Pages that would show a secret of whoever signs in, beside those about one's own sign-in."""

bp = Blueprint("viewing", __name__)


def only_looks(signed_in: SignedIn, permission: Permission) -> None:
    """While staff look as a customer nothing is changed, and nothing of how somebody signs in is shown.

    Raises NotAllowed, and the log tells what was tried.
    """
    if request.method not in ("GET", "HEAD", "OPTIONS") and request.endpoint != END:
        actions.refused(signed_in.actor, request.path)
        raise NotAllowed(say("You are viewing as {name}: you can look and change nothing.", name=_name(signed_in)))
    if permission is Permission.ACCOUNT or request.endpoint in SECRET:
        raise NotAllowed(say("How {name} signs in is shown to nobody else.", name=_name(signed_in)))


def _name(signed_in: SignedIn) -> str:
    return signed_in.customer_name or ""


# Imported by the guard, so marked by hand here: `guard.needs` would import this module again.
def end() -> ResponseReturnValue:
    """Go back to the customer's profile in the back office."""
    signed_in = current()
    if signed_in is None or signed_in.viewing is None:
        return redirect("/", 303)
    actions.end(signed_in.actor, signed_in.session_public_id)
    return redirect(url_for("staff_customers.summary", subject=signed_in.customer_public_id), 303)


end.portal_policy = Permission.HOME  # type: ignore[attr-defined]
bp.add_url_rule("/view-as/end", "end", end, methods=["POST"])
