"""What a file is by its content, whatever its name says: a list of what is taken, and everything else is not (SEC49).

Files are read piece by piece. What is two kinds of files in one, unpacks to far more than it is, or holds programs is
told apart, so that it can be refused with the reason.
"""

from __future__ import annotations

import codecs
import os
import re
import zipfile
import zlib
from typing import BinaryIO

from portal.rules.documents import LARGEST, FileKind, Unfit

_PIECE = 64 * 1024
_TAIL = 65_557
"""The longest end of a ZIP archive: its last record and a comment."""

MOST_UNPACKED = 150 * 1024 * 1024
_MOST_LISTED = 1024 * 1024
"""Bytes of an archive's list of contents."""

_END_OF_ARCHIVE = b"PK\x05\x06"
_MARKUP = re.compile(
    rb"<(?:!doctype|!--|\?xml|\?php|(?:html|head|body|script|iframe|svg|style|title|table|meta|link|object|embed|form"
    rb"|div|font|h[1-6]|img|a|b|br|p)[\s/>])",
    re.IGNORECASE,
)
_IN_PICTURES = re.compile(rb"%PDF-|<(?:!doctype|\?php|(?:html|script|svg)[\s>])", re.IGNORECASE)
_CONTROLS = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f]")
_HEIC = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})


def kind_of(file: BinaryIO, name: str = "") -> FileKind | Unfit:
    """What the file is, or why it is none of what is taken. The file stands at its beginning afterwards.

    `name` only tells tables from other text.
    """
    try:
        return _kind_of(file, name)
    finally:
        file.seek(0)


def _kind_of(file: BinaryIO, name: str) -> FileKind | Unfit:
    size = file.seek(0, os.SEEK_END)
    if not size:
        return Unfit.EMPTY
    if size > LARGEST:
        return Unfit.LARGE
    head, tail = _at(file, 0, 4096), _at(file, max(0, size - _TAIL), _TAIL)
    if head.startswith(b"PK\x03\x04"):
        return _archive(file, size, tail)
    found = _plain_kind(file, size, head, tail)
    if found is None:
        return _text(file, head, name)
    if isinstance(found, FileKind) and (_END_OF_ARCHIVE in tail or _is_more(found, head)):
        return Unfit.TWO_KINDS
    return found


def _at(file: BinaryIO, place: int, count: int) -> bytes:
    file.seek(place)
    return file.read(count)


def _is_more(kind: FileKind, head: bytes) -> bool:
    """Whether a picture begins in a way that other programs would take for something else."""
    return kind is not FileKind.PDF and _IN_PICTURES.search(head[:1024]) is not None


def _plain_kind(file: BinaryIO, size: int, head: bytes, tail: bytes) -> FileKind | Unfit | None:
    """A kind that is known by how it begins and ends; None for what begins like none of them."""
    if head.startswith(b"%PDF-"):
        return FileKind.PDF if b"%%EOF" in tail[-2048:] else Unfit.BROKEN
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return FileKind.PNG if _png_ends(file, size) else Unfit.BROKEN
    if re.match(rb"\xff\xd8\xff[\xc0-\xfe]", head):
        return FileKind.JPEG if b"\xff\xd9" in tail or size > _TAIL else Unfit.BROKEN
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        length = int.from_bytes(head[4:8], "little") + 8
        return FileKind.WEBP if length + length % 2 == size + size % 2 else Unfit.BROKEN
    if head[4:8] == b"ftyp" and {head[8:12], *_brands(head)} & _HEIC:
        return FileKind.HEIC if _boxes_end(file, size) else Unfit.BROKEN
    return None


def _brands(head: bytes) -> list[bytes]:
    length = min(int.from_bytes(head[:4], "big"), 256)
    return [head[place : place + 4] for place in range(16, length, 4)]


def _png_ends(file: BinaryIO, size: int) -> bool:
    """Whether the pieces of a PNG follow each other to its end, and nothing comes after it."""
    place = 8
    while place + 12 <= size:
        piece = _at(file, place, 8)
        place += 12 + int.from_bytes(piece[:4], "big")
        if piece[4:] == b"IEND":
            return place == size
    return False


def _boxes_end(file: BinaryIO, size: int) -> bool:
    place = 0
    while place + 8 <= size:
        head = _at(file, place, 16)
        length = int.from_bytes(head[:4], "big")
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        if length == 0:
            return True
        if length < 8:
            return False
        place += length
    return place == size


# Text -----------------------------------------------------------------------------------------------------------------


def _text(file: BinaryIO, head: bytes, name: str) -> FileKind | Unfit:
    """Text in UTF-8, UTF-16 with its mark, or the usual 8 bits of Windows, without control characters or markup."""
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if start.startswith(b"<") and _MARKUP.match(start):
        return Unfit.PAGE
    wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if not any(_reads(file, encoding) for encoding in (("utf-16",) if wide else ("utf-8", "cp1252"))):
        return Unfit.UNKNOWN
    if wide and _MARKUP.match(head.decode("utf-16", "ignore").lstrip("\ufeff \t\r\n").encode()):
        return Unfit.PAGE
    return FileKind.CSV if name.lower().endswith(".csv") else FileKind.TXT


def _reads(file: BinaryIO, encoding: str) -> bool:
    decoder, seen = codecs.getincrementaldecoder(encoding)(), False
    file.seek(0)
    try:
        while piece := file.read(_PIECE):
            text = decoder.decode(piece)
            if _CONTROLS.search(text):
                return False
            seen = seen or bool(text.strip("\ufeff \t\r\n\f"))
        decoder.decode(b"", True)
    except UnicodeDecodeError:
        return False
    return seen


# Documents in archives ------------------------------------------------------------------------------------------------


def _archive(file: BinaryIO, size: int, tail: bytes) -> FileKind | Unfit:
    """A document of an office program. Its list of contents must be the end of the file, and its parts the beginning:
    what stands before or behind would be another file.
    """
    end = tail.rfind(_END_OF_ARCHIVE)
    if end < 0 or len(tail) - end < 22:
        return Unfit.BROKEN
    listed = int.from_bytes(tail[end + 12 : end + 16], "little")
    begins = int.from_bytes(tail[end + 16 : end + 20], "little")
    if len(tail) - end != 22 or begins + listed != size - 22:
        return Unfit.TWO_KINDS
    if listed > _MOST_LISTED:
        return Unfit.BOMB
    file.seek(0)
    try:
        with zipfile.ZipFile(file) as archive:
            return _office(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, UnicodeDecodeError, ValueError):
        return Unfit.BROKEN


def _office(archive: zipfile.ZipFile) -> FileKind | Unfit:
    parts = archive.infolist()
    names = {part.filename for part in parts}
    if any(part.flag_bits & 1 for part in parts):
        return Unfit.LOCKED
    if sum(part.file_size for part in parts) > MOST_UNPACKED or not _unpacks(archive, parts):
        return Unfit.BOMB
    kind = _office_kind(archive, parts, names)
    if kind is None:
        return Unfit.UNKNOWN
    if any(re.search(r"vbaproject\.bin$|^basic/|^scripts/", name, re.IGNORECASE) for name in names):
        return Unfit.MACROS
    return kind


def _unpacks(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo]) -> bool:
    """Whether everything unpacks to what is bearable; what the list of contents says may be a lie."""
    left = MOST_UNPACKED
    for part in parts:
        with archive.open(part) as opened:
            while piece := opened.read(_PIECE):
                left -= len(piece)
                if left < 0:
                    return False
    return True


def _office_kind(archive: zipfile.ZipFile, parts: list[zipfile.ZipInfo], names: set[str]) -> FileKind | None:
    if parts and parts[0].filename == "mimetype" and parts[0].file_size < 100:
        return FileKind.ODT if archive.read("mimetype").strip() == FileKind.ODT.content_type.encode() else None
    if "[Content_Types].xml" not in names or "_rels/.rels" not in names:
        return None
    if "word/document.xml" in names:
        return FileKind.DOCX
    return FileKind.XLSX if "xl/workbook.xml" in names else None
