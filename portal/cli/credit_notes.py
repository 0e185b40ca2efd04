"""`flask credit-note`: taking back an invoice, wholly or in part."""

from __future__ import annotations

from datetime import datetime

import click

from portal.actions.books import refunding
from portal.actions.books.refunding import Wanted as Refund
from portal.actions.invoices import crediting
from portal.actions.invoices import show as showing
from portal.actions.invoices.crediting import Wanted
from portal.cli.answers import acting, answering, as_json, as_login, show, told
from portal.cli.invoices import of_partner
from portal.cli.payments import refund_as_json, tell
from portal.cli.terminal import echo
from portal.rules.invoices.as_json import credit_note_as_json
from portal.rules.invoices.crediting import choice_of_command
from portal.rules.invoices.papers import CreditNote
from portal.rules.money import format_minor

_day = click.DateTime(["%Y-%m-%d"])


@click.group("credit-note")
def credit_note() -> None:
    """Credit notes: issue, show, refund."""


@credit_note.command("issue")
@click.argument("invoice")
@click.option("--whole", is_flag=True, help="Credit all that remains.")
@click.option("--line", "lines", multiple=True, metavar="N[:AMOUNT]", help="Credit a line, or so much of it (gross).")
@click.option("--amount", default="", help="Credit so much (gross), handed down over the lines in their order.")
@click.option("--reason", required=True, help="Why; it stands on the credit note.")
@click.option("--date", "on", type=_day, help="The day it counts from; today by default.")
@click.option("--external-id", default="", help="Your id for it; the same one again credits nothing.")
@of_partner
@as_login
@as_json
@answering
def issue(
    invoice: str,
    whole: bool,
    lines: tuple[str, ...],
    amount: str,
    reason: str,
    on: datetime | None,
    external_id: str,
    partner: str | None,
    acting_as: str | None,
    json_wanted: bool,
) -> None:
    """Credit INVOICE, named by its external id, public id or number."""
    actor = acting(acting_as)
    currency = showing.currency_of(actor, invoice, partner)
    wanted = Wanted(
        invoice,
        reason,
        whole,
        tuple(choice_of_command(line, currency) for line in lines),
        crediting.amount_of(amount, currency) if amount.strip() else None,
        on.date() if on else None,
        external_id.strip() or None,
        partner,
    )
    done = crediting.issue(actor, wanted)
    note = showing.credit_note(actor, done.public_id)
    if json_wanted:
        show(credit_note_as_json(note))
    elif done.created:
        echo(f"{_named(note)} issued for {note.invoice[0] if note.invoice else ''}: {told(note.state.label)}.")
    else:
        echo(f"{_named(note)} is there already; nothing was credited.")


@credit_note.command("show")
@click.argument("credit_note")
@of_partner
@as_login
@as_json
@answering
def show_credit_note(credit_note: str, partner: str | None, acting_as: str | None, json_wanted: bool) -> None:
    """Print CREDIT_NOTE, named by its external id, public id or number."""
    note = showing.credit_note(acting(acting_as), credit_note, partner=partner)
    if json_wanted:
        show(credit_note_as_json(note))
        return
    of = f", for {note.invoice[0]}" if note.invoice else ""
    echo(f"{_named(note)} of {note.on}{of}: {told(note.state.label)}. {note.reason}")
    for line in note.lines:
        echo(f"  line {line.position} {line.description}: {format_minor(line.gross, note.currency)}")


@credit_note.command("refund")
@click.argument("credit_note")
@click.option("--amount", help="As much as was paid and is not paid back by default.")
@click.option("--date", "on", type=_day, required=True, help="The day it was paid back.")
@click.option("--reason", default="", help="Why; it stays with the refund.")
@of_partner
@as_login
@as_json
@answering
def refund(
    credit_note: str,
    amount: str | None,
    on: datetime,
    reason: str,
    partner: str | None,
    acting_as: str | None,
    json_wanted: bool,
) -> None:
    """Pay back what CREDIT_NOTE credited, as far as it was paid."""
    actor = acting(acting_as)
    done = refunding.refund_credit_note(actor, Refund(credit_note, amount, on.date(), reason.strip(), partner))
    if json_wanted:
        show(credit_note_as_json(showing.credit_note(actor, done.of_id)) | {"refund": refund_as_json(done)})
    else:
        tell(done)


def _named(note: CreditNote) -> str:
    return f"{note.number} of {format_minor(note.total, note.currency)} {note.currency}"


COMMANDS = (credit_note,)
