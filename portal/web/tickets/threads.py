"""A thread as pages show it, in the portal and in the back office."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from portal.actions.tickets.finding import EntryRow, FileRow, Thread
from portal.rules.sentences import Sentence, say
from portal.rules.tickets.mail import parted
from portal.rules.tickets.states import EntryKind, Via


@dataclass(frozen=True, slots=True)
class FileLink:
    """A file of an entry and where it is."""

    name: str
    size: Sentence
    url: str


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry: what somebody said, what of a mail is quoted below it, and its files."""

    entry: EntryRow
    said: str
    quoted: str
    files: tuple[FileLink, ...]
    by_mail: bool


def shown(thread: Thread, url: Callable[[str], str]) -> list[Shown]:
    """The entries of a thread; `url` gives the address of a file by its public id."""
    return [_shown(one, thread.files.get(one.id, ()), url) for one in thread.entries]


def _shown(one: EntryRow, files: tuple[FileRow, ...], url: Callable[[str], str]) -> Shown:
    by_mail = one.via is Via.MAIL
    said, quoted = parted(one.text) if by_mail and one.kind is not EntryKind.CHANGE else (one.text, "")
    links = tuple(FileLink(file.filename, _size(file.size), url(file.public_id)) for file in files)
    return Shown(one, said, quoted, links, by_mail)


def _size(size: int) -> Sentence:
    return say("{count} kB", "{count} kB", count=max(1, round(size / 1000)))
