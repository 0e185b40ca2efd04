"""`flask calendar`: the secret addresses of calendars."""

from __future__ import annotations

import click

from portal.actions.bookings import calendars
from portal.cli.answers import acting, answering, as_json, as_login, show
from portal.cli.terminal import echo


@click.group("calendar")
def calendar() -> None:
    """Calendars that phones subscribe to."""


@calendar.command("address")
@click.argument("login")
@click.option("--renew", is_flag=True, help="Give it another address; the one before stops working.")
@as_login
@as_json
@answering
def address(login: str, renew: bool, acting_as: str | None, json_wanted: bool) -> None:
    """Show the address of the calendar of LOGIN (its email address). Whoever knows it reads the calendar."""
    url = calendars.address_for(acting(acting_as), login, renew=renew)
    if json_wanted:
        show({"url": url})
        return
    echo(url)


COMMANDS = (calendar,)
