"""What is open, and what settles it: `flask open-items`, `allocate`, `unallocate` and `credit apply`."""

from __future__ import annotations

from datetime import date, datetime

import click

from portal.actions.books import allocating, opened
from portal.actions.books import posting as ledger
from portal.actions.books.allocating import Allocated, Wanted
from portal.actions.books.opened import OpenItems, OpenRow
from portal.actions.books.posting import Applied
from portal.cli.answers import acting, answering, as_json, as_login, foreseen, show
from portal.cli.terminal import echo
from portal.rules.money import format_minor
from portal.rules.sentences import say

_day = click.DateTime(["%Y-%m-%d"])
_of_partner = click.option("--partner", help="Whose number it is, where several partners have it.")


def day_of(given: datetime | None) -> date | None:
    """The day of an option."""
    return given.date() if given else None


@click.command("open-items")
@click.argument("customer")
@click.option("--on", type=_day, help="As of this day; today by default.")
@as_login
@as_json
@answering
def open_items(customer: str, on: datetime | None, acting_as: str | None, json_wanted: bool) -> None:
    """List what CUSTOMER, or whoever pays for it, has not settled, and what of its payments settles nothing yet."""
    found = opened.open_items(acting(acting_as), customer, day_of(on))
    if json_wanted:
        show(_open_items(found))
        return
    for title, rows in (("Open", found.open), ("Unallocated", found.unallocated)):
        echo(f"{title}:" if rows else f"{title}: nothing")
        for row in rows:
            total, left = (format_minor(minor, found.currency) for minor in (row.total_minor, row.open_minor))
            late = f", {row.days_overdue} days overdue" if row.days_overdue else ""
            echo(f"  {row.number}  {row.on}  due {row.due}  {left} of {total}{late}")
    echo(f"House Account on {found.on}: {format_minor(found.house_minor, found.currency)} {found.currency}")


def _open_items(found: OpenItems) -> dict[str, object]:
    def named(row: OpenRow) -> dict[str, object]:
        return {"number": row.number, "public_id": row.public_id, "kind": row.kind, "date": row.on.isoformat()}

    def money(minor: int) -> str:
        return format_minor(minor, found.currency)

    return {
        "open": [
            {
                **named(row),
                "account": row.account,
                "due": row.due.isoformat(),
                "total": money(row.total_minor),
                "open": money(row.open_minor),
                "days_overdue": row.days_overdue,
            }
            for row in found.open
        ],
        "unallocated": [
            {**named(row), "account": row.account, "total": money(row.total_minor), "open": money(row.open_minor)}
            for row in found.unallocated
        ],
        "balance": money(found.house_minor),
    }


@click.command("allocate")
@click.argument("payment")
@click.argument("invoice", required=False)
@click.argument("amount", required=False)
@click.option("--date", "on", type=_day, help="The day it counts from, at the earliest; today by default.")
@click.option(
    "--account", "accounts", multiple=True, metavar="ACCOUNT", help="Only for this account of INVOICE; several times."
)
@click.option("--preview", is_flag=True, help="Say what would change, and change nothing.")
@_of_partner
@as_login
@as_json
@answering
def allocate(
    payment: str,
    invoice: str | None,
    amount: str | None,
    on: datetime | None,
    accounts: tuple[str, ...],
    preview: bool,
    partner: str | None,
    acting_as: str | None,
    json_wanted: bool,
) -> None:
    """Let PAYMENT settle INVOICE, or the oldest due of its payer: AMOUNT, or as much as fits.

    An invoice over several accounts is settled in proportion to what each has open, or for the accounts that are named.
    """
    wanted = Wanted(payment, invoice, amount, day_of(on), partner, accounts)
    if preview:
        _foresee(allocating.foresee(acting(acting_as), wanted), json_wanted)
        return
    done = allocating.allocate(acting(acting_as), wanted)
    _tell(done, "allocated to", json_wanted)


@click.command("unallocate")
@click.argument("payment")
@click.argument("invoice")
@_of_partner
@as_login
@as_json
@answering
def unallocate(payment: str, invoice: str, partner: str | None, acting_as: str | None, json_wanted: bool) -> None:
    """Take back all that PAYMENT settles of INVOICE."""
    _tell(allocating.unallocate(acting(acting_as), payment, invoice, partner=partner), "taken back from", json_wanted)


def _allocations(done: Allocated) -> dict[str, object]:
    return {
        "payment": done.number,
        "public_id": done.public_id,
        "left": format_minor(done.left_minor, done.currency),
        "allocations": [
            {
                "invoice": one.number,
                "public_id": one.public_id,
                "amount": format_minor(one.amount_minor, done.currency),
                "date": one.on.isoformat(),
                "open": format_minor(one.open_minor, done.currency),
            }
            for one in done.made
        ],
        "accounts": [{"account": one.account, "amount": format_minor(one.minor, done.currency)} for one in done.parts],
    }


def _foresee(done: Allocated, json_wanted: bool) -> None:
    headline = say("{number} is allocated", number=done.number)
    if json_wanted:
        show(foreseen(headline, allocating.changes(done)) | _allocations(done))
        return
    _tell(done, "would be allocated to", json_wanted)


def _tell(done: Allocated, words: str, json_wanted: bool) -> None:
    if json_wanted:
        show(_allocations(done))
        return
    for one in done.made:
        amount, left = (format_minor(minor, done.currency) for minor in (one.amount_minor, one.open_minor))
        echo(f"{amount} {done.currency} of {done.number} {words} {one.number} from {one.on} on; open: {left}.")
    for part in done.parts:
        echo(f"  {format_minor(part.minor, done.currency)} {done.currency} for {part.name}")
    echo(f"Left of {done.number}: {format_minor(done.left_minor, done.currency)} {done.currency}.")


@click.group("credit")
def credit() -> None:
    """Customer Credit: what a customer holds with the operator."""


@credit.command("apply")
@click.argument("customer")
@click.argument("invoice")
@click.argument("amount")
@click.option("--date", "on", type=_day, help="The day it counts from; today by default.")
@_of_partner
@as_login
@as_json
@answering
def apply(
    customer: str,
    invoice: str,
    amount: str,
    on: datetime | None,
    partner: str | None,
    acting_as: str | None,
    json_wanted: bool,
) -> None:
    """Pay AMOUNT of INVOICE from the Customer Credit of CUSTOMER, or of whoever pays for it."""
    done: Applied = ledger.apply_to(acting(acting_as), customer, invoice, amount, on=day_of(on), partner=partner)
    if json_wanted:
        show(
            {
                "number": done.number,
                "public_id": done.public_id,
                "payer": done.payer,
                "amount": format_minor(done.amount_minor, done.currency),
                "currency": done.currency,
                "date": done.on.isoformat(),
                "invoice": done.invoice,
                "open": format_minor(done.open_minor, done.currency),
            }
        )
        return
    amount, left = (format_minor(minor, done.currency) for minor in (done.amount_minor, done.open_minor))
    echo(f"{amount} {done.currency} of Customer Credit pay {done.invoice} by {done.number}; open: {left}.")


COMMANDS = (open_items, allocate, unallocate, credit)
