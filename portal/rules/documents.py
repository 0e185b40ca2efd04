"""Documents that people bring: what a file may be, for whom it may be seen, and why one is refused (M3)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import Enum, StrEnum
from types import MappingProxyType

from portal.rules import outward, texts
from portal.rules.errors import Reason
from portal.rules.sentences import Sentence, say

RULE = "M3"
LARGEST = 20 * 1024 * 1024
"""Bytes of one file."""
LONGEST_NAME, LONGEST_TITLE, LONGEST_FOLDER = 200, 200, 60
MEGABYTE = 1024 * 1024


class Audience(StrEnum):
    """For whom a document may be seen: whoever may see the customer's documents, only those who sign in for it, or
    staff alone. Staff see all of them.
    """

    EVERYBODY = "everybody"
    OWN = "own"
    STAFF = "staff"


class FileKind(Enum):
    """What a file may be: its content type, the endings its name may have, and whether a browser may show it.

    Only what cannot carry a program is shown: pictures and plain text.
    """

    PDF = ("application/pdf", ("pdf",), False)
    PNG = ("image/png", ("png",), True)
    JPEG = ("image/jpeg", ("jpg", "jpeg"), True)
    WEBP = ("image/webp", ("webp",), True)
    HEIC = ("image/heic", ("heic", "heif"), False)
    TXT = ("text/plain", ("txt",), True)
    CSV = ("text/csv", ("csv",), True)
    DOCX = ("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ("docx",), False)
    XLSX = ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ("xlsx",), False)
    ODT = ("application/vnd.oasis.opendocument.text", ("odt",), False)

    def __init__(self, content_type: str, endings: tuple[str, ...], shown: bool) -> None:
        self.content_type = content_type
        self.endings = endings
        self.shown = shown


ALLOWED = "PDF, PNG, JPEG, WebP, HEIC, TXT, CSV, DOCX, XLSX, ODT"
ACCEPTED = ",".join(f".{ending}" for kind in FileKind for ending in kind.endings)
"""What a file field of a form offers first; what counts is the content."""

SHOWN = MappingProxyType(
    {kind.content_type: f"{kind.content_type}; charset=utf-8" for kind in (FileKind.TXT,)}
    | {FileKind.CSV.content_type: "text/plain; charset=utf-8"}
    | {kind.content_type: kind.content_type for kind in (FileKind.PNG, FileKind.JPEG, FileKind.WEBP)}
)
"""What a browser may show, and as what it is told to take it."""


class Unfit(Enum):
    """Why the content of a file is not taken."""

    EMPTY = "empty"
    LARGE = "large"
    UNKNOWN = "unknown"
    BROKEN = "broken"
    BOMB = "bomb"
    LOCKED = "locked"
    MACROS = "macros"
    TWO_KINDS = "two kinds"
    PAGE = "page"


_WHY = MappingProxyType(
    {
        Unfit.EMPTY: (say("{name} is empty."), say("Choose the file again; it may not have been saved yet.")),
        Unfit.LARGE: (
            say("{name} is larger than {most} MB."),
            say("Make it smaller, or send it in parts of at most {most} MB."),
        ),
        Unfit.UNKNOWN: (
            say("{name} is none of the kinds of files that are taken, whatever its name says."),
            say("Send it as one of these: {allowed}."),
        ),
        Unfit.BROKEN: (
            say("{name} is damaged: it begins as one kind of file and does not end as one."),
            say("Open it on your device, save it again and send that."),
        ),
        Unfit.BOMB: (
            say("{name} unpacks to far more than it is."),
            say("Save the document again with the program that made it, and send that."),
        ),
        Unfit.LOCKED: (say("{name} is locked with a password."), say("Save it without a password and send that.")),
        Unfit.MACROS: (say("{name} holds programs (macros)."), say("Save it without macros, or as a PDF.")),
        Unfit.TWO_KINDS: (
            say("{name} is two kinds of files in one."),
            say("Save it again with the program that made it, and send that."),
        ),
        Unfit.PAGE: (
            say("{name} is a page with markup, such as HTML, SVG or XML."),
            say("Send what it shows as a PDF or as a picture."),
        ),
    }
)


def unfit(why: Unfit, name: str) -> Reason:
    """The reason for refusing a file, with what to do."""
    message, remedy = _WHY[why]
    parts = (("name", name), ("most", LARGEST // MEGABYTE), ("allowed", ALLOWED))
    return Reason(RULE, replace(message, parts=parts), replace(remedy, parts=parts))


def infected(name: str, found: str) -> Reason:
    """The reason for refusing a file in which the scanner found something."""
    message = say("The virus scanner found {found} in {name}.", found=found, name=name)
    return Reason(RULE, message, say("Do not open it. Clean the device it comes from, and send another copy."))


def quota_reasons(used: int, size: int, quota: int) -> list[Reason]:
    """Why no room is left among a customer's own files; all in bytes."""
    if used + size <= quota:
        return []
    message = say(
        "The files here take {used} of {quota} MB, and this one needs {size} MB.",
        used=_megabytes(used),
        quota=quota // MEGABYTE,
        size=_megabytes(size),
    )
    return [Reason(RULE, message, say("Remove files that are not needed any more, or ask the operator for room."))]


def _megabytes(size: int) -> int:
    return max(1, -(-size // MEGABYTE))


def label(name: str) -> str:
    """What a file is called: the last part of what was given, for people to read; never a path."""
    last = re.split(r"[/\\]", name)[-1]
    stem, dot, ending = outward.file_name(texts.name(last)).rpartition(".")
    if not dot:
        return outward.shortened(ending, LONGEST_NAME)
    return f"{outward.shortened(stem, LONGEST_NAME - len(dot + ending))}.{ending}"


def saved_as(name: str, content_type: str) -> str:
    """The name under which a file is saved: its own, with the ending of what it is."""
    kind = next((one for one in FileKind if one.content_type == content_type), None)
    if kind is None or name.lower().endswith(tuple(f".{ending}" for ending in kind.endings)):
        return name
    return f"{name}.{kind.endings[0]}"


@dataclass(frozen=True, slots=True)
class Wording:
    """How a document stands in its list. An empty title is made of the file's name."""

    title: str = ""
    folder: str = ""
    audience: Audience = Audience.EVERYBODY


def worded(given: Wording, name: str) -> Wording:
    """The same in the form that is kept: one line each, without what nobody sees."""
    title = texts.name(given.title) or texts.name(name.rpartition(".")[0] or name)
    return Wording(title, texts.name(given.folder), given.audience)


def wording_faults(wanted: Wording) -> dict[str, Sentence]:
    """What is wrong with a title or the name of a folder, by field."""
    found = {}
    for field, text, longest in (
        ("title", wanted.title, LONGEST_TITLE),
        ("folder", wanted.folder, LONGEST_FOLDER),
    ):
        if len(text) > longest:
            found[field] = say("This is longer than {longest} characters. Please shorten it.", longest=longest)
    return found
