"""Files that browsers keep instead of showing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO
from urllib.parse import quote

from flask import Response

from portal.actions.statements.names import plain_file_name
from portal.rules.outward import file_name
from portal.web.serving.headers import SANDBOX

CHUNK = 256 * 1024


def attached(pieces: Iterable[bytes], filename: str, content_type: str, size: int | None = None) -> Response:
    """An answer that is saved under `filename`: as attachment, never sniffed, never kept by caches (SEC49)."""
    response = Response(iter(pieces), content_type=content_type)
    response.headers["Content-Disposition"] = disposition(filename)
    response.headers["X-Content-Type-Options"] = "nosniff"
    if size is not None:
        response.content_length = size
    return response


def stored(file: BinaryIO, filename: str, content_type: str, size: int) -> Response:
    """The same for a file on the disk, which is closed when it has been sent."""
    response = attached(_read(file), filename, content_type, size)
    response.call_on_close(file.close)
    return response


def looked_at(file: BinaryIO, filename: str, content_type: str, size: int) -> Response:
    """A file that the browser shows by itself, in a box where it can do nothing (SEC49). Closed when it was sent."""
    response = stored(file, filename, content_type, size)
    response.headers["Content-Disposition"] = disposition(filename, "inline")
    response.headers["Content-Security-Policy"] = SANDBOX
    return response


def disposition(filename: str, how: str = "attachment") -> str:
    """The name in ASCII for every program, and with every letter for those that follow RFC 6266."""
    name = file_name(filename)
    return f"{how}; filename=\"{plain_file_name(name)}\"; filename*=UTF-8''{quote(name, safe='')}"


def _read(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while piece := file.read(CHUNK):
            yield piece
