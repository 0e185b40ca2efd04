"""Processes that are copies of one which has loaded everything, so that to start one costs a test no imports."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections.abc import Mapping
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path

LOADED = ["tests.faults.crew", "tests.forked_portal"]
"""What the process loads of which all others are copies."""


def context() -> ForkServerContext:
    """Children of that process, which inherit no connection of this one."""
    found = multiprocessing.get_context("forkserver")
    found.set_forkserver_preload(LOADED)
    return found


class Command:
    """A running `flask …`, and what it says on both its outputs."""

    def __init__(self, environment: Mapping[str, str], said: Path, *words: str) -> None:
        self._said = said
        self._process: BaseProcess = context().Process(target=_run, args=(dict(environment), str(said), words))
        self._process.start()

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        self._process.kill()

    def finish(self, seconds: float) -> str:
        """Everything it said, once it has ended, which it must within this time."""
        self._process.join(seconds)
        assert self._process.exitcode is not None, f"still running: {self._text()}"
        return self._text()

    def _text(self) -> str:
        return self._said.read_text(encoding="utf-8") if self._said.exists() else ""


def _run(environment: dict[str, str], said: str, words: tuple[str, ...]) -> None:
    os.environ.clear()
    os.environ.update(environment)
    with Path(said).open("wb") as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    sys.argv = ["flask", *words]
    from flask.cli import main

    main()
