"""The virus scanner: ClamAV's daemon, where PORTAL_CLAMAV_URL says where it listens."""

from __future__ import annotations

import re
import socket
from typing import BinaryIO
from urllib.parse import urlsplit

from flask import current_app

from portal.config import Settings
from portal.rules.errors import Busy
from portal.rules.sentences import say

_SECONDS = 60.0
_PIECE = 256 * 1024
_LONGEST_ANSWER = 4096


def address() -> str | None:
    """Where the scanner listens; None where there is none."""
    settings: Settings = current_app.config["PORTAL_SETTINGS"]
    return settings.clamav_url


def found_in(file: BinaryIO) -> str:
    """What the scanner found in a file, "" for nothing or where there is no scanner. The file is rewound.

    Raises Busy when the scanner is set up and does not answer: then nothing is taken in unseen.
    """
    where = address()
    if where is None:
        return ""
    try:
        answer = _asked(where, b"zINSTREAM\0", file)
    except OSError as error:
        raise Busy(say("The virus scanner does not answer, so no file is taken in. Try again in a while.")) from error
    finally:
        file.seek(0)
    if match := re.search(r": (.+) FOUND\Z", answer):
        return match[1][:200]
    if not answer.endswith("OK"):
        raise Busy(say("The virus scanner could not look at the file, so it is not taken in. Try again in a while."))
    return ""


def answers() -> bool:
    """Whether the scanner that is set up is there."""
    where = address()
    try:
        return where is not None and _asked(where, b"zPING\0") == "PONG"
    except OSError:
        return False


def _asked(where: str, command: bytes, file: BinaryIO | None = None) -> str:
    with _line(where) as line:
        line.sendall(command)
        if file is not None:
            _send(line, file)
        answer = b""
        while len(answer) < _LONGEST_ANSWER and b"\0" not in answer and (piece := line.recv(1024)):
            answer += piece
    return answer.partition(b"\0")[0].decode("utf-8", "replace").strip()


def _send(line: socket.socket, file: BinaryIO) -> None:
    file.seek(0)
    try:
        while piece := file.read(_PIECE):
            line.sendall(len(piece).to_bytes(4, "big") + piece)
        line.sendall(bytes(4))
    except BrokenPipeError:
        return  # it has answered before the end: what it says tells why


def _line(where: str) -> socket.socket:
    parts = urlsplit(where)
    if parts.scheme == "unix":
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        line.settimeout(_SECONDS)
        try:
            line.connect(parts.path)
        except BaseException:
            line.close()
            raise
        return line
    return socket.create_connection((parts.hostname or "", parts.port or 3310), timeout=_SECONDS)
