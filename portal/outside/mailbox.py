"""The mailbox in which answers to tickets arrive, read by IMAP (PORTAL_IMAP_URL)."""

from __future__ import annotations

import contextlib
import imaplib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from flask import current_app

from portal.config import MEGABYTE, Settings
from portal.rules.errors import Busy
from portal.rules.sentences import say

SECONDS = 60
AT_ONCE = 50
LARGEST = 40 * MEGABYTE
"""A larger mail stays in the mailbox unread, for people."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A mail that nobody has read: its number in the mailbox, and how long it is in bytes."""

    uid: bytes
    data: bytes


def is_set_up() -> bool:
    """Whether there is a mailbox to read."""
    return _settings().imap_url is not None


@contextlib.contextmanager
def opened() -> Iterator[Mailbox]:
    """The mailbox, for as long as the block lasts. Raises Busy where it cannot be used."""
    try:
        box = _Line.of(_settings().imap_url or "")
    except (OSError, imaplib.IMAP4.error, ssl.SSLError) as error:
        raise Busy(say("The mailbox of tickets cannot be used: {reason}.", reason=str(error)[:200])) from error
    try:
        yield Mailbox(box)
    except (OSError, imaplib.IMAP4.abort) as error:
        raise Busy(say("The mailbox of tickets went away: {reason}.", reason=str(error)[:200])) from error
    finally:
        with contextlib.suppress(OSError, imaplib.IMAP4.error):
            box.logout()


class _Line:
    @staticmethod
    def of(url: str) -> imaplib.IMAP4:
        parts = urlsplit(url)
        host, folder = parts.hostname or "", unquote(parts.path.strip("/")) or "INBOX"
        box: imaplib.IMAP4
        if parts.scheme == "imaps":
            secure = ssl.create_default_context()
            box = imaplib.IMAP4_SSL(host, parts.port or 993, ssl_context=secure, timeout=SECONDS)
        else:
            box = imaplib.IMAP4(host, parts.port or 143, timeout=SECONDS)
        try:
            box.login(unquote(parts.username or ""), unquote(parts.password or ""))
            state, answer = box.select(f'"{folder}"')
            if state != "OK":
                raise imaplib.IMAP4.error(str(answer))
        except BaseException:
            box.shutdown()
            raise
        return box


class Mailbox:
    """What was not read yet, oldest first."""

    def __init__(self, box: imaplib.IMAP4) -> None:
        self._box = box

    def unread(self) -> list[bytes]:
        """The numbers of mails that nobody has read, as many as are dealt with at once."""
        _state, found = self._box.uid("SEARCH", "UNSEEN", "SMALLER", str(LARGEST))
        return (found[0] or b"").split()[:AT_ONCE] if found else []

    def fetch(self, uid: bytes) -> bytes | None:
        """A mail as it came, which stays unread; None when it went away meanwhile."""
        _state, found = self._box.uid("FETCH", uid.decode(), "(BODY.PEEK[])")
        for one in found:
            if isinstance(one, tuple):
                return bytes(one[1])
        return None

    def mark(self, uid: bytes) -> None:
        """Remember in the mailbox that a mail was read."""
        self._box.uid("STORE", uid.decode(), "+FLAGS.SILENT", r"(\Seen)")


def _settings() -> Settings:
    settings: Settings = current_app.config["PORTAL_SETTINGS"]
    return settings
