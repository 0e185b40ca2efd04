"""Huey wakes the worker. It carries no work itself: what is to be done stands in the database.

A lost, doubled or late call does no harm, so a queue that is out of reach never fails a page.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable

import structlog
from flask import Flask, current_app
from huey import Huey, RedisHuey, SqliteHuey
from huey.registry import Message
from huey.serializer import Serializer
from redis import ConnectionPool

from portal.config import Settings

log = structlog.get_logger("portal.queue")

PATIENCE_SECONDS = 1
QUIET_SECONDS = 30
"""After a failed call the queue is left alone so long, so that pages do not wait for it again and again."""


class PlainSerializer(Serializer):  # type: ignore[misc]
    """JSON instead of pickle: whoever can write to the queue must not be able to run code in the worker."""

    def _serialize(self, data: Message) -> bytes:
        return json.dumps(list(data)).encode()

    def _deserialize(self, data: bytes) -> Message:
        return Message(*json.loads(data))


class Bell:
    """The queue of one application: pages ring, the worker listens."""

    def __init__(self, settings: Settings) -> None:
        self.huey = _huey(settings)
        self._work: Callable[[], None] = lambda: None
        self._quiet_until = 0.0
        self._lock = threading.Lock()
        self._ring = self.huey.task(name="work")(self._answer)

    def listen(self, work: Callable[[], None]) -> None:
        """In the worker: what to do when it rings."""
        self._work = work

    def _answer(self) -> None:
        self._work()

    def ring(self) -> bool:
        """Wake the worker, unless a call is waiting already. False when the queue is out of reach."""
        with self._lock:
            if time.monotonic() < self._quiet_until:
                return False
        try:
            if not self.huey.pending_count():
                self._ring()
        except Exception as error:  # whatever the storage raises: mail and jobs are safe in the database
            with self._lock:
                self._quiet_until = time.monotonic() + QUIET_SECONDS
            log.warning("queue out of reach", error=str(error))
            return False
        finally:
            if isinstance(self.huey, SqliteHuey):
                self.huey.storage.close()  # else every thread of every web process keeps a file open
        return True


def of(app: Flask) -> Bell:
    """The bell of `app`, made at first use."""
    bell = app.extensions.get("portal_bell")
    if bell is None:
        bell = app.extensions.setdefault("portal_bell", Bell(app.config["PORTAL_SETTINGS"]))
    assert isinstance(bell, Bell)
    return bell


def nudge() -> bool:
    """Wake the worker of the current application; best effort."""
    return of(current_app._get_current_object()).ring()  # type: ignore[attr-defined]


def _name(settings: Settings) -> str:
    """One queue for each database: installations may share a Redis."""
    return f"kith-{hashlib.sha256(settings.database_url.encode()).hexdigest()[:12]}"


def _huey(settings: Settings) -> Huey:
    if settings.redis_url:
        pool = ConnectionPool.from_url(
            settings.redis_url, socket_connect_timeout=PATIENCE_SECONDS, socket_timeout=PATIENCE_SECONDS + 1
        )
        return RedisHuey(_name(settings), connection_pool=pool, results=False, serializer=PlainSerializer())
    return SqliteHuey(
        _name(settings),
        filename=str(settings.instance_dir / "queue.db"),
        results=False,
        serializer=PlainSerializer(),
        fsync=False,
        cache_mb=1,
        timeout=PATIENCE_SECONDS,
    )
