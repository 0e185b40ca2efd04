"""What every import shares: its file, its counts, and everything that is wrong with it."""

from __future__ import annotations

import gc
import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

from portal.db.types import new_public_id
from portal.outside import drawing
from portal.outside.sheets.reading import TableFile, Unreadable
from portal.rules.deciding import Actor
from portal.rules.errors import Missing, Reason
from portal.rules.imports import COLUMNS, REQUIRED, SHOWN, FileKind, Problem, Values, Wrong
from portal.rules.permissions import Permission
from portal.rules.sentences import NOTHING, Sentence, say, together

Progress = Callable[[int, int], None]
"""Takes bytes read and bytes there are."""

MOST_KEPT = 1_000
_LAST_LATIN = "\u024f"
_MOST_LETTERS = 20
R = TypeVar("R")


def unwatched(_done: int, _total: int) -> None:
    """For an import that nobody watches."""


class Note(NamedTuple):
    """What a line does, as a sentence without its full stop; `changes` is False for one that is there already."""

    line: int
    text: Sentence
    changes: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an import did, or with errors or as a dry run would have done. `errors` are the first of `error_count`.

    `notes` are the first of `note_count`, or all of them where every line was asked for, for kinds of files that tell
    what each line does; `mark` stands for all of it, so that a later import can be held to what a dry run said.
    `remark` says how the file was read where that was a guess.
    """

    kind: FileKind
    rows: int
    created: int
    updated: int
    skipped: int
    dry_run: bool
    errors: tuple[Problem, ...] = ()
    error_count: int = 0
    notes: tuple[Note, ...] = ()
    note_count: int = 0
    mark: str = ""
    remark: Sentence = NOTHING


class Source(Protocol):
    """Where rows come from: a file, or a command line."""

    position: int
    size: int
    columns_vary: bool
    remark: Sentence

    def rows(self, report: Callable[[int, str, Sentence], None]) -> Iterator[tuple[int, Values]]:
        """Each row with its line."""


def opened(path: Path, kind: FileKind, name: str = "") -> TableFile:
    """The file as a table of this kind, called `name`. Raises Missing with what is in the way."""
    try:
        table = TableFile(path, COLUMNS[kind], REQUIRED[kind])
        table.name = name or table.name
        return table
    except Unreadable as error:
        raise Missing(error.sentence) from None


@contextmanager
def without_collecting() -> Iterator[None]:
    """Python's search for unreachable objects costs a tenth of a large import; here it runs between chunks only."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class Work:
    """One import under way. `batch` is what the line of the log that tells of all of it will have as its public id."""

    def __init__(
        self,
        actor: Actor,
        kind: FileKind,
        source: Source,
        progress: Progress = unwatched,
        *,
        listed: int = SHOWN,
        every_line: bool = False,
    ) -> None:
        self.actor = actor
        self.batch = new_public_id()
        self._most_notes = None if every_line else listed
        self.kind = kind
        self.source = source
        self.read = self.created = self.updated = self.skipped = 0
        self.error_count = self.note_count = 0
        self._notes: list[Note] = []
        self._told = hashlib.sha256()
        self._progress = progress
        self._listed = listed
        self._problems: list[Problem] = []
        self._letters: set[str] = set()
        self._first: dict[str, tuple[int, object]] = {}

    def stands_twice(self, line: int, external_id: str, row: object) -> bool:
        """Whether an earlier line has this external id: skipped where both say the same, else one is wrong."""
        first, before = self._first.setdefault(external_id, (line, row))
        if first == line:
            return False
        if row == before:
            self.skipped += 1
        else:
            text = say("“{id}” stands on line {line} with other contents.", id=external_id, line=first)
            self.wrong(line, "external_id", text)
        return True

    def report(self, part: float) -> None:
        """Tell whoever watches how much of the work is done, from 0 to 1."""
        self._progress(int(self.source.size * part), self.source.size)

    def chunks(
        self, parse: Callable[[Values, Wrong], R | None], size: int, *, part: float = 1
    ) -> Iterator[list[tuple[int, R]]]:
        """Rows that are right in themselves, with their lines, some at a time; reading them is `part` of the work."""
        taken: list[tuple[int, R]] = []
        line = 0

        def wrong(column: str, sentence: Sentence) -> None:
            self.wrong(line, column, sentence)

        for line, values in self.source.rows(self.wrong):
            self.read += 1
            text = "".join(filter(None, values))
            if not text.isascii():
                self._letters.update(text)
            row = parse(values, wrong)
            if row is None:
                continue
            taken.append((line, row))
            if len(taken) >= size:
                yield taken
                taken = []
                gc.collect(0)
                self._progress(int(self.source.position * part), self.source.size)
        if taken:
            yield taken
        self.report(part)

    def wrong(self, line: int, column: str, message: Sentence, *, other: str = "") -> None:
        """Remember something that is wrong. `other` is the external id of the row it clashes with."""
        self.add(Problem(line, column, message, other=other))

    def refused(self, line: int, column: str, reasons: Iterable[Reason]) -> None:
        """Remember the rules that say no to a row."""
        for reason in reasons:
            message, remedy = reason.message, reason.remedy
            self.add(Problem(line, column, message, reason.rule, remedy))

    def add(self, problem: Problem) -> None:
        """Remember a problem; beyond the first thousand, or those to be listed, they are only counted."""
        self.error_count += 1
        if len(self._problems) < max(MOST_KEPT, self._listed):
            self._problems.append(problem)

    def tell(self, line: int, text: Sentence, *, changes: bool = True) -> None:
        """Remember what a line does; beyond those to be listed they are only counted, unless every line is wanted."""
        self.note_count += 1
        self._told.update(f"{line} {text}\n".encode())
        if self._most_notes is None or len(self._notes) < self._most_notes:
            self._notes.append(Note(line, text, changes))

    def may_touch(self, partner_id: int) -> bool:
        """Whether the actor may know of this partner's customers."""
        return self.actor.partner_id in (None, partner_id)

    def outcome(self, dry_run: bool = False) -> Outcome:
        """What came of it."""
        problems = sorted(self._problems, key=lambda problem: problem.line)[: self._listed]
        return Outcome(
            self.kind,
            self.read,
            self.created,
            self.updated,
            self.skipped,
            dry_run,
            tuple(self._with_lines(problems)),
            self.error_count,
            tuple(self._notes),
            self.note_count,
            self._told.hexdigest(),
            together(self.source.remark, self._undrawable()),
        )

    def _undrawable(self) -> Sentence:
        """Letters that statements as PDF will show as a box, because no font here has them."""
        rare = "".join(sorted(letter for letter in self._letters if letter > _LAST_LATIN))
        letters = drawing.undrawable(rare) if rare else ""
        if not letters:
            return NOTHING
        return say(
            "Statements as PDF will show {mark} for letters that no font here has: {letters}. “flask doctor” names "
            "what to install.",
            mark=drawing.PLACEHOLDER,
            letters=" ".join(letters[:_MOST_LETTERS]),
        )

    def _with_lines(self, problems: Sequence[Problem]) -> Iterator[Problem]:
        """Problems that have to do with another row, with the line of that one."""
        lines = self.lines_of({problem.other for problem in problems if problem.other})
        for problem in problems:
            other = lines.get(problem.other)
            if other and other != problem.line:
                yield problem._replace(
                    message=say("{message} It is on line {other}.", message=problem.message, other=other)
                )
            else:
                yield problem

    def lines_of(self, external_ids: set[str]) -> dict[str, int]:
        """On which line each external id stands first, by reading the file again; so that nobody has to remember."""
        found: dict[str, int] = {}
        if not external_ids:
            return found
        place = COLUMNS[self.kind].index("external_id")
        for line, values in self.source.rows(_said_before):
            external_id = values[place]
            if external_id in external_ids and external_id not in found:
                found[external_id] = line
                if len(found) == len(external_ids):
                    break
        return found


def _said_before(_line: int, _column: str, _sentence: Sentence) -> None:
    """What is wrong with the file was reported when it was read first."""


@dataclass(frozen=True, slots=True)
class Importer:
    """What a module declares under `IMPORT`: its kind of file, who may import it, and what takes all its rows in."""

    kind: FileKind
    permission: Permission
    take: Callable[[Work], None]
