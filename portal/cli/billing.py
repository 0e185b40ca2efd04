"""`flask billing run`: an invoice for everybody who is due on a day."""

from __future__ import annotations

import sys
from datetime import datetime

import click

from portal.actions.billing import running
from portal.actions.billing.running import Ran
from portal.cli.answers import acting, answering, as_json, as_login, show, told
from portal.cli.terminal import echo
from portal.rules.money import format_minor
from portal.rules.sentences import say

_day = click.DateTime(["%Y-%m-%d"])


@click.group("billing")
def billing() -> None:
    """What is billed by itself."""


@billing.command("run")
@click.option("--date", "on", type=_day, help="Bill what is due up to this day, dated so; each partner's own today.")
@click.option("--partner", default=None, help="Only this one (name or public id).")
@click.option("--preview", "only_look", is_flag=True, help="Say what would be billed, and change nothing.")
@as_login
@as_json
@answering
def run(on: datetime | None, partner: str | None, only_look: bool, acting_as: str | None, json_wanted: bool) -> None:
    """Turn due services and future items into invoices, one for each payer."""
    actor, day = acting(acting_as), on.date() if on else None
    ran = (running.preview if only_look else running.run)(actor, on=day, partner=partner)
    if json_wanted:
        show(_as_json(ran))
    else:
        echo(_as_text(ran, only_look))
    for one in ran.held_up:
        echo(told(say("{name} ({payer}): {why}", name=one.name, payer=one.payer, why=one.why)), err=True)
    if ran.held_up:
        sys.exit(1)


def _as_json(ran: Ran) -> dict[str, object]:
    """With several currencies, `total` is null and `totals` says each of them."""
    totals = {currency: format_minor(minor, currency) for currency, minor in sorted(ran.totals.items())}
    return {
        "invoices": ran.invoices,
        "credit_notes": ran.credit_notes,
        "payers": ran.payers,
        "total": next(iter(totals.values()), "0.00") if len(totals) <= 1 else None,
        "totals": totals,
        "held_up": [{"payer": one.payer, "why": told(one.why)} for one in ran.held_up],
    }


def _as_text(ran: Ran, only_look: bool) -> str:
    sums = ", ".join(f"{format_minor(minor, currency)} {currency}" for currency, minor in sorted(ran.totals.items()))
    would = "Nothing was changed (preview). There would be: " if only_look else ""
    counts = [f"{len(ran.invoices)} invoices" + (f" of {sums}" if sums else "")]
    if ran.credit_notes:
        counts.append(f"{len(ran.credit_notes)} credit notes")
    if ran.invoices:
        counts.append(f"numbers {ran.invoices[0]} to {ran.invoices[-1]}")
    return f"{would}{', '.join(counts)}, for {ran.payers} payers."


COMMANDS = (billing,)
