"""`flask import`: bringing in customers, links, shared balances, groups and transactions from files."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from portal.actions import imports
from portal.actions.imports import Outcome
from portal.cli.answers import acting, answering, as_json, as_login, show, told
from portal.cli.terminal import echo
from portal.rules.imports import FileKind, Problem


@click.command("import")
@click.argument("kind", type=click.Choice([kind.value for kind in FileKind]))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check everything and change nothing.")
@click.option("--progress/--no-progress", default=None, help="Show a progress bar; on a terminal it is shown anyway.")
@as_login
@as_json
@answering
def import_file(
    kind: str, file: Path, dry_run: bool, progress: bool | None, acting_as: str | None, json_wanted: bool
) -> None:
    """Import FILE, CSV with a header or JSON Lines, whole or not at all."""
    actor = acting(acting_as)
    hidden = not progress if progress is not None else None
    with tqdm(unit="B", unit_scale=True, desc=kind, disable=hidden, file=sys.stderr, leave=False) as bar:
        outcome = imports.import_file(
            actor, FileKind(kind), file, dry_run=dry_run, progress=_mover(bar), every_line=dry_run
        )
    if json_wanted:
        show(_as_json(outcome))
    else:
        if outcome.remark:
            echo(told(outcome.remark), err=True)
        if not outcome.error_count:
            echo(_as_text(outcome))
        if dry_run:
            _tell_lines(outcome)
    if outcome.error_count:
        _complain(outcome)
        sys.exit(1)


def _mover(bar: tqdm[Any]) -> Callable[[int, int], None]:
    def move(done: int, total: int) -> None:
        bar.total = total
        bar.update(done - bar.n)

    return move


def _as_text(outcome: Outcome) -> str:
    would = "Nothing was changed (dry run). There would be: " if outcome.dry_run else ""
    counts = f"{outcome.created} created, {outcome.updated} updated, {outcome.skipped} there already"
    return f"{would}{outcome.kind.value}: {outcome.rows} rows, {counts}."


def _tell_lines(outcome: Outcome) -> None:
    """What each line would do that nothing is wrong with, for kinds of files that tell (L18)."""
    for note in outcome.notes:
        echo(f"line {note.line}: {told(note.text)}.")


def _complain(outcome: Outcome) -> None:
    for problem in outcome.errors:
        echo(told(problem.sentence), err=True)
    more = outcome.error_count - len(outcome.errors)
    count = "One error" if outcome.error_count == 1 else f"{outcome.error_count} errors"
    listed = f" ({more} of them not listed)" if more else ""
    echo(f"{count}{listed}. Nothing was imported.", err=True)


def _as_json(outcome: Outcome) -> dict[str, object]:
    """The counts; with errors, those too, and what rules refused once more in the form every refusal has.

    A dry run adds `lines`, what each line would do; they are told for links.
    """
    failed = outcome.error_count > 0
    answer: dict[str, object] = {
        "kind": outcome.kind.value,
        "rows": outcome.rows,
        "created": 0 if failed else outcome.created,
        "updated": 0 if failed else outcome.updated,
        "skipped": 0 if failed else outcome.skipped,
        "errors": [_error(problem) for problem in outcome.errors],
        "error_count": outcome.error_count,
        "dry_run": outcome.dry_run,
    }
    if outcome.remark:
        answer["remark"] = told(outcome.remark)
    if outcome.dry_run:
        answer["lines"] = [
            {"line": note.line, "text": told(note.text), "changes": note.changes} for note in outcome.notes
        ]
    refused = [p for p in outcome.errors if p.rule]
    if refused:
        answer["refused"] = [
            {"rule": p.rule, "message": told(p.message), "remedy": told(p.remedy), "line": p.line} for p in refused
        ]
    return answer


def _error(problem: Problem) -> dict[str, object]:
    return {
        "line": problem.line,
        "column": problem.column or None,
        "message": told(problem.message),
        "rule": problem.rule or None,
        "remedy": told(problem.remedy) or None,
    }


COMMANDS = (import_file,)
