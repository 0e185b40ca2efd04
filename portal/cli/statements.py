"""`flask statement`: one statement as a table or a file; `flask statements`: those that go out every month (S8)."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from unicodedata import combining, east_asian_width

import click
from tqdm import tqdm

from portal.actions.statements import monthly
from portal.actions.statements import view as statements
from portal.actions.statements import work as statement_work
from portal.actions.statements.view import StatementRequest
from portal.cli.answers import acting, answering, as_json, as_login, show, told
from portal.cli.terminal import echo
from portal.outside.sheets.writing import TooManyLines, statement_csv, statement_xlsx
from portal.rules.deciding import SYSTEM
from portal.rules.errors import Invalid, PortalError
from portal.rules.money import format_minor
from portal.rules.sentences import say
from portal.rules.statements import as_json as statement_json
from portal.rules.statements.figures import Line, Note, RecordType, Statement
from portal.rules.statements.layout import LaidOut, credit_laid_out, laid_out

_day = click.DateTime(["%Y-%m-%d"])
_FORMATS = ("table", "json", "csv", "xlsx", "pdf")
_BINARY = frozenset({"xlsx", "pdf"})
_WIDEST = 48


@click.command("statement")
@click.argument("customer")
@click.option("--from", "first", type=_day, required=True, help="The first day.")
@click.option("--to", "last", type=_day, required=True, help="The last day, included.")
@click.option("--account", help="Only what was issued for this customer: a part, which has no balance.")
@click.option("--payer", help="On the books of this payer instead of the one of today.")
@click.option("--type", "record_type", type=click.Choice([t.value for t in RecordType]), default="all")
@click.option("--format", "form", type=click.Choice(_FORMATS), default="table")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="Write to this file.")
@as_json
@answering
def statement(
    customer: str,
    first: datetime,
    last: datetime,
    account: str | None,
    payer: str | None,
    record_type: str,
    form: str,
    output: Path | None,
    json_wanted: bool,
) -> None:
    """Print the statement of CUSTOMER between two days."""
    form = "json" if json_wanted else form
    if form in _BINARY and output is None and sys.stdout.isatty():
        raise click.UsageError(f"A {form} file is not for the screen. Name a file with -o.")
    wanted = StatementRequest(first.date(), last.date(), account, payer, RecordType(record_type))
    pieces = _pieces(statements.view(SYSTEM, customer, wanted), form)
    if output is None:
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
    else:
        _save(output, pieces)


def _save(path: Path, pieces: Iterable[bytes]) -> None:
    try:
        with path.open("wb") as file:
            file.writelines(pieces)
    except OSError as error:
        raise PortalError(
            say("{path} cannot be written: {reason}.", path=str(path), reason=error.strerror or str(error))
        ) from error


def _pieces(made: Statement, form: str) -> Iterable[bytes]:
    if form == "json":
        return [json.dumps(statement_json.as_json(made), ensure_ascii=False).encode(), b"\n"]
    if form == "csv":
        return (piece.encode() for piece in statement_csv(made))
    if form == "pdf":
        return [statement_work.pdf(made, lambda _done, _total: None)]
    if form == "xlsx":
        try:
            return [statement_xlsx(made)]
        except TooManyLines as error:
            raise Invalid({"format": error.sentence}) from error
    return (f"{line}\n".encode() for line in _table(made))


# The table ---------------------------------------------------------------------------------------------------------


def _table(made: Statement) -> Iterator[str]:
    account = made.account.name if made.account else "all accounts"
    what = "Statement" if made.account is None else "Activity"
    figures = 2 if made.balance is None else 3
    yield f"{what} of {made.payer.name} ({made.payer.reference}), {account}"
    yield f"{made.first.isoformat()} to {made.last.isoformat()}, amounts in {made.currency}"
    yield ""
    yield from _aligned(_rows(made, laid_out(made)), figures=figures)
    if made.several:
        yield from ("", "By account", *_aligned(_account_rows(made), figures=3))
    if made.credit is not None:
        yield from ("", "Customer Credit", *_aligned(_rows(made, credit_laid_out(made)), figures=figures))
    if made.waiting:
        yield from ("", "Future items, not in any balance", *_aligned(_waiting_rows(made), figures=1))
    for other in made.other_payers:
        yield f"More lines of this time are on the books of {other.payer.name}: --payer {other.payer.reference}"


def _rows(made: Statement, rows: Iterable[LaidOut]) -> Iterator[Sequence[str]]:
    """Lines with their balance, or without that column on a part's activity statement (S13)."""
    headings = ("Charged", "Credited") if made.balance is None else ("Debit", "Credit", "Balance")
    figures = len(headings)
    yield "Date", "Number", "Description", "Account", *headings
    for row in rows:
        if isinstance(row, Note):
            yield row.on.isoformat(), "", str(row.text), "", *[""] * figures
            continue
        minors = (row.debit_minor, row.credit_minor, row.balance_minor)
        amounts = ["" if minor is None else format_minor(minor, made.currency) for minor in minors]
        if isinstance(row, Line):
            named = (row.booked_on.isoformat(), row.number, row.description, row.account)
        else:
            named = (row.on.isoformat() if row.on else "", "", str(row.label), "")
        yield *named, *amounts[:figures]


def _account_rows(made: Statement) -> Iterator[Sequence[str]]:
    yield "Account", "Name", "Charged", "Credited", "Open"
    for one in made.accounts:
        sums = (one.charged_minor, one.credited_minor, one.open_minor)
        yield one.account.reference, one.account.name, *(format_minor(minor, made.currency) for minor in sums)
    whole = (made.charged_minor, made.credited_minor, made.open_minor)
    yield "", "Total", *(format_minor(minor, made.currency) for minor in whole)


def _waiting_rows(made: Statement) -> Iterator[Sequence[str]]:
    yield "Date", "Number", "Description", "Account", "Amount"
    for item in made.waiting:
        amount = format_minor(item.amount_minor, made.currency)
        yield item.on.isoformat(), item.number, item.description, item.account.reference, amount


def _aligned(rows: Iterable[Sequence[str]], *, figures: int) -> Iterator[str]:
    """Rows in columns, the last `figures` of them to the right; long texts are cut."""
    cells = [[_short(cell) for cell in row] for row in rows]
    widths = [max(map(_width, column)) for column in zip(*cells, strict=True)]
    texts = len(widths) - figures
    for row in cells:
        placed = [
            cell + " " * (width - _width(cell)) if place < texts else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield "  ".join(placed).rstrip()


def _width(text: str) -> int:
    """How many places a text takes on a screen: Chinese and Japanese signs two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(sign) else 2 if east_asian_width(sign) in "WF" else 1 for sign in text)


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _WIDEST else f"{flat[: _WIDEST - 1]}…"


# By email every month -------------------------------------------------------------------------------------------------


@click.group("statements")
def statements_group() -> None:
    """Statements that go out by email every month."""


@statements_group.command("send")
@click.option("--month", required=True, help="The month, such as 2026-03; it must be over.")
@click.option("--dry-run", is_flag=True, help="Say who would get one, and send nothing.")
@as_login
@as_json
@answering
def send(month: str, dry_run: bool, acting_as: str | None, json_wanted: bool) -> None:
    """Send the statement of a month to everybody who asked for it and has not got it."""
    with tqdm(unit="statement", disable=json_wanted or None, file=sys.stderr, leave=False) as bar:

        def report(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        found = monthly.send(acting(acting_as), month, dry_run=dry_run, report=report)
    sent = [one for out in found for one in out.sent]
    left_out = [one for out in found for one in out.left_out]
    before = sum(out.before for out in found)
    if json_wanted:
        left = [{"customer": one.customer, "why": told(one.why)} for one in left_out]
        show({"month": month, "sent": sent, "sent_before": before, "left_out": left})
    else:
        would = "Nothing was sent (dry run). There would be: " if dry_run else ""
        echo(f"{would}{len(sent)} statements of {month}; {before} were sent before.")
    for one in left_out:
        echo(told(say("{name} ({customer}): {why}", name=one.name, customer=one.customer, why=one.why)), err=True)
    if left_out:
        sys.exit(1)


@statements_group.command("monthly")
@click.argument("customer")
@click.argument("value", type=click.Choice(["on", "off"]))
@as_login
@as_json
@answering
def every_month(customer: str, value: str, acting_as: str | None, json_wanted: bool) -> None:
    """Let CUSTOMER get its statement by email every month (on), or no more (off)."""
    reference = monthly.choose(acting(acting_as), customer, value == "on")
    if json_wanted:
        show({"customer": reference, "monthly": value == "on"})
    else:
        echo(f"{reference} gets {'statements every month' if value == 'on' else 'no statements by itself any more'}.")


COMMANDS = (statement, statements_group)
