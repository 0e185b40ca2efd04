"""The Statements page: look at one, download it, save it, send it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from jinja2_fragments.flask import render_block

from portal.actions.documents import lists as documents
from portal.actions.statements import files as statement_files
from portal.actions.statements import view as statements
from portal.actions.statements.view import StatementRequest
from portal.actions.statements.work import longest_at_once
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.web.addresses import address, page
from portal.web.forms import sent_key
from portal.web.frame import wants_fragment
from portal.web.guard import actor, may, needs, subject
from portal.web.places import Place
from portal.web.serving import downloads
from portal.web.serving.heavy import heavy
from portal.web.statements import sending
from portal.web.statements.forms import SendForm
from portal.web.statements.page import Places, ShownStatement, filters, format_named, look, read_request
from portal.web.statements.sending import Side

bp = Blueprint("statements", __name__)

OWN = WHEN_ACTING = Place(
    say("Statements"), "statements", "statements.view", Permission.STATEMENTS_VIEW, 40, seen=say("statements")
)


@page(bp, "/statements")
@needs(Permission.STATEMENTS_VIEW)
def view() -> ResponseReturnValue:
    """S1 to S4: the statement that the filters ask for; this month without any."""
    shown = look(actor(), subject(), request.args, _places())
    return _answer("statements/view.html", "statement", shown), shown.status


@page(bp, "/statements/accounts")
@needs(Permission.STATEMENTS_VIEW)
def accounts() -> ResponseReturnValue:
    """Suggestions for the account field of somebody with many accounts."""
    found = statements.find_accounts(actor(), subject().public_id, request.args.get("account", "")[:100])
    return render_template("statements/suggestions.html", found=found)


@page(bp, "/statements/download.<form>")
@needs(Permission.STATEMENTS_VIEW)
@heavy
def download(form: str) -> ResponseReturnValue:
    """S5: the statement as a file. A very long one is made in the background, once a button is pressed."""
    wanted = _wanted(request.args)
    made = statement_files.export(actor(), subject().public_id, wanted, format_named(form))
    if made is None:
        most = longest_at_once(format_named(form))
        return render_template("statements/large.html", form_name=form, args=filters(request.args), most=most)
    return downloads.attached(made.pieces, made.filename, made.content_type)


@page(bp, "/statements/files", methods=("POST",))
@needs(Permission.STATEMENTS_VIEW)
def files() -> ResponseReturnValue:
    """Start making a file in the background."""
    job = statement_files.start_file(
        actor(),
        subject().public_id,
        _wanted(request.form),
        format_named(request.form.get("form", "")),
        url=_places().pattern("file", "job"),
        once=sent_key(),
    )
    return redirect(url_for("jobs.view", job=job), 303)


@page(bp, "/statements/files/<public_id:job>")
@needs(Permission.STATEMENTS_VIEW)
def file(job: str) -> ResponseReturnValue:
    """Fetch what a job has made."""
    made = statement_files.open_file(actor(), subject().public_id, job)
    return downloads.stored(made.file, made.filename, made.content_type, made.size)


@page(bp, "/statements/save", methods=("POST",))
@needs(Permission.STATEMENTS_SAVE)
@heavy
def save() -> ResponseReturnValue:
    """S6: keep the statement in Documents."""
    outcome = statement_files.save(actor(), subject().public_id, _wanted(request.form), once=sent_key())
    if outcome.job:
        return redirect(url_for("jobs.view", job=outcome.job), 303)
    return redirect(address("statements.saved", document=outcome.document), 303)


@page(bp, "/statements/saved/<public_id:document>")
@needs(Permission.STATEMENTS_SAVE)
def saved(document: str) -> ResponseReturnValue:
    """After saving: what was kept, and where it is now (UX10)."""
    kept = documents.look_up(actor(), subject().public_id, document)
    return render_template("statements/saved.html", kept=kept)


@page(bp, "/statements/send", methods=("GET", "POST"))
@needs(Permission.STATEMENTS_SEND)
@heavy
def send() -> ResponseReturnValue:
    """S7: write the letter, look at it once more (UX8), send it."""
    return sending.send(_side(), _wanted(request.values), filters(request.values))


@page(bp, "/statements/sent/<public_id:mail>")
@needs(Permission.STATEMENTS_SEND)
def sent(mail: str) -> ResponseReturnValue:
    """What became of the mail; the page asks again by itself for a while (S7, UX10)."""
    return sending.watch(_side(), mail)


def _places() -> Places:
    """Where the portal's own page leads, as far as the person may go."""
    return Places(
        build=address,
        view="statements.view",
        download="statements.download",
        files="statements.files",
        save="statements.save" if may(Permission.STATEMENTS_SAVE) and may(Permission.DOCUMENTS_VIEW) else "",
        send="statements.send" if may(Permission.STATEMENTS_SEND) else "",
        file="statements.file",
        sent="statements.sent",
        entry="entries.view",
        invoice="invoices.view",
        credit_note="invoices.credit_note",
        accounts="statements.accounts",
    )


def _answer(template: str, block: str, shown: ShownStatement) -> str:
    values = {"s": shown, "form": shown.form, "in_place": wants_fragment()}
    if wants_fragment():
        return str(render_block(template, block, **values))
    return render_template(template, **values)


def _side() -> Side:
    return Side(_places(), SendForm, _show, lambda job: url_for("jobs.view", job=job))


def _show(name: str, code: int = 200, **values: Any) -> ResponseReturnValue:
    template = f"statements/{name}.html"
    if name == "sent" and wants_fragment():
        return render_block(template, "state", **values), code
    return render_template(template, **values), code


def _wanted(sent: Mapping[str, str]) -> StatementRequest:
    return read_request(actor(), subject(), filters(sent))
