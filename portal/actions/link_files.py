"""Links in bulk from an uploaded file: checked line by line first, then carried out whole or not at all (L18)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import BinaryIO

from portal.actions import access, imports, jobs
from portal.actions.imports import Outcome
from portal.actions.jobs import Report, Result, job_kind
from portal.db import jobs as job_rows
from portal.db import logins, operations
from portal.db.engine import snapshot, writes
from portal.outside import clock, files
from portal.rules.errors import Invalid, Missing, NotAllowed
from portal.rules.imports import FileKind
from portal.rules.permissions import Actor, Permission

AT_ONCE = 500
"""A file of more lines is worked on in the background."""
MOST_LINES = 20_000
KEPT = timedelta(days=1)
TEMPLATE = (
    "main,sub,billing_mode,action\n"
    "acme,harbour-branch,aggregated,link\n"
    "acme,riverside-branch,independent,mode\n"
    "acme,old-branch,,unlink\n"
)
NO_TEXT = "This is not a CSV file. In a spreadsheet, choose “Save as” and then CSV (UTF-8), and send that file."
_SNIFFED = 4096


@dataclass(frozen=True, slots=True)
class Sent:
    """A file that waits for its confirmation: what names it, what whoever sent it calls it, and its lines."""

    sha256: str
    name: str
    lines: int

    @property
    def long(self) -> bool:
        """Whether it is worked on in the background."""
        return self.lines > AT_ONCE


@dataclass(frozen=True, slots=True)
class Line:
    """What a line does, or one of the things that are wrong with it; line 0 is the file as a whole."""

    line: int
    text: str
    changes: bool = False
    column: str = ""
    rule: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Checked:
    """What carrying out a file would do. `problems` are the first of `problem_count`, `lines` those of `line_count`.

    `mark` stands for all of it: carrying out is refused when it would do anything else.
    """

    sent: Sent
    rows: int
    changes: int
    skipped: int
    problems: tuple[Line, ...]
    problem_count: int
    lines: tuple[Line, ...]
    line_count: int
    mark: str


def receive(actor: Actor, data: BinaryIO, name: str) -> Sent:
    """Keep a file for a day, or until it is carried out. Raises Invalid for what is no text, NotAllowed and Busy."""
    access.require(actor, Permission.SUB_ACCOUNTS_LINK)
    files.drop_uploads_before(clock.now() - KEPT)
    _check_text(data)
    lines = sum(chunk.count(b"\n") for chunk in iter(lambda: data.read(files.CHUNK), b""))
    if lines > MOST_LINES:
        text = f"The file has more than {MOST_LINES:,} lines. Divide it, or have it imported with “flask import links”."
        raise Invalid({"file": text})
    data.seek(0)
    return Sent(files.keep_upload(_login(actor), data), called(name), lines)


def called(name: str) -> str:
    """The name of a file as it is shown: without folders and without what cannot be printed."""
    last = re.split(r"[/\\]", name)[-1]
    return "".join(character for character in last if character.isprintable())[:100] or "links.csv"


def check(actor: Actor, sent: Sent) -> Checked:
    """Try a file without changing anything. Raises Missing when it is not kept any more, NotAllowed and Busy."""
    path = files.upload(_login(actor), sent.sha256)
    return _checked(sent, imports.import_file(actor, FileKind.LINKS, path, dry_run=True, name=sent.name))


def carry_out(actor: Actor, sent: Sent, *, mark: str, once: str | None = None) -> tuple[int, Checked]:
    """Carry out a file as `check` showed it: how many links were changed, and what was found.

    Nothing is changed when there are problems now. Raises Conflict when it would do something else than it did then,
    and what `check` raises. The same `once` again gives the same answer.
    """
    owner = _login(actor)
    try:
        path = files.upload(owner, sent.sha256)
    except Missing:
        if (earlier := _earlier(once)) is not None:
            return earlier.created + earlier.updated, _checked(sent, earlier)
        raise
    outcome = imports.import_file(actor, FileKind.LINKS, path, name=sent.name, expected=mark, once=once)
    if not outcome.error_count:
        files.drop_upload(owner, sent.sha256)
    return outcome.created + outcome.updated, _checked(sent, outcome)


@snapshot
def _earlier(once: str | None) -> Outcome | None:
    """What the same form did before, when its file is gone because of that."""
    found = operations.earlier(once, f"import.{FileKind.LINKS}")
    return Outcome(FileKind.LINKS, **found) if found else None  # type: ignore[arg-type]


# In the background ---------------------------------------------------------------------------------------------------


@writes
def start_check(actor: Actor, sent: Sent, *, url: str, once: str | None = None) -> str:
    """Try a long file in the background; the job's public id. `url` is where its report is, "{job}" for the id."""
    return _start(actor, sent, "links_check", f"Check of {sent.name}", {"url": url}, once)


@writes
def start(actor: Actor, sent: Sent, *, mark: str, url: str, once: str | None = None) -> str:
    """Carry out a long file in the background; the job's public id. `url` is where one goes on from there."""
    return _start(actor, sent, "links_import", f"Links of {sent.name}", {"mark": mark, "url": url}, once)


@snapshot
def report(actor: Actor, job: str) -> Checked:
    """What a job of the actor's own found. Raises Missing for anything else."""
    access.require(actor, Permission.SUB_ACCOUNTS_LINK)
    found = (jobs.watch(actor, job).result or {}).get("checked")
    if not isinstance(found, dict):
        raise Missing()
    more = {name: tuple(Line(**line) for line in found[name]) for name in ("problems", "lines")}
    return Checked(**{**found, **more, "sent": Sent(**found["sent"])})


@job_kind("links_check")
def check_file(arguments: Mapping[str, object], report: Report) -> Result:
    """Try a file."""
    actor, sent = _resumed(arguments)
    report(0, sent.lines)
    found = check(actor, sent)
    report(sent.lines, sent.lines)
    url = str(arguments["url"]).replace("{job}", str(arguments["job"]))
    problems = (
        f"{found.problem_count} lines cannot be carried out." if found.problem_count else "Nothing is in the way."
    )
    return {"checked": asdict(found), "url": url, "label": "Read the report", "message": f"Checked. {problems}"}


@job_kind("links_import")
def import_links(arguments: Mapping[str, object], report: Report) -> Callable[[], Result]:
    """Carry out a file in the transaction that ends the job, so that it happens once."""
    actor, sent = _resumed(arguments)
    path = files.upload(_login(actor), sent.sha256)
    report(0, sent.lines)

    def effects() -> Result:
        mark = str(arguments["mark"])
        outcome = imports.import_within(actor, FileKind.LINKS, path, name=sent.name, expected=mark)
        done = outcome.created + outcome.updated
        files.drop_upload(_login(actor), sent.sha256)
        return {"url": str(arguments["url"]), "label": "Go on", "message": f"{changes(done)} carried out."}

    return effects


def changes(count: int) -> str:
    """ "One change" or "1,200 changes"."""
    return "One change" if count == 1 else f"{count:,} changes"


def _start(actor: Actor, sent: Sent, kind: str, title: str, more: Mapping[str, object], once: str | None) -> str:
    access.require(actor, Permission.SUB_ACCOUNTS_LINK)
    earlier = operations.claim(once, kind, [sent, more])
    if earlier is not None:
        return str(earlier["job"])
    files.upload(_login(actor), sent.sha256)
    arguments = {"login": actor.login_id, "sent": asdict(sent), **more}
    job = job_rows.start(kind, title, arguments, login_id=actor.login_id, unit="lines")
    operations.settle(once, {"job": job})
    return job


def _resumed(arguments: Mapping[str, object]) -> tuple[Actor, Sent]:
    """Whoever started a job, as they are now, and the file."""
    person = _person(int(str(arguments["login"])))
    if person is None or not person.may_sign_in:
        raise NotAllowed("Whoever asked for this may not sign in any more.")
    sent = arguments["sent"]
    assert isinstance(sent, dict)
    return person.actor, Sent(**sent)


@snapshot
def _person(login_id: int) -> logins.Person | None:
    return logins.by_id(login_id)


def _login(actor: Actor) -> int:
    if actor.login_id is None:
        raise NotAllowed("Files are sent by people who have signed in.")
    return actor.login_id


def _check_text(data: BinaryIO) -> None:
    """Say so when it is a workbook, a picture or the like (SEC49)."""
    first = data.read(_SNIFFED)
    if b"\0" in first or first.startswith((b"PK\x03\x04", b"%PDF")):
        raise Invalid({"file": NO_TEXT})
    if not first.strip():
        raise Invalid({"file": "The file is empty."})
    data.seek(0)


def _checked(sent: Sent, outcome: Outcome) -> Checked:
    return Checked(
        sent=sent,
        rows=outcome.rows,
        changes=outcome.created + outcome.updated,
        skipped=outcome.skipped,
        problems=tuple(
            Line(one.line, one.message, column=one.column, rule=one.rule, remedy=one.remedy) for one in outcome.errors
        ),
        problem_count=outcome.error_count,
        lines=tuple(Line(note.line, note.text, note.changes) for note in outcome.notes),
        line_count=outcome.note_count,
        mark=outcome.mark,
    )
