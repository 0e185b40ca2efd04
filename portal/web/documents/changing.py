"""Putting files into a customer's documents, and changing and removing what was put there (M3)."""

from __future__ import annotations

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from portal.actions.documents import adding, changing, lists
from portal.actions.documents.changing import Changeable
from portal.rules.errors import Invalid, Refused
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.web.addresses import address, page
from portal.web.documents.forms import UploadForm, WordingForm
from portal.web.documents.pages import bp
from portal.web.forms import add_errors, sent_key
from portal.web.guard import actor, needs, subject
from portal.web.remedies import linked
from portal.web.telling import tell


@page(bp, "/documents/add", methods=("GET", "POST"))
@needs(Permission.DOCUMENTS_ADD)
def add() -> ResponseReturnValue:
    """The form for a file, and putting it there."""
    form, here = UploadForm(), subject().public_id
    form.offer(adding.audiences(actor(), here))
    if not form.validate_on_submit():
        return _form("add", form, 200 if request.method == "GET" else 422)
    try:
        done = adding.add(actor(), here, *form.sent, form.wanted, once=sent_key())
    except Invalid as error:
        add_errors(form, error)
        return _form("add", form, 422)
    except Refused as error:
        return _form("add", form, 409, reasons=linked(error.reasons))
    if done.before:
        tell(say("The same file is there already, as “{title}”.", title=done.title))
    else:
        tell(say("“{title}” is added.", title=done.title))
    return redirect(address("documents.index"), 303)


@page(bp, "/documents/<public_id:document>/edit", methods=("GET", "POST"))
@needs(Permission.DOCUMENTS_ADD)
def edit(document: str) -> ResponseReturnValue:
    """Another title or folder, or other people who may see it."""
    found = changing.look_up(actor(), subject().public_id, document)
    form = WordingForm(title=found.document.title, folder=found.document.folder)
    form.offer(found.audiences, found.document.audience)
    if not form.validate_on_submit():
        return _form("edit", form, 200 if request.method == "GET" else 422, found)
    try:
        changing.change(actor(), subject().public_id, document, form.wanted, once=sent_key())
    except Invalid as error:
        add_errors(form, error)
        return _form("edit", form, 422, found)
    tell(say("“{title}” is saved.", title=form.wanted.title or found.document.title))
    return redirect(address("documents.index"), 303)


@page(bp, "/documents/<public_id:document>/remove", methods=("GET", "POST"))
@needs(Permission.DOCUMENTS_ADD)
def remove(document: str) -> ResponseReturnValue:
    """Take it out, after saying what that means (UX9)."""
    if request.method == "GET":
        found = changing.look_up(actor(), subject().public_id, document)
        return render_template("documents/remove.html", found=found.document)
    title = changing.remove(actor(), subject().public_id, document, once=sent_key())
    tell(say("“{title}” is removed.", title=title))
    return redirect(address("documents.index"), 303)


def _form(
    name: str, form: WordingForm, code: int, found: Changeable | None = None, **values: object
) -> ResponseReturnValue:
    folders = lists.folders(actor(), subject().public_id)
    text = render_template(f"documents/{name}.html", form=form, found=found, folders=folders, **values)
    return text, code
