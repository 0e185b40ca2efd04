"""Who is overdue: whom a run of reminders would tell, and telling them (F14)."""

from __future__ import annotations

from functools import partial

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from portal.actions.overdue import reminding as actions
from portal.rules.errors import Conflict
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, say
from portal.web.figures import Shown
from portal.web.forms import sent_mark
from portal.web.guard import actor, needs
from portal.web.listing import Listing, page_number
from portal.web.telling import tell

bp = Blueprint("staff_overdue", __name__, url_prefix="/staff/overdue")

PART_OF = "staff_overdue", "staff_billing"


@bp.get("")
@needs(Permission.FINANCE_POST)
def index() -> ResponseReturnValue:
    """Who is overdue, whom a run of reminders would tell today, and of what."""
    return _page()


@bp.post("/remind")
@needs(Permission.FINANCE_POST)
def remind() -> ResponseReturnValue:
    """Tell them."""
    try:
        told = actions.remind_as_shown(actor(), mark=sent_mark())
    except Conflict:
        return _page(say("Something has changed since you looked. Nobody was told; this is how it stands now."), 409)
    tell(say("One reminder told.", "{count} reminders told.", count=told))
    return redirect(url_for("staff_overdue.index"), 303)


def _page(conflict: Shown = NOTHING, code: int = 200) -> ResponseReturnValue:
    found = actions.outlook(actor())
    count = len(found.told)
    button = say("Tell one reminder", "Tell {count} reminders", count=count)
    late = actions.everybody_late(actor(), page=page_number())
    values = {
        "late": late,
        "first": (late.page - 1) * actions.PAGE_SIZE + 1,
        "last": (late.page - 1) * actions.PAGE_SIZE + len(late.rows),
        **Listing(partial(url_for, "staff_overdue.index"), {}).pages(late.page, late.pages),
    }
    page = render_template("staff/overdue/index.html", found=found, conflict=conflict, button=button, **values)
    return page, code
