"""Links in bulk from an uploaded file: checked line by line first, then carried out whole or not at all (L18)."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, replace
from functools import partial
from typing import BinaryIO

from portal.actions import access, imports, jobs, uploads
from portal.actions.imports import CHANGED, Outcome
from portal.actions.jobs import Report, Result, job_kind
from portal.db import idempotency as operations
from portal.db.engine import snapshot, writes
from portal.db.jobs import queue as job_rows
from portal.db.logins import people as logins
from portal.outside.sheets.reading import Unreadable, count_lines
from portal.rules.deciding import Actor
from portal.rules.errors import Conflict, Invalid, Missing, NotAllowed
from portal.rules.imports import Action, FileKind
from portal.rules.links.facts import BillingMode
from portal.rules.outward import file_name
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, plain, say

AT_ONCE = 500
"""A file of more lines is worked on in the background."""
MOST_LINES = 20_000
MOST_LISTED = 4 * MOST_LINES
"""More lines than there are in a report: each has its deed, or what is in the way."""

PAGE_SIZE = 100
"""So many problems and so many lines are on a page of the report of a long file; of another, all are on one."""

TEMPLATE = (
    "main,sub,billing_mode,action\n"
    "acme,harbour-branch,aggregated,link\n"
    "acme,riverside-branch,independent,mode\n"
    "acme,old-branch,,unlink\n"
)


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
    """What carrying out a file would do: all `problems` and `lines`, or of a long file a page of each, from 1 on.

    `mark` stands for all of it: carrying out is refused when it would do anything else. `remark` says how the file was
    read where that was a guess.
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
    remark: str = ""
    problem_page: int = 1
    line_page: int = 1


def receive(actor: Actor, data: BinaryIO, name: str) -> Sent:
    """Keep a file for a day, or until it is carried out. Raises Invalid for what is no text, NotAllowed and Busy."""
    access.require(actor, Permission.SUB_ACCOUNTS_LINK)
    lines = _lines(data)
    if lines > MOST_LINES:
        text = say(
            "The file has more than {most} lines. Divide it, or have it imported with “flask import links”.",
            most=MOST_LINES,
        )
        raise Invalid({"file": text})
    return Sent(uploads.keep(actor, data), called(name), lines)


def compose(
    actor: Actor, ticked: Sequence[str], action: Action, *, mode: BillingMode | None = None, main: str = ""
) -> Sent:
    """A file that does the same with each of some customers, as if somebody had written it; kept as `receive` does.

    `ticked` and `main`, the account to link them to, are public ids. Raises Missing and NotAllowed.
    """
    access.require(actor, Permission.SUB_ACCOUNTS_LINK)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("main", "sub", "billing_mode", "action"))
    for sub, above in _above(actor, ticked, main):
        writer.writerow((above, sub, mode.value if mode else "", action.value))
    name = plain(say("{count} ticked customer", "{count} ticked customers", count=len(ticked)), figures=False)
    kept = uploads.keep(actor, io.BytesIO(out.getvalue().encode()))
    return Sent(kept, called(name), len(ticked))


@snapshot
def _above(actor: Actor, ticked: Sequence[str], main: str) -> list[tuple[str, str]]:
    """Each customer with the account it is to be linked to or is linked to; its own where it is linked to none."""
    found = []
    for public_id in dict.fromkeys((*ticked, *([main] if main else []))):
        profile = access.load_subject(actor, public_id)
        access.require(actor, Permission.SUB_ACCOUNTS_LINK, profile)
        if public_id != main:
            found.append((profile.public_id, main or profile.main_public_id or profile.public_id))
    return found


def called(name: str) -> str:
    """The name of a file as it is shown: without folders and without what cannot be seen."""
    return file_name(re.split(r"[/\\]", name)[-1], "links.csv")


def check(actor: Actor, sent: Sent) -> Checked:
    """Try a file without changing anything. Raises Missing when it is not kept any more, and NotAllowed."""
    return _checked(actor, sent, _judged(actor, sent))


def carry_out(actor: Actor, sent: Sent, *, mark: str, once: str | None = None) -> tuple[int, Checked]:
    """Carry out a file as `check` showed it: how many links were changed, and what was found.

    Nothing is changed when there are problems now. Raises Conflict when it would do something else than it did then,
    and what `check` raises. The same `once` again gives the same answer.
    """
    try:
        path = uploads.path_of(actor, sent.sha256)
    except Missing:
        if (earlier := _earlier(once)) is not None:
            return earlier.created + earlier.updated, _checked(actor, sent, earlier)
        raise
    outcome = imports.import_file(actor, FileKind.LINKS, path, name=sent.name, expected=mark, once=once)
    if not outcome.error_count:
        uploads.drop(actor, sent.sha256)
    return outcome.created + outcome.updated, _checked(actor, sent, outcome)


@snapshot
def _earlier(once: str | None) -> Outcome | None:
    """What the same form did before, when its file is gone because of that."""
    found = operations.earlier(once, f"import.{FileKind.LINKS}")
    return Outcome(FileKind.LINKS, **found) if found else None  # type: ignore[arg-type]


# In the background ---------------------------------------------------------------------------------------------------


@writes(once="links_check", answer=str)
def start_check(actor: Actor, sent: Sent, *, url: str, once: str | None = None) -> str:
    """Try a long file in the background; the job's public id. `url` is where its report is, "{job}" for the id."""
    return _start(actor, sent, "links_check", say("Check of {file}", file=sent.name), url=url)


@writes(once="links_import", answer=str)
def start(actor: Actor, sent: Sent, *, mark: str, url: str, once: str | None = None) -> str:
    """Carry out a long file in the background; the job's public id. `url` is where one goes on from there."""
    return _start(actor, sent, "links_import", say("Links of {file}", file=sent.name), mark=mark, url=url)


def report(actor: Actor, job: str, *, problem_page: int = 1, line_page: int = 1) -> Checked:
    """Some pages of what a job of the actor's own found; beyond the last one, the last. Raises Missing otherwise."""
    found, lines = _report(actor, job)
    told = list(lines)
    problem_page = min(problem_page, _pages(found.problem_count))
    line_page = min(line_page, _pages(found.line_count))
    return replace(
        found,
        problems=tuple(_page(told[: found.problem_count], problem_page)),
        lines=tuple(_page(told[found.problem_count :], line_page)),
        problem_page=problem_page,
        line_page=line_page,
    )


def whole_report(actor: Actor, job: str) -> tuple[Checked, list[tuple[Line, bool]]]:
    """All of what a job of the actor's own found, by line, each with whether it is in the way. Raises Missing."""
    found, lines = _report(actor, job)
    marked = [(line, place < found.problem_count) for place, line in enumerate(lines)]
    return found, sorted(marked, key=lambda pair: pair[0].line)


def _report(actor: Actor, job: str) -> tuple[Checked, Iterator[Line]]:
    """What a check counted, and its problems, then its lines."""
    access.require(actor, Permission.SUB_ACCOUNTS_LINK)
    result = _result(actor, job)
    counted = result.get("checked")
    if not isinstance(counted, dict):
        raise Missing()
    found = Checked(**{**counted, "sent": Sent(**counted["sent"]), "problems": (), "lines": ()})
    text = uploads.path_of(actor, str(result["report"])).read_text("utf-8")
    return found, (Line(*json.loads(line)) for line in text.splitlines())


@snapshot
def _result(actor: Actor, job: str) -> Mapping[str, object]:
    return jobs.watch(actor, job).result or {}


def _page(lines: list[Line], number: int) -> list[Line]:
    return lines[(number - 1) * PAGE_SIZE : number * PAGE_SIZE]


def _pages(count: int) -> int:
    return max(1, -(-count // PAGE_SIZE))


@job_kind("links_check")
def check_file(arguments: Mapping[str, object], report: Report) -> Result:
    """Try a file, and keep what was found as long as the file."""
    actor, sent = _resumed(arguments)
    found = _checked(actor, sent, _judged(actor, sent, report))
    lines = [json.dumps(astuple(line)) for line in (*found.problems, *found.lines)]
    kept = uploads.keep(actor, io.BytesIO("\n".join(lines).encode()))
    url = str(arguments["url"]).replace("{job}", str(arguments["job"]))
    counted = asdict(replace(found, problems=(), lines=()))
    return {
        "checked": counted,
        "report": kept,
        "url": url,
        "label": say("Read the report"),
        "message": _checked_message(found.problem_count),
    }


def _checked_message(problems: int) -> Sentence:
    if not problems:
        return say("Checked. Nothing is in the way.")
    return say(
        "Checked. {count} line cannot be carried out.", "Checked. {count} lines cannot be carried out.", count=problems
    )


@job_kind("links_import", afterwards=uploads.after_job)
def import_links(arguments: Mapping[str, object], report: Report) -> Callable[[], Result]:
    """Carry out a file in the transaction that ends the job, so that it happens once.

    Before, the file is judged again, which is where the progress comes from: nobody sees into that transaction.
    """
    actor, sent = _resumed(arguments)
    path, mark = uploads.path_of(actor, sent.sha256), str(arguments["mark"])
    judged = _judged(actor, sent, report)
    if judged.error_count or judged.mark != mark:
        raise Conflict(CHANGED)

    def effects() -> Result:
        outcome = imports.import_within(actor, FileKind.LINKS, path, name=sent.name, expected=mark)
        done = outcome.created + outcome.updated
        message = say("One change carried out.", "{count} changes carried out.", count=done)
        return {"url": str(arguments["url"]), "label": say("Go on"), "message": message}

    return effects


def _start(actor: Actor, sent: Sent, kind: str, title: Sentence, **more: object) -> str:
    access.require(actor, Permission.SUB_ACCOUNTS_LINK)
    uploads.path_of(actor, sent.sha256)
    arguments = {"login": actor.login_id, "sent": asdict(sent), **more}
    return job_rows.start(kind, title, arguments, login_id=actor.login_id, unit=say("lines"))


def _resumed(arguments: Mapping[str, object]) -> tuple[Actor, Sent]:
    """Whoever started a job, as they are now, and the file."""
    person = _person(int(str(arguments["login"])))
    if person is None or not person.may_sign_in:
        raise NotAllowed(say("Whoever asked for this may not sign in any more."))
    sent = arguments["sent"]
    assert isinstance(sent, dict)
    return person.actor, Sent(**sent)


@snapshot
def _person(login_id: int) -> logins.Person | None:
    return logins.by_id(login_id)


def _judged(actor: Actor, sent: Sent, report: Report = lambda _done, _total: None) -> Outcome:
    """What a kept file would do, all of it told; `report` hears of the lines as they are judged."""
    path = uploads.path_of(actor, sent.sha256)
    report(0, sent.lines)

    def progress(line: int) -> None:
        report(min(line, sent.lines), sent.lines)

    outcome = imports.judge_links(actor, path, name=sent.name, listed=MOST_LISTED, progress=progress)
    report(sent.lines, sent.lines)
    return outcome


def _lines(data: BinaryIO) -> int:
    """How many lines the file has. Raises Invalid when it is a workbook, a picture or the like (SEC49), or empty."""
    try:
        lines = count_lines(data)
    except Unreadable as error:
        raise Invalid({"file": error.sentence}) from None
    if not lines:
        raise Invalid({"file": say("The file is empty.")})
    return lines


def _checked(actor: Actor, sent: Sent, outcome: Outcome) -> Checked:
    tell = partial(plain, figures=actor.sees_finances)
    return Checked(
        sent=sent,
        rows=outcome.rows,
        changes=outcome.created + outcome.updated,
        skipped=outcome.skipped,
        problems=tuple(
            Line(one.line, tell(one.message), column=one.column, rule=one.rule, remedy=tell(one.remedy))
            for one in outcome.errors
        ),
        problem_count=outcome.error_count,
        lines=tuple(Line(note.line, tell(note.text), note.changes) for note in outcome.notes),
        line_count=outcome.note_count,
        mark=outcome.mark,
        remark=tell(outcome.remark) if outcome.remark else "",
    )
