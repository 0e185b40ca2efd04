"""Files that take long to make: so many at once for each person, and the rest is told to come back (R31)."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import ExitStack
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Flask, current_app, g, make_response, request
from flask.typing import ResponseReturnValue

from portal.outside import seats
from portal.rules.errors import TooMany
from portal.rules.sentences import say
from portal.web.guard import actor
from portal.web.serving.headers import SAFE_METHODS

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])

AT_ONCE = 2
"""Files for one login, on one machine."""

RETRY_SECONDS = 3
PATIENCE_SECONDS = 5.0
"""So long a form that was sent waits for its turn: whoever presses a button three times is told what it did."""

FULL = say("Two files are being made for you already. Wait until one of them has come, then ask for this one again.")
_NOBODY = re.compile(r"(?!)")


def register(app: Flask) -> None:
    """Free the seat of an answer that failed on its way out: another takes its place, and nobody closes the first."""
    app.teardown_request(_leave)


def _leave(error: BaseException | None) -> None:
    if error is not None and "seat" in g:
        g.seat.close()


def heavy(view: View) -> View:
    """The view makes a file: two at once for each login. Stands below `@needs`."""

    @wraps(view)
    def seated(*args: Any, **kwargs: Any) -> ResponseReturnValue:
        patience = 0.0 if request.method in SAFE_METHODS else PATIENCE_SECONDS
        give_back = seats.take(f"login-{actor().login_id}", AT_ONCE, patience=patience)
        if give_back is None:
            raise TooMany(RETRY_SECONDS, FULL)
        seat = g.seat = ExitStack()
        seat.callback(give_back)
        try:
            response = make_response(current_app.ensure_sync(view)(*args, **kwargs))
        except BaseException:
            seat.close()
            raise
        # The last lines of a file may be made while it is read.
        response.call_on_close(seat.close)
        return response

    cast(Any, seated).portal_heavy = True
    return cast(View, seated)


def addresses(app: Flask) -> re.Pattern[str]:
    """What the paths of all heavy views look like, for whoever meets a request before Flask does."""
    rules = [rule for rule in app.url_map.iter_rules() if _is_heavy(app.view_functions[rule.endpoint])]
    if not rules:
        return _NOBODY
    return re.compile("|".join(_pattern(rule.rule) for rule in rules))


def _is_heavy(view: Callable[..., Any]) -> bool:
    return bool(getattr(view, "portal_heavy", False))


def _pattern(rule: str) -> str:
    """`/files/<int:number>.<form>` as an expression."""
    fixed = re.split(r"<[^>]*>", rule)
    return r"[^/]+".join(map(re.escape, fixed)) + r"\Z"
