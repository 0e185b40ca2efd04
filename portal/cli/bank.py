"""`flask bank`: files of banks, and what their lines pay."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from portal.actions.bank import confirming, deciding, importing, looking
from portal.actions.bank.confirming import Choice, Confirmed, Part
from portal.actions.bank.looking import FilePage, Shown
from portal.cli.answers import acting, answering, as_json, as_login, show, told
from portal.cli.terminal import echo
from portal.db.bank.files import StatementFacts
from portal.rules.bank.matching import Proposal
from portal.rules.errors import Invalid
from portal.rules.money import format_minor
from portal.rules.sentences import say

_partner = click.option("--partner", metavar="PARTNER", help="Whose account it is (name or public id).")


@click.group("bank")
def bank() -> None:
    """Files of banks."""


@bank.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@_partner
@click.option("--mapping", metavar="NAME", help="What the columns of a CSV are called, as saved by `bank mapping`.")
@as_login
@as_json
@answering
def import_file(file: Path, partner: str | None, mapping: str | None, acting_as: str | None, json_wanted: bool) -> None:
    """Take in FILE (camt.053, MT940 or CSV), whole and once; it posts nothing."""
    actor = acting(acting_as)
    try:
        source = file.open("rb")
    except OSError as error:
        reason = error.strerror or ""
        raise Invalid({"file": say("{file} cannot be read: {reason}.", file=str(file), reason=reason)}) from None
    with source:
        done = importing.import_file(actor, source, file.name, partner=partner, mapping=mapping)
    page = looking.open_file(actor, done.file)
    if json_wanted:
        show(_as_json(page) | {"added": done.added, "skipped": done.skipped})
    else:
        echo(f"File {done.file}: {done.added} lines added, {done.skipped} known already. Nothing was posted.")
        _print(page)


@bank.command("show")
@click.argument("file")
@as_login
@as_json
@answering
def show_file(file: str, acting_as: str | None, json_wanted: bool) -> None:
    """Show FILE (the id that `import` answered) with its lines and what each may pay."""
    page = looking.open_file(acting(acting_as), file)
    if json_wanted:
        show(_as_json(page))
    else:
        _print(page)


@bank.command("confirm")
@click.argument("lines", nargs=-1, required=True, metavar="LINE...")
@click.option("--customer", metavar="CUSTOMER", help="Whose payment it is.")
@click.option("--invoice", "invoices", multiple=True, metavar="INVOICE[=AMOUNT]", help="What it pays; as much as fits.")
@as_login
@as_json
@answering
def confirm(
    lines: tuple[str, ...],
    customer: str | None,
    invoices: tuple[str, ...],
    acting_as: str | None,
    json_wanted: bool,
) -> None:
    """Make a payment of each LINE: what is chosen for it or, with options, what they say."""
    parts = tuple(Part(name, amount.strip() if sign else None) for name, sign, amount in map(_split, invoices))
    done = confirming.confirm(acting(acting_as), lines, Choice(customer, parts))
    if json_wanted:
        show({"confirmed": [_confirmed(one) for one in done]})
        return
    for one in done:
        amount = format_minor(one.amount_minor, one.currency)
        settled = ", ".join(f"{format_minor(it.amount_minor, one.currency)} of {it.invoice}" for it in one.allocated)
        left = format_minor(one.left_minor, one.currency)
        what = settled or "nothing"
        echo(f"{one.payment} of {amount} {one.currency} for {one.customer}: {what} settled, {left} left.")


@bank.command("ignore")
@click.argument("lines", nargs=-1, required=True, metavar="LINE...")
@as_login
@as_json
@answering
def ignore(lines: tuple[str, ...], acting_as: str | None, json_wanted: bool) -> None:
    """Set each LINE aside: it is no payment of a customer."""
    done = deciding.ignore(acting(acting_as), lines)
    if json_wanted:
        show({"ignored": list(done)})
    else:
        echo("One line set aside." if len(done) == 1 else f"{len(done)} lines set aside.")


@bank.command("split")
@click.argument("line")
@click.argument("amounts", nargs=-1, required=True, metavar="AMOUNT...")
@as_login
@as_json
@answering
def split(line: str, amounts: tuple[str, ...], acting_as: str | None, json_wanted: bool) -> None:
    """Split LINE into parts of these amounts and the rest, each of which is confirmed on its own."""
    actor = acting(acting_as)
    parts = [looking.open_line(actor, one) for one in deciding.split(actor, line, amounts)]
    if json_wanted:
        show({"line": line, "parts": [_line(one) for one in parts]})
        return
    for one in parts:
        _print_line(one)


@bank.command("mapping")
@click.argument("name")
@click.argument("values", nargs=-1, required=True, metavar="FIELD=HEADING...")
@_partner
@as_login
@as_json
@answering
def mapping(name: str, values: tuple[str, ...], partner: str | None, acting_as: str | None, json_wanted: bool) -> None:
    """Save as NAME what the columns of a bank's CSV are called, and how it writes dates and amounts."""
    given = {key: text for key, _, text in (one.partition("=") for one in values)}
    sentence = importing.save_mapping(acting(acting_as), name, given, partner=partner)
    if json_wanted:
        show({"done": told(sentence), "mapping": name, "fields": given})
    else:
        echo(f"{told(sentence)}.")


def _split(text: str) -> tuple[str, str, str]:
    """A number may have an equals sign of its own: the last one is ours."""
    before, sign, amount = text.rpartition("=")
    return (before, sign, amount) if sign else (text, "", "")


def _as_json(page: FilePage) -> dict[str, object]:
    return {
        "file": page.file.public_id,
        "name": page.file.name,
        "partner": page.file.partner,
        "added": page.file.lines,
        "skipped": page.file.skipped,
        "statements": [_statement(one, page.lines) for one in page.statements],
    }


def _statement(one: StatementFacts, lines: Iterable[Shown]) -> dict[str, object]:
    def amount(minor: int | None) -> str | None:
        return None if minor is None else format_minor(minor, one.currency)

    return {
        "id": one.bank_id,
        "iban": one.account,
        "currency": one.currency,
        "opening": amount(one.opening_minor),
        "closing": amount(one.closing_minor),
        "lines": [_line(line) for line in lines if line.line.statement_id == one.id],
    }


def _line(shown: Shown) -> dict[str, object]:
    line = shown.line
    return {
        "line": line.public_id,
        "date": line.booked_on.isoformat(),
        "value_date": line.value_on.isoformat() if line.value_on else None,
        "amount": format_minor(line.amount_minor, line.currency),
        "name": line.name,
        "iban": line.account,
        "reference": line.reference,
        "text": line.text,
        "state": line.state.value,
        "payment": line.payment or None,
        "proposals": [_proposal(one, line.currency) for one in shown.proposals],
    }


def _proposal(one: Proposal, currency: str) -> dict[str, object]:
    return {
        "customer": one.customer,
        "invoice": one.invoice,
        "amount": format_minor(one.amount, currency),
        "because": one.because.value,
        "chosen": one.chosen,
    }


def _confirmed(one: Confirmed) -> dict[str, object]:
    return {
        "line": one.line,
        "payment": one.payment,
        "public_id": one.public_id,
        "customer": one.customer,
        "amount": format_minor(one.amount_minor, one.currency),
        "currency": one.currency,
        "date": one.on.isoformat(),
        "allocated": [
            {"invoice": it.invoice, "amount": format_minor(it.amount_minor, one.currency)} for it in one.allocated
        ],
        "left": format_minor(one.left_minor, one.currency),
    }


def _print(page: FilePage) -> None:
    for statement in page.statements:
        balances = [
            "?" if minor is None else format_minor(minor, statement.currency)
            for minor in (statement.opening_minor, statement.closing_minor)
        ]
        echo(f"{statement.account} {statement.bank_id}: {balances[0]} to {balances[1]} {statement.currency}")
        for shown in page.lines:
            if shown.line.statement_id == statement.id:
                _print_line(shown)


def _print_line(shown: Shown) -> None:
    line = shown.line
    amount = format_minor(line.amount_minor, line.currency)
    said = " ".join(filter(None, (line.name, line.reference, line.text)))
    echo(f"  {line.public_id} {line.booked_on} {amount:>12} {line.state.value} {line.payment} {said}".rstrip())
    for one in shown.proposals:
        mark, amount = "*" if one.chosen else "-", format_minor(one.amount, line.currency)
        echo(f"    {mark} {amount} of {one.invoice} by {one.customer} ({one.because})")


COMMANDS = (bank,)
