"""`flask invoice`: issuing an invoice, confirming a draft, showing either."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from portal.actions.invoices import files, issuing
from portal.actions.invoices import show as showing
from portal.actions.invoices.issuing import Issued
from portal.actions.invoices.wanted import Wanted
from portal.cli.answers import acting, answering, as_json, as_login, show, told
from portal.cli.terminal import echo
from portal.rules.amounts import number_text
from portal.rules.errors import Missing
from portal.rules.invoices.as_json import invoice_as_json
from portal.rules.invoices.papers import Invoice
from portal.rules.invoices.prices import Prices
from portal.rules.invoices.reading import line_of_command
from portal.rules.money import format_minor
from portal.rules.sentences import say

_day = click.DateTime(["%Y-%m-%d"])
of_partner = click.option("--partner", default=None, help="Whose number it is, where several partners have it.")
LINE = "TEXT|QUANTITY|UNIT PRICE|TAX RATE[|ACCOUNT[|DISCOUNT]]"


@click.group("invoice")
def invoice() -> None:
    """Invoices: issue, confirm, show."""


@invoice.command("issue")
@click.argument("customer")
@click.option("--date", "on", type=_day, required=True, help="The day it is issued and counts from.")
@click.option("--line", "lines", multiple=True, required=True, metavar=LINE, help="A line; give it once for each.")
@click.option("--prices", type=click.Choice([one.value for one in Prices]), help="As the partner has it by default.")
@click.option("--due", type=_day, help="The last day to pay; by the partner's terms by default.")
@click.option("--number", default="", help="Keep this number instead of taking the next one.")
@click.option("--external-id", default="", help="Your id for it; the same one again issues nothing.")
@click.option("--draft", is_flag=True, help="Only keep it as a draft, without a number.")
@of_partner
@as_login
@as_json
@answering
def issue(
    customer: str,
    on: datetime,
    lines: tuple[str, ...],
    prices: str | None,
    due: datetime | None,
    number: str,
    external_id: str,
    draft: bool,
    partner: str | None,
    acting_as: str | None,
    json_wanted: bool,
) -> None:
    """Issue an invoice for CUSTOMER on the books of whoever pays for it."""
    actor = acting(acting_as)
    wanted = Wanted(
        showing.customer_of(actor, customer, partner),
        on.date(),
        tuple(line_of_command(line) for line in lines),
        Prices(prices) if prices else None,
        due.date() if due else None,
        number.strip() or None,
        external_id.strip() or None,
    )
    done = issuing.draft(actor, wanted) if draft else issuing.issue(actor, wanted)
    _tell(done, showing.invoice(actor, done.public_id), json_wanted)


@invoice.command("confirm")
@click.argument("draft")
@click.option("--date", "on", type=_day, help="The day it is issued and counts from; that of the draft by default.")
@as_login
@as_json
@answering
def confirm(draft: str, on: datetime | None, acting_as: str | None, json_wanted: bool) -> None:
    """Issue DRAFT, named by its external or public id. It keeps its public id and gets a number."""
    actor = acting(acting_as)
    done = issuing.confirm(actor, draft, on=on.date() if on else None)
    _tell(done, showing.invoice(actor, done.public_id), json_wanted)


@invoice.command("show")
@click.argument("invoice")
@of_partner
@as_login
@as_json
@answering
def show_invoice(invoice: str, partner: str | None, acting_as: str | None, json_wanted: bool) -> None:
    """Print INVOICE, named by its external id, public id or number."""
    paper = showing.invoice(acting(acting_as), invoice, partner=partner)
    if json_wanted:
        show(invoice_as_json(paper))
    else:
        _print(paper)


@invoice.command("pdf")
@click.argument("invoice")
@click.option("-o", "output", type=click.Path(path_type=Path), required=True, help="The file to write.")
@of_partner
@as_login
@as_json
@answering
def pdf(invoice: str, output: Path, partner: str | None, acting_as: str | None, json_wanted: bool) -> None:
    """Write INVOICE as a PDF: as it was issued, with what is open today and how to pay it."""
    data = files.pdf_named(acting(acting_as), invoice, partner=partner)
    try:
        output.write_bytes(data)
    except OSError as error:
        raise Missing(
            say("{file} cannot be written: {reason}.", file=str(output), reason=error.strerror or "")
        ) from None
    if json_wanted:
        show({"invoice": invoice, "file": str(output), "bytes": len(data)})
    else:
        echo(f"{output} written.")


def _tell(done: Issued, paper: Invoice, json_wanted: bool) -> None:
    if json_wanted:
        show(invoice_as_json(paper))
        return
    total = f"{format_minor(paper.total, paper.currency)} {paper.currency}"
    called = paper.number or f"Draft {paper.public_id}"
    if not done.created:
        echo(f"{called} of {total} is there already; nothing was issued.")
    elif paper.is_draft:
        echo(f"{called} of {total} kept for {paper.payer.reference}. Nothing is on the books.")
    else:
        echo(f"{called} of {total} issued, for {paper.issued_for.reference} on {paper.payer.reference}.")


def _print(paper: Invoice) -> None:
    def money(minor: int) -> str:
        return format_minor(minor, paper.currency)

    state = told(paper.state.label)
    echo(f"{paper.number or paper.public_id}  {paper.payer.reference}  {paper.on}, due {paper.due}  {state}")
    for line in paper.lines:
        off = f" less {number_text(line.discount)} %" if line.discount else ""
        echo(
            f"  {line.position}. {line.description}: {number_text(line.quantity)} × {money(line.unit_minor)}{off}, "
            f"{number_text(line.rate)} %, {line.account.reference}: {money(line.gross)}"
        )
    echo(f"  net {money(paper.net)}, tax {money(paper.tax)}, total {money(paper.total)} {paper.currency}")
    echo(f"  credited {money(paper.credited)}, allocated {money(paper.allocated)}, open {money(paper.open)}")


COMMANDS = (invoice,)
