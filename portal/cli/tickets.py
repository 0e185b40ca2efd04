"""`flask ticket`: conversations with customers."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click

from portal.actions.tickets import changing, finding, receiving, writing
from portal.actions.tickets.finding import EntryRow, Thread, TicketFacts
from portal.actions.tickets.writing import Brought
from portal.cli.answers import acting, acting_for, answering, as_anybody, as_json, as_login, show, told
from portal.cli.terminal import echo
from portal.rules.deciding import Actor
from portal.rules.errors import Invalid
from portal.rules.sentences import say
from portal.rules.tickets.states import EntryKind, TicketState, Via, number


@click.group("ticket")
def ticket() -> None:
    """Tickets."""


@ticket.command("open")
@click.argument("customer")
@click.option("--subject", required=True, help="What it is about, in a line.")
@click.option("--text", required=True, help="What is written.")
@click.option("--attach", multiple=True, metavar="FILE", help="A file to send along.")
@as_anybody
@as_json
@answering
def open_ticket(
    customer: str, subject: str, text: str, attach: tuple[str, ...], acting_as: str | None, *, json_wanted: bool
) -> None:
    """Open a ticket about CUSTOMER (external or public id)."""
    actor = acting_for(acting_as)
    with _files(attach) as files:
        done = writing.open_ticket(actor, customer, subject, text, files, via=Via.COMMAND)
    _say(actor, done.ticket, json_wanted=json_wanted)


@ticket.command("answer")
@click.argument("reference", metavar="TICKET")
@click.option("--text", required=True, help="What is written.")
@click.option("--attach", multiple=True, metavar="FILE", help="A file to send along.")
@as_anybody
@as_json
@answering
def answer(reference: str, text: str, attach: tuple[str, ...], acting_as: str | None, *, json_wanted: bool) -> None:
    """Answer in TICKET. A closed one stays closed: a new one begins, which follows it."""
    actor = acting_for(acting_as)
    with _files(attach) as files:
        done = writing.answer(actor, reference, text, files, via=Via.COMMAND)
    _say(actor, done.ticket, json_wanted=json_wanted)


@ticket.command("note")
@click.argument("reference", metavar="TICKET")
@click.option("--text", required=True, help="What is written.")
@as_anybody
@as_json
@answering
def note(reference: str, text: str, acting_as: str | None, *, json_wanted: bool) -> None:
    """Write an internal note in TICKET, which no customer ever sees."""
    actor = acting_for(acting_as)
    done = writing.note(actor, reference, text, via=Via.COMMAND)
    _say(actor, done.ticket, json_wanted=json_wanted)


@ticket.command("state")
@click.argument("reference", metavar="TICKET")
@click.argument("state", type=click.Choice([one.value for one in TicketState]))
@as_anybody
@as_json
@answering
def set_state(reference: str, state: str, acting_as: str | None, *, json_wanted: bool) -> None:
    """Give TICKET a state."""
    actor = acting_for(acting_as)
    changing.set_state(actor, reference, TicketState(state))
    _say(actor, reference, json_wanted=json_wanted)


@ticket.command("show")
@click.argument("reference", metavar="TICKET")
@as_anybody
@as_json
@answering
def show_ticket(reference: str, acting_as: str | None, *, json_wanted: bool) -> None:
    """Show TICKET with its thread; in the name of a customer, without notes."""
    _say(acting_for(acting_as), reference, json_wanted=json_wanted)


@ticket.command("list")
@click.argument("customer")
@as_anybody
@as_json
@answering
def list_tickets(customer: str, acting_as: str | None, *, json_wanted: bool) -> None:
    """List the tickets of CUSTOMER (external or public id), what changed last first."""
    actor, page = acting_for(acting_as), 1
    rows: list[TicketFacts] = []
    while True:
        found = finding.of_customer(actor, customer, page=page)
        rows += found.rows
        if page >= found.pages:
            break
        page += 1
    if json_wanted:
        show({"tickets": [_facts(row) for row in rows]})
        return
    for row in rows:
        echo(f"{row.public_id}  {number(row.id)}  {row.state.value}  {row.subject}")
    if not rows:
        echo(f"{customer} has no tickets.")


@ticket.command("receive")
@click.argument("file")
@as_login
@as_json
@answering
def receive(file: str, acting_as: str | None, *, json_wanted: bool) -> None:
    """Take in a mail: FILE as it came, or - for standard input."""
    actor = acting(acting_as)
    try:
        data = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        reason = error.strerror or str(error)
        raise Invalid({"file": say("{file} cannot be read: {reason}.", file=file, reason=reason)}) from error
    done = receiving.receive(actor, data)
    if not json_wanted:
        echo(told(say("{outcome}. {reason}", outcome=done.outcome.label, reason=done.reason)).strip())
        return
    came: dict[str, object] = {"outcome": done.outcome.value, "reason": told(done.reason), "again": done.again}
    thread = finding.look(actor, done.ticket) if done.ticket else None
    show({**(_whole(thread) if thread else {"ticket": None}), **came})


def _say(actor: Actor, reference: str, *, json_wanted: bool) -> None:
    thread = finding.look(actor, reference)
    if thread.ticket.merged_into is not None:
        thread = finding.look(actor, thread.ticket.merged_into)
    if json_wanted:
        show(_whole(thread))
        return
    found = thread.ticket
    echo(f"{number(found.id)} {found.subject} ({found.state.value}), {found.public_id}")
    for one in _written(thread):
        kind = "" if one.kind is EntryKind.ANSWER else f" [{one.kind.value}]"
        echo(f"\n{one.at:%Y-%m-%d %H:%M} {one.by}{kind}\n{one.text}")


def _written(thread: Thread) -> list[EntryRow]:
    return [one for one in thread.entries if one.kind in (EntryKind.ANSWER, EntryKind.NOTE, EntryKind.HELD)]


def _whole(thread: Thread) -> dict[str, object]:
    return {**_facts(thread.ticket), "entries": [_entry(one) for one in _written(thread)]}


def _facts(found: TicketFacts) -> dict[str, object]:
    return {
        "ticket": found.public_id,
        "number": number(found.id),
        "customer": found.customer_reference,
        "subject": found.subject,
        "state": found.state.value,
        "follows": found.follows,
    }


def _entry(one: EntryRow) -> dict[str, str]:
    return {"at": one.at.isoformat(), "by": one.by, "kind": one.kind.value, "text": one.text}


@contextmanager
def _files(paths: Sequence[str]) -> Iterator[list[Brought]]:
    with ExitStack() as stack:
        found: list[Brought] = []
        for path in paths:
            try:
                found.append((stack.enter_context(Path(path).open("rb")), Path(path).name))
            except OSError as error:
                reason = error.strerror or str(error)
                raise Invalid({"attach": say("{file} cannot be read: {reason}.", file=path, reason=reason)}) from error
        yield found


COMMANDS = (ticket,)
