"""Reading mail that came in: who wrote, to whom, what, and which files came along. Nothing in it is ever loaded."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import getaddresses
from html.parser import HTMLParser
from typing import BinaryIO

from portal.rules import texts

MOST_PARTS = 200
_IDS = re.compile(r"<[^<>\s]{3,290}>")
_BLOCKS = frozenset(
    {"p", "div", "br", "tr", "li", "h1", "h2", "h3", "h4", "h5", "h6", "table", "ul", "ol", "blockquote", "pre", "hr"}
)
_SILENT = frozenset({"script", "style", "head", "title", "template", "noscript", "svg", "object"})


@dataclass(frozen=True, slots=True)
class Received:
    """A mail as it can be shown. `headers` are by their names in small letters, the first of each name; `named` are the
    Message-IDs that it answers. `text` is plain, whatever it was.
    """

    message_id: str
    sender: str
    sender_name: str
    recipients: tuple[str, ...]
    subject: str
    named: tuple[str, ...]
    headers: Mapping[str, str]
    content_type: str
    text: str
    files: tuple[tuple[BinaryIO, str], ...] = ()


def read(data: bytes) -> Received:
    """What a mail says, of whatever kind and however broken it is."""
    message = _parsed(data)
    headers = _headers(message)
    sender = next(iter(_addresses(headers.get("from", ""))), ("", ""))
    recipients = [
        address
        for name in ("to", "cc", "delivered-to", "x-original-to", "envelope-to")
        for _name, address in _addresses(headers.get(name, ""))
    ]
    found = _IDS.search(headers.get("message-id", ""))
    text, files = _content(message)
    return Received(
        message_id=found[0] if found else f"<{hashlib.sha256(data).hexdigest()}@no-id.invalid>",
        sender=texts.email(sender[1])[:254],
        sender_name=texts.name(sender[0])[:254],
        recipients=tuple(recipients),
        subject=texts.name(headers.get("subject", ""))[:300],
        named=tuple(_IDS.findall(f"{headers.get('in-reply-to', '')} {headers.get('references', '')}"))[-100:],
        headers=headers,
        content_type=message.get_content_type(),
        text=text,
        files=tuple(files),
    )


def _parsed(data: bytes) -> EmailMessage:
    try:
        found = BytesParser(policy=policy.default).parsebytes(data)
    except (RecursionError, ValueError, LookupError, IndexError, AttributeError):
        found = EmailMessage()
    assert isinstance(found, EmailMessage)
    return found


def _headers(message: EmailMessage) -> dict[str, str]:
    """Headers as text; one that cannot be read as what it should be is taken as it stands."""
    found: dict[str, str] = {}
    for name, raw in message.raw_items():
        try:
            text = str(message.policy.header_fetch_parse(name, raw))
        except Exception:  # the standard library trips over headers that break its grammar
            text = str(raw)
        found.setdefault(name.lower(), " ".join(text.replace("\x00", "").split()))
    return found


def _addresses(text: str) -> list[tuple[str, str]]:
    return [(name, address) for name, address in getaddresses([text]) if "@" in address]


def _content(message: EmailMessage) -> tuple[str, list[tuple[BinaryIO, str]]]:
    plain: list[str] = []
    html: list[str] = []
    files: list[tuple[BinaryIO, str]] = []
    for part in _parts(message):
        kind, name = part.get_content_type(), _filename(part)
        if kind.startswith("multipart/"):  # it says so and has no parts
            kind = "text/plain"
        attached = part.get_content_disposition() == "attachment" or (bool(name) and not kind.startswith("text/"))
        if attached or not kind.startswith("text/"):
            files.append((io.BytesIO(_bytes(part)), name or f"file.{kind.rpartition('/')[2]}"))
        elif kind == "text/html":
            html.append(as_text(_text(part)))
        else:
            plain.append(_text(part))
    said = "\n\n".join(one.strip() for one in plain if one.strip())
    return said or "\n\n".join(html).strip(), files


def _parts(message: EmailMessage) -> Iterator[EmailMessage]:
    """The parts that hold something; a mail that was forwarded as a file counts as one."""
    waiting, seen = [message], 0
    while waiting and seen < MOST_PARTS:
        part = waiting.pop(0)
        seen += 1
        if part.is_multipart() and part.get_content_type() != "message/rfc822":
            waiting = [one for one in part.get_payload() if isinstance(one, EmailMessage)] + waiting
        else:
            yield part


def _filename(part: EmailMessage) -> str:
    try:
        return part.get_filename() or ""
    except Exception:  # the same grammar
        return ""


def _bytes(part: EmailMessage) -> bytes:
    if part.is_multipart():
        inner = part.get_payload()
        first = inner[0] if isinstance(inner, list) and inner else None
        return first.as_bytes() if isinstance(first, EmailMessage) else b""
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""


def _text(part: EmailMessage) -> str:
    data = _bytes(part)
    charset = part.get_content_charset() or "utf-8"
    try:
        return data.decode(charset, "replace")
    except LookupError:
        return data.decode("utf-8", "replace")


# HTML -----------------------------------------------------------------------------------------------------------------


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._silent = 0
        self._quotes = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        if tag == "blockquote":
            self._quotes += 1
        if tag in _BLOCKS:
            self._line()
        if tag == "li":
            self.pieces.append("- ")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BLOCKS:
            self._line()

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        if tag == "blockquote":
            self._quotes = max(0, self._quotes - 1)
        if tag in _BLOCKS and tag != "br":
            self._line()

    def handle_data(self, data: str) -> None:
        if not self._silent:
            text = re.sub(r"\s+", " ", data)
            if self.pieces and self.pieces[-1].endswith("\n") and self._quotes and text.strip():
                self.pieces.append("> ")
            self.pieces.append(text)

    def _line(self) -> None:
        self.pieces.append("\n")


def as_text(html: str) -> str:
    """What a page says, in lines; without scripts, styles, pictures and addresses, with ">" before quotes."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    lines = [line.strip() for line in "".join(reader.pieces).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
