"""The guard in front of every view: who may, and for whom.

`@needs(Permission.X)` or `@public` marks each view; the application refuses to start with an endpoint that carries
neither. The marks also make the policy table that the tests walk through.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from flask import Flask, current_app, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from portal.actions import access
from portal.actions.access import Profile
from portal.rules.deciding import GROUPS, Actor, Decision, Grant, SubjectFacts
from portal.rules.errors import Missing
from portal.rules.permissions import Permission
from portal.web import beginning, viewing
from portal.web.addresses import full_path
from portal.web.logins import stale
from portal.web.session import current

View = TypeVar("View", bound=Callable[..., object])
PUBLIC = "public"
READS_FINANCES = frozenset({Permission.CUSTOMERS_FINANCE, Permission.FINANCE_POST})
"""Permissions for pages that are about a customer's books: opening one leaves a trace (SEC62)."""


def needs(permission: Permission) -> Callable[[View], View]:
    """The view may only be used with `permission` over the customer in its address (or oneself)."""

    def mark(view: View) -> View:
        cast(Any, view).portal_policy = permission
        return view

    return mark


def public(view: View) -> View:
    """Anybody may use the view."""
    cast(Any, view).portal_policy = PUBLIC
    return view


def register(app: Flask) -> None:
    """Check that every endpoint is marked, and guard each request."""
    unmarked = [name for name in app.view_functions if policy(app, name) is None]
    if unmarked:
        raise RuntimeError(f"endpoints without @needs or @public: {', '.join(sorted(unmarked))}")
    app.before_request(guard)


def policy(app: Flask, endpoint: str) -> Permission | str | None:
    """The permission of an endpoint, PUBLIC, or None if it is not marked."""
    mark: Permission | str | None = getattr(app.view_functions[endpoint], "portal_policy", None)
    return mark


def guard() -> ResponseReturnValue | None:
    """Let the request through, ask for a sign-in, or raise NotAllowed or Missing."""
    if request.endpoint is None:
        return None
    mark = policy(current_app, request.endpoint)
    if mark == PUBLIC:
        return None
    assert isinstance(mark, Permission)
    signed_in = current()
    if signed_in is None:
        return ask_to_sign_in()
    if signed_in.viewing is not None:
        viewing.only_looks(signed_in, mark)
    if signed_in.actor.is_staff and request.path == "/":
        return redirect(url_for("staff.home"))
    _enter(signed_in.actor, mark)
    return None


def _enter(signed_in: Actor, permission: Permission) -> None:
    public_id = request.view_args.pop("subject", None) if request.view_args else None
    if signed_in.is_staff and public_id is None:
        g.grant = access.require(signed_in, permission)
        return
    subject = access.load_subject(signed_in, public_id)
    g.subject_is_self = subject.id == signed_in.customer_id
    g.grant = access.require(signed_in, permission, subject, _facts(signed_in, subject, permission))
    g.subject = subject
    if request.method == "GET" and not g.subject_is_self:
        beginning.note()
        access.note_look(signed_in, subject, request.blueprint or "", g.grant)
        if permission in READS_FINANCES:
            access.note_finances(signed_in, subject)


def _facts(signed_in: Actor, profile: Profile, permission: Permission) -> SubjectFacts:
    """What deciding needs to know, asked for once a request however many controls a page hides."""
    known: dict[tuple[int, Permission | None], SubjectFacts] = g.setdefault("facts", {})
    key = profile.id, permission if permission in GROUPS else None
    if key not in known:
        known[key] = access.facts_for(signed_in, profile, permission)
    return known[key]


def ask_to_sign_in() -> Response:
    """Lead to the sign-in page and back; an htmx request is told to load it as a page (SEC42)."""
    if request.method != "GET" and (response := stale.answer()) is not None:
        return response
    reads = request.method == "GET" and not request.headers.get("HX-Request")
    return stale.ask_to_sign_in(full_path() if reads else "")


def actor() -> Actor:
    """The signed-in actor of this request."""
    signed_in = current()
    if signed_in is None:
        raise Missing()
    return signed_in.actor


def subject() -> Profile:
    """The customer this page is about."""
    return cast(Profile, g.subject)


def shows_finances(profile: Profile | None = None) -> None:
    """Said by a page about something else that shows figures of somebody's books, the page's customer's if nobody
    else's: an administrator who may see them leaves a trace (SEC62).
    """
    about = profile if profile is not None else subject()
    if may(Permission.CUSTOMERS_FINANCE, about):
        access.note_finances(actor(), about)


def grant() -> Grant:
    """The grant through which the actor got here."""
    return cast(Grant, g.grant)


def may(permission: Permission, profile: Profile | None = None) -> bool:
    """Whether the signed-in actor may, over `profile` or the customer of this page; for hiding controls only."""
    signed_in = current()
    if signed_in is None:
        return False
    about = profile if profile is not None else g.get("subject")
    facts = _facts(signed_in.actor, about, permission) if about is not None else None
    decision: Decision = access.weigh(signed_in.actor, permission, about, facts)
    return bool(decision)
