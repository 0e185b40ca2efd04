"""The virus scanner is asked as ClamAV's daemon expects it, and nothing is taken in unseen while it is silent."""

from __future__ import annotations

import io
import socket
import threading
from collections.abc import Iterator

import pytest
from flask import Flask

from portal.db.doctor import installation
from portal.outside import scanning, uploads
from portal.rules.errors import Busy, Refused
from tests.outside import files

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class Daemon:
    """Answers like clamd, and remembers what it was sent."""

    def __init__(self) -> None:
        self.seen = b""
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._door.accept()
            except OSError:
                return
            with line, line.makefile("rb") as file:
                line.sendall(self._answer(file))

    def _answer(self, file: io.BufferedReader) -> bytes:
        command = b"".join(iter(lambda: file.read(1), b"\0"))
        if command == b"zPING":
            return b"PONG\0"
        self.seen = b"".join(file.read(size) for size in iter(lambda: int.from_bytes(file.read(4), "big"), 0))
        if b"ERROR" in self.seen:
            return b"INSTREAM size limit exceeded. ERROR\0"
        return b"stream: Eicar-Signature FOUND\0" if b"EICAR" in self.seen else b"stream: OK\0"

    def close(self) -> None:
        """Stop listening."""
        if self._door.fileno() >= 0:
            self._door.shutdown(socket.SHUT_RDWR)
            self._door.close()
            self._thread.join(5)


@pytest.fixture
def daemon(app: Flask) -> Iterator[Daemon]:
    """A scanner that is set up."""
    made = Daemon()
    settings = app.config["PORTAL_SETTINGS"]
    app.config["PORTAL_SETTINGS"] = settings.model_copy(update={"clamav_url": f"tcp://127.0.0.1:{made.port}"})
    yield made
    made.close()
    app.config["PORTAL_SETTINGS"] = settings


@pytest.mark.engine("sqlite")
def test_sec49_what_the_scanner_finds_is_not_taken_in(daemon: Daemon) -> None:
    taken = uploads.take(io.BytesIO(files.PDF), "a.pdf")
    assert (daemon.seen, taken.size) == (files.PDF, len(files.PDF))
    with pytest.raises(Refused, match="found Eicar-Signature in eicar.txt"):
        uploads.take(io.BytesIO(EICAR), "eicar.txt")
    with pytest.raises(Busy, match="could not look at"):
        uploads.take(io.BytesIO(b"ERROR"), "a.txt")
    assert installation._scanner() == []


@pytest.mark.engine("sqlite")
def test_sec49_a_silent_scanner_lets_nothing_in_and_doctor_says_so(daemon: Daemon) -> None:
    daemon.close()
    with pytest.raises(Busy, match="does not answer"):
        uploads.take(io.BytesIO(files.PDF), "a.pdf")
    (said,) = installation._scanner()
    assert "does not answer" in str(said)


@pytest.mark.engine("sqlite")
def test_doctor_says_that_nothing_is_scanned(app: Flask) -> None:
    (said,) = installation._scanner()
    assert str(said) == "No virus scanner looks at uploads. Set PORTAL_CLAMAV_URL to where ClamAV listens."
    assert scanning.found_in(io.BytesIO(EICAR)) == ""
