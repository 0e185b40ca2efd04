"""Mail as programs write it, and a mailbox that speaks as much IMAP as a client needs."""

from __future__ import annotations

import re
import socketserver
import threading
from email.message import EmailMessage
from typing import Any


def mail(
    sender: str = "Jana Dvořák <jana@acme.test>",
    subject: str = "Line down",
    text: str = "Nothing works.",
    *,
    to: str = "support@example.org",
    html: str = "",
    files: tuple[tuple[bytes, str, str], ...] = (),
    **headers: str,
) -> bytes:
    """A mail; files are their bytes, type and name, and headers have "_" for "-"."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = sender, to, subject
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    made.set_content(text)
    if html:
        made.add_alternative(html, subtype="html")
    for data, kind, name in files:
        maintype, _, subtype = kind.partition("/")
        made.add_attachment(data, maintype=maintype, subtype=subtype, filename=name)
    return made.as_bytes()


class Mailbox(socketserver.ThreadingTCPServer):
    """Holds mails by their numbers, and which were seen."""

    allow_reuse_address, daemon_threads = True, True

    def __init__(self, *mails: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.mails = {str(number): data for number, data in enumerate(mails, 1)}
        self.seen: set[str] = set()
        self.url = f"imap://support:secret%21@127.0.0.1:{self.server_address[1]}/INBOX"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Stop listening."""
        self.shutdown()
        self.server_close()


class _Session(socketserver.StreamRequestHandler):
    server: Mailbox

    def handle(self) -> None:
        self._say(b"* OK ready")
        while line := self.rfile.readline():
            tag, _, rest = line.decode().strip().partition(" ")
            command, _, arguments = rest.partition(" ")
            if command.upper() == "LOGOUT":
                self._say(b"* BYE bye")
                self._say(f"{tag} OK bye".encode())
                return
            self._say(f"{tag} {self._do(command.upper(), arguments)}".encode())

    def _do(self, command: str, arguments: str) -> str:
        if command == "CAPABILITY":
            self._say(b"* CAPABILITY IMAP4rev1")
        elif command == "LOGIN":
            return "OK done" if arguments == 'support "secret!"' else "NO wrong password"
        elif command == "SELECT":
            self._say(f"* {len(self.server.mails)} EXISTS".encode())
            return "OK [READ-WRITE] selected"
        elif command == "UID":
            self._uid(*arguments.split(" ", 2))
        return "OK done"

    def _uid(self, command: str, *arguments: Any) -> None:
        box = self.server
        if command == "SEARCH":
            found = [uid for uid in box.mails if uid not in box.seen]
            self._say(f"* SEARCH {' '.join(found)}".encode())
        elif command == "FETCH" and arguments[0] in box.mails:
            data = box.mails[arguments[0]]
            self._say(f"* {arguments[0]} FETCH (UID {arguments[0]} BODY[] {{{len(data)}}}".encode())
            self.wfile.write(data)
            self._say(b")")
        elif command == "STORE" and re.search(r"\\Seen", arguments[1]):
            box.seen.add(arguments[0])

    def _say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")
