"""A customer's invoices: the list with what is due and how to pay it, one invoice, its PDF, and credit notes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from jinja2_fragments.flask import render_block

from portal.actions.invoices import files, own_credit, viewing
from portal.actions.invoices.viewing import Filter, InvoiceView
from portal.rules.invoices.due import InvoiceState
from portal.rules.invoices.origins import OriginKind
from portal.rules.invoices.papers import Invoice
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say
from portal.web.addresses import address, page
from portal.web.frame import wants_fragment
from portal.web.guard import actor, may, needs, subject
from portal.web.listing import Listing, page_number
from portal.web.places import Place
from portal.web.serving import downloads

bp = Blueprint("invoices", __name__)

OWN = WHEN_ACTING = Place(
    say("Invoices"), "invoices", "invoices.index", Permission.STATEMENTS_VIEW, 35, seen=say("invoices")
)
TONES = {
    InvoiceState.DRAFT: "note",
    InvoiceState.OPEN: "info",
    InvoiceState.PAID: "good",
    InvoiceState.OVERDUE: "bad",
    InvoiceState.CREDITED: "plain",
}


@page(bp, "/invoices")
@needs(Permission.STATEMENTS_VIEW)
def index() -> ResponseReturnValue:
    """The list, newest first, with what is due now and how to pay it."""
    found = viewing.list_invoices(actor(), subject(), wanted_list())
    values = list_values(found, partial(address, "invoices.index"))
    if wants_fragment():
        return render_block("invoices/index.html", "results", **values)
    return render_template("invoices/index.html", **values)


@page(bp, "/invoices/<public_id:invoice>")
@needs(Permission.STATEMENTS_VIEW)
def view(invoice: str) -> ResponseReturnValue:
    """One invoice: what it is for, what became of it, how to pay."""
    found = viewing.open_invoice(actor(), subject().public_id, invoice)
    return render_template("invoices/view.html", **view_values(found), **links(), **_more(found))


@page(bp, "/invoices/<public_id:invoice>.pdf")
@needs(Permission.STATEMENTS_VIEW)
def pdf(invoice: str) -> ResponseReturnValue:
    """The invoice as it was issued, with what is open today."""
    return as_pdf(viewing.open_invoice(actor(), subject().public_id, invoice))


@page(bp, "/credit-notes/<public_id:note>")
@needs(Permission.STATEMENTS_VIEW)
def credit_note(note: str) -> ResponseReturnValue:
    """One credit note: what it takes back of which invoice, and what became of the money."""
    return render_template(
        "invoices/credit_note.html", note=viewing.open_credit_note(actor(), subject().public_id, note), **links()
    )


def links() -> dict[str, Any]:
    """Where the pages of an invoice lead in the portal."""
    return {
        "invoice_url": lambda public_id: address("invoices.view", invoice=public_id),
        "note_url": lambda public_id: address("invoices.credit_note", note=public_id),
        "entry_url": lambda public_id: address("entries.view", entry=public_id),
    }


def wanted_list() -> Filter:
    """What the address of a list asks for."""
    args = request.args
    return Filter(args.get("state", ""), args.get("q", "")[:100], args.get("account", "")[:20], page_number())


def list_values(found: viewing.InvoiceList, url: Callable[..., str]) -> dict[str, Any]:
    """What the templates of a list of invoices need."""
    wanted = found.wanted
    listing = Listing(url, {"state": wanted.state, "q": wanted.text, "account": wanted.account})
    return {
        "found": found,
        "state_of": state_tag,
        "list_url": url(),
        "subject_payer": subject().payer_name,
        "invoice_url": lambda public_id: address("invoices.view", invoice=public_id),
        **listing.pages(wanted.page, found.pages),
        "in_place": wants_fragment(),
    }


def _more(found: InvoiceView) -> dict[str, Any]:
    """What the customer can do from the page of an invoice, and where its lines come from (S10)."""
    lines = viewing.origins_of(actor(), found)

    def origin_url(position: int) -> str:
        one = lines.get(position)
        if one is None:
            return ""
        whose = {} if one.customer == subject().public_id else {"subject": one.customer}
        if one.kind is OriginKind.BOOKING:
            return address("bookings.session", session=one.what, **whose)
        if one.kind is OriginKind.MEMBERSHIP:
            return address("memberships.view", membership=one.what, **whose)
        return address("services.index", **whose, _anchor=f"service-{one.what}")

    return {"from_credit": _from_credit(found), "origin_url": origin_url}


def _from_credit(found: InvoiceView) -> int:
    """What the customer's own Customer Credit can pay of an invoice, for whoever may let it (F7)."""
    if found.part_of or not own_credit.may_apply(subject()) or not may(Permission.INVOICES_PAY):
        return 0
    return max(0, min(found.paper.open, found.credit_minor))


def view_values(found: InvoiceView) -> dict[str, Any]:
    """What the templates of an invoice need."""
    paper = found.paper
    total = max(1, paper.total)
    widths = {
        "paid": 100 * paper.allocated / total,
        "credited": 100 * paper.credited / total,
        "open": 100 * max(0, paper.open) / total,
    }
    state, tone = state_of_paper(paper) if found.shows_state else (say("Your part"), "plain")
    if found.moved_to:
        state, tone = say("Moved to {name}", name=found.moved_to), "plain"
    return {"v": found, "paper": paper, "state": state, "tone": tone, "widths": widths}


def state_of_paper(paper: Invoice) -> tuple[Sentence, str]:
    """What an invoice is today, in words, and the tone of it."""
    if paper.reversed_by:
        return say("Taken back"), "plain"
    if paper.state is InvoiceState.OVERDUE:
        return overdue(paper.days_overdue), "bad"
    if paper.state is InvoiceState.OPEN:
        return say("Due {day}", day=paper.due), TONES[paper.state]
    return paper.state.label, TONES[paper.state]


def state_tag(row: viewing.Row) -> tuple[Sentence, str]:
    """The same for a row of the list."""
    if row.invoice.moved_to:
        return say("Moved to {name}", name=row.invoice.moved_to), TONES[InvoiceState.CREDITED]
    if row.state is InvoiceState.OVERDUE:
        return overdue(row.days_overdue), "bad"
    if row.state is InvoiceState.OPEN:
        return say("Due {day}", day=row.invoice.due_on), TONES[row.state]
    return row.state.label, TONES[row.state]


def overdue(days: int) -> Sentence:
    """Since when an invoice is overdue."""
    return say("Overdue {count} day", "Overdue {count} days", count=days)


def as_pdf(found: InvoiceView) -> ResponseReturnValue:
    """An invoice that is downloaded."""
    made = files.pdf(found)
    return downloads.attached([made], files.file_name(found), files.CONTENT_TYPE, len(made))
