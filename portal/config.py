"""Typed settings from the environment; a bad one stops the start with its name."""

from __future__ import annotations

import difflib
import os
import secrets
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from pathlib import Path
from typing import Literal, Self, TypeVar, cast
from urllib.parse import parse_qs, unquote, urlsplit

from dotenv import dotenv_values

ROOT = Path(__file__).resolve().parent.parent

PREFIX = "PORTAL_"
TEST_PREFIX = "PORTAL_TEST_"
SECRET_LENGTH = 32
DEMO_PASSWORD = "demo-portal-please-change"  # noqa: S105

SECRETS = frozenset(
    {
        "PORTAL_DATABASE_URL",
        "PORTAL_DEMO_PASSWORD",
        "PORTAL_MAIL_URL",
        "PORTAL_METRICS_TOKEN",
        "PORTAL_REDIS_URL",
        "PORTAL_SECRET_KEY",
        "PORTAL_SMS_URL",
    }
)
"""Settings whose value may stand in a file instead, named by the same variable with _FILE at its end."""

NAMES = SECRETS | {
    "PORTAL_BASE_URL",
    "PORTAL_CLOCK",
    "PORTAL_COOKIES_SECURE",
    "PORTAL_ENV",
    "PORTAL_HOST",
    "PORTAL_INSTANCE_DIR",
    "PORTAL_LOG_LEVEL",
    "PORTAL_MAIL_FROM",
    "PORTAL_MAIL_TIMEOUT",
    "PORTAL_PORT",
    "PORTAL_SESSION_HOURS",
    "PORTAL_SESSION_IDLE_MINUTES",
    "PORTAL_TRUSTED_PROXIES",
    "PORTAL_UPLOAD_LIMIT_MB",
    "PORTAL_WEB_THREADS",
    "PORTAL_WEB_WORKERS",
}
"""Every setting there is."""

Environment = Literal["development", "test", "production"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]
T = TypeVar("T")


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


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """What the portal was told at its start. Made by `from_environment`, never by hand outside tests.

    `database_url` is a SQLAlchemy URL. `mail_server` is None when mail stays in the local outbox, `sms_url` when text
    messages do (else an apprise URL with {to} where the number goes), `redis_url` when there is no Redis, and
    `metrics_token` when /metrics is closed. `clock` is the frozen "now" (UTC), or None.
    `base_url` is the address people use, without a slash at its end: links in mail begin with it.
    """

    env: Environment
    instance_dir: Path
    database_url: str
    secret_key: str
    host: str
    port: int
    base_url: str
    trusted_proxies: int
    cookies_secure: bool
    session_idle: timedelta
    session_lifetime: timedelta
    upload_limit_bytes: int
    mail_server: MailServer | None
    mail_from: str
    mail_timeout: timedelta
    sms_url: str | None
    redis_url: str | None
    clock: datetime | None
    demo_password: str
    metrics_token: str | None
    log_level: LogLevel
    web_workers: int
    web_threads: int

    def __repr__(self) -> str:
        return f"Settings(env={self.env!r}, instance_dir={str(self.instance_dir)!r})"

    @property
    def production(self) -> bool:
        """Whether the strict rules hold."""
        return self.env == "production"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Self:
        """Read the settings from `environ`; without it, from the process's environment and the file `.env`.

        The environment wins over `.env`. Makes the instance folder, and in development a secret key inside it.
        Raises BadSetting, naming the variable, for a value that cannot be used, a name that does not exist, and
        what the strict rules of PORTAL_ENV=production refuse.
        """
        values = _with_files(_known(process_environment() if environ is None else environ))
        env: Environment = _read(values, "PORTAL_ENV", _environment, "development")
        instance_dir = _made(_read(values, "PORTAL_INSTANCE_DIR", _folder, ROOT / "instance"))
        port = _read(values, "PORTAL_PORT", _between(1, 65535), 8000)
        base_url = _read(values, "PORTAL_BASE_URL", _base_url, f"http://127.0.0.1:{port}")
        return cls(
            env=env,
            instance_dir=instance_dir,
            database_url=_read(values, "PORTAL_DATABASE_URL", lambda text: _database_url(text, instance_dir), "")
            or f"sqlite:///{instance_dir / 'portal.db'}",
            secret_key=_secret_key(values, env, instance_dir),
            host=_read(values, "PORTAL_HOST", _word, "127.0.0.1"),
            port=port,
            base_url=base_url,
            trusted_proxies=_read(values, "PORTAL_TRUSTED_PROXIES", _between(0, 10), 0),
            cookies_secure=_cookies_secure(values, env, base_url),
            session_idle=timedelta(minutes=_read(values, "PORTAL_SESSION_IDLE_MINUTES", _between(1, 1440), 30)),
            session_lifetime=timedelta(hours=_read(values, "PORTAL_SESSION_HOURS", _between(1, 720), 12)),
            upload_limit_bytes=_read(values, "PORTAL_UPLOAD_LIMIT_MB", _between(1, 1024), 16) * 1024 * 1024,
            mail_server=_read(values, "PORTAL_MAIL_URL", lambda text: _mail_server(text, env), None),
            mail_from=_read(values, "PORTAL_MAIL_FROM", _sender, f"Kith <no-reply@{urlsplit(base_url).hostname}>"),
            mail_timeout=timedelta(seconds=_read(values, "PORTAL_MAIL_TIMEOUT", _between(1, 600), 30)),
            sms_url=_read(values, "PORTAL_SMS_URL", _sms_url, None),
            redis_url=_read(values, "PORTAL_REDIS_URL", _redis_url, None),
            clock=_clock(values, env),
            demo_password=_read(values, "PORTAL_DEMO_PASSWORD", _at_least(8), DEMO_PASSWORD),
            metrics_token=_read(values, "PORTAL_METRICS_TOKEN", _at_least(16), None),
            log_level=_read(values, "PORTAL_LOG_LEVEL", _log_level, "INFO"),
            web_workers=_read(values, "PORTAL_WEB_WORKERS", _between(1, 64), 2),
            web_threads=_read(values, "PORTAL_WEB_THREADS", _between(1, 256), 4),
        )

    def flask_config(self) -> dict[str, object]:
        """These settings under the names that Flask and its extensions read, and whole as PORTAL_SETTINGS."""
        return {
            "PORTAL_SETTINGS": self,
            "TESTING": self.env == "test",
            "SECRET_KEY": self.secret_key,
            "PREFERRED_URL_SCHEME": urlsplit(self.base_url).scheme,
            "SQLALCHEMY_DATABASE_URI": self.database_url,
            "SQLALCHEMY_ENGINE_OPTIONS": {"hide_parameters": True},  # they would stand in logged errors (SEC50)
            "SESSION_COOKIE_NAME": "__Host-portal" if self.cookies_secure else "portal",
            "SESSION_COOKIE_SECURE": self.cookies_secure,
            "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": "Lax",
            "SESSION_COOKIE_PATH": "/",
            "PERMANENT_SESSION_LIFETIME": self.session_lifetime,
            "MAX_CONTENT_LENGTH": self.upload_limit_bytes,
            "MAX_FORM_MEMORY_SIZE": 1024 * 1024,
            "MAX_FORM_PARTS": 1000,
            "WTF_CSRF_TIME_LIMIT": None,
            "WTF_CSRF_SSL_STRICT": self.cookies_secure,
            "BOOTSTRAP_SERVE_LOCAL": True,
            **self._mail_config(),
        }

    def _mail_config(self) -> dict[str, object]:
        server = self.mail_server
        return {
            "MAIL_SERVER": server.host if server else "127.0.0.1",
            "MAIL_PORT": server.port if server else 25,
            "MAIL_USERNAME": server.user if server else None,
            "MAIL_PASSWORD": server.password if server else None,
            "MAIL_USE_SSL": server.tls if server else False,
            "MAIL_USE_TLS": server.starttls if server else False,
            "MAIL_DEFAULT_SENDER": self.mail_from,
            "MAIL_SUPPRESS_SEND": server is None,
        }


def process_environment() -> dict[str, str]:
    """The process's environment over what `.env` in the portal's folder says."""
    from_file = dotenv_values(ROOT / ".env", interpolate=False)
    return {name: value for name, value in from_file.items() if value is not None} | dict(os.environ)


def _known(environ: Mapping[str, str]) -> dict[str, str]:
    """Our variables that hold anything. Raises BadSetting for a name that no setting has: a slip must not pass."""
    known = NAMES | {f"{name}_FILE" for name in SECRETS}
    values = {}
    for name in sorted(environ):
        if not name.startswith(PREFIX) or name.startswith(TEST_PREFIX):
            continue
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            raise BadSetting(name, "no such setting." + (f" Did you mean {close[0]}?" if close else ""))
        if environ[name].strip():
            values[name] = environ[name].strip()
    return values


def _with_files(values: dict[str, str]) -> dict[str, str]:
    """Put in what NAME_FILE points at, for the settings that hold secrets."""
    filled = dict(values)
    for name in SECRETS:
        path = filled.pop(f"{name}_FILE", None)
        if path is None:
            continue
        if name in values:
            raise BadSetting(f"{name}_FILE", f"is set beside {name}; keep one of the two.")
        try:
            filled[name] = Path(path).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise BadSetting(f"{name}_FILE", f"cannot read {path} ({_reason(error)}).") from error
        if not filled[name]:
            raise BadSetting(f"{name}_FILE", f"{path} is empty.")
    return filled


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else "not UTF-8 text"


def _read(values: Mapping[str, str], name: str, convert: Callable[[str], T], default: T) -> T:
    """The value of `name`, converted; `default` when it is not set. Raises BadSetting with what `convert` says."""
    if name not in values:
        return default
    try:
        return convert(values[name])
    except ValueError as error:
        raise BadSetting(name, str(error)) from error


def _environment(text: str) -> Environment:
    if text not in ("development", "test", "production"):
        raise ValueError("must be development, test or production.")
    return cast(Environment, text)


def _log_level(text: str) -> LogLevel:
    if text.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise ValueError("must be DEBUG, INFO, WARNING or ERROR.")
    return cast(LogLevel, text.upper())


def _between(least: int, most: int) -> Callable[[str], int]:
    def convert(text: str) -> int:
        if not (text.isascii() and text.isdigit() and least <= int(text[:10]) <= most):
            raise ValueError(f"must be a whole number from {least} to {most}.")
        return int(text)

    return convert


def _at_least(length: int) -> Callable[[str], str]:
    def convert(text: str) -> str:
        if len(text) < length:
            raise ValueError(f"must be at least {length} characters long.")
        return text

    return convert


def _word(text: str) -> str:
    if any(character.isspace() for character in text):
        raise ValueError("must not contain spaces.")
    return text


def _boolean(text: str) -> bool:
    answers = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if text.lower() not in answers:
        raise ValueError("must be on or off.")
    return answers[text.lower()]


def _folder(text: str) -> Path:
    path = Path(text).expanduser()
    return path if path.is_absolute() else ROOT / path


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadSetting("PORTAL_INSTANCE_DIR", f"cannot make {folder} ({_reason(error)}).") from error
    return folder


def _base_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or parts.username:
        raise ValueError("must be an address such as https://portal.example.org.")
    if parts.path.strip("/") or parts.port == 0:
        raise ValueError("must end after the host name: the portal lives at the root of its host.")
    return text.rstrip("/")


def _database_url(text: str, instance_dir: Path) -> str:
    scheme, separator, rest = text.partition("://")
    if separator and scheme in ("postgresql", "postgres", "postgresql+psycopg"):
        return f"postgresql+psycopg://{rest}"
    if separator and scheme == "sqlite":
        return _sqlite_url(rest, instance_dir)
    raise ValueError("must begin with postgresql:// or sqlite:///.")


def _sqlite_url(rest: str, instance_dir: Path) -> str:
    """A file for SQLite; a relative one lies in the instance folder."""
    name, _, query = rest.removeprefix("/").partition("?")
    if not rest.startswith("/") or name in ("", ":memory:"):
        raise ValueError("must name a file (sqlite:////folder/portal.db): the web and the worker share it.")
    return f"sqlite:///{instance_dir / name}" + (f"?{query}" if query else "")


def _redis_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("redis", "rediss", "unix") or not (parts.hostname or parts.path):
        raise ValueError("must look like redis://host:6379/0.")
    return text


def _mail_server(text: str, env: Environment) -> MailServer:
    parts = urlsplit(text)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.path.strip("/"):
        raise ValueError("must look like smtp://user:password@host:port (or smtps://…, or …?starttls=1).")
    tls, starttls = parts.scheme == "smtps", _starttls(parts.query)
    if tls and starttls:
        raise ValueError("smtps:// is encrypted from the start: leave starttls out.")
    if env == "production" and parts.password and not (tls or starttls or _is_loopback(parts.hostname)):
        raise ValueError("would send its password unencrypted: use smtps:// or ?starttls=1 in production.")
    return MailServer(
        host=parts.hostname,
        port=parts.port or (465 if tls else 587 if starttls else 25),
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        tls=tls,
        starttls=starttls,
    )


def _starttls(query: str) -> bool:
    options = parse_qs(query, keep_blank_values=True)
    if set(options) - {"starttls"}:
        raise ValueError("the only option after the question mark is starttls=1.")
    return _boolean(options["starttls"][-1]) if options else False


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


def _sender(text: str) -> str:
    _, address = parseaddr(text)
    local, at, domain = address.rpartition("@")
    if not (local and at and domain) or any(ord(character) < 32 for character in text):
        raise ValueError("must be an address such as Portal <no-reply@example.org>.")
    return text


def _sms_url(text: str) -> str:
    """Only loaded with the setting: it takes a second, and few installations have a gateway."""
    from portal.outside.sms import problem

    if wrong := problem(text):
        raise ValueError(wrong)
    return text


def _clock(values: Mapping[str, str], env: Environment) -> datetime | None:
    if env == "production" and "PORTAL_CLOCK" in values:
        raise BadSetting("PORTAL_CLOCK", "is refused in production: leave it out.")
    return _read(values, "PORTAL_CLOCK", _instant, None)


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise ValueError("must be an instant with its time zone, such as 2026-01-31T09:00:00Z.")
    return at.astimezone(UTC)


def _cookies_secure(values: Mapping[str, str], env: Environment, base_url: str) -> bool:
    """On in production and wherever people come by https. Raises BadSetting for off in production (SEC34)."""
    secure = _read(values, "PORTAL_COOKIES_SECURE", _boolean, env == "production" or base_url.startswith("https:"))
    if env == "production" and not secure:
        raise BadSetting("PORTAL_COOKIES_SECURE", "cannot be off in production.")
    return secure


def _secret_key(values: Mapping[str, str], env: Environment, instance_dir: Path) -> str:
    """The key that signs cookies. Production must be given one; development makes one and keeps it."""
    if "PORTAL_SECRET_KEY" in values:
        return _read(values, "PORTAL_SECRET_KEY", _at_least(SECRET_LENGTH if env == "production" else 1), "")
    if env == "production":
        raise BadSetting("PORTAL_SECRET_KEY", f"must be set in production, to {SECRET_LENGTH} characters or more.")
    if env == "test":
        return secrets.token_urlsafe(SECRET_LENGTH)
    try:
        return _kept_secret(instance_dir)
    except OSError as error:
        raise BadSetting("PORTAL_INSTANCE_DIR", f"cannot keep files in {instance_dir} ({_reason(error)}).") from error


def _kept_secret(instance_dir: Path) -> str:
    """The secret in the instance folder, made at first use, readable by its owner alone."""
    path = instance_dir / "secret-key"
    if not path.exists():
        # Written aside and then linked: of two processes that start at once, both read the same whole key.
        descriptor, draft = tempfile.mkstemp(prefix=".secret-key-", dir=instance_dir)
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
