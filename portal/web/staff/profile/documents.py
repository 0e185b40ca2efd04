"""The Documents tab."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from portal.actions import documents as document_actions
from portal.actions.documents import DocumentFilter
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.web import downloads
from portal.web.forms import page_number
from portal.web.guard import actor, needs, subject
from portal.web.places import Tab
from portal.web.staff.customers import bp
from portal.web.staff.profile.head import at, tab

TAB = Tab(say("Documents"), "documents", Permission.CUSTOMERS_VIEW, 60)


@bp.get("/<public_id:subject>/documents")
@needs(Permission.CUSTOMERS_VIEW)
def documents() -> ResponseReturnValue:
    """The customer's documents."""
    wanted = DocumentFilter(text=request.args.get("q", ""), page=page_number())
    found = document_actions.list_documents(actor(), subject().public_id, wanted)
    page = found.wanted.page
    here = subject().public_id
    return tab(
        "documents",
        "documents",
        found=found,
        previous_url=at("documents", here, q=wanted.text, page=str(page - 1)) if page > 1 else "",
        next_url=at("documents", here, q=wanted.text, page=str(page + 1)) if page < found.pages else "",
    )


@bp.get("/<public_id:subject>/documents/<public_id:document>")
@needs(Permission.CUSTOMERS_VIEW)
def document(document: str) -> ResponseReturnValue:
    """One document as a file."""
    opened = document_actions.open_document(actor(), subject().public_id, document)
    return downloads.stored(opened.file, opened.filename, opened.content_type, opened.size)
