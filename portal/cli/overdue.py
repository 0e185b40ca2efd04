"""`flask blocking run`, `flask reminders run` and `exempt`: what follows when something is overdue."""

from __future__ import annotations

from datetime import datetime

import click

from portal.actions.overdue import blocking as blocks
from portal.actions.overdue import reminding
from portal.actions.overdue.reminding import Told
from portal.cli.answers import acting, answering, as_json, as_login, show
from portal.cli.terminal import echo
from portal.rules.money import format_minor

_day = click.DateTime(["%Y-%m-%d"])
_on = click.option("--date", "on", type=_day, help="As of this day; each partner's own today by default.")
_partner = click.option("--partner", default=None, help="Only this one (name or public id).")


@click.group("blocking")
def blocking() -> None:
    """Blocking of payers who are overdue."""


@blocking.command("run")
@_on
@_partner
@as_login
@as_json
@answering
def run_blocking(on: datetime | None, partner: str | None, acting_as: str | None, json_wanted: bool) -> None:
    """Block who is overdue beyond the days of grace, and activate who is not any more."""
    ran = blocks.run(acting(acting_as), on=on.date() if on else None, partner=partner)
    if json_wanted:
        show({"blocked": ran.blocked, "activated": ran.activated})
        return
    echo(f"{len(ran.blocked)} blocked, {len(ran.activated)} active again.")
    for word, names in (("blocked", ran.blocked), ("active again", ran.activated)):
        for name in names:
            echo(f"{name}: {word}")


@click.group("reminders")
def reminders() -> None:
    """Reminders of what is overdue."""


@reminders.command("run")
@_on
@_partner
@click.option("--dry-run", is_flag=True, help="Say who would be reminded, and tell nobody.")
@as_login
@as_json
@answering
def run_reminders(
    on: datetime | None, partner: str | None, dry_run: bool, acting_as: str | None, json_wanted: bool
) -> None:
    """Remind payers of what is overdue, one message for each of them."""
    told = reminding.run(acting(acting_as), on=on.date() if on else None, partner=partner, dry_run=dry_run)
    if json_wanted:
        show({"reminders": [_as_json(one) for one in told]})
        return
    would = "Nobody was told (dry run). There would be: " if dry_run else ""
    echo(f"{would}{len(told)} reminders in {len({one.message for one in told})} messages.")
    for one in told:
        echo(f"{one.payer}: {one.invoice}, level {one.level}, {format_minor(one.amount, one.currency)} {one.currency}")


def _as_json(one: Told) -> dict[str, object]:
    return {
        "payer": one.payer,
        "invoice": one.invoice,
        "level": one.level,
        "amount": format_minor(one.amount, one.currency),
        "fee": format_minor(one.fee, one.currency),
        "message": one.message,
    }


@reminders.command("exempt")
@click.argument("customer")
@click.argument("value", type=click.Choice(["on", "off"]))
@as_login
@as_json
@answering
def exempt(customer: str, value: str, acting_as: str | None, json_wanted: bool) -> None:
    """Let CUSTOMER get no reminders (on), or get them again (off)."""
    reference = reminding.exempt(acting(acting_as), customer, value == "on")
    if json_wanted:
        show({"customer": reference, "exempt": value == "on"})
    else:
        echo(f"{reference} gets {'no reminders' if value == 'on' else 'reminders again'}.")


COMMANDS = (blocking, reminders)
