"""Statements as files: downloaded, or saved to Documents.

Files are made outside of any transaction, and what keeps them is one short transaction. A long statement is made by a
background job that does the same (UX11); its rights are weighed again when it runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from portal.actions import jobs
from portal.actions.jobs import Report, Result, job_kind
from portal.actions.statements import view as statements
from portal.actions.statements.names import PDF, Format, file_name, pen_of
from portal.actions.statements.view import StatementRequest
from portal.actions.statements.work import (
    Drawn,
    Outcome,
    check_may,
    drawn,
    needs_job,
    pdf,
    require,
    resumed,
    start,
)
from portal.db import documents
from portal.db import files as stored
from portal.db.audit import records as audit
from portal.db.customers import profiles as customers
from portal.db.engine import snapshot, writes
from portal.outside import files
from portal.outside.sheets.writing import statement_csv, statement_xlsx
from portal.rules.deciding import Actor
from portal.rules.errors import Missing
from portal.rules.permissions import Permission
from portal.rules.sentences import say, write
from portal.rules.statements.figures import Statement
from portal.rules.statements.words import title_of


@dataclass(frozen=True, slots=True)
class Export:
    """A file to be downloaded, in pieces. `filename` may hold letters of any script, never a separator."""

    pieces: Iterable[bytes]
    filename: str
    content_type: str


@dataclass(frozen=True, slots=True)
class MadeFile:
    """A finished file of a job. The caller closes `file`; `size` is in bytes."""

    file: BinaryIO
    filename: str
    content_type: str
    size: int


# Downloading ---------------------------------------------------------------------------------------------------------


def export(actor: Actor, customer: str, wanted: StatementRequest, form: Format) -> Export | None:
    """The statement as a file, or None when it is so long that a job has to make it (`start_file`).

    Raises what `statements.view` raises.
    """
    statement = statements.view(actor, customer, wanted)
    if needs_job(len(statement.lines), form):
        return None
    return Export(_pieces(statement, form), file_name(statement, form), form.content_type)


def start_file(
    actor: Actor, customer: str, wanted: StatementRequest, form: Format, *, url: str, once: str | None = None
) -> str:
    """Start making a file in the background; the job's public id.

    `url` is the address where the finished file can be fetched, with "{job}" in the place of the job's public id.
    """
    statement = statements.view(actor, customer, wanted)
    arguments = {"form": form.value, "url": url}
    return start(actor, customer, wanted, title_of(statement), "statement_file", arguments, once=once).job


@snapshot
def open_file(actor: Actor, customer: str, job: str) -> MadeFile:
    """The finished file of one's own job about `customer` (public id). Raises Missing for anything else."""
    profile = customers.require(customer)
    require(actor, Permission.STATEMENTS_VIEW, profile)
    made = (jobs.watch(actor, job).result or {}).get("file")
    if not isinstance(made, dict) or made.get("customer") != profile.public_id:
        raise Missing()
    facts = stored.by_ids([int(made["file_id"])])[int(made["file_id"])]
    return MadeFile(files.open_stored(facts.sha256), str(made["filename"]), facts.content_type, facts.size)


# Saving --------------------------------------------------------------------------------------------------------------


def save(actor: Actor, customer: str, wanted: StatementRequest, *, once: str | None = None) -> Outcome:
    """Save the statement as a PDF that no later posting changes, in the payer's Documents (S6).

    It is tagged with the account it covers. A secondary account's own part goes into its own list, because it does
    not see the primary's. The same `once` again gives the same document. Raises what `statements.view` raises.
    """
    check_may(actor, Permission.STATEMENTS_SAVE, customer)
    statement = statements.view(actor, customer, wanted)
    if needs_job(len(statement.lines), Format.PDF):
        return start(actor, customer, wanted, title_of(statement), "statement_save", {}, once=once)
    return _save(actor, customer, wanted, drawn(statement), once=once)


@writes(once="statement.save", answer=Outcome)
def _save(actor: Actor, customer: str, wanted: StatementRequest, made: Drawn, *, once: str | None) -> Outcome:
    return Outcome(document=_keep(actor, customer, made))


def _keep(actor: Actor, customer: str, made: Drawn) -> str:
    """Write the document into the running transaction, titled in the language of its letterhead; its public id."""
    statement = made.statement
    profile = customers.require(customer)
    grant = require(actor, Permission.STATEMENTS_SAVE, profile)
    owner = profile if profile.is_secondary else customers.require(statement.payer.public_id)
    account = customers.require(statement.account.public_id) if statement.account else None
    title = title_of(statement)
    document = documents.add(
        customer_id=owner.id,
        about_id=account.id if account else None,
        kind=documents.STATEMENT,
        title=write(title, pen_of(statement)),
        filename=file_name(statement, Format.PDF),
        file_id=stored.keep(made.data, PDF),
        created_by=actor.label,
    )
    text = say("Saved “{title}” to Documents", title=title)
    audit.record(actor, "statement.save", text, subject_id=owner.id, grant=grant, document=document)
    return document


# In the background ---------------------------------------------------------------------------------------------------


@job_kind("statement_file")
def make_file(arguments: Mapping[str, object], report: Report) -> Callable[[], Result]:
    """Make a file that waits to be fetched."""
    actor, customer, statement = resumed(arguments)
    form = Format(str(arguments["form"]))
    data = pdf(statement, report) if form is Format.PDF else b"".join(_pieces(statement, form))
    content_type = form.content_type.partition(";")[0]

    def effects() -> Result:
        filename = file_name(statement, form)
        kept = {"file_id": stored.keep(data, content_type), "filename": filename, "customer": customer}
        url = str(arguments["url"]).replace("{job}", str(arguments["job"]))
        message = say("The file is ready: {filename}.", filename=filename)
        return {"file": kept, "url": url, "label": say("Download"), "icon": "download", "message": message}

    check_may(actor, Permission.STATEMENTS_VIEW, customer)
    return effects


@job_kind("statement_save")
def make_document(arguments: Mapping[str, object], report: Report) -> Callable[[], Result]:
    """Make the PDF and put it into Documents."""
    actor, customer, statement = resumed(arguments)
    made = drawn(statement, report)

    def effects() -> Result:
        document = _keep(actor, customer, made)
        return {"document": document, "message": say("The statement is saved in Documents.")}

    return effects


def _pieces(statement: Statement, form: Format) -> Iterable[bytes]:
    if form is Format.CSV:
        return (piece.encode() for piece in statement_csv(statement, bom=True, pen=pen_of(statement)))
    return [pdf(statement) if form is Format.PDF else statement_xlsx(statement)]
