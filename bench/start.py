"""J9: how long the application takes to start and how much memory one process of it holds, beside an empty Flask.

Both are measured in fresh interpreters, with everything already compiled and in the page cache, as at a second start.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

GOAL_SECONDS, GOAL_MEMORY = 3.0, 150
ROUNDS = 3
ROOT = Path(__file__).resolve().parents[1]

EMPTY = """
from flask import Flask
app = Flask("empty")
app.get("/healthz")(lambda: "ok")
"""
OURS = """
from portal import create_app
app = create_app()
"""
ANSWER = """
from pathlib import Path
client = app.test_client()
assert client.get("/healthz").status_code == 200
print(int(Path("/proc/self/status").read_text().split("VmRSS:")[1].split()[0]) / 1024)
"""


class Start(NamedTuple):
    """Seconds from starting the interpreter to the first answer, and megabytes held then."""

    seconds: float
    megabytes: float


def _environment(folder: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
    return kept | {"PORTAL_ENV": "test", "PORTAL_INSTANCE_DIR": folder, "PORTAL_SECRET_KEY": "x" * 40}


def measured(source: str, folder: str) -> Start:
    """The quickest of several starts."""
    found = []
    for _ in range(ROUNDS + 1):
        began = time.perf_counter()
        run = subprocess.run(
            [sys.executable, "-c", source + ANSWER],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
            env=_environment(folder),
            timeout=120,
        )
        found.append(Start(time.perf_counter() - began, float(run.stdout.split()[-1])))
    return min(found[1:])


def run() -> None:
    """Print seconds to the first answer and memory after it."""
    print("J9  start of one process, to its first answer")
    with tempfile.TemporaryDirectory() as folder:
        ours, empty = measured(OURS, folder), measured(EMPTY, folder)
    print(f"{'':<12}{'seconds':>9}{'MB':>7}")
    print(f"{'ours':<12}{ours.seconds:>9.2f}{ours.megabytes:>7.0f}")
    print(f"{'empty Flask':<12}{empty.seconds:>9.2f}{empty.megabytes:>7.0f}")
    met = ours.seconds < GOAL_SECONDS and ours.megabytes < GOAL_MEMORY
    times, more = ours.seconds / empty.seconds, ours.megabytes - empty.megabytes
    print(f"   {times:.1f} times as long, {more:.0f} MB more; goal: under {GOAL_SECONDS:.0f} s and {GOAL_MEMORY} MB")
    print(f"   {'met' if met else 'MISSED'}")
