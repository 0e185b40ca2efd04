"""The Log tab: who did what for the customer."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from portal.actions.customers import profile as profiles
from portal.rules.permissions import Permission
from portal.rules.sentences import say
from portal.web.guard import actor, needs, subject
from portal.web.places import Tab
from portal.web.staff.audit import rows_of
from portal.web.staff.customers import bp
from portal.web.staff.profile.head import at, tab

TAB = Tab(say("Log"), "log", Permission.AUDIT_VIEW, 80)


@bp.get("/<public_id:subject>/log")
@needs(Permission.AUDIT_VIEW)
def log() -> ResponseReturnValue:
    """Who did what for this customer."""
    before = request.args.get("before", "")[:20]
    found = profiles.log(actor(), subject(), before=before)
    here = subject().public_id
    return tab(
        "log",
        "log",
        rows=rows_of(found.lines),
        older_url=at("log", here, before=found.older) if found.older else "",
        newest_url=at("log", here) if before else "",
    )
