"""Threads are kept free for reading, lines are bounded, and nobody waits in one for ever (R21, R31, R32)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from portal.web.serving import lanes
from portal.web.serving.lanes import Kind, Lanes

PATIENCE = 60


class Work:
    """A job that goes on until it is told to end."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.began, self.may_end, self.ended, self.given_up = (threading.Event() for _ in range(4))

    def run(self) -> None:
        self.began.set()
        self.may_end.wait(PATIENCE)
        self.ended.set()

    def give_up(self) -> None:
        self.given_up.set()


Start = Callable[[Kind], Work]


@pytest.fixture
def four() -> Lanes:
    made = Lanes(4)
    made.start()
    return made


@pytest.fixture
def start(four: Lanes) -> Iterator[Start]:
    made: list[Work] = []

    def submit(kind: Kind) -> Work:
        work = Work(kind)
        made.append(work)
        assert four.submit(work)
        return work

    yield submit
    for work in made:
        work.may_end.set()


def begins(work: Work) -> bool:
    return work.began.wait(PATIENCE)


def test_r32_half_of_the_threads_change_things_and_the_others_go_on_reading(start: Start) -> None:
    changing = [start(Kind.CHANGING) for _ in range(4)]
    reading = [start(Kind.READING) for _ in range(2)]
    assert all(map(begins, [*changing[:2], *reading]))
    assert not any(work.began.is_set() for work in changing[2:])
    reading[0].may_end.set()
    assert begins(start(Kind.READING)), "a thread is kept for whoever reads"
    assert not changing[2].began.is_set()
    changing[0].may_end.set()
    assert begins(changing[2]), "in the order in which they came"
    assert not changing[3].began.is_set()


def test_r31_files_and_changes_together_leave_one_thread(start: Start) -> None:
    heavy = [start(Kind.HEAVY) for _ in range(3)]
    changing = [start(Kind.CHANGING) for _ in range(2)]
    assert all(map(begins, [*heavy[:2], changing[0]]))
    assert begins(start(Kind.READING))
    assert not any(work.began.is_set() for work in (heavy[2], changing[1]))
    heavy[0].may_end.set()
    assert begins(heavy[2]), "which came before the change"
    assert not changing[1].began.is_set()


def test_r32_a_line_is_so_long_and_no_longer(four: Lanes, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(lanes.LONGEST_LINE, Kind.CHANGING, 3)
    for _ in range(5):
        start(Kind.CHANGING)
    assert not four.submit(Work(Kind.CHANGING))
    assert begins(start(Kind.READING))


def test_r32_who_waited_long_enough_is_told(four: Lanes, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    busy = [start(Kind.CHANGING) for _ in range(2)]
    assert all(map(begins, busy))
    patient = start(Kind.CHANGING)
    monkeypatch.setattr(lanes, "LONGEST_WAIT_SECONDS", -1.0)
    late = Work(Kind.HEAVY)
    heavy = [start(Kind.HEAVY), start(Kind.HEAVY)]
    assert four.submit(late)
    four.expire()
    assert late.given_up.is_set()
    assert heavy[1].given_up.is_set()
    assert not patient.given_up.is_set()
    assert not any(work.given_up.is_set() for work in busy)
    busy[0].may_end.set()
    assert begins(patient)


def test_a_job_that_fails_costs_no_thread(four: Lanes, start: Start) -> None:
    class Failing(Work):
        def run(self) -> None:
            self.began.set()
            raise SystemExit

    for _ in range(8):
        failing = Failing(Kind.READING)
        assert four.submit(failing)
        assert begins(failing)
    assert all(map(begins, [start(Kind.READING) for _ in range(4)]))
