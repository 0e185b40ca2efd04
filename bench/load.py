"""A browser that asks for one page again and again over a few connections, each as soon as it has its answer."""

from __future__ import annotations

import selectors
import socket
import time
from typing import NamedTuple

CONNECTIONS = 4
PATIENCE = 20.0
"""An answer that takes longer, in seconds, ends the measurement."""


class Load(NamedTuple):
    """What came of it: how long each answer took, and how long all of them together, in seconds."""

    taken: list[float]
    seconds: float


class _Connection:
    """One connection with the answer that is on its way."""

    def __init__(self, port: int, request: bytes) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.request = request
        self.asked_at = 0.0
        self.came: list[bytes] = []
        self.missing: int | None = None

    def ask(self) -> None:
        self.came, self.missing, self.asked_at = [], None, time.perf_counter()
        self.socket.sendall(self.request)

    def is_whole(self) -> bool:
        """Take what has come; whether the answer is complete. Raises for anything but a 200 with its length."""
        data = self.socket.recv(1 << 18)
        assert data, "the server closed the connection"
        if self.missing is not None:
            self.missing -= len(data)
            return self.missing <= 0
        self.came.append(data)
        head, found, body = b"".join(self.came).partition(b"\r\n\r\n")
        if not found:
            return False
        status, *headers = head.split(b"\r\n")
        assert status.split()[1] == b"200", head.decode()
        lengths = [int(line.split(b":")[1]) for line in headers if line.lower().startswith(b"content-length:")]
        self.missing = lengths[0] - len(body)
        return self.missing <= 0


def load(port: int, request: bytes, *, seconds: float, least: int = 8) -> Load:
    """Ask for `seconds`, and at least so many times."""
    connections = [_Connection(port, request) for _ in range(CONNECTIONS)]
    taken: list[float] = []
    with selectors.DefaultSelector() as ready:
        began = time.perf_counter()
        for connection in connections:
            ready.register(connection.socket, selectors.EVENT_READ, connection)
            connection.ask()
        while ready.get_map():
            events = ready.select(PATIENCE)
            assert events, f"no answer within {PATIENCE:.0f} s"
            for key, _ in events:
                connection = key.data
                if connection.is_whole():
                    now = time.perf_counter()
                    taken.append(now - connection.asked_at)
                    if now - began < seconds or len(taken) < least:
                        connection.ask()
                    else:
                        ready.unregister(connection.socket)
        took = time.perf_counter() - began
    for connection in connections:
        connection.socket.close()
    return Load(taken, took)
