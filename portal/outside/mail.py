"""Handing mail to the mail server, one message at a time, with an answer for each recipient (R4 to R6)."""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import charset
from email.headerregistry import Address
from email.mime.base import MIMEBase
from email.mime.text import MIMEText
from email.utils import parseaddr
from types import TracebackType
from typing import Any, Self

from flask import Flask, current_app
from flask_mail import Attachment, Connection, Mail, Message

from portal.config import Settings
from portal.rules.sentences import NOTHING, Sentence, say, verbatim
from portal.rules.texts import ascii_domain

LONGEST_SECONDS = 240
"""However slowly a server drips its answers, one message takes no longer: less than its lease."""

CLOSING = 421


@dataclass(frozen=True, slots=True)
class Enclosure:
    """An attached file with its bytes."""

    filename: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """One message. `to` are all addresses in its heading, `recipients` those it is handed in for now.

    `unsubscribe` is the address that mail programs offer to decline such mail, "" for none (RFC 8058).
    """

    message_id: str
    subject: str
    text: str
    html: str
    sender_name: str
    reply_to: str
    to: Sequence[str]
    recipients: Sequence[str]
    written_at: datetime
    enclosures: Sequence[Enclosure] = ()
    unsubscribe: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The server's answer for one recipient: an SMTP code and what it said."""

    code: int
    text: Sentence

    @property
    def accepted(self) -> bool:
        return 200 <= self.code < 300

    @property
    def permanent(self) -> bool:
        return 500 <= self.code < 600


ACCEPTED = Verdict(250, NOTHING)


class _Trouble(Exception):
    """What is wrong with a server, said to people."""

    def __init__(self, sentence: Sentence) -> None:
        self.sentence = sentence
        super().__init__(str(sentence))


class ServerTrouble(_Trouble):
    """The server cannot be used at all now."""


class Dropped(_Trouble):
    """The server fell silent or hung up during one message."""


class _Letterpress(Message):
    """A message whose text is quoted-printable: old servers take it, and no line gets too long for any.

    Its subject and its sender are written by the standard library from plain characters. Flask-Mail encodes both
    itself, into lines that are then too long, taken apart and put together again with other spaces.
    """

    def __init__(self, *, sender: str, sender_name: str, **more: Any) -> None:
        super().__init__(sender=sender, **more)
        self._from = Address(sender_name, addr_spec=_wire(sender))

    def _message(self) -> MIMEBase:
        message = super()._message()
        written: tuple[tuple[str, Any], ...] = ("Subject", self.subject), ("From", self._from)
        for name, value in written:
            del message[name]
            message[name] = value
        return message

    def has_bad_headers(self) -> bool:
        return bool(super().has_bad_headers()) or not str(self._from).isprintable()

    def _mimetext(self, text: str | None, subtype: str = "plain") -> MIMEText:
        encoding = charset.Charset("utf-8")
        encoding.body_encoding = charset.QP
        return MIMEText(text or "", subtype, encoding)  # type: ignore[arg-type]


class _PatientConnection(Connection):
    """Flask-Mail's connection with a time-out and checked certificates."""

    def __init__(self, mail: Mail, settings: Settings) -> None:
        super().__init__(mail)
        self.settings = settings

    def configure_host(self) -> smtplib.SMTP:
        server = self.settings.mail_server
        assert server is not None
        seconds = self.settings.mail_timeout.total_seconds()
        own_name = socket.gethostname()
        host: smtplib.SMTP
        if server.tls:
            secure = ssl.create_default_context()
            host = smtplib.SMTP_SSL(server.host, server.port, own_name, timeout=seconds, context=secure)
        else:
            host = smtplib.SMTP(server.host, server.port, own_name, timeout=seconds)
        try:
            if server.starttls:
                host.starttls(context=ssl.create_default_context())
            if server.user and server.password:
                host.login(server.user, server.password)
        except BaseException:
            host.close()
            raise
        return host


class Line:
    """A line to the mail server, opened with the first message and closed at the end of the `with` block."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._connection = _PatientConnection(_mail(), settings)
        self._host: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._host is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                self._host.quit()
        self._hang_up()

    def hand_in(self, letter: Letter) -> dict[str, Verdict]:
        """Hand `letter` in and return the server's answer for each of its recipients.

        Raises ServerTrouble when the server cannot be used, Dropped when it went away during this message.
        """
        data = _written(letter, self._settings)
        host = self._ready()
        try:
            with _bounded(host):
                refused = host.sendmail(*_envelope(letter, self._settings), data)
        except smtplib.SMTPRecipientsRefused as error:
            # After a 421 the rest was not even asked, and nothing was sent to anybody.
            last = list(error.recipients.values())[-1]
            refused = {wire: error.recipients.get(wire, last) for wire in _addresses(letter).values()}
        except smtplib.SMTPResponseException as error:
            refused = dict.fromkeys(_addresses(letter).values(), (error.smtp_code, _bytes(error.smtp_error)))
        except (smtplib.SMTPException, OSError) as error:
            self._hang_up()
            raise Dropped(_silence(error, calling=False)) from error
        return self._verdicts(letter, refused)

    def _verdicts(self, letter: Letter, refused: Mapping[str, tuple[int, bytes]]) -> dict[str, Verdict]:
        verdicts = {
            plain: Verdict(refused[wire][0], verbatim(_text(refused[wire]))) if wire in refused else ACCEPTED
            for plain, wire in _addresses(letter).items()
        }
        if verdicts and all(verdict.code == CLOSING for verdict in verdicts.values()):
            self._hang_up()
            answer = next(iter(verdicts.values())).text
            raise ServerTrouble(say("The mail server is closing ({answer}).", answer=answer))
        if self._host is not None and self._host.sock is None:
            self._hang_up()
        return verdicts

    def _ready(self) -> smtplib.SMTP:
        if self._host is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                if self._host.noop()[0] == 250:
                    return self._host
            self._hang_up()
        try:
            self._host = self._connection.configure_host()
        except smtplib.SMTPAuthenticationError as error:
            answer = _code(error)
            text = say("The mail server refuses the portal's own sign-in ({answer}).", answer=answer)
            raise ServerTrouble(text) from error
        except smtplib.SMTPNotSupportedError as error:
            raise ServerTrouble(say("The mail server does not offer what PORTAL_MAIL_URL asks for.")) from error
        except smtplib.SMTPResponseException as error:
            raise ServerTrouble(say("The mail server takes no mail now ({answer}).", answer=_code(error))) from error
        except ssl.SSLError as error:
            text = say("The mail server's encryption cannot be trusted ({reason}).", reason=str(error.reason))
            raise ServerTrouble(text) from error
        except (smtplib.SMTPException, OSError) as error:
            raise ServerTrouble(_silence(error, calling=True)) from error
        return self._host

    def _hang_up(self) -> None:
        if self._host is not None:
            self._host.close()
        self._host = None


def _mail() -> Mail:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    if "mail" not in app.extensions:
        Mail(app)
    state: Mail = app.extensions["mail"]
    return state


def _written(letter: Letter, settings: Settings) -> bytes:
    _, address = parseaddr(settings.mail_from)
    name = letter.sender_name or parseaddr(settings.mail_from)[0]
    message = _Letterpress(
        subject=letter.subject,
        recipients=list(letter.to),
        body=letter.text,
        html=letter.html or None,
        sender=address,
        sender_name=name,
        reply_to=letter.reply_to or None,
        date=letter.written_at.timestamp(),
        extra_headers={"Auto-Submitted": "auto-generated", **_declining(letter)},
        attachments=[Attachment(one.filename, one.content_type, one.data) for one in letter.enclosures],
    )
    message.msgId = letter.message_id
    if message.has_bad_headers():
        raise ValueError("a header of the message holds a line break")
    written: bytes = message.as_bytes()
    return written


def _declining(letter: Letter) -> dict[str, str]:
    """What lets a mail program decline such mail with one click."""
    if not letter.unsubscribe:
        return {}
    return {"List-Unsubscribe": f"<{letter.unsubscribe}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


def _envelope(letter: Letter, settings: Settings) -> tuple[str, list[str]]:
    return parseaddr(settings.mail_from)[1], list(_addresses(letter).values())


def _addresses(letter: Letter) -> dict[str, str]:
    """Each recipient with its address as the wire takes it (a Unicode domain in its ASCII form)."""
    return {plain: _wire(plain) for plain in letter.recipients}


def _wire(address: str) -> str:
    local, at, domain = parseaddr(address)[1].rpartition("@")
    return f"{local}{at}{ascii_domain(domain)}"


@contextlib.contextmanager
def _bounded(host: smtplib.SMTP) -> Iterator[None]:
    """End the connection when one message takes too long: a time-out starts anew with every byte that comes."""

    def cut() -> None:
        with contextlib.suppress(OSError):
            if host.sock is not None:
                host.sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(LONGEST_SECONDS, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _bytes(text: bytes | str) -> bytes:
    return text if isinstance(text, bytes) else text.encode()


def _text(answer: tuple[int, bytes]) -> str:
    code, text = answer
    return f"{code} {' '.join(text.decode('utf-8', 'replace').split())}"[:500]


def _code(error: smtplib.SMTPResponseException) -> str:
    return _text((error.smtp_code, _bytes(error.smtp_error)))


def _silence(error: Exception, *, calling: bool) -> Sentence:
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        if calling:
            return say("The mail server does not answer (when called).")
        return say("The mail server does not answer (while a message was handed in).")
    if isinstance(error, ConnectionRefusedError):
        return say("The mail server is not running (the connection was refused).")
    if isinstance(error, socket.gaierror):
        return say("The mail server cannot be found (its name has no address).")
    if calling:
        return say("The mail server hung up (when called).")
    return say("The mail server hung up (while a message was handed in).")
