"""The portal's web server as `flask serve` starts it, on a test's own database, and clients of every kind."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

from portal.cli.serve import web_command
from portal.config import ROOT, Settings
from tests.faults.mail_server import free_port
from tests.people import PASSWORD

PATIENCE = 120
"""Seconds; reached only when something is broken."""

FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class Got:
    """An answer, whole."""

    status: int
    headers: dict[str, str]
    text: str
    content: bytes = field(repr=False)


@dataclass
class Server:
    """A running web server, and how to ask it."""

    port: int
    process: subprocess.Popen[bytes]
    log: Path

    def get(self, path: str, cookie: str = "") -> Got:
        return self._ask("GET", path, None, {"Cookie": cookie})

    def post(self, path: str, fields: dict[str, str], cookie: str = "") -> Got:
        return self._ask("POST", path, urlencode(fields).encode(), {"Cookie": cookie, "Content-Type": FORM})

    def send(self, path: str, body: bytes, content_type: str, cookie: str = "") -> Got:
        return self._ask("POST", path, body, {"Cookie": cookie, "Content-Type": content_type})

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Got:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body, {name: value for name, value in headers.items() if value})
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        kept = {name.lower(): value for name, value in answer.headers.items() if name.lower() != "set-cookie"}
        kept["cookie"] = "; ".join(c.partition(";")[0] for c in answer.headers.get_all("Set-Cookie") or ())
        return Got(answer.status, kept, content.decode(errors="replace"), content)

    def form(self, path: str, cookie: str = "") -> tuple[str, str]:
        """The cookie and the token with which the form at `path` is sent."""
        page = self.get(path, cookie)
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
        assert token is not None, page.text
        return page.headers["cookie"] or cookie, token[1]

    def sign_in(self, email: str) -> str:
        """The cookie of somebody who signed in."""
        cookie, token = self.form("/login")
        answer = self.post("/login", {"email": email, "password": PASSWORD, "csrf_token": token}, cookie)
        assert answer.status == 302, answer.text
        return answer.headers["cookie"]

    def connect(self, begin: bytes = b"") -> socket.socket:
        """A connection of a client that says no more than this."""
        client = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)
        client.sendall(begin)
        return client


@contextmanager
def serving(folder: Path, url: str, **more: str) -> Iterator[Server]:
    """Start it, wait until it answers, and leave nothing of it behind."""
    port = free_port()
    ours = {
        "PORTAL_ENV": "test",
        "PORTAL_INSTANCE_DIR": str(folder / "instance"),
        "PORTAL_DATABASE_URL": url,
        "PORTAL_SECRET_KEY": "a secret for tests only, long enough",
        "PORTAL_LOG_LEVEL": "ERROR",
        "PORTAL_PORT": str(port),
        **more,
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    log = folder / "web.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            web_command(Settings.from_environment(ours)),
            cwd=ROOT,
            env={**inherited, **ours, "PYTHONPATH": str(ROOT)},
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
        try:
            server = Server(port, process, log)
            _wait_for(server)
            yield server
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(60)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait_for(server: Server) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and server.process.poll() is None:
        with suppress(OSError):
            if server.get("/healthz").status == 200:
                return
        time.sleep(0.1)
    raise AssertionError(f"the web server did not start:\n{server.log.read_text(errors='replace')[-4000:]}")


@contextmanager
def crowd(server: Server, begins: Sequence[bytes], *, a_byte_a_second: int = 0) -> Iterator[list[socket.socket]]:
    """Clients that stay: each says its beginning, and the first `a_byte_a_second` of them a byte every second."""
    with ExitStack() as stack, ThreadPoolExecutor(1) as pool:
        clients = [stack.enter_context(server.connect(begin)) for begin in begins]
        going_on = [True]

        def drip() -> None:
            while going_on:
                for client in clients[:a_byte_a_second]:
                    with suppress(OSError):
                        client.send(b"a")
                time.sleep(1)

        pool.submit(drip)
        try:
            yield clients
        finally:
            going_on.clear()
