"""What the value of a setting must be. Each check turns text into a value, or raises ValueError with what is wrong.

Those with an `info` look at settings that were read before, which are missing from it when they were refused.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import PlainValidator, ValidationInfo

ROOT = Path(__file__).resolve().parent.parent.parent
"""The folder that holds the portal: its templates, its migrations, its `.env`."""

SECRET_LENGTH = 32
DIFFERENT = 12
"""A key made by chance has more different characters; one typed by hand, or a word again and again, has not."""
ANSWERS = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


class BadSetting(Exception):
    """A setting that the portal cannot start with. `name` is its variable; the text says what to do."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"{name}: {problem}")
        self.name = name
        self.problem = problem


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in. `tls` from the first byte on (smtps), `starttls` after the greeting; never both."""

    host: str
    port: int
    user: str | None
    password: str | None
    tls: bool
    starttls: bool

    def __repr__(self) -> str:
        return f"MailServer({self.host}:{self.port})"


def whole(least: int, most: int, unit: int | timedelta = 1) -> PlainValidator:
    """A whole number from `least` to `most`, of such units."""

    def convert(text: str) -> int | timedelta:
        if not (text.isascii() and text.isdigit() and least <= int(text[:10]) <= most):
            raise ValueError(f"must be a whole number from {least} to {most}.")
        return int(text) * unit

    return PlainValidator(convert)


def folder(text: str | Path) -> Path:
    """A folder, made for its owner alone (SEC63) when it is not there; a relative one lies in the portal's own."""
    path = ROOT / Path(text).expanduser()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise ValueError(f"cannot make {path} ({error.strerror}).") from error
    return path


def base_url(text: str, info: ValidationInfo) -> str:
    """The address people use, without a slash at its end; in production by https, as its cookies travel (SEC34)."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError("must be an address such as https://portal.example.org.")
    if parts.path.strip("/") or parts.port == 0:
        raise ValueError("must end after the host name: the portal lives at the root of its host.")
    if _strict(info) and parts.scheme != "https":
        raise ValueError("must begin with https:// in production: the cookies of a sign-in travel by https only.")
    return text.rstrip("/")


def own_base_url(env: str, port: int) -> str:
    """The address where none is set: this machine's. Raises BadSetting in production, whose mail has links."""
    if env == "production":
        raise BadSetting("PORTAL_BASE_URL", "must be set in production, to the https address that people use.")
    return f"http://127.0.0.1:{port}"


def database_url(text: str, info: ValidationInfo) -> str:
    """A SQLAlchemy URL. A relative file of SQLite lies in the instance folder."""
    scheme, separator, rest = text.partition("://")
    if separator and scheme in ("postgresql", "postgres", "postgresql+psycopg"):
        return f"postgresql+psycopg://{rest}"
    if not separator or scheme != "sqlite":
        raise ValueError("must begin with postgresql:// or sqlite:///.")
    name, _, query = rest.removeprefix("/").partition("?")
    if not rest.startswith("/") or name in ("", ":memory:"):
        raise ValueError("must name a file (sqlite:////folder/portal.db): the web and the worker share it.")
    return f"sqlite:///{info.data.get('instance_dir', ROOT) / name}" + (f"?{query}" if query else "")


def redis_url(text: str) -> str:
    """The address of a Redis."""
    parts = urlsplit(text)
    if parts.scheme not in ("redis", "rediss", "unix") or not (parts.hostname or parts.path):
        raise ValueError("must look like redis://host:6379/0.")
    return text


def clamav_url(text: str) -> str:
    """Where the daemon of ClamAV listens."""
    parts = urlsplit(text)
    if not ((parts.scheme == "tcp" and parts.hostname) or (parts.scheme == "unix" and parts.path)):
        raise ValueError("must look like tcp://127.0.0.1:3310 or unix:///run/clamav/clamd.ctl.")
    return text


def mail_server(text: str, info: ValidationInfo) -> MailServer:
    """A mail server; in production no password goes there unencrypted."""
    parts = urlsplit(text)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path.strip("/"):
        raise ValueError("must look like smtp://user:password@host:port (or smtps://…, or …?starttls=1).")
    tls, starttls = parts.scheme == "smtps", _starttls(parts.query)
    if tls and starttls:
        raise ValueError("smtps:// is encrypted from the start: leave starttls out.")
    if _strict(info) and parts.password and not (tls or starttls or _is_loopback(parts.hostname)):
        raise ValueError("would send its password unencrypted: use smtps:// or ?starttls=1 in production.")
    return MailServer(
        host=parts.hostname,
        port=parts.port or (465 if tls else 587 if starttls else 25),
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        tls=tls,
        starttls=starttls,
    )


def sender(text: str) -> str:
    """An address with or without a name."""
    local, _, domain = parseaddr(text)[1].rpartition("@")
    if not (local and domain) or any(ord(character) < 32 for character in text):
        raise ValueError("must be an address such as Portal <no-reply@example.org>.")
    return text


def tickets_address(text: str) -> str:
    """A bare address, to which a token is added with a plus."""
    local, _, domain = text.rpartition("@")
    if not local or not domain or "+" in local or parseaddr(text)[1] != text:
        raise ValueError("must be an address without a name and without a plus, such as support@example.org.")
    return text


def imap_url(text: str, info: ValidationInfo) -> str:
    """A mailbox; in production no password goes there unencrypted."""
    parts = urlsplit(text)
    if parts.scheme not in ("imap", "imaps") or not parts.hostname or not parts.username:
        raise ValueError("must look like imaps://user:password@host/INBOX.")
    if _strict(info) and parts.scheme == "imap" and not _is_loopback(parts.hostname):
        raise ValueError("would send its password unencrypted: use imaps:// in production.")
    return text


def clock(text: str, info: ValidationInfo) -> datetime:
    """An instant, in UTC; production takes none."""
    if _strict(info):
        raise ValueError("is refused in production: leave it out.")
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise ValueError("must be an instant with its time zone, such as 2026-01-31T09:00:00Z.")
    return at.astimezone(UTC)


def cookies_secure(text: str, info: ValidationInfo) -> bool:
    """Whether cookies travel by https only: always in production (SEC34)."""
    secure = _on_or_off(text)
    if _strict(info) and not secure:
        raise ValueError("cannot be off in production.")
    return secure


def secret_key(text: str, info: ValidationInfo) -> str:
    """A key that signs cookies, long enough for production."""
    if _strict(info) and len(text) < SECRET_LENGTH:
        raise ValueError(f"must be at least {SECRET_LENGTH} characters long.")
    if _strict(info) and len(set(text)) < DIFFERENT:
        raise ValueError(
            f"is too easy to guess: it has fewer than {DIFFERENT} different characters. "
            'Make one with: python -c "import secrets; print(secrets.token_urlsafe(48))"'
        )
    return text


def own_secret_key(env: str, folder: Path) -> str:
    """A key where none is set. Production must be given one; development makes one and keeps it in `folder`.

    Raises BadSetting in production, and where the key cannot be kept.
    """
    if env == "production":
        raise BadSetting("PORTAL_SECRET_KEY", f"must be set in production, to {SECRET_LENGTH} characters or more.")
    if env == "test":
        return secrets.token_urlsafe(SECRET_LENGTH)
    try:
        return _kept(folder / "secret-key")
    except OSError as error:
        raise BadSetting("PORTAL_INSTANCE_DIR", f"cannot keep files in {folder} ({error.strerror}).") from error


def _kept(path: Path) -> str:
    """The secret in a file, made at first use, readable by its owner alone."""
    if not path.exists():
        # Written aside and then linked: of two processes that start at once, both read the same whole key.
        descriptor, draft = tempfile.mkstemp(prefix=".secret-key-", dir=path.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(secrets.token_urlsafe(48))
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            Path(draft).unlink()
    secret = path.read_text(encoding="utf-8").strip()
    if not secret:
        raise BadSetting("PORTAL_SECRET_KEY", f"{path} is empty: delete it, and the next start makes a new one.")
    return secret


def _strict(info: ValidationInfo) -> bool:
    return bool(info.data.get("env") == "production")


def _on_or_off(text: str) -> bool:
    if text.lower() not in ANSWERS:
        raise ValueError("must be on or off.")
    return ANSWERS[text.lower()]


def _starttls(query: str) -> bool:
    options = parse_qs(query, keep_blank_values=True)
    if set(options) - {"starttls"}:
        raise ValueError("the only option after the question mark is starttls=1.")
    return _on_or_off(options["starttls"][-1]) if options else False


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")
