"""What a table of a statement is, before it is drawn: columns, rows, and how a row becomes text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

from portal.outside.pdf.palette import Tone


class Kind(Enum):
    """What a row is, which decides its looks."""

    LINE = "line"
    EDGE = "edge"
    NOTE = "note"


class Cells(NamedTuple):
    """One row as text. A note has two texts: its day and itself. `aside` follows the flexible column's text, softly."""

    kind: Kind
    texts: Sequence[str]
    aside: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `samples` are its widest texts, `most` points it takes at most. Figures stand to the right.

    Each table has one without samples, the flexible column: it takes what the others leave.
    """

    heading: str
    samples: Sequence[str] = ()
    figures: bool = False
    tone: Tone = Tone.INK
    most: float = 90.0

    @property
    def flexible(self) -> bool:
        return not self.samples


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of any kind, and `show`, which turns one into texts when its page is made."""

    columns: Sequence[Column]
    rows: Sequence[Any]
    show: Callable[[Any], Cells]
    title: str = ""
    note: str = ""
