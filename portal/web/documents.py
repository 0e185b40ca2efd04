"""The Documents page: a customer's files, and downloading one."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from jinja2_fragments.flask import render_block

from portal.actions import documents
from portal.actions.documents import DocumentFilter, DocumentsPage
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.web import downloads
from portal.web.addresses import address, page
from portal.web.frame import wants_fragment
from portal.web.guard import actor, may, needs, subject
from portal.web.places import Place

bp = Blueprint("documents", __name__)

OWN = WHEN_ACTING = Place(
    say("Documents"), "documents", "documents.index", Permission.DOCUMENTS_VIEW, 60, seen=say("documents")
)

COLUMNS = (("title", "Document", False), ("date", "Saved", True), ("size", "Size", True))
"""What can be sorted: its name in the address, its heading, and whether the largest comes first."""


@page(bp, "/documents")
@needs(Permission.DOCUMENTS_VIEW)
def index() -> ResponseReturnValue:
    """The list, filtered, sorted, a page at a time."""
    found = documents.list_documents(actor(), subject().public_id, _wanted())
    values = {
        "found": found,
        "orders": [_order(found, *column) for column in COLUMNS],
        "page_url": _page_url,
        "may_save": may(Permission.STATEMENTS_SAVE),
        "in_place": wants_fragment(),
    }
    if wants_fragment():
        return render_block("documents/index.html", "results", **values)
    return render_template("documents/index.html", **values)


@page(bp, "/documents/<public_id:document>/download")
@needs(Permission.DOCUMENTS_VIEW)
def download(document: str) -> ResponseReturnValue:
    """One document of the list."""
    made = documents.open_document(actor(), subject().public_id, document)
    return downloads.stored(made.file, made.filename, made.content_type, made.size)


def _wanted() -> DocumentFilter:
    args = request.args
    number = args.get("page", "1")
    return DocumentFilter(
        text=args.get("q", ""),
        about=args.get("about", ""),
        sort=args.get("sort", "date"),
        descending=args.get("order", "down") != "up",
        page=int(number) if number.isdecimal() and len(number) < 7 else 1,
    )


def _page_url(found: DocumentsPage, **changes: object) -> str:
    """This list with some of its filters changed."""
    wanted = found.wanted
    values: dict[str, object] = {
        "q": wanted.text or None,
        "about": wanted.about or None,
        "sort": None if wanted.sort == "date" else wanted.sort,
        "order": None if wanted.descending else "up",
    }
    return address("documents.index", **{**values, **changes})


def _order(found: DocumentsPage, sort: str, label: str, largest_first: bool) -> dict[str, object]:
    """A heading that sorts: pressing the current one turns the order around."""
    current = found.wanted.sort == sort
    descending = not found.wanted.descending if current else largest_first
    shown = ("descending" if found.wanted.descending else "ascending") if current else ""
    url = _page_url(found, sort=None if sort == "date" else sort, order=None if descending else "up")
    return {"sort": sort, "label": label, "url": url, "shown": shown, "menu": (label, url, current)}
