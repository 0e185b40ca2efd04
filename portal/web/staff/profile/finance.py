"""The Finance tab: balances, and the statement with everything that can be done with it (S1 to S7)."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from jinja2_fragments.flask import render_block

from portal.actions import outbox
from portal.actions.books import future_items
from portal.actions.customers import profile as profiles
from portal.actions.customers.profile import Head
from portal.actions.statements import files as statement_files
from portal.actions.statements import mail as statement_mail
from portal.actions.statements import view as statements
from portal.actions.statements.mail import Draft, Letter
from portal.actions.statements.names import Format
from portal.actions.statements.view import StatementRequest
from portal.actions.statements.work import Outcome, longest_at_once
from portal.outside import clock
from portal.rules.errors import Conflict, Invalid, Missing
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.web import downloads
from portal.web.figures import time_zone
from portal.web.forms import add_errors, options, sent_key
from portal.web.frame import wants_fragment
from portal.web.guard import actor, may, needs, subject
from portal.web.places import Remedy, Tab
from portal.web.staff.customers import bp
from portal.web.staff.forms import SendStatementForm
from portal.web.staff.profile.head import Menu, MenuItem, at, frame, tab
from portal.web.statements.page import Places, look, read_request

TAB = Tab(say("Finance"), "finance", Permission.CUSTOMERS_FINANCE, 40)
REMEDIES = (
    Remedy("customer-finance", "staff_customers.finance", say("Open its finances"), Permission.CUSTOMERS_FINANCE),
)


def _menu(head: Head) -> list[MenuItem]:
    if not may(Permission.CUSTOMERS_FINANCE):
        return []
    return [MenuItem(say("Generate statement"), "statements", at("finance", head.profile.public_id))]


MENU = Menu(3, 20, _menu)


FILTERS = ("account", "from", "to", "type", "payer")
PLACEHOLDER = "0" * 20
"""Stands in an address for a public id that is not known yet."""
LONGEST_WATCH = 30
"""So often a page asks by itself what became of a mail."""


@bp.get("/<public_id:subject>/finance")
@needs(Permission.CUSTOMERS_FINANCE)
def finance() -> ResponseReturnValue:
    """Balances as of today, and the statement that the filters ask for."""
    shown = look(actor(), subject(), request.args, _places())
    waiting = future_items.waiting(actor(), subject())
    listed = {item.number for item in waiting}
    values = {"s": shown, "form": shown.form, "in_place": wants_fragment(), "listed": listed}
    if wants_fragment():
        body = render_block("staff/customers/finance.html", "statement", **frame("finance"), **values)
        return body, shown.status
    balances = profiles.balances(actor(), subject())
    return tab("finance", "finance", code=shown.status, balances=balances, waiting=waiting, **values)


@bp.get("/<public_id:subject>/finance/accounts")
@needs(Permission.CUSTOMERS_FINANCE)
def finance_accounts() -> ResponseReturnValue:
    """Suggestions for the account field of somebody with many accounts."""
    found = statements.find_accounts(actor(), subject().public_id, request.args.get("account", "")[:100])
    return render_template("statements/suggestions.html", found=found)


@bp.get("/<public_id:subject>/finance/statement.<form>")
@needs(Permission.CUSTOMERS_FINANCE)
def download(form: str) -> ResponseReturnValue:
    """The statement as a file (S5). A very long one is made in the background, once a button is pressed."""
    made = statement_files.export(actor(), subject().public_id, _wanted(), _format(form))
    if made is None:
        most = longest_at_once(_format(form))
        return tab("finance", "statement_large", form_name=form, args=_args(), most=most)
    return downloads.attached(made.pieces, made.filename, made.content_type)


@bp.post("/<public_id:subject>/finance/files")
@needs(Permission.CUSTOMERS_FINANCE)
def statement_file() -> ResponseReturnValue:
    """Start making a file in the background."""
    form, url = _format(request.form.get("form", "")), _pattern("made_file", "job")
    job = statement_files.start_file(actor(), subject().public_id, _wanted(), form, url=url, once=sent_key())
    return redirect(url_for("staff_outbox.job", job=job), 303)


@bp.get("/<public_id:subject>/finance/files/<public_id:job>")
@needs(Permission.CUSTOMERS_FINANCE)
def made_file(job: str) -> ResponseReturnValue:
    """Fetch what a job has made."""
    made = statement_files.open_file(actor(), subject().public_id, job)
    return downloads.stored(made.file, made.filename, made.content_type, made.size)


@bp.post("/<public_id:subject>/finance/save")
@needs(Permission.CUSTOMERS_FINANCE)
def save_statement() -> ResponseReturnValue:
    """Keep the statement in the payer's Documents (S6)."""
    wanted = _wanted()
    outcome = statement_files.save(actor(), subject().public_id, wanted, once=sent_key())
    if outcome.job:
        return redirect(url_for("staff_outbox.job", job=outcome.job), 303)
    flash("The statement is saved in Documents. Later postings do not change it.", "success")
    return redirect(at("documents", _holder(wanted)), 303)


@bp.route("/<public_id:subject>/finance/send", methods=["GET", "POST"])
@needs(Permission.CUSTOMERS_FINANCE)
def send_statement() -> ResponseReturnValue:
    """Write the letter, look at it once more (UX8), send it (S7). Staff may send to any address."""
    draft = statement_mail.draft(actor(), subject().public_id, _wanted())
    form = _send_form(draft)
    step = request.form.get("step", "") if request.method == "POST" else "edit"
    if step == "edit":
        return _letter_page("statement_send", draft, form)
    letter = _letter(form)
    try:
        statement_mail.check_letter(actor(), subject().public_id, draft.statement, letter)
        if step != "send":
            return _letter_page("statement_check", draft, form, letter=letter)
        return _sent(_send_now(letter, form))
    except Invalid as error:
        add_errors(form, error)
        return _letter_page("statement_send", draft, form, code=422)
    except Conflict as error:
        form.mark.data = draft.mark
        return _letter_page("statement_check", draft, form, letter=letter, code=409, conflict=str(error))


@bp.get("/<public_id:subject>/finance/sent/<public_id:mail>")
@needs(Permission.CUSTOMERS_FINANCE)
def sent_statement(mail: str) -> ResponseReturnValue:
    """What became of the mail; the page asks again by itself for a while."""
    state = outbox.state_of(actor(), mail)
    asked = request.args.get("asked", "0")
    number = int(asked) + 1 if asked.isdecimal() and len(asked) < 4 else 1
    watching = not state.settled and number <= LONGEST_WATCH
    values: dict[str, Any] = {
        "state": state,
        "sentence": state.sentence(clock.now(), time_zone()),
        "next_url": at("sent_statement", subject().public_id, mail=mail, asked=str(number)) if watching else "",
        "in_place": wants_fragment(),
    }
    if wants_fragment():
        return render_block("staff/customers/statement_sent.html", "state", **frame("finance"), **values)
    return tab("finance", "statement_sent", **values)


def _places() -> Places:
    """Where the statement's links lead in the back office. Nothing is kept for or sent to who was removed (L12)."""
    there = subject().removed_at is None
    return Places(
        build=lambda view, **values: at(view, subject().public_id, **values),
        view="finance",
        download="download",
        files="statement_file",
        save="save_statement" if there else "",
        send="send_statement" if there else "",
        entry="entry",
        accounts="finance_accounts",
        everything=True,
    )


def _args() -> dict[str, str]:
    """The filters among what was sent; anything else is not looked at (SEC7)."""
    return {name: str(request.values[name]) for name in FILTERS if request.values.get(name)}


def _wanted() -> StatementRequest:
    return read_request(actor(), subject(), _args())


def _format(name: str) -> Format:
    try:
        return Format(name)
    except ValueError:
        raise Missing() from None


def _pattern(view: str, name: str) -> str:
    """An address with {name} in the place of a public id that is not known yet."""
    return at(view, subject().public_id, **{name: PLACEHOLDER}).replace(PLACEHOLDER, f"{{{name}}}")


def _holder(wanted: StatementRequest) -> str:
    """Whose Documents a saved statement is in: its payer's, but a secondary account keeps its own part (S6)."""
    profile = subject()
    if wanted.payer and wanted.payer != profile.payer_public_id:
        return wanted.payer if len(wanted.payer) == len(PLACEHOLDER) else profile.public_id
    if wanted.account not in (None, profile.public_id) or profile.is_secondary:
        return profile.public_id
    return profile.payer_public_id


def _send_form(draft: Draft) -> SendStatementForm:
    form = SendStatementForm()
    form.recipient.choices = options([*((one.address, one.address) for one in draft.recipients), ("", "Another one")])
    if request.method == "GET":
        form.recipient.data = draft.recipients[0].address if draft.recipients else ""
        form.subject.data, form.message.data, form.mark.data = draft.subject, draft.message, draft.mark
    return form


def _letter(form: SendStatementForm) -> Letter:
    return Letter(
        to=str(form.recipient.data or form.other.data or "").strip(),
        subject=str(form.subject.data or "").strip(),
        message=str(form.message.data or "").replace("\r\n", "\n"),
    )


def _letter_page(template: str, draft: Draft, form: SendStatementForm, **values: Any) -> ResponseReturnValue:
    args = _args()
    back_url = at("finance", subject().public_id, **args)
    return tab("finance", template, draft=draft, form=form, args=args, back_url=back_url, **values)


def _send_now(letter: Letter, form: SendStatementForm) -> Outcome:
    return statement_mail.send(
        actor(),
        subject().public_id,
        _wanted(),
        letter,
        mark=str(form.mark.data or "") or None,
        url=_pattern("sent_statement", "mail"),
        once=sent_key(),
    )


def _sent(outcome: Outcome) -> ResponseReturnValue:
    if outcome.job:
        return redirect(url_for("staff_outbox.job", job=outcome.job), 303)
    return redirect(at("sent_statement", subject().public_id, mail=outcome.mail), 303)
