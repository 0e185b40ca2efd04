"""Statements of several accounts of a customer at once, from its Finance tab (S5)."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue

from portal.rules.permissions import Permission
from portal.web.addresses import PLACEHOLDER
from portal.web.guard import needs, subject
from portal.web.staff.customers import bp
from portal.web.staff.profile.head import at, tab
from portal.web.statements.several import flow


@bp.route("/<public_id:subject>/finance/several", methods=["GET", "POST"])
@needs(Permission.CUSTOMERS_FINANCE)
def several_statements() -> ResponseReturnValue:
    """Which accounts and days, who gets which, and the start of the work."""
    owner = subject().public_id
    file_url = at("made_file", owner, job=PLACEHOLDER).replace(PLACEHOLDER, "{job}")
    return flow(
        _show,
        at("several_statements", owner),
        at("finance", owner),
        file_url,
        lambda job: url_for("staff_outbox.job", job=job),
    )


def _show(name: str, code: int, **values: Any) -> ResponseReturnValue:
    return tab("finance", name, code=code, **values)
