"""The Statements page: look at one, download it, save it, send it."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from jinja2_fragments.flask import render_block
from werkzeug.wrappers import Response

from portal.actions import documents, outbox
from portal.actions.statements import files as statement_files
from portal.actions.statements import mail as statement_mail
from portal.actions.statements import view as statements
from portal.actions.statements.mail import Draft, Letter
from portal.actions.statements.names import Format
from portal.actions.statements.view import StatementRequest
from portal.actions.statements.work import Outcome, longest_at_once
from portal.outside import clock
from portal.rules.errors import Invalid, Missing
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.web import downloads
from portal.web.addresses import PLACEHOLDER, address, page
from portal.web.forms import add_errors, sent_key
from portal.web.frame import wants_fragment
from portal.web.guard import actor, may, needs, subject
from portal.web.places import Place
from portal.web.statements.forms import SendForm
from portal.web.statements.page import Places, ShownStatement, look, read_request

bp = Blueprint("statements", __name__)

OWN = WHEN_ACTING = Place(
    say("Statements"), "statements", "statements.view", Permission.STATEMENTS_VIEW, 40, seen=say("statements")
)

LONGEST_WATCH = 30
"""So often a page asks by itself what became of a mail."""


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
def download(form: str) -> ResponseReturnValue:
    """S5: the statement as a file. A very long one is made in the background, once a button is pressed."""
    wanted = _wanted(request.args)
    made = statement_files.export(actor(), subject().public_id, wanted, _format(form))
    if made is None:
        return render_template("statements/large.html", form_name=form, args=_plain(request.args), most=_most(form))
    return downloads.attached(made.pieces, made.filename, made.content_type)


@page(bp, "/statements/files", methods=("POST",))
@needs(Permission.STATEMENTS_VIEW)
def files() -> ResponseReturnValue:
    """Start making a file in the background."""
    job = statement_files.start_file(
        actor(),
        subject().public_id,
        _wanted(request.form),
        _format(request.form.get("form", "")),
        url=_pattern("statements.file", "job"),
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
def send() -> ResponseReturnValue:
    """S7: write the letter, look at it once more (UX8), send it."""
    wanted = _wanted(request.values)
    draft = statement_mail.draft(actor(), subject().public_id, wanted)
    form = _send_form(draft)
    step = request.form.get("step", "") if request.method == "POST" else "edit"
    if step == "edit":
        return _letter_page("statements/send.html", draft, form)
    letter = _letter(form)
    try:
        statement_mail.check_letter(actor(), subject().public_id, draft.statement, letter)
    except Invalid as error:
        add_errors(form, error)
        return _letter_page("statements/send.html", draft, form), 422
    if step != "send":
        return _letter_page("statements/check.html", draft, form)
    return _sent(_send_now(wanted, letter, form))


@page(bp, "/statements/sent/<public_id:mail>")
@needs(Permission.STATEMENTS_SEND)
def sent(mail: str) -> ResponseReturnValue:
    """What became of the mail; the page asks again by itself for a while (S7, UX10)."""
    state = outbox.state_of(actor(), mail)
    asked = request.args.get("asked", "0")
    number = int(asked) + 1 if asked.isdecimal() and len(asked) < 4 else 1
    url = "" if state.settled or number > LONGEST_WATCH else address("statements.sent", mail=mail, asked=number)
    template, name = "statements/sent.html", "state"
    sentence = state.sentence(clock.now(), subject().time_zone)
    values = {"state": state, "sentence": sentence, "next_url": url, "in_place": wants_fragment()}
    return render_block(template, name, **values) if wants_fragment() else render_template(template, **values)


def _places() -> Places:
    """Where the portal's own page leads, as far as the person may go."""
    return Places(
        build=address,
        view="statements.view",
        download="statements.download",
        files="statements.files",
        save="statements.save" if may(Permission.STATEMENTS_SAVE) and may(Permission.DOCUMENTS_VIEW) else "",
        send="statements.send" if may(Permission.STATEMENTS_SEND) else "",
        entry="entries.view",
        accounts="statements.accounts",
    )


def _answer(template: str, block: str, shown: ShownStatement) -> str:
    values = {"s": shown, "form": shown.form, "in_place": wants_fragment()}
    if wants_fragment():
        return str(render_block(template, block, **values))
    return render_template(template, **values)


def _wanted(values: object) -> StatementRequest:
    return read_request(actor(), subject(), _plain(values))


def _plain(values: object) -> dict[str, str]:
    """The filters among what was sent; anything else is not looked at (SEC7)."""
    assert hasattr(values, "get")
    found = {name: values.get(name) for name in ("account", "from", "to", "type", "payer")}
    return {name: str(value) for name, value in found.items() if value}


def _format(name: str) -> Format:
    try:
        return Format(name)
    except ValueError:
        raise Missing() from None


def _most(form: str) -> int:
    return longest_at_once(_format(form))


def _pattern(endpoint: str, name: str) -> str:
    """An address with {name} in the place of a public id that is not known yet."""
    return address(endpoint, **{name: PLACEHOLDER}).replace(PLACEHOLDER, f"{{{name}}}")


def _send_form(draft: Draft) -> SendForm:
    form = SendForm()
    form.recipient.choices = [(one.address, one.address) for one in draft.recipients]
    if request.method == "GET":
        form.recipient.data = draft.recipients[0].address if draft.recipients else ""
        form.subject.data, form.message.data, form.mark.data = draft.subject, draft.message, draft.mark
    return form


def _letter(form: SendForm) -> Letter:
    return Letter(
        to=str(form.recipient.data or "").strip(),
        subject=str(form.subject.data or "").strip(),
        message=str(form.message.data or "").replace("\r\n", "\n"),
    )


def _letter_page(template: str, draft: Draft, form: SendForm) -> str:
    args = _plain(request.values)
    return render_template(template, draft=draft, form=form, args=args, back_url=address("statements.view", **args))


def _send_now(wanted: StatementRequest, letter: Letter, form: SendForm) -> Outcome:
    return statement_mail.send(
        actor(),
        subject().public_id,
        wanted,
        letter,
        mark=str(form.mark.data or "") or None,
        url=_pattern("statements.sent", "mail"),
        once=sent_key(),
    )


def _sent(outcome: Outcome) -> Response:
    if outcome.job:
        return redirect(url_for("jobs.view", job=outcome.job), 303)
    return redirect(address("statements.sent", mail=outcome.mail), 303)
