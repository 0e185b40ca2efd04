"""Addresses: the opaque id in them, and pages that exist for oneself and for somebody else."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from urllib.parse import urlsplit

from flask import Blueprint, g, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.routing import BaseConverter

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])

PLACEHOLDER = "0" * 20
"""Stands in an address for a public id that is not known yet."""


class PublicIdConverter(BaseConverter):
    """Twenty hexadecimal digits; anything else in that place is not a page (SEC9)."""

    regex = "[0-9a-f]{20}"


def page(bp: Blueprint, path: str, *, methods: tuple[str, ...] = ("GET",)) -> Callable[[View], View]:
    """Route a portal page twice: at `path` for oneself, and below `/for/<subject>` for somebody else.

    The guard takes `subject` out of the arguments and puts the customer into `g.subject`.
    """

    def decorate(view: View) -> View:
        tail = "" if path == "/" else path
        bp.add_url_rule(path, view.__name__, view, methods=list(methods))
        bp.add_url_rule(f"/for/<public_id:subject>{tail or '/'}", view.__name__, view, methods=list(methods))
        return view

    return decorate


def address(endpoint: str, **values: object) -> str:
    """The address of a portal page for the customer this page is about: `/for/…` when acting for somebody."""
    subject = g.get("subject")
    if subject is not None and not g.get("subject_is_self", True) and "subject" not in values:
        values["subject"] = subject.public_id
    return url_for(endpoint, **values)  # type: ignore[arg-type]


def alike(make: Callable[[str], str]) -> Callable[[str], str]:
    """Addresses that differ in one public id: `make` gives the first, and the others follow its pattern.

    Where `make` gives none ("") there is none for any.
    """
    before, found, after = make(PLACEHOLDER).partition(PLACEHOLDER)
    return lambda public_id: f"{before}{public_id}{after}" if found else before


def is_local(target: str) -> bool:
    """Whether a `next` address stays on this host (SEC43)."""
    if not target.startswith("/") or target.startswith(("//", "/\\")) or any(ord(c) < 32 or c == "\\" for c in target):
        return False
    parts = urlsplit(target)
    return not parts.scheme and not parts.netloc


def loggable(path: str) -> str:
    """A path as logs may have it: without the secret of a calendar's address (SEC50)."""
    return "/calendar/….ics" if path.startswith("/calendar/") and path.endswith(".ics") else path


def full_path() -> str:
    """This request's own path with its query, for coming back after sign-in."""
    return request.full_path if request.query_string else request.path
