"""The signed-in browser: a random token in the cookie, everything else on the server."""

from __future__ import annotations

import sys

from flask import Flask, has_request_context, request, session
from flask_login import UserMixin, current_user, login_user
from werkzeug.exceptions import HTTPException

from portal.actions import logins
from portal.actions.logins import SignedIn
from portal.extensions import login_manager
from portal.rules.errors import Busy, PortalError

TOKEN = "_user_id"  # noqa: S105
"""Where Flask-Login keeps what `get_id` returns."""


class Visitor(UserMixin):
    """What Flask-Login calls a user: the token of a session, and who it stands for once that is known."""

    def __init__(self, token: str, signed_in: SignedIn | None = None) -> None:
        self.token = token
        self.signed_in = signed_in

    def get_id(self) -> str:
        return self.token


def register(app: Flask) -> None:
    """Let Flask-Login find people by their session's token. There is no cookie to remember them longer."""
    login_manager.session_protection = None
    login_manager.user_loader(_load)
    login_manager.init_app(app)


def current() -> SignedIn | None:
    """Who is signed in, found once a request; None for anybody else."""
    user = current_user
    signed_in: SignedIn | None = user.signed_in if user.is_authenticated else None
    return signed_in


def signed_in_unless_fault() -> SignedIn | None:
    """Who is signed in; nobody while a fault is being reported, because the database may be what failed."""
    return None if in_fault() or not has_request_context() else current()


def in_fault() -> bool:
    """Whether a fault is being reported, so that nothing more is asked of the database."""
    error = sys.exception()
    return error is not None and (not isinstance(error, PortalError | HTTPException) or isinstance(error, Busy))


def start(token: str) -> None:
    """Begin with nothing but `token` in the cookie: what was in it before, the CSRF secret included, is gone."""
    session.clear()
    login_user(Visitor(token, logins.resume(token)))


def end() -> None:
    """Sign out: the server forgets the session, and the cookie holds no more than that."""
    held = token()
    if held is not None:
        logins.sign_out(held)
    session.clear()
    session["left"] = True


def token() -> str | None:
    """The token in the cookie, whatever it is worth by now."""
    held: str | None = session.get(TOKEN)
    return held


def origin() -> dict[str, str]:
    """Where the request comes from, for the list of sessions and the pauses between tries."""
    return {"address": request.remote_addr or "", "browser": request.user_agent.string}


def _load(held: str) -> Visitor | None:
    signed_in = logins.resume(held)
    return Visitor(held, signed_in) if signed_in else None
