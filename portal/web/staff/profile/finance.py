"""The Finance tab: balances, and the statement with everything that can be done with it (S1 to S7)."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from jinja2_fragments.flask import render_block

from portal.actions.books import future_items
from portal.actions.customers import profile as profiles
from portal.actions.customers.profile import Head
from portal.actions.overdue import reminding
from portal.actions.statements import files as statement_files
from portal.actions.statements import view as statements
from portal.actions.statements.view import StatementRequest
from portal.actions.statements.work import longest_at_once
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.web.addresses import PLACEHOLDER
from portal.web.figures import text
from portal.web.forms import sent_key
from portal.web.frame import wants_fragment
from portal.web.guard import actor, may, needs, subject
from portal.web.places import Remedy, Tab
from portal.web.serving import downloads
from portal.web.serving.heavy import heavy
from portal.web.staff.customers import bp
from portal.web.staff.profile.head import Menu, MenuItem, at, frame, tab
from portal.web.statements import sending
from portal.web.statements.forms import SendAnywhereForm
from portal.web.statements.page import Places, filters, format_named, look, read_request
from portal.web.statements.sending import Side

TAB = Tab(say("Finance"), "finance", Permission.CUSTOMERS_FINANCE, 40)
REMEDIES = (
    Remedy("customer-finance", "staff_customers.finance", say("Open its finances"), Permission.CUSTOMERS_FINANCE),
)


def _menu(head: Head) -> list[MenuItem]:
    if not may(Permission.CUSTOMERS_FINANCE):
        return []
    return [MenuItem(say("Generate statement"), "statements", at("finance", head.profile.public_id))]


MENU = Menu(3, 20, _menu)


@bp.get("/<public_id:subject>/finance")
@needs(Permission.CUSTOMERS_FINANCE)
def finance() -> ResponseReturnValue:
    """Balances as of today, and the statement that the filters ask for."""
    shown = look(actor(), subject(), request.args, _places())
    waiting = future_items.waiting(actor(), subject())
    listed = {item.number for item in waiting}
    values: dict[str, Any] = {"s": shown, "form": shown.form, "in_place": wants_fragment(), "listed": listed}
    if wants_fragment():
        body = render_block("staff/customers/finance.html", "statement", **frame("finance"), **values)
        return body, shown.status
    values["balances"] = profiles.balances(actor(), subject())
    if subject().payer_id == subject().id and subject().settings.reminders:
        values["exempt"] = reminding.is_exempt(subject())
        values["told"] = reminding.told_lately(actor(), subject())
    return tab("finance", "finance", code=shown.status, waiting=waiting, **values)


@bp.get("/<public_id:subject>/finance/accounts")
@needs(Permission.CUSTOMERS_FINANCE)
def finance_accounts() -> ResponseReturnValue:
    """Suggestions for the account field of somebody with many accounts."""
    found = statements.find_accounts(actor(), subject().public_id, request.args.get("account", "")[:100])
    return render_template("statements/suggestions.html", found=found)


@bp.get("/<public_id:subject>/finance/statement.<form>")
@needs(Permission.CUSTOMERS_FINANCE)
@heavy
def download(form: str) -> ResponseReturnValue:
    """The statement as a file (S5). A very long one is made in the background, once a button is pressed."""
    made = statement_files.export(actor(), subject().public_id, _wanted(), format_named(form))
    if made is None:
        most = longest_at_once(format_named(form))
        return tab("finance", "statement_large", form_name=form, args=filters(request.values), most=most)
    return downloads.attached(made.pieces, made.filename, made.content_type)


@bp.post("/<public_id:subject>/finance/files")
@needs(Permission.CUSTOMERS_FINANCE)
def statement_file() -> ResponseReturnValue:
    """Start making a file in the background."""
    form, url = format_named(request.form.get("form", "")), _places().pattern("file", "job")
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
@heavy
def save_statement() -> ResponseReturnValue:
    """Keep the statement in the payer's Documents (S6)."""
    wanted = _wanted()
    outcome = statement_files.save(actor(), subject().public_id, wanted, once=sent_key())
    if outcome.job:
        return redirect(url_for("staff_outbox.job", job=outcome.job), 303)
    flash(text(say("The statement is saved in Documents. Later postings do not change it.")), "success")
    return redirect(at("documents", _holder(wanted)), 303)


@bp.route("/<public_id:subject>/finance/send", methods=["GET", "POST"])
@needs(Permission.CUSTOMERS_FINANCE)
@heavy
def send_statement() -> ResponseReturnValue:
    """Write the letter, look at it once more (UX8), send it (S7). Staff may send to any address."""
    return sending.send(_side(), _wanted(), filters(request.values))


@bp.get("/<public_id:subject>/finance/sent/<public_id:mail>")
@needs(Permission.CUSTOMERS_FINANCE)
def sent_statement(mail: str) -> ResponseReturnValue:
    """What became of the mail; the page asks again by itself for a while."""
    return sending.watch(_side(), mail)


def _places() -> Places:
    """Where the statement's links lead in the back office. Nothing is kept for or sent to who was removed (L12)."""
    there = subject().removed_at is None
    return Places(
        build=_build,
        view="finance",
        download="download",
        files="statement_file",
        save="save_statement" if there else "",
        send="send_statement" if there else "",
        entry="entry",
        invoice="invoice",
        credit_note="credit_note",
        accounts="finance_accounts",
        file="made_file",
        sent="sent_statement",
        everything=True,
    )


def _build(view: str, **values: Any) -> str:
    """The address of a page of this profile, or of an invoice, which has one of its own."""
    if view == "invoice":
        return url_for("staff_invoices.view", **values)
    if view == "credit_note":
        return url_for("staff_invoices.credit_note", **values)
    return at(view, subject().public_id, **values)


def _side() -> Side:
    return Side(_places(), SendAnywhereForm, _show, lambda job: url_for("staff_outbox.job", job=job))


def _show(name: str, code: int = 200, **values: Any) -> ResponseReturnValue:
    if name == "sent" and wants_fragment():
        return render_block("staff/customers/statement_sent.html", "state", **frame("finance"), **values), code
    return tab("finance", f"statement_{name}", code=code, **values)


def _wanted() -> StatementRequest:
    return read_request(actor(), subject(), filters(request.values))


def _holder(wanted: StatementRequest) -> str:
    """Whose Documents a saved statement is in: its payer's, but a secondary account keeps its own part (S6)."""
    profile = subject()
    if wanted.payer and wanted.payer != profile.payer_public_id:
        return wanted.payer if len(wanted.payer) == len(PLACEHOLDER) else profile.public_id
    if wanted.account not in (None, profile.public_id) or profile.is_secondary:
        return profile.public_id
    return profile.payer_public_id
