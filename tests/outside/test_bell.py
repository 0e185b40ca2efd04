"""The bell between pages and the worker."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from portal.config import Settings
from portal.outside import bell as bells
from portal.outside.bell import Bell
from tests.conftest import settings_for
from tests.faults.mail_server import free_port, silent_server
from tests.wanting import without

REDIS = os.environ.get("PORTAL_TEST_REDIS_URL")
LONG = 60
"""Longer than any test waits."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_for(tmp_path, f"sqlite:///{tmp_path / 'portal.db'}")


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """For how long the worker would have slept."""
    naps: list[float] = []
    monkeypatch.setattr(bells.time, "sleep", naps.append)
    return naps


@pytest.fixture
def redis(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings with a Redis that is there."""
    if not REDIS:
        without("PORTAL_TEST_REDIS_URL is not set")
    monkeypatch.setattr(bells, "PATIENCE_SECONDS", LONG + 1)
    return settings.model_copy(update={"redis_url": REDIS})


def with_redis_at(settings: Settings, port: int) -> Settings:
    return settings.model_copy(update={"redis_url": f"redis://127.0.0.1:{port}/0"})


def close(*open_bells: Any) -> None:
    for one in open_bells:
        one._redis.delete(one._name)
        one._redis.close()


def test_without_redis_the_worker_looks_by_itself(settings: Settings, slept: list[float]) -> None:
    bell = Bell(settings)
    assert bell.ring() is False
    bell.wait(1)
    assert slept == [1]


@pytest.mark.redis
def test_a_call_wakes_the_worker_once(redis: Settings, slept: list[float]) -> None:
    page, worker = Bell(redis), Bell(redis)
    assert page.ring()
    assert page.ring()
    began = time.monotonic()
    worker.wait(LONG)
    assert time.monotonic() - began < LONG
    worker.wait(0.01)
    assert slept == []
    assert page._redis.llen(page._name) == 0  # type: ignore[union-attr]
    close(page, worker)


@pytest.mark.redis
def test_databases_that_share_a_redis_have_bells_of_their_own(redis: Settings) -> None:
    page = Bell(redis)
    elsewhere = Bell(redis.model_copy(update={"database_url": "postgresql+psycopg://elsewhere/portal"}))
    page.ring()
    elsewhere.wait(0.01)
    assert page._redis.llen(page._name) == 1  # type: ignore[union-attr]
    close(page, elsewhere)


def test_r22_redis_gone_is_left_alone_after_the_first_try(
    settings: Settings, slept: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    bell = Bell(with_redis_at(settings, free_port()))
    assert bell.ring() is False
    monkeypatch.setattr(bell, "_redis", "not to be asked")
    assert bell.ring() is False
    bell.wait(1)
    assert slept == [1]


def test_r22_a_silent_redis_is_not_waited_for(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bells, "PATIENCE_SECONDS", 0.1)
    with silent_server() as port:
        bell = Bell(with_redis_at(settings, port))
        assert bell.ring() is False
        bell._redis.close()  # type: ignore[union-attr]


def test_r22_redis_is_asked_again_after_a_while(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bells, "QUIET_SECONDS", 0)
    asked: list[str] = []
    bell = Bell(with_redis_at(settings, free_port()))
    assert bell.ring() is False
    monkeypatch.setattr(bell, "_call", lambda redis: asked.append("called"))
    assert bell.ring()
    assert asked == ["called"]
