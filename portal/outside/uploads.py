"""Taking in a file that somebody brings: looked at, scanned, and kept under its digest, in flat memory (SEC49, M3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from portal.outside import files, scanning, sniffing
from portal.rules import documents as rules
from portal.rules.documents import FileKind, Unfit
from portal.rules.errors import Reason, Refused


@dataclass(frozen=True, slots=True)
class Taken:
    """A file that is kept. `name` is its label, `size` in bytes, `content_type` what it is by its content."""

    sha256: str
    size: int
    name: str
    content_type: str


def take(file: BinaryIO, name: str) -> Taken:
    """Keep a file that can be rewound. It is on the disk before anything refers to it, and a row of `portal.db.files`
    makes it known.

    Raises Refused with why its content is not taken, and Busy where there is no room or the scanner is silent.
    """
    label = rules.label(name)
    looked = _look(file, label)
    if isinstance(looked, Reason):
        raise Refused([looked])
    sha256, size = files.store(file)
    return Taken(sha256, size, label, looked.content_type)


def _look(file: BinaryIO, label: str) -> FileKind | Reason:
    """What a file is, or why it is not taken."""
    kind = sniffing.kind_of(file, label)
    if isinstance(kind, Unfit):
        return rules.unfit(kind, label)
    found = scanning.found_in(file)
    return rules.infected(label, found) if found else kind
