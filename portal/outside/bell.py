"""Waking the worker through Redis, where there is one, so that work begins at once instead of within a second.

A call carries nothing: what is to be done stands in the database, where the worker looks every second anyway. So a lost
or doubled call does no harm, and a Redis that is out of reach fails no page (R22).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import structlog
from flask import Flask, current_app

from portal.config import Settings

if TYPE_CHECKING:
    from redis import Redis

log = structlog.get_logger("portal.bell")

PATIENCE_SECONDS = 2
"""How long Redis may take to answer: more than anybody waits for a call."""

QUIET_SECONDS = 30
"""After a failed call Redis is left alone so long, so that pages do not wait for it again and again."""


class Bell:
    """The bell of one application: pages ring, the worker waits for it. Without a Redis nobody hears it."""

    def __init__(self, settings: Settings) -> None:
        self._redis = _client(settings.redis_url) if settings.redis_url else None
        # One bell for each database: installations may share a Redis.
        self._name = f"kith-{hashlib.sha256(settings.database_url.encode()).hexdigest()[:12]}"
        self._quiet_until = 0.0

    def ring(self) -> bool:
        """Wake a worker, or the next one that waits; one call is kept for it, however many there were.

        False when nobody was called.
        """
        return self._reached(self._call)

    def wait(self, seconds: float) -> None:
        """Return when somebody rings, or after so many seconds: one at most."""
        if not self._reached(lambda redis: redis.blpop([self._name], timeout=seconds)):
            time.sleep(seconds)

    def _call(self, redis: Redis) -> None:
        calls = redis.pipeline()
        calls.lpush(self._name, "")
        calls.ltrim(self._name, 0, 0)
        calls.execute()

    def _reached(self, ask: Callable[[Redis], Any]) -> bool:
        if self._redis is None or time.monotonic() < self._quiet_until:
            return False
        from redis import RedisError

        try:
            ask(self._redis)
        except RedisError as error:
            self._quiet_until = time.monotonic() + QUIET_SECONDS
            log.warning("redis out of reach", error=str(error))
            return False
        return True


def ring() -> None:
    """Wake the worker of the current application; best effort."""
    of(current_app._get_current_object()).ring()  # type: ignore[attr-defined]


def of(app: Flask) -> Bell:
    """The bell of `app`, made at first use."""
    bell = app.extensions.get("portal_bell")
    if bell is None:
        bell = app.extensions.setdefault("portal_bell", Bell(app.config["PORTAL_SETTINGS"]))
    assert isinstance(bell, Bell)
    return bell


def _client(url: str) -> Redis:
    """Only loaded with the setting: few installations have a Redis. It is tried once, as pages wait for it."""
    from redis import Redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    return Redis.from_url(
        url,
        socket_connect_timeout=PATIENCE_SECONDS,
        socket_timeout=PATIENCE_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )
