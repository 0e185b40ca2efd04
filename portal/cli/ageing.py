"""`flask ageing`: who owes what, and for how long (F15)."""

from __future__ import annotations

from datetime import datetime

import click

from portal.actions.books import ageing as ageing_of
from portal.cli.answers import acting, answering, as_json, as_login, show
from portal.cli.terminal import echo
from portal.rules.invoices.ageing import COLUMNS, Ageing
from portal.rules.money import format_minor

_day = click.DateTime(["%Y-%m-%d"])


@click.command("ageing")
@click.option("--on", type=_day, help="As of this day; today by default.")
@click.option("--customer", help="Only the books of whoever pays for this customer.")
@click.option("--partner", help="Only this partner, by name or public id.")
@as_login
@as_json
@answering
def ageing(
    on: datetime | None, customer: str | None, partner: str | None, acting_as: str | None, json_wanted: bool
) -> None:
    """List open amounts by days past due, with what is unallocated, by payer and account."""
    found = ageing_of.ageing(acting(acting_as), on.date() if on else None, customer=customer, partner=partner)
    totals = found.totals
    if json_wanted:
        rows = [
            {"payer": row.payer.reference, "account": row.account.reference, "currency": row.currency}
            | as_columns(row.ages, row.currency)
            for row in found.rows
        ]
        whole: dict[str, object] = {code: as_columns(ages, code) for code, ages in sorted(totals.items())}
        if len(totals) <= 1:
            code, ages = next(iter(totals.items()), ("EUR", Ageing()))
            whole = dict(as_columns(ages, code))
        show({"on": found.on.isoformat(), "rows": rows, "total": whole})
        return
    for row in found.rows:
        echo(f"{row.payer.reference}  {row.account.reference}  {row.currency}  {_told(row.ages, row.currency)}")
    for code, ages in sorted(totals.items()):
        echo(f"Total on {found.on}, {code}: {_told(ages, code)}")
    if not found.rows:
        echo(f"Nothing is open on {found.on}.")


def as_columns(ages: Ageing, currency: str) -> dict[str, str]:
    """The amounts of a row by the names of their columns."""
    columns = {COLUMNS[name]: format_minor(minor, currency) for name, minor in ages._asdict().items()}
    return columns | {"total": format_minor(ages.total, currency)}


def _told(ages: Ageing, currency: str) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {amount}" for name, amount in as_columns(ages, currency).items())


COMMANDS = (ageing,)
