"""Fewer bytes on the line: brotli or gzip, as the browser takes it.

A page is only compressed for somebody who is not signed in, or where the browser says that our own page or the person
asked for it. Else another site could make a browser ask for pages again and again, with guesses in their addresses,
and learn from the length of each answer what else stands in it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import brotli
from flask import Flask, current_app, request
from werkzeug.datastructures import Accept
from werkzeug.wrappers import Response

LEAST = 600
"""Bytes: what is shorter travels in one packet anyway."""

OWN_WISH = frozenset({"same-origin", "none"})
"""What `Sec-Fetch-Site` says when no other site had a hand in the request."""

TEXTS = frozenset({"application/json", "application/javascript", "image/svg+xml"})
"""Texts that are not called `text/…`. PDF, XLSX and ZIP are compressed already."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """A way to compress: `best` for what is made once, `stream` for what is made anew for each answer."""

    name: str
    best: Callable[[bytes], bytes]
    stream: Callable[[], tuple[Callable[[bytes], bytes], Callable[[], bytes]]]


def _brotli() -> tuple[Callable[[bytes], bytes], Callable[[], bytes]]:
    compressor: Any = brotli.Compressor(mode=brotli.MODE_TEXT, quality=4, lgwin=18)
    return compressor.process, compressor.finish


def _gzip() -> tuple[Callable[[bytes], bytes], Callable[[], bytes]]:
    compressor = zlib.compressobj(level=4, wbits=31)
    return compressor.compress, compressor.flush


ENCODINGS = (
    Encoding("br", lambda content: bytes(brotli.compress(content, mode=brotli.MODE_TEXT)), _brotli),
    Encoding("gzip", lambda content: zlib.compress(content, 9, wbits=31), _gzip),
)
"""The ways, best first."""


def register(app: Flask) -> None:
    """Compress what `app` answers; before anything else that looks at answers, which then sees them first."""
    app.after_request(compress)


def chosen(accepted: Accept) -> Encoding | None:
    """The best way that somebody takes, or None."""
    return next((way for way in ENCODINGS if accepted.quality(way.name) > 0), None)


def compress(response: Response) -> Response:
    """The same answer in fewer bytes, where that is worth while and gives nothing away."""
    if not _compressible(response):
        return response
    response.vary.add("Accept-Encoding")
    encoding = chosen(request.accept_encodings)
    if encoding is None or not _asked_for_by_the_reader():
        return response
    if response.is_streamed:
        response.response = _streamed(encoding, response.response)
        response.headers.pop("Content-Length", None)
    else:
        response.set_data(b"".join(_streamed(encoding, [response.get_data()])))
    response.headers["Content-Encoding"] = encoding.name
    return response


def _compressible(response: Response) -> bool:
    if response.status_code in (204, 206, 304) or "Content-Encoding" in response.headers:
        return False
    mimetype = response.mimetype or ""
    if not (mimetype.startswith("text/") or mimetype in TEXTS):
        return False
    # Asking what is streamed for its length would read all of it.
    length = response.content_length if response.is_streamed else response.calculate_content_length()
    return length is None or length >= LEAST


def _asked_for_by_the_reader() -> bool:
    if current_app.config["SESSION_COOKIE_NAME"] not in request.cookies:
        return True
    return request.headers.get("Sec-Fetch-Site") in OWN_WISH


def _streamed(encoding: Encoding, pieces: Iterable[Any]) -> Iterator[bytes]:
    """Compress piece by piece; closes what it reads from, also when it is left early."""
    process, finish = encoding.stream()
    try:
        for piece in pieces:
            if made := process(piece.encode() if isinstance(piece, str) else piece):
                yield made
        yield finish()
    finally:
        close = getattr(pieces, "close", None)
        if close is not None:
            close()
