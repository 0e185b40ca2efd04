"""What somebody spends, as charts with their numbers beside them (O10)."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from portal.actions.statements import spending as actions
from portal.rules.permissions import Permission
from portal.web.addresses import address, page
from portal.web.figures import month_short
from portal.web.guard import actor, needs, subject
from portal.web.statements.pages import bp


@page(bp, "/statements/spending")
@needs(Permission.STATEMENTS_VIEW)
def spending() -> ResponseReturnValue:
    """By month, account and category: of the last twelve months, or of a year."""
    year = year_asked()
    found = actions.look(actor(), subject(), year)
    days = {"from": found.period.first.isoformat(), "to": found.period.last.isoformat()}
    return render_template(
        "statements/spending.html",
        found=found,
        year=year,
        bars=[(month_short(one.key.first), one.length) for one in found.months if one.key],
        years_url=lambda value: address("statements.spending", year=value),
        account_url=lambda account: address("statements.view", account=account, **days),
    )


def year_asked() -> int | None:
    """The year in the address; None for the last twelve months."""
    asked = request.args.get("year", "")
    return int(asked) if asked.isascii() and asked.isdigit() and 1900 < int(asked[:4]) == int(asked) else None
