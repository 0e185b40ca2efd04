"""One entry of the books: what a line of a statement leads to (S10)."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from portal.actions.books import entries
from portal.rules.permissions import Permission
from portal.web.addresses import page
from portal.web.guard import actor, needs, subject

bp = Blueprint("entries", __name__)

PART_OF = "entries", "statements"


@page(bp, "/statements/entries/<public_id:entry>")
@needs(Permission.STATEMENTS_VIEW)
def view(entry: str) -> ResponseReturnValue:
    """An entry on books that this customer may see."""
    return render_template("entries/view.html", entry=entries.open_entry(actor(), subject().public_id, entry))
