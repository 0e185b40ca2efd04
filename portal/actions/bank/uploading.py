"""Bank files that wait: for somebody to say what their columns are, or for the worker where they are long (F16)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from itertools import islice
from typing import BinaryIO

from portal.actions import access, uploads
from portal.actions.bank import importing
from portal.actions.bank.importing import Imported
from portal.actions.jobs import Report, Result, job_kind
from portal.actions.statements.work import person_of
from portal.db import idempotency as operations
from portal.db.engine import snapshot, writes
from portal.db.jobs import queue as job_rows
from portal.outside.bank import reading, tables
from portal.rules.bank.files import Entry, Line
from portal.rules.bank.mappings import Mapped, guessed, headings_of, mapped
from portal.rules.deciding import Actor
from portal.rules.errors import Missing
from portal.rules.permissions import Permission
from portal.rules.sentences import say

LONG = 1_000_000
"""A file of more bytes is taken in by the worker."""
SHOWN = 5
LOOKED_AT = 40
"""So many rows of a table are looked at to find its headings."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A file that is kept for a while: what names it, what whoever sent it calls it, and its bytes."""

    sha256: str
    name: str
    size: int

    @property
    def long(self) -> bool:
        """Whether the worker takes it in."""
        return self.size > LONG


@dataclass(frozen=True, slots=True)
class Columns:
    """The headings of a table with its first rows, and what its columns probably hold."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    guess: Mapping[str, str]


def receive(actor: Actor, data: BinaryIO, name: str) -> tuple[Sent, str]:
    """Keep a file for a day, or until it is taken in, and say its form: camt.053, mt940 or csv.

    Raises NotAllowed, and Busy where there is no room.
    """
    access.require(actor, Permission.FINANCE_POST)
    form = reading.form_of(data)
    size = data.seek(0, 2)
    data.seek(0)
    return Sent(uploads.keep(actor, data), importing.shown_name(name), size), form


def columns(actor: Actor, sent: Sent) -> Columns:
    """What the columns of a kept CSV are called. Raises Missing, NotAllowed, and Invalid for what is no table."""
    access.require(actor, Permission.FINANCE_POST)
    with uploads.path_of(actor, sent.sha256).open("rb") as file:
        headings, rows = headings_of(tables.first_rows(file, LOOKED_AT))
    return Columns(tuple(headings), tuple(map(tuple, rows[:SHOWN])), guessed(headings, rows))


def try_mapping(actor: Actor, sent: Sent, name: str, given: Mapping[str, str], partner: str | None) -> list[Entry]:
    """The first entries of a kept CSV as a mapping reads them. Raises Invalid, Refused, Missing and NotAllowed."""
    access.require(actor, Permission.FINANCE_POST)
    found = mapped(name, given, currency_of(actor, partner))
    with uploads.path_of(actor, sent.sha256).open("rb") as file:
        lines = (event.entry for event in reading.read(file, found) if isinstance(event, Line))
        return list(islice(lines, SHOWN))


@snapshot
def currency_of(actor: Actor, partner: str | None) -> str:
    """What a partner's amounts are in. Raises Invalid where several partners may be meant, and NotAllowed."""
    access.require(actor, Permission.FINANCE_POST)
    return importing.with_currency(actor, partner)[2]


def take_in(
    actor: Actor, sent: Sent, *, partner: str | None = None, mapping: str | None = None, once: str | None = None
) -> Imported:
    """Take in a kept file; the same `once` again gives the same answer.

    Raises as `importing.import_file`, and Missing where it is not kept any more.
    """
    try:
        path = uploads.path_of(actor, sent.sha256)
    except Missing:
        if (before := _earlier(actor, once)) is not None:
            return before
        raise
    with path.open("rb") as file:
        done = importing.import_file(actor, file, sent.name, partner=partner, mapping=mapping, once=once)
    uploads.drop(actor, sent.sha256)
    return done


@writes(once="bank_import", answer=str)
def start(
    actor: Actor,
    sent: Sent,
    *,
    url: str,
    partner: str | None = None,
    mapping: str | None = None,
    once: str | None = None,
) -> str:
    """Let the worker take in a kept file: the public id of the job. `url` is where {file} will be seen."""
    access.require(actor, Permission.FINANCE_POST)
    uploads.path_of(actor, sent.sha256)
    arguments = {
        "login": actor.login_id,
        "sent": asdict(sent),
        "partner": partner,
        "mapping": mapping,
        "url": url,
    }
    title = say("Bank file {name}", name=sent.name)
    return job_rows.start("bank_import", title, arguments, login_id=actor.login_id, unit=say("kilobytes"))


@job_kind("bank_import", afterwards=uploads.after_job)
def work(arguments: Mapping[str, object], report: Report) -> Callable[[], Result]:
    """Read a file through, which is where the progress comes from, then take it in as the job ends: once, and whole."""
    actor = person_of(arguments)
    told = arguments["sent"]
    assert isinstance(told, dict)
    sent = Sent(**told)
    partner, mapping = (str(arguments[key]) if arguments[key] else None for key in ("partner", "mapping"))
    path = uploads.path_of(actor, sent.sha256)
    with path.open("rb") as file:
        for _ in reading.read(file, _mapping(actor, partner, mapping)):
            report(file.tell() // 1_000, sent.size // 1_000)

    def effects() -> Result:
        with path.open("rb") as file:
            done = importing.import_within(actor, file, sent.name, partner=partner, mapping=mapping)
        message = say("One line added.", "{count} lines added.", count=done.added)
        url = str(arguments["url"]).replace("{file}", done.file)
        return {"url": url, "label": say("See its lines"), "message": message}

    return effects


@snapshot
def _earlier(actor: Actor, once: str | None) -> Imported | None:
    """What the same form did before, when its file is gone because of that."""
    access.require(actor, Permission.FINANCE_POST)
    found = operations.earlier(once, "bank.import")
    return Imported(**found) if found else None  # type: ignore[arg-type]


@snapshot
def _mapping(actor: Actor, partner: str | None, mapping: str | None) -> Mapped | None:
    return importing.mapping_named(actor, partner, mapping)
