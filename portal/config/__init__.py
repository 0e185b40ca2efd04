"""Typed settings from the environment; a bad one stops the start with its name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from portal.config import values
from portal.config.values import ROOT, BadSetting, MailServer, whole
from portal.config.variables import PREFIX, SECRETS, read

__all__ = ["MEGABYTE", "NAMES", "ROOT", "SECRETS", "BadSetting", "MailServer", "Settings"]

MEGABYTE = 1024 * 1024
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)

SENTENCES = {
    "string_pattern_mismatch": "must not contain spaces.",
    "literal_error": "must be {expected}.",
    "string_too_short": "must be at least {min_length} characters long.",
}
"""What a value is told that pydantic itself refuses, by its name for the trouble; our checks say it themselves."""


class Settings(BaseSettings):
    """What the portal was told at its start. Made by `from_environment`, never by hand outside tests.

    `database_url` is a SQLAlchemy URL. `mail_server` is None when mail stays in the local outbox, `sms_url` when text
    messages do (else an apprise URL with {to} where the number goes), `redis_url` when there is no Redis, `clamav_url`
    when uploads are not looked at for viruses, and `metrics_token` when /metrics is closed. `clock` is the frozen "now"
    (UTC), or None.
    `tickets_address` is where answers to tickets are mailed to, `imap_url` the mailbox in which they arrive; None where
    customers answer on the page alone.

    `base_url` is the address people use, without a slash at its end: links in mail begin with it.

    A field is read from the variable of its name, or the one it gives. Checks and defaults know the fields above it.
    """

    model_config = SettingsConfigDict(
        alias_generator=lambda field: f"{PREFIX}{field.upper()}",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=False,
    )

    env: Literal["development", "test", "production"] = "development"
    instance_dir: Annotated[Path, PlainValidator(values.folder)] = Field(ROOT / "instance", validate_default=True)
    host: str = Field("127.0.0.1", pattern=r"^\S+$")
    port: Annotated[int, whole(1, 65535)] = 8000
    base_url: Annotated[str, AfterValidator(values.base_url)] = Field(
        default_factory=lambda above: values.own_base_url(above["env"], above["port"])
    )
    database_url: Annotated[str, AfterValidator(values.database_url)] = Field(
        default_factory=lambda above: f"sqlite:///{above['instance_dir'] / 'portal.db'}"
    )
    secret_key: Annotated[str, AfterValidator(values.secret_key)] = Field(
        default_factory=lambda above: values.own_secret_key(above["env"], above["instance_dir"])
    )
    trusted_proxies: Annotated[int, whole(0, 10)] = 0
    cookies_secure: Annotated[bool, PlainValidator(values.cookies_secure)] = Field(
        default_factory=lambda above: above["env"] == "production" or above["base_url"].startswith("https:")
    )
    session_idle: Annotated[timedelta, whole(1, 1440, MINUTE)] = Field(
        30 * MINUTE, validation_alias="PORTAL_SESSION_IDLE_MINUTES"
    )
    session_lifetime: Annotated[timedelta, whole(1, 720, HOUR)] = Field(
        12 * HOUR, validation_alias="PORTAL_SESSION_HOURS"
    )
    upload_limit_bytes: Annotated[int, whole(1, 1024, MEGABYTE)] = Field(
        24 * MEGABYTE, validation_alias="PORTAL_UPLOAD_LIMIT_MB"
    )
    clamav_url: Annotated[str | None, PlainValidator(values.clamav_url)] = None
    mail_server: Annotated[MailServer | None, PlainValidator(values.mail_server)] = Field(
        None, validation_alias="PORTAL_MAIL_URL"
    )
    mail_from: Annotated[str, AfterValidator(values.sender)] = Field(
        default_factory=lambda above: f"Kith <no-reply@{urlsplit(above['base_url']).hostname}>"
    )
    tickets_address: Annotated[str | None, PlainValidator(values.tickets_address)] = None
    imap_url: Annotated[str | None, PlainValidator(values.imap_url)] = None
    mail_timeout: Annotated[timedelta, whole(1, 600, SECOND)] = 30 * SECOND
    sms_url: str | None = None
    messages_per_minute: Annotated[int, whole(1, 100_000)] = 600
    redis_url: Annotated[str | None, PlainValidator(values.redis_url)] = None
    clock: Annotated[datetime | None, PlainValidator(values.clock)] = None
    demo_password: str = Field("demo-portal-please-change", min_length=8)
    metrics_token: str | None = Field(None, min_length=16)
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(str.upper)] = "INFO"
    web_workers: Annotated[int, whole(1, 64)] = 2
    web_threads: Annotated[int, whole(1, 256)] = 4

    def __repr_args__(self) -> list[tuple[str | None, Any]]:
        return [("env", self.env), ("instance_dir", str(self.instance_dir))]

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
        given: dict[str, Any] = read(environ, NAMES)
        try:
            return cls(**given)
        except ValidationError as refused:
            raise _bad_setting(refused) from refused

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource, *_: Any, **__: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Nothing counts but what `from_environment` hands in: it looked for slips and opened the files of secrets."""
        return (init_settings,)

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
            # The server knows when a session ends; the cookie is read for longer, so that it can be said why (I2).
            "PERMANENT_SESSION_LIFETIME": self.session_lifetime + timedelta(days=1),
            "MAX_CONTENT_LENGTH": self.upload_limit_bytes,
            "MAX_FORM_MEMORY_SIZE": MEGABYTE,
            "MAX_FORM_PARTS": 1000,
            "WTF_CSRF_TIME_LIMIT": None,
            "WTF_CSRF_SSL_STRICT": False,  # whence a form comes is judged in one place, `web/serving/headers.py`
            "MAIL_DEFAULT_SENDER": self.mail_from,
            "MAIL_SUPPRESS_SEND": self.mail_server is None,
            **(_mail_config(self.mail_server) if self.mail_server else {}),
        }


def _bad_setting(refused: ValidationError) -> BadSetting:
    first = refused.errors(include_input=False)[0]
    told = first["ctx"]
    problem = str(told["error"]) if "error" in told else SENTENCES[first["type"]].format_map(told).replace("'", "")
    return BadSetting(str(first["loc"][0]), problem)


def _mail_config(server: MailServer) -> dict[str, object]:
    return {
        "MAIL_SERVER": server.host,
        "MAIL_PORT": server.port,
        "MAIL_USERNAME": server.user,
        "MAIL_PASSWORD": server.password,
        "MAIL_USE_SSL": server.tls,
        "MAIL_USE_TLS": server.starttls,
    }


NAMES = frozenset(str(field.validation_alias) for field in Settings.model_fields.values())
"""The variable of every setting."""
