"""`flask post` and `flask reverse`: one finance document, as one row of the transactions import."""

from __future__ import annotations

from datetime import datetime

import click

from portal.actions import imports
from portal.actions.imports import Answer
from portal.cli.answers import acting, answering, as_json, as_login, show
from portal.cli.terminal import echo
from portal.rules.books import EntryKind, Ledger
from portal.rules.imports import FUTURE_ITEM
from portal.rules.money import format_minor

_KINDS = [*(kind.value for kind in EntryKind if kind is not EntryKind.TRANSFER), FUTURE_ITEM]
_day = click.DateTime(["%Y-%m-%d"])


@click.command("post")
@click.argument("kind", type=click.Choice(_KINDS))
@click.argument("customer")
@click.argument("amount")
@click.option("--date", "on", type=_day, required=True, help="The day it counts from.")
@click.option("--external-id", default="", help="Your id for it; the same one again posts nothing.")
@click.option("--ledger", type=click.Choice([book.value for book in Ledger]), default=None, help="house by default")
@click.option("--description", default="")
@click.option("--category", default="")
@click.option("--number", default="", help="Keep this number instead of taking the next one.")
@click.option("--tax", default="", help="The tax contained in the amount.")
@as_login
@as_json
@answering
def post(
    kind: str,
    customer: str,
    amount: str,
    on: datetime,
    external_id: str,
    ledger: str | None,
    description: str,
    category: str,
    number: str,
    tax: str,
    acting_as: str | None,
    json_wanted: bool,
) -> None:
    """Post AMOUNT for CUSTOMER to the books of whoever pays for it."""
    given = {
        "external_id": external_id.strip(),
        "customer": customer,
        "date": on.date().isoformat(),
        "kind": kind,
        "ledger": ledger or "",
        "amount": amount.strip(),
        "number": number.strip(),
        "description": description.strip(),
        "category": category.strip(),
        "tax": tax.strip(),
    }
    _tell(imports.post_one(acting(acting_as), given), json_wanted)


@click.command("reverse")
@click.argument("external_id")
@click.option("--reason", required=True, help="Why; it stays with the reversal.")
@click.option("--date", "on", type=_day, help="The day it counts from; today by default.")
@click.option("--external-id", "own_id", default="", help="Your id for the reversal.")
@as_login
@as_json
@answering
def reverse(
    external_id: str, reason: str, on: datetime | None, own_id: str, acting_as: str | None, json_wanted: bool
) -> None:
    """Take back the transaction with this EXTERNAL_ID by one of the opposite sign."""
    day = on.date() if on else None
    answer = imports.reverse_one(acting(acting_as), external_id, reason=reason, on=day, own_id=own_id.strip() or None)
    _tell(answer, json_wanted)


def _tell(answer: Answer, json_wanted: bool) -> None:
    amount = format_minor(answer.amount_minor, answer.currency)
    if json_wanted:
        show(
            {
                "result": "posted" if answer.created else "skipped",
                "external_id": answer.external_id,
                "public_id": answer.public_id,
                "number": answer.number,
                "kind": answer.kind,
                "ledger": answer.ledger,
                "date": answer.on.isoformat(),
                "customer": answer.customer,
                "payer": answer.payer,
                "amount": amount,
                "currency": answer.currency,
            }
        )
        return
    what = "posted" if answer.created else "is there already; nothing was posted"
    echo(f"{answer.number} of {amount} {answer.currency} {what}, for {answer.customer} on {answer.payer}.")


COMMANDS = (post, reverse)
