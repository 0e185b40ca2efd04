"""`flask payment`: money that came in."""

from __future__ import annotations

from datetime import datetime

import click

from portal.actions.books import refunding
from portal.actions.books.refunding import Refunded, Wanted
from portal.cli.answers import acting, answering, as_json, as_login, show
from portal.cli.terminal import echo
from portal.rules.money import format_minor

_day = click.DateTime(["%Y-%m-%d"])


@click.group("payment")
def payment() -> None:
    """Payments: money that came in."""


@payment.command("refund")
@click.argument("number", metavar="PAYMENT")
@click.argument("amount", required=False)
@click.option("--date", "on", type=_day, required=True, help="The day it was paid back.")
@click.option("--reason", default="", help="Why; it stays with the refund.")
@click.option("--partner", help="Whose number it is, where several partners have it.")
@as_login
@as_json
@answering
def refund(
    number: str,
    amount: str | None,
    on: datetime,
    reason: str,
    partner: str | None,
    acting_as: str | None,
    json_wanted: bool,
) -> None:
    """Pay AMOUNT of PAYMENT back without a credit note, or all that was paid and is not paid back."""
    wanted = Wanted(number, amount, on.date(), reason.strip(), partner)
    done = refunding.refund_payment(acting(acting_as), wanted)
    if json_wanted:
        show(refund_as_json(done))
    else:
        tell(done)


def refund_as_json(done: Refunded) -> dict[str, object]:
    """What was paid back, as plain values."""

    def money(minor: int) -> str:
        return format_minor(minor, done.currency)

    return {
        "number": done.number,
        "public_id": done.public_id,
        "kind": "refund",
        "of": done.of,
        "date": done.on.isoformat(),
        "customer": done.customer,
        "payer": done.payer,
        "amount": money(done.amount_minor),
        "currency": done.currency,
        "refundable": money(done.left_minor),
        "opened": [{"number": one.number, "amount": money(one.amount_minor)} for one in done.opened],
    }


def tell(done: Refunded) -> None:
    """Print what was paid back."""
    amount = format_minor(done.amount_minor, done.currency)
    echo(f"{done.number}: {amount} {done.currency} of {done.of} paid back.")
    for one in done.opened:
        echo(f"  {one.number} is open again by {format_minor(one.amount_minor, done.currency)}.")


COMMANDS = (payment,)
