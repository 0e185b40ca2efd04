"""A real SMTP server on loopback, as friendly or as rude as a test wants it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Received:
    """One message as the server took it."""

    recipients: list[str]
    message: EmailMessage
    raw: bytes


@dataclass
class Postbox:
    """What arrived, and how the server answers: `rcpt` by address and `data` for every message."""

    port: int = 0
    arrived: list[Received] = field(default_factory=list)
    rcpt: dict[str, str] = field(default_factory=dict)
    data: str = "250 Taken"
    on_data: Callable[[], None] | None = None
    connections: int = 0

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"


class _Handler:
    def __init__(self, postbox: Postbox) -> None:
        self.postbox = postbox

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.postbox.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.postbox.rcpt.get(address, "250 OK")
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.postbox.data.startswith("2"):
            raw = bytes(envelope.content or b"")
            parsed = message_from_bytes(raw, policy=policy.default)
            assert isinstance(parsed, EmailMessage)
            self.postbox.arrived.append(Received(list(envelope.rcpt_tos), parsed, raw))
        if self.postbox.on_data is not None:
            self.postbox.on_data()
        return self.postbox.data


@contextmanager
def mail_server(port: int = 0, **how: Any) -> Iterator[Postbox]:
    """A server that listens until the block ends."""
    postbox = Postbox(port=port or free_port(), **how)
    controller = Controller(_Handler(postbox), hostname="127.0.0.1", port=postbox.port)
    controller.start()
    try:
        yield postbox
    finally:
        controller.stop()


@contextmanager
def silent_server() -> Iterator[int]:
    """A server that accepts connections and never says a word; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        held: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    held.append(listening.accept()[0])
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        for one in held:
            one.close()


def free_port() -> int:
    """A port nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
