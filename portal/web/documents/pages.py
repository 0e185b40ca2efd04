"""The Documents page: a customer's files, and downloading one."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from jinja2_fragments.flask import render_block

from portal.actions.documents import lists as documents
from portal.actions.documents.changing import may_change
from portal.actions.documents.lists import DocumentFilter, DocumentsPage
from portal.rules.documents import SHOWN
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.web.addresses import address, page
from portal.web.frame import wants_fragment
from portal.web.guard import actor, may, needs, subject
from portal.web.listing import Heading, Listing, page_number
from portal.web.places import Place
from portal.web.serving import downloads

bp = Blueprint("documents", __name__)

OWN = WHEN_ACTING = Place(
    say("Documents"), "documents", "documents.index", Permission.DOCUMENTS_VIEW, 60, seen=say("documents")
)

COLUMNS = (("title", say("Document")), ("date", say("Saved")), ("size", say("Size")))
"""What can be sorted: its name in the address, and its heading."""


@page(bp, "/documents")
@needs(Permission.DOCUMENTS_VIEW)
def index() -> ResponseReturnValue:
    """The list, filtered, sorted, a page at a time."""
    found = documents.list_documents(actor(), subject().public_id, _wanted())
    listing = _listing(found)
    values = {
        "found": found,
        "orders": [_order(heading) for heading in listing.headings(COLUMNS)],
        **listing.pages(found.wanted.page, found.pages),
        "may_save": may(Permission.STATEMENTS_SAVE),
        "may_add": may(Permission.DOCUMENTS_ADD),
        "folder_choices": [(name, name) for name in found.folders],
        "changeable": {row.public_id for row in found.rows if may_change(actor(), row)},
        "shown": {row.public_id for row in found.rows if row.kind == "upload" and row.content_type in SHOWN},
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


@page(bp, "/documents/<public_id:document>/look")
@needs(Permission.DOCUMENTS_VIEW)
def look(document: str) -> ResponseReturnValue:
    """A picture or a text of the list in the browser; anything else is downloaded."""
    made = documents.open_document(actor(), subject().public_id, document)
    if not made.shown_as:
        return downloads.stored(made.file, made.filename, made.content_type, made.size)
    return downloads.looked_at(made.file, made.filename, made.shown_as, made.size)


def _wanted() -> DocumentFilter:
    args = request.args
    return DocumentFilter(
        text=args.get("q", ""),
        about=args.get("about", ""),
        folder=args.get("folder", ""),
        sort=args.get("sort", "date"),
        descending=args.get("order", "down") != "up",
        page=page_number(),
    )


def _listing(found: DocumentsPage) -> Listing:
    wanted = found.wanted
    return Listing(
        partial(address, "documents.index"),
        {"q": wanted.text, "about": wanted.about, "folder": wanted.folder},
        wanted.sort,
        wanted.descending,
        usual="date",
        usually_descending=True,
        largest_first=frozenset({"date", "size"}),
    )


def _order(heading: Heading) -> dict[str, object]:
    return {
        "sort": heading.key,
        "label": heading.label,
        "url": heading.url,
        "shown": heading.direction,
        "menu": (heading.label, heading.url, bool(heading.direction)),
    }
