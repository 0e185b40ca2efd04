"""Importing short files in tests."""

from __future__ import annotations

import tempfile
from pathlib import Path

from portal.actions.imports import Outcome, import_file
from portal.rules.deciding import SYSTEM, Actor
from portal.rules.imports import FileKind


def imported(
    kind: str,
    text: str,
    *,
    suffix: str = ".csv",
    actor: Actor = SYSTEM,
    dry_run: bool = False,
    every_line: bool = False,
) -> Outcome:
    """Import a file with this text."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"file{suffix}"
        path.write_text(text, encoding="utf-8")
        return import_file(actor, FileKind(kind), path, dry_run=dry_run, every_line=every_line)


def clean(kind: str, text: str, *, suffix: str = ".csv", actor: Actor = SYSTEM) -> tuple[int, int, int]:
    """Import a file that must be right; how many rows were created, updated and skipped."""
    outcome = imported(kind, text, suffix=suffix, actor=actor)
    assert outcome.errors == ()
    return outcome.created, outcome.updated, outcome.skipped


def wrong(kind: str, text: str, *, suffix: str = ".csv", actor: Actor = SYSTEM) -> list[tuple[int, str, str]]:
    """Import a file that must be refused; line, column and rule of each error."""
    outcome = imported(kind, text, suffix=suffix, actor=actor)
    assert outcome.errors
    assert outcome.error_count >= len(outcome.errors)
    return [(error.line, error.column, error.rule) for error in outcome.errors]


def sentences(kind: str, text: str) -> list[str]:
    """What the command line prints for a file that must be refused."""
    return [str(error.sentence) for error in imported(kind, text).errors]
