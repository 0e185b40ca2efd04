"""The bell between pages and the worker."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.config import Settings
from portal.outside.queue import Bell
from tests.conftest import settings_for
from tests.faults.mail_server import free_port, silent_server

REDIS = os.environ.get("PORTAL_TEST_REDIS_URL")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_for(tmp_path, f"sqlite:///{tmp_path / 'portal.db'}")


@pytest.fixture(params=["sqlite", pytest.param("redis", marks=pytest.mark.redis)])
def bell(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Bell]:
    if request.param == "redis":
        if not REDIS:
            pytest.skip("PORTAL_TEST_REDIS_URL is not set")
        settings = settings.model_copy(update={"redis_url": REDIS})
    made = Bell(settings)
    yield made
    made.huey.flush()
    made.huey.storage.close()
    if request.param == "redis":
        made.huey.storage.pool.disconnect()


def test_it_rings_once_until_somebody_listens(bell: Bell) -> None:
    heard: list[str] = []
    bell.listen(lambda: heard.append("work"))
    assert bell.ring()
    assert bell.ring()
    assert bell.huey.pending_count() == 1
    task = bell.huey.dequeue()
    bell.huey.execute(task)
    assert heard == ["work"]
    assert bell.ring()
    assert bell.huey.pending_count() == 1


def test_what_lies_in_the_queue_cannot_run_code(bell: Bell) -> None:
    bell.ring()
    (lying,) = bell.huey.storage.enqueued_items()
    assert bytes(lying).startswith(b'["')
    bell.huey.storage.enqueue(b"cos\nsystem\n(S'true'\ntR.")
    bell.huey.dequeue()
    with pytest.raises(ValueError, match="Expecting value"):
        bell.huey.dequeue()


def test_databases_that_share_a_redis_have_queues_of_their_own(settings: Settings) -> None:
    other = settings.model_copy(update={"database_url": "postgresql+psycopg://elsewhere/portal"})
    first, second = Bell(settings), Bell(other)
    assert first.huey.name != second.huey.name
    for one in (first, second):
        one.huey.storage.close()


def test_r22_redis_gone_costs_a_page_a_moment_once(settings: Settings) -> None:
    bell = Bell(settings.model_copy(update={"redis_url": f"redis://127.0.0.1:{free_port()}/0"}))
    began = time.monotonic()
    assert bell.ring() is False
    assert bell.ring() is False
    assert time.monotonic() - began < 1


def test_r22_a_silent_redis_is_left_alone_after_the_first_try(settings: Settings) -> None:
    with silent_server() as port:
        bell = Bell(settings.model_copy(update={"redis_url": f"redis://127.0.0.1:{port}/0"}))
        began = time.monotonic()
        assert bell.ring() is False
        first = time.monotonic() - began
        assert bell.ring() is False
        assert time.monotonic() - began - first < 0.1
        bell.huey.storage.pool.disconnect()
    assert first < 6
