"""One invoice or credit note in the back office, whoever's it is: as the customer sees it, and what can be done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, g, url_for
from flask.typing import ResponseReturnValue

from portal.actions.invoices import viewing
from portal.actions.invoices.viewing import InvoiceView
from portal.rules.invoices.origins import OriginKind
from portal.rules.permissions import Permission
from portal.web.guard import actor, needs, shows_finances
from portal.web.invoices import as_pdf, view_values
from portal.web.staff.profile.head import at, tab

bp = Blueprint("staff_invoices", __name__, url_prefix="/staff")

PART_OF = "staff_invoices", "staff_customers"


@bp.get("/invoices/<public_id:invoice>")
@needs(Permission.CUSTOMERS_FINANCE)
def view(invoice: str) -> ResponseReturnValue:
    """An invoice or a draft, within the profile of whose books it is on."""
    g.subject, found = viewing.open_for_staff(actor(), invoice)
    shows_finances()
    values: dict[str, Any] = {"back_url": _back_url(invoice), "origin_url": _origin_url(found)}
    return tab("finance", "invoice", **values, **view_values(found), **links())


@bp.get("/invoices/<public_id:invoice>.pdf")
@needs(Permission.CUSTOMERS_FINANCE)
def pdf(invoice: str) -> ResponseReturnValue:
    """The same as a PDF."""
    g.subject, found = viewing.open_for_staff(actor(), invoice)
    shows_finances()
    return as_pdf(found)


@bp.get("/credit-notes/<public_id:note>")
@needs(Permission.CUSTOMERS_FINANCE)
def credit_note(note: str) -> ResponseReturnValue:
    """A credit note, within the profile of whose books it is on."""
    g.subject, found = viewing.note_for_staff(actor(), note)
    shows_finances()
    return tab("finance", "credit_note", note=found, **links())


def _back_url(invoice: str) -> Callable[[str], str]:
    """Where what a payment settles of an invoice is taken back."""
    owner = g.subject.public_id
    return lambda entry: at("take_back", owner, entry=entry, invoice=invoice, **{"from": "invoice"})


def _origin_url(found: InvoiceView) -> Callable[[int], str]:
    """Where a line of an invoice comes from (S10)."""
    lines = viewing.origins_of(actor(), found)

    def url(position: int) -> str:
        one = lines.get(position)
        if one is None:
            return ""
        if one.kind is OriginKind.BOOKING:
            return url_for("staff_bookings.roster", session=one.what)
        if one.kind is OriginKind.MEMBERSHIP:
            return at("membership", one.customer, membership=one.what)
        return at("services", one.customer)

    return url


def links() -> dict[str, Any]:
    """Where the pages of an invoice lead in the back office."""
    owner = g.subject.public_id
    return {
        "invoice_url": lambda public_id: url_for("staff_invoices.view", invoice=public_id),
        "note_url": lambda public_id: url_for("staff_invoices.credit_note", note=public_id),
        "entry_url": lambda public_id: at("entry", owner, entry=public_id),
    }
