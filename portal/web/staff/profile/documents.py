"""The Documents tab."""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import redirect, request
from flask.typing import ResponseReturnValue

from portal.actions.documents import adding, changing
from portal.actions.documents import lists as document_actions
from portal.actions.documents.lists import DocumentFilter
from portal.rules.errors import Invalid, Refused
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.web.documents.forms import UploadForm, WordingForm
from portal.web.forms import add_errors, sent_key
from portal.web.guard import actor, may, needs, subject
from portal.web.listing import Listing, page_number
from portal.web.places import Tab
from portal.web.remedies import linked
from portal.web.serving import downloads
from portal.web.staff.customers import bp
from portal.web.staff.profile.head import at, tab
from portal.web.telling import tell

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
    return tab("documents", "documents", found=found, may_manage=may(Permission.DOCUMENTS_MANAGE), **pages)


@bp.get("/<public_id:subject>/documents/<public_id:document>")
@needs(Permission.CUSTOMERS_VIEW)
def document(document: str) -> ResponseReturnValue:
    """One document as a file."""
    opened = document_actions.open_document(actor(), subject().public_id, document)
    return downloads.stored(opened.file, opened.filename, opened.content_type, opened.size)


@bp.get("/<public_id:subject>/documents/<public_id:document>/look")
@needs(Permission.CUSTOMERS_VIEW)
def look_at_document(document: str) -> ResponseReturnValue:
    """A picture or a text in the browser; anything else is downloaded."""
    opened = document_actions.open_document(actor(), subject().public_id, document)
    if not opened.shown_as:
        return downloads.stored(opened.file, opened.filename, opened.content_type, opened.size)
    return downloads.looked_at(opened.file, opened.filename, opened.shown_as, opened.size)


@bp.route("/<public_id:subject>/documents/add", methods=["GET", "POST"])
@needs(Permission.DOCUMENTS_MANAGE)
def add_document() -> ResponseReturnValue:
    """Put a file into the customer's documents, or there for staff alone."""
    form, here = UploadForm(), subject().public_id
    form.offer(adding.audiences(actor(), here))
    if not form.validate_on_submit():
        return _form(form, 200 if request.method == "GET" else 422)
    try:
        done = adding.add(actor(), here, *form.sent, form.wanted, once=sent_key())
    except Invalid as error:
        add_errors(form, error)
        return _form(form, 422)
    except Refused as error:
        return _form(form, 409, reasons=linked(error.reasons))
    if done.before:
        tell(say("The same file is there already, as “{title}”.", title=done.title))
    else:
        tell(say("“{title}” is added.", title=done.title))
    return redirect(at("documents", here), 303)


@bp.route("/<public_id:subject>/documents/<public_id:document>/edit", methods=["GET", "POST"])
@needs(Permission.DOCUMENTS_MANAGE)
def edit_document(document: str) -> ResponseReturnValue:
    """Another title or folder, hide it from the customer, or let it be seen."""
    here = subject().public_id
    found = changing.look_up(actor(), here, document)
    form = WordingForm(title=found.document.title, folder=found.document.folder)
    form.offer(found.audiences, found.document.audience)
    if not form.validate_on_submit():
        return _form(form, 200 if request.method == "GET" else 422, found=found.document)
    try:
        changing.change(actor(), here, document, form.wanted, once=sent_key())
    except Invalid as error:
        add_errors(form, error)
        return _form(form, 422, found=found.document)
    tell(say("“{title}” is saved.", title=form.wanted.title or found.document.title))
    return redirect(at("documents", here), 303)


@bp.route("/<public_id:subject>/documents/<public_id:document>/remove", methods=["GET", "POST"])
@needs(Permission.DOCUMENTS_MANAGE)
def remove_document(document: str) -> ResponseReturnValue:
    """Take it out, after saying what that means (UX9)."""
    here = subject().public_id
    if request.method == "GET":
        return tab("documents", "document_remove", found=changing.look_up(actor(), here, document).document)
    title = changing.remove(actor(), here, document, once=sent_key())
    tell(say("“{title}” is removed.", title=title))
    return redirect(at("documents", here), 303)


def _form(form: WordingForm, code: int, **values: Any) -> ResponseReturnValue:
    folders = document_actions.folders(actor(), subject().public_id)
    return tab("documents", "document_form", code=code, form=form, folders=folders, **values)
