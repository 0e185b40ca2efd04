"""`flask service`: what a customer has, and what is billed of it next."""

from __future__ import annotations

import click

from portal.actions import services
from portal.actions.services import Shown
from portal.cli.answers import acting, answering, as_json, as_login, show
from portal.cli.terminal import echo
from portal.rules.amounts import number_text
from portal.rules.money import format_minor


@click.group("service")
def service() -> None:
    """Services: recurring plans."""


@service.command("show")
@click.argument("customer")
@as_login
@as_json
@answering
def show_services(customer: str, acting_as: str | None, json_wanted: bool) -> None:
    """Show the services of CUSTOMER (external or public id), and what is billed of each next."""
    found = services.shown(acting(acting_as), customer)
    if json_wanted:
        show({"services": [_as_json(one, found.currency) for one in found.rows]})
        return
    for one in found.rows:
        echo(_as_text(one, found.currency))
    if not found.rows:
        echo(f"{customer} has no services.")


def _as_json(one: Shown, currency: str) -> dict[str, object]:
    ahead, stopped, paid = one.ahead, one.row.stopped_on, one.row.paid_until
    return {
        "external_id": one.row.external_id,
        "public_id": one.row.public_id,
        "plan": one.row.plan,
        "price": format_minor(one.row.price_minor, currency),
        "number": number_text(one.row.number),
        "period": one.row.period.value,
        "state": one.state.value,
        "started_on": one.row.started_on.isoformat(),
        "stopped_on": stopped.isoformat() if stopped else None,
        "paid_until": paid.isoformat() if paid else None,
        "next": {
            "from": ahead.days.first.isoformat(),
            "to": ahead.days.last.isoformat(),
            "amount": format_minor(ahead.amount_minor, currency),
        }
        if ahead
        else None,
        "prices": one.row.prices.value,
        "tax_rate": number_text(one.rate),
    }


def _as_text(one: Shown, currency: str) -> str:
    price = f"{format_minor(one.row.price_minor, currency)} {currency} a {one.row.period.value}"
    number = number_text(one.row.number)
    parts = [one.row.plan, price if number == "1" else f"{number} × {price}", one.state.value]
    if one.ahead:
        days, amount = one.ahead.days, format_minor(one.ahead.amount_minor, currency)
        parts.append(f"next {amount} for {days.first.isoformat()} to {days.last.isoformat()}")
    return ", ".join(parts)


COMMANDS = (service,)
