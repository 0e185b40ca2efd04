"""How the worker divides its work among threads."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from flask import Flask

from portal.cli import worker
from portal.cli.worker import Every, Lane

PATIENCE_SECONDS = 60


@pytest.fixture
def hold() -> Iterator[threading.Event]:
    """Something to wait for, which happens at the end of the test at the latest."""
    event = threading.Event()
    yield event
    event.set()


def test_a_lane_does_one_thing_at_a_time(app: Flask, hold: threading.Event) -> None:
    begun: list[int] = []

    def work() -> None:
        begun.append(1)
        hold.wait(PATIENCE_SECONDS)

    lane = Lane(app, work)
    lane.begin(False)
    assert lane.ended()
    lane.begin(True)
    lane.begin(True)
    assert not lane.ended()
    hold.set()
    assert lane.ended(PATIENCE_SECONDS)
    assert begun == [1]
    lane.begin(True)
    assert lane.ended(PATIENCE_SECONDS)
    assert begun == [1, 1]


def test_a_lane_rests_after_trouble_and_goes_on(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[int] = []

    def work() -> None:
        tries.append(1)
        raise OSError("the database is away")

    lane = Lane(app, work)
    monkeypatch.setattr(worker, "REST_SECONDS", PATIENCE_SECONDS)
    lane.begin(True)
    assert lane.ended(PATIENCE_SECONDS)
    lane.begin(True)
    assert lane.ended(PATIENCE_SECONDS)
    assert tries == [1]
    monkeypatch.setattr(lane, "_rests_until", 0.0)
    lane.begin(True)
    assert lane.ended(PATIENCE_SECONDS)
    assert tries == [1, 1]


def test_every_says_yes_at_once_and_then_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    hourly = Every(3600)
    assert [hourly(), hourly()] == [True, False]
    began = worker.time.monotonic()
    monkeypatch.setattr(worker.time, "monotonic", lambda: began + 3601)
    assert [hourly(), hourly()] == [True, False]
