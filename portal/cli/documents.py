"""`flask document`: the files in a customer's documents."""

from __future__ import annotations

from pathlib import Path

import click

from portal.actions.documents import adding, lists
from portal.actions.documents.lists import DocumentFilter, DocumentRow
from portal.cli.answers import acting_for, answering, as_anybody, as_json, show, told
from portal.cli.terminal import echo
from portal.rules.documents import Audience, Wording
from portal.rules.errors import Invalid
from portal.rules.sentences import say

PAGE = 200


@click.group("document")
def document() -> None:
    """Documents of customers."""


@document.command("add")
@click.argument("customer")
@click.argument("file")
@click.option("--name", help="What the file is called; its own name without it.")
@click.option("--title", default="", help="What stands in the list; the name without it.")
@click.option("--folder", default="", help="The folder it is kept in.")
@click.option("--hidden", is_flag=True, help="Only staff see it.")
@as_anybody
@as_json
@answering
def add_document(
    customer: str,
    file: str,
    name: str | None,
    title: str,
    folder: str,
    acting_as: str | None,
    *,
    hidden: bool,
    json_wanted: bool,
) -> None:
    """Put FILE into the documents of CUSTOMER (external or public id). Its content decides what it is."""
    actor = acting_for(acting_as)
    wanted = Wording(title, folder, Audience.STAFF if hidden else Audience.EVERYBODY)
    try:
        with Path(file).open("rb") as opened:
            done = adding.add(actor, customer, opened, name or Path(file).name, wanted)
    except OSError as error:
        reason = error.strerror or str(error)
        raise Invalid({"file": say("{file} cannot be read: {reason}.", file=file, reason=reason)}) from error
    if json_wanted:
        facts = {"name": done.name, "content_type": done.content_type, "size": done.size}
        show({"document": done.document, **facts, "title": done.title})
        return
    if done.before:
        echo(told(say("The same file is there already, as “{title}”.", title=done.title)))
    else:
        echo(told(say("Added “{title}”.", title=done.title)))


@document.command("list")
@click.argument("customer")
@as_anybody
@as_json
@answering
def list_documents(customer: str, acting_as: str | None, *, json_wanted: bool) -> None:
    """List the documents of CUSTOMER (external or public id), newest first."""
    actor, rows, page = acting_for(acting_as), [], 1
    while True:
        found = lists.list_documents(actor, customer, DocumentFilter(page=page, size=PAGE))
        rows += found.rows
        if page >= found.pages:
            break
        page += 1
    if json_wanted:
        show({"documents": [_as_json(row) for row in rows]})
        return
    for row in rows:
        echo(f"{row.public_id}  {row.created_at:%Y-%m-%d}  {row.title} ({row.filename}, {row.size} bytes)")
    if not rows:
        echo(f"{customer} has no documents.")


def _as_json(row: DocumentRow) -> dict[str, object]:
    return {
        "document": row.public_id,
        "name": row.filename,
        "content_type": row.content_type,
        "size": row.size,
        "title": row.title,
        "folder": row.folder,
        "hidden": row.audience is Audience.STAFF,
        "kind": row.kind,
        "created_at": row.created_at.isoformat(),
    }


COMMANDS = (document,)
