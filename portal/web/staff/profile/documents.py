"""The Documents tab."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from portal.actions import documents as document_actions
from portal.actions.documents import DocumentFilter
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.web.guard import actor, needs, subject
from portal.web.listing import Listing, page_number
from portal.web.places import Tab
from portal.web.serving import downloads
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
    pages: dict[str, Any] = {**Listing(partial(at, "documents", here), {"q": wanted.text}).pages(page, found.pages)}
    return tab("documents", "documents", found=found, **pages)


@bp.get("/<public_id:subject>/documents/<public_id:document>")
@needs(Permission.CUSTOMERS_VIEW)
def document(document: str) -> ResponseReturnValue:
    """One document as a file."""
    opened = document_actions.open_document(actor(), subject().public_id, document)
    return downloads.stored(opened.file, opened.filename, opened.content_type, opened.size)
