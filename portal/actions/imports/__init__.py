"""Importing files: customers, links, shared balances, groups and finance documents, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from portal.actions import access
from portal.actions.imports import links
from portal.actions.imports.reading import Outcome, Progress, Work, opened, unwatched, without_collecting
from portal.actions.imports.single import Answer, post_one, reverse_one
from portal.db import idempotency as operations
from portal.db.audit import records as audit
from portal.db.engine import writes
from portal.outside.sheets.reading import TableFile
from portal.rules.collecting import declared
from portal.rules.deciding import Actor
from portal.rules.errors import Conflict
from portal.rules.imports import FileKind
from portal.rules.permissions import Permission
from portal.rules.sentences import Sentence, say

__all__ = ["Answer", "Outcome", "import_file", "import_within", "judge_links", "post_one", "reverse_one"]

CHANGED = say("The books have changed since the file was checked, so nothing was carried out. Check it again.")


class _Undone(Exception):
    """Ends the transaction of an import that must leave nothing behind."""

    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome


def import_file(
    actor: Actor,
    kind: FileKind,
    path: Path,
    *,
    dry_run: bool = False,
    progress: Progress = unwatched,
    name: str = "",
    expected: str | None = None,
    once: str | None = None,
    every_line: bool = False,
) -> Outcome:
    """Import a CSV or JSON Lines file whole, or nothing of it when a line is wrong or with `dry_run` (L18).

    The outcome lists what is wrong by line, and what each line does: the first hundred of them, or with `every_line`
    all. `progress` is told bytes read and bytes there are. Raises Missing when
    the file cannot be read, NotAllowed, and Busy. Rows that are there already are skipped, so a file can be imported
    again after a failure. `name` is what the log calls the file. With `expected`, the `mark` of a dry run, raises
    Conflict when the import would not do what the dry run said. The same `once` again gives the same counts.
    """
    permission, take = _importer(kind)
    access.require(actor, permission)
    source = opened(path, kind, name)
    try:
        with without_collecting():
            return _imported(actor, kind, source, take, dry_run, progress, expected, once, every_line)
    except _Undone as undone:
        return undone.outcome
    finally:
        source.close()


def _importer(kind: FileKind) -> tuple[Permission, Callable[[Work], None]]:
    """Who may import a kind of file, and what takes it in: whichever module of this floor says so under `IMPORT`."""
    importer = next(found for found in declared("portal.actions", "IMPORT") if found.kind is kind)
    return importer.permission, importer.take


def import_within(actor: Actor, kind: FileKind, path: Path, *, name: str, expected: str) -> Outcome:
    """Import a file within the caller's transaction, just as a dry run said. Raises Conflict when it cannot be."""
    permission, take = _importer(kind)
    access.require(actor, permission)
    source = opened(path, kind, name)
    try:
        return _carried_out(actor, kind, source, take, expected)
    except _Undone:
        raise Conflict(CHANGED) from None
    finally:
        source.close()


def judge_links(
    actor: Actor, path: Path, *, name: str, listed: int, progress: Callable[[int], None] = lambda _line: None
) -> Outcome:
    """What importing a file of links would do, without holding anything up: the books are read some lines at a time.

    `progress` is told the line that was judged last. Up to `listed` lines and problems are in the outcome, whose `mark`
    is the one of an import that does the same. Raises Missing when the file cannot be read, and NotAllowed.
    """
    access.require(actor, Permission.SUB_ACCOUNTS_LINK)
    source = opened(path, FileKind.LINKS, name)
    try:
        work = Work(actor, FileKind.LINKS, source, listed=listed)
        links.judge(work, progress)
        return work.outcome(dry_run=True)
    finally:
        source.close()


@writes
def _imported(
    actor: Actor,
    kind: FileKind,
    source: TableFile,
    take: Callable[[Work], None],
    dry_run: bool,
    progress: Progress,
    expected: str | None,
    once: str | None,
    every_line: bool,
) -> Outcome:
    if (earlier := operations.claim(once, f"import.{kind}", [source.path.name, expected])) is not None:
        return Outcome(kind, **earlier)  # type: ignore[arg-type]
    outcome = _carried_out(actor, kind, source, take, expected, dry_run, progress, every_line)
    counts = ("rows", "created", "updated", "skipped", "dry_run")
    operations.settle(once, {count: getattr(outcome, count) for count in counts})
    return outcome


def _carried_out(
    actor: Actor,
    kind: FileKind,
    source: TableFile,
    take: Callable[[Work], None],
    expected: str | None,
    dry_run: bool = False,
    progress: Progress = unwatched,
    every_line: bool = False,
) -> Outcome:
    work = Work(actor, kind, source, progress, every_line=every_line)
    take(work)
    outcome = work.outcome(dry_run)
    if outcome.errors or dry_run:
        raise _Undone(outcome)
    if expected is not None and outcome.mark != expected:
        raise Conflict(CHANGED)
    if outcome.created or outcome.updated:
        audit.record_together(
            actor,
            f"import.{kind}",
            _told(kind, outcome.created + outcome.updated, source.name),
            batch=work.batch,
            created=outcome.created,
            updated=outcome.updated,
            skipped=outcome.skipped,
        )
    return outcome


def _told(kind: FileKind, count: int, name: str) -> Sentence:
    """What was imported, for the log."""
    if kind is FileKind.CUSTOMERS:
        return say("{number} customers imported from {name}", number=count, name=name)
    if kind is FileKind.LINKS:
        return say("{number} links imported from {name}", number=count, name=name)
    if kind is FileKind.SHARED_BALANCES:
        return say("{number} shared-balances imported from {name}", number=count, name=name)
    if kind is FileKind.GROUPS:
        return say("{number} groups imported from {name}", number=count, name=name)
    if kind is FileKind.INVOICES:
        return say("{number} lines of invoices imported from {name}", number=count, name=name)
    if kind is FileKind.ACTIVITIES:
        return say("{number} activities imported from {name}", number=count, name=name)
    if kind is FileKind.SESSIONS:
        return say("{number} sessions and series imported from {name}", number=count, name=name)
    if kind is FileKind.SERVICES:
        return say("{number} services imported from {name}", number=count, name=name)
    return say("{number} transactions imported from {name}", number=count, name=name)
