"""Turning what actions raise into pages, fragments and JSON problems, once."""

from __future__ import annotations

import structlog
from flask import Flask, Response, current_app, g, json, render_template, request
from flask_wtf.csrf import CSRFError
from markupsafe import escape
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from portal.rules.errors import (
    Busy,
    Conflict,
    Invalid,
    Mismatch,
    Missing,
    NotAllowed,
    PortalError,
    Reason,
    Refused,
    TooMany,
)
from portal.rules.sentences import NOTHING, Sentence, say, verbatim
from portal.web.addresses import loggable
from portal.web.figures import plain
from portal.web.logins import stale
from portal.web.remedies import linked

log = structlog.get_logger("portal.web")

STATUS: dict[type[PortalError], int] = {
    Invalid: 422,
    Mismatch: 422,
    Refused: 409,
    Conflict: 409,
    NotAllowed: 403,
    Missing: 404,
    TooMany: 429,
    Busy: 503,
}

TITLES = {
    400: say("We could not read that"),
    403: say("Not allowed"),
    404: say("Page not found"),
    405: say("This address does not do that"),
    409: say("Not possible right now"),
    413: say("That is too large"),
    422: say("Something is not right"),
    429: say("A little slower, please"),
    500: say("Something went wrong on our side"),
    503: say("Busy for a moment"),
}
SENTENCES = {
    400: say("Your browser sent something this page does not understand. Go back, reload the page and try again."),
    404: say("There is no such page, or it is not yours to see."),
    405: say("The page exists, but it cannot be used that way. Go back and use its buttons."),
    413: say("The file or form is larger than we accept. Nothing was stored."),
    500: say("The fault is recorded, nothing was changed, and trying again does no harm."),
}
PLAIN_PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width"><title>{title} – Kith</title></head>'
    '<body><main><h1>{title}</h1><p>{text}</p><p><a href="/">Go to Home</a></p></main></body></html>'
)
"""What is shown when even the error page cannot be made."""


def register(app: Flask) -> None:
    """Install the handlers."""
    app.register_error_handler(PortalError, portal_error)
    app.register_error_handler(CSRFError, csrf_error)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(Exception, fault)


def portal_error(error: PortalError) -> Response:
    """An action said no."""
    status = next(code for kind, code in STATUS.items() if isinstance(error, kind))
    reasons = error.reasons if isinstance(error, Refused) else ()
    headline = error.headline if isinstance(error, Refused) else NOTHING
    response = answer(status, error.sentences, reasons=reasons, headline=headline)
    retry_after = getattr(error, "retry_after", None)
    if retry_after is not None:
        response.headers["Retry-After"] = str(retry_after)
    return response


def csrf_error(_error: CSRFError) -> Response:
    """A form came without a valid token: from a page of another sign-in (I2), or from elsewhere."""
    if not wants_json() and (response := stale.answer()) is not None:
        return response
    if not request.cookies.get(current_app.config["SESSION_COOKIE_NAME"]):
        return answer(400, (stale.NO_COOKIE,))
    return answer(400, (say("This page was open for too long. Reload it and send it again; nothing was changed."),))


def http_error(error: HTTPException) -> Response:
    """What Flask and Werkzeug raise: unknown pages, methods, sizes."""
    status = error.code or 500
    if status < 400:
        return error.get_response()  # type: ignore[return-value]
    if isinstance(error, RequestEntityTooLarge):
        status = 413
    response = answer(status, (SENTENCES.get(status) or verbatim(error.description or ""),))
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        response.headers["Allow"] = ", ".join(allowed)
    return response


def fault(error: Exception) -> Response:
    """A fault of ours: recorded, and told without details (SEC52)."""
    # The rule, not the path: some addresses carry a token (SEC50).
    log.error("fault", rule=request.url_rule.rule if request.url_rule else None, exc_info=error)
    return answer(500, (SENTENCES[500],))


def answer(
    status: int, sentences: tuple[Sentence, ...], *, reasons: tuple[Reason, ...] = (), headline: Sentence = NOTHING
) -> Response:
    """The error as a page, as a fragment for htmx, or as an RFC 9457 problem for JSON."""
    title = headline or TITLES.get(status, TITLES[422])
    if wants_json():
        return _problem(status, title, sentences, reasons)
    g.setdefault("subject", None)
    template = "errors/fragment.html" if request.headers.get("HX-Request") and status != 500 else "errors/page.html"
    try:
        body = render_template(template, status=status, title=title, sentences=sentences, reasons=linked(reasons))
    except Exception as trouble:  # the page needs the database, which may be what is broken
        log.error("error page", path=loggable(request.path), exc_info=trouble)
        body = PLAIN_PAGE.format(title=escape(plain(title)), text=escape(" ".join(map(plain, sentences))))
    return Response(body, status=status, mimetype="text/html")


def wants_json() -> bool:
    best = request.accept_mimetypes.best_match(["text/html", "application/json", "application/problem+json"])
    return best is not None and best.endswith("json") and not request.headers.get("HX-Request")


def _problem(status: int, title: Sentence, sentences: tuple[Sentence, ...], reasons: tuple[Reason, ...]) -> Response:
    body = {
        "type": "about:blank",
        "title": plain(title),
        "status": status,
        "detail": " ".join(map(plain, sentences)),
        "reasons": [{"rule": r.rule, "message": plain(r.message), "remedy": plain(r.remedy)} for r in reasons],
    }
    return Response(json.dumps(body), status=status, mimetype="application/problem+json")
