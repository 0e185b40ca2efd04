"""One entry of the books: what a line of a statement leads to (S10)."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from portal.actions.books import entries
from portal.actions.books.entries import EntryView
from portal.rules.books import EntryKind
from portal.rules.permissions import Permission
from portal.web.addresses import address, page
from portal.web.guard import actor, needs, subject

bp = Blueprint("entries", __name__)

PART_OF = "entries", "statements"


@page(bp, "/statements/entries/<public_id:entry>")
@needs(Permission.STATEMENTS_VIEW)
def view(entry: str) -> ResponseReturnValue:
    """An entry on books that this customer may see."""
    found = entries.open_entry(actor(), subject().public_id, entry)
    return render_template("entries/view.html", entry=found, paper_url=_paper_url(found))


def _paper_url(entry: EntryView) -> str:
    """The page of the invoice or credit note that an entry is; "" for any other."""
    if entry.reverses is None and entry.kind is EntryKind.INVOICE and entry.lowers:
        return address("invoices.view", invoice=entry.public_id)
    if entry.reverses is None and entry.kind is EntryKind.CREDIT_NOTE:
        return address("invoices.credit_note", note=entry.public_id)
    return ""
