"""One request of the web server as the application knows it (WSGI), and its answer back.

An answer is made whole before its first byte goes out, a long one in a file without a name. So a thread is free again
when its work is done, however slowly the client reads.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import IO, TYPE_CHECKING, Any

from portal.config import MEGABYTE
from portal.web.serving.receiving import Body

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

MOST_IN_MEMORY = MEGABYTE
"""An answer that is longer is put into a file."""

_ALWAYS = {
    "GATEWAY_INTERFACE": "CGI/1.1",
    "SCRIPT_NAME": "",
    "SERVER_SOFTWARE": "kith",
    "wsgi.errors": sys.stderr,
    "wsgi.input_terminated": True,
    "wsgi.multiprocess": True,
    "wsgi.multithread": True,
    "wsgi.run_once": False,
    "wsgi.version": (1, 0),
}
_NOT_PASSED_ON = {"content-length", "content-type", "transfer-encoding"}


def environment(scope: Any, body: Body) -> WSGIEnvironment:
    """What PEP 3333 wants to be told of a request. Texts are bytes that were read as Latin-1."""
    server, _, port = scope.server.rpartition(":")
    environ: dict[str, Any] = {
        **_ALWAYS,
        "REQUEST_METHOD": scope.method,
        "PATH_INFO": _as_latin(scope.path),
        "QUERY_STRING": _as_latin(scope.query_string),
        "SERVER_PROTOCOL": "HTTP/1.0" if scope.http_version == "1" else f"HTTP/{scope.http_version}",
        "SERVER_NAME": server.strip("[]"),
        "SERVER_PORT": port,
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": body.file,
    }
    for name, value in scope.headers.items():
        key = _key(name)
        if key is not None:
            known = environ.get(key)
            environ[key] = value if known is None else f"{known}{';' if name == 'cookie' else ','} {value}"
    if content_type := scope.headers.get("content-type"):
        environ["CONTENT_TYPE"] = content_type
    if body.length:
        environ["CONTENT_LENGTH"] = str(body.length)
    return environ


def _as_latin(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("latin-1")


@lru_cache(maxsize=512)
def _key(name: str) -> str | None:
    """A header's name in the environment; None for one that could be taken for another there."""
    if "_" in name or name in _NOT_PASSED_ON:
        return None
    return "HTTP_" + name.upper().replace("-", "_")


class _Started:
    """What the application says before it answers."""

    __slots__ = ("headers", "status")

    def __init__(self) -> None:
        self.status = 500
        self.headers: list[tuple[str, str]] = []

    def __call__(
        self, status: str, headers: list[tuple[str, str]], _exc_info: object = None
    ) -> Callable[[bytes], object]:
        self.status, self.headers = int(status[:3]), headers
        return _refuse_to_write


def _refuse_to_write(_data: bytes) -> None:
    raise RuntimeError("answers are returned, not written")


def answer(
    application: WSGIApplication, scope: Any, body: Body, protocol: Any, *, folder: str | os.PathLike[str]
) -> IO[bytes] | None:
    """Have `application` answer a request. Returns a file in `folder` that is on its way, to be closed in a moment."""
    started = _Started()
    pieces = application(environment(scope, body), started)
    try:
        content, file = _collected(pieces, folder)
    finally:
        # Before the client has its answer, and asks for the next: what this one held is free by then (R31).
        close = getattr(pieces, "close", None)
        if close is not None:
            close()
    if file is None:
        protocol.response_bytes(started.status, started.headers, content)
    else:
        _send_file(protocol, started, file)
    return file


def _collected(pieces: Iterable[bytes], folder: str | os.PathLike[str]) -> tuple[bytes, IO[bytes] | None]:
    """All of an answer, in memory or, when it is long, in a file."""
    collected, size = [], 0
    rest = iter(pieces)
    for piece in rest:
        collected.append(piece)
        size += len(piece)
        if size > MOST_IN_MEMORY:
            break
    else:
        return b"".join(collected), None
    file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
    try:
        file.writelines(collected)
        file.writelines(rest)
        file.flush()
    except BaseException:
        file.close()
        raise
    return b"", file


def _send_file(protocol: Any, started: _Started, file: IO[bytes]) -> None:
    headers = started.headers
    if not any(name.lower() == "content-length" for name, _ in headers):
        headers = [*headers, ("Content-Length", str(file.tell()))]
    file.seek(0)
    # The server opens the file by itself, at once, and reads it as quickly as its client does.
    protocol.response_file(started.status, headers, f"/dev/fd/{file.fileno()}")
