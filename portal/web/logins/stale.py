"""Forms that come too late, or from a page of another sign-in, are no dead end (I2).

Every form says, sealed, which login its page was shown to. What was typed is kept on the server for that login alone,
and stands in the form again once its owner has signed in. What strangers type (signing in, activating) waits in their
own cookie for the page that comes next. Nothing is ever carried out of a form that could not be taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode, urlsplit

from flask import Response, current_app, g, redirect, render_template, request, session, url_for
from flask.globals import request_ctx
from itsdangerous import BadSignature, URLSafeTimedSerializer
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from portal.actions import logins
from portal.actions.logins import Kept, SignedIn
from portal.rules.logins.kept_forms import LIFETIME, Over, worth_keeping
from portal.rules.sentences import NOTHING, Sentence, say, together
from portal.web import session as browser
from portal.web.addresses import is_local
from portal.web.telling import tell

WHOSE = "whose"
"""The field with the seal."""

KEPT = "kept"
"""The part of an address that names a kept form."""

SEALED_FOR = 7 * 24 * 3600
MOST_IN_COOKIE = 2_000
"""Characters that strangers' forms may keep in their cookie."""

AGAIN = "again"
"""The part of an address that says that the browser was asked to keep a cookie."""

PRESS_AGAIN = say(
    "You signed in again after this page was opened, so nothing was done yet. Press the button once more."
)
CHECK_IT = say("What you typed is here again, and nothing was sent yet. Check it, and press the button once more.")
NOT_KEPT = say("Passwords and files are never kept: enter them again.")
OPEN_TOO_LONG = say("Something changed while this page was open, so nothing was sent. Check it, and send it once more.")
NO_COOKIE = say(
    "Your browser did not send back the cookie of this page, so nothing was sent. Allow cookies for this site, and "
    "open the page again."
)
COMES_BACK = say("Sign in, and what you typed comes back; nothing was sent yet.")
SIGN_IN = say("Sign in again to go on.")
HERE_ALREADY = say("You are signed in already, as {email}. To sign in as somebody else, sign out first.")


def seal() -> str:
    """Which login the page is shown to, sealed; "" for nobody."""
    if "seal" not in g:
        signed_in = browser.signed_in_unless_fault()
        g.seal = _serializer().dumps(signed_in.login_public_id) if signed_in else ""
    found: str = g.seal
    return found


def answer() -> Response | None:
    """What to answer to a form that cannot be taken; None where it is nothing of ours, and is refused."""
    me, owner = browser.current(), _owner()
    if not owner:
        return _strangers_form(me) if _is_public() and "csrf_token" in request.form else None
    kept = _keep(owner)
    back = _back(kept)
    if me is None:
        return ask_to_sign_in(back, bool(kept), code=303)
    if me.login_public_id != owner:
        return _somebody_elses(back)
    if not kept:
        tell(PRESS_AGAIN, "info")
    return go(back)


def ask_to_sign_in(back: str, kept: bool = False, *, code: int = 302) -> Response:
    """Lead to the sign-in page, which says why, and back to `back`."""
    wanted = back if back not in ("", "/") else None
    session["why"] = {"over": why_over().name, "kept": kept, "next": wanted or ""}
    return go(url_for("login.sign_in", next=wanted), code)


def go(target: str, code: int = 303) -> Response:
    """Send the browser to a page; htmx is told to load it whole (SEC42)."""
    if request.headers.get("HX-Request"):
        response = Response(status=401)
        response.headers["HX-Redirect"] = target
        return response
    return redirect(target, code, Response)  # type: ignore[return-value]


def why_over() -> Over:
    """Why nobody is signed in here any more."""
    return logins.why_over(browser.token(), left=bool(session.get("left")))


def why_here(wanted: str) -> tuple[Sentence, bool]:
    """What the sign-in page says to somebody who comes back to `wanted`, and whether something waits for them."""
    told = session.get("why")
    if isinstance(told, Mapping) and told.get("next") == wanted and told.get("over") in Over.__members__:
        over, kept = Over[str(told["over"])], bool(told.get("kept"))
        if over is Over.LOST and not kept:
            return NOTHING, False
        return together(over.sentence, COMES_BACK if kept else SIGN_IN), kept
    if browser.TOKEN in session:
        return together(why_over().sentence, SIGN_IN), False
    return NOTHING, False


def typed() -> MultiDict[str, str] | None:
    """What was typed into the form of this page before, for a form that is being drawn; None for nothing."""
    if request.method != "GET":
        return None
    if "typed" not in g:
        g.typed = _from_server() or _from_cookie()
    found: Kept | None = g.typed
    if found is None:
        return None
    g.restored = found
    return MultiDict(found.fields)


def restored() -> list[Sentence]:
    """What to say above a form that holds what was typed before; nothing where there is none, or it was said."""
    found: Kept | None = g.get("restored")
    if found is None:
        return []
    return [CHECK_IT, NOT_KEPT] if found.left_out else [CHECK_IT]


def opened_version(now: int) -> object:
    """The version that a form was opened with: `now`, or the one that was kept with it (R24)."""
    found: Kept | None = g.get("restored")
    return dict(found.fields).get("version", now) if found else now


# Steps ----------------------------------------------------------------------------------------------------------------


def _owner() -> str:
    try:
        return str(_serializer().loads(request.form.get(WHOSE, ""), max_age=SEALED_FOR))
    except BadSignature:
        return ""


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.config["SECRET_KEY"]), salt="whose form")


def _keep(owner: str) -> str | None:
    """Keep what was typed, where this address has a page for it; a page that is one button has nothing to keep."""
    if not _is_page():
        return None
    fields = list(request.form.items(multi=True))
    files = any(file.filename for file in request.files.values())
    return logins.keep_form(owner, _own_address(), fields, files=files)


def _is_page() -> bool:
    try:
        request_ctx.url_adapter.match(request.path, method="GET")  # type: ignore[union-attr]
    except (HTTPException, RequestRedirect):
        return False
    return True


def _own_address() -> str:
    """The page of the form: this address without what belongs to coming back."""
    rest = [(name, value) for name, value in request.args.items(multi=True) if name not in (KEPT, AGAIN)]
    return f"{request.path}?{urlencode(rest)}" if rest else request.path


def _back(kept: str | None) -> str:
    """The page to come back to: that of the form with what was kept, or the one that its button stood on."""
    if kept:
        own = _own_address()
        return f"{own}{'&' if '?' in own else '?'}{KEPT}={kept}"
    if _is_page():
        return _own_address()
    came_from = urlsplit(request.referrer or "")
    target = came_from.path + (f"?{came_from.query}" if came_from.query else "")
    return target if came_from.netloc == request.host and is_local(target) else "/"


def _is_public() -> bool:
    view = current_app.view_functions.get(request.endpoint or "")
    return getattr(view, "portal_policy", None) == "public"


def _strangers_form(me: SignedIn | None) -> Response | None:
    """A form of somebody who was not signed in: its page anew, with what was typed."""
    if me is not None and request.endpoint == "login.sign_in":
        tell(say(HERE_ALREADY.template, email=me.email), "info")
        return go(url_for("login.sign_in", next=request.args.get("next")))
    if request.endpoint == "login.sign_out":
        return go(url_for("login.signed_out") if me is None else "/")
    if not _is_page():
        return None
    if not request.cookies.get(current_app.config["SESSION_COOKIE_NAME"]) and AGAIN in request.args:
        return None
    fields, secret = worth_keeping(request.form.items(multi=True))
    if sum(len(name) + len(text) for name, text in fields) <= MOST_IN_COOKIE:
        session["typed"] = {"path": request.path, "fields": fields, "left_out": secret}
    tell(OPEN_TOO_LONG, "info")
    own = _own_address()
    return go(f"{own}{'&' if '?' in own else '?'}{AGAIN}=1")


def _somebody_elses(back: str) -> Response:
    """A page that somebody opened who is not signed in here any more, sent by somebody else who is."""
    page = render_template("login/stale.html", back=back, minutes=int(LIFETIME.total_seconds() // 60))
    return Response(page, status=409, mimetype="text/html")


def _from_server() -> Kept | None:
    me, name = browser.current(), request.args.get(KEPT, "")
    found = logins.kept_form(me, name[:40]) if me is not None and name else None
    return found if found is not None and urlsplit(found.path).path == request.path else None


def _from_cookie() -> Kept | None:
    held = session.get("typed")
    if not isinstance(held, Mapping) or held.get("path") != request.path:
        return None
    session.pop("typed")
    return Kept(request.path, [(str(name), str(text)) for name, text in held["fields"]], bool(held.get("left_out")))
