"""`flask period`: months that are closed (F8)."""

from __future__ import annotations

from datetime import datetime

import click

from portal.actions.books import periods
from portal.actions.books.periods import Closings
from portal.cli.answers import acting, answering, as_json, as_login, show
from portal.cli.terminal import echo

_of_partner = click.option("--partner", help="A partner's name or public id; every one by default.")


@click.group("period")
def period() -> None:
    """Months that are closed, so that nothing is dated into them any more."""


@period.command("close")
@click.argument("month", type=click.DateTime(["%Y-%m"]))
@_of_partner
@as_login
@as_json
@answering
def close(month: datetime, partner: str | None, acting_as: str | None, json_wanted: bool) -> None:
    """Close MONTH, such as 2026-03, and every earlier one. It cannot be opened again."""
    _tell(periods.close(acting(acting_as), month.date(), partner=partner), json_wanted)


@period.command("show")
@_of_partner
@as_login
@as_json
@answering
def show_periods(partner: str | None, acting_as: str | None, json_wanted: bool) -> None:
    """Say up to when months are closed."""
    _tell(periods.show(acting(acting_as), partner=partner), json_wanted)


def _tell(found: Closings, json_wanted: bool) -> None:
    if json_wanted:
        show(
            {
                "periods": [
                    {
                        "partner": one.partner,
                        "closed_through": one.through.isoformat() if one.through else None,
                        "first_open": one.first_open.isoformat() if one.first_open else None,
                        "changed": one.changed,
                    }
                    for one in found.partners
                ]
            }
        )
        return
    for one in found.partners:
        if one.through:
            echo(f"{one.partner}: closed through {one.through}; the first open day is {one.first_open}.")
        else:
            echo(f"{one.partner}: no month is closed.")


COMMANDS = (period,)
