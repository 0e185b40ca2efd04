"""`python -m bench [job …]`: measure all jobs, or only those named, each in a process of its own.

So the peak of memory that is printed is the job's: that of the largest of its processes.
"""

from __future__ import annotations

import os
import sys
import time
from importlib import import_module

MEASURE = "--here"
"""Asks for one job in this process."""

JOBS = {
    "posting": "J1",
    "balances": "J2",
    "statements": "J3",
    "search": "J4",
    "pages": "J5",
    "visits": "J5b",
    "imports": "J6",
    "bank": "J6b",
    "pdf": "J7",
    "invoice_pdf": "J7b",
    "month_end": "J8",
    "start": "J9",
    "billing": "J10",
    "ageing": "J11",
    "bookings": "J12",
    "services": "J13",
    "messages": "J15",
}
"""Modules of this package with a `run()`, and the goal that each of them measures."""


def chosen(words: list[str]) -> list[str]:
    """The jobs named by module or goal, in our order; all of them when none is named. Exits for an unknown one."""
    known = {name: name for name in JOBS} | {goal.lower(): name for name, goal in JOBS.items()}
    unknown = [word for word in words if word.lower() not in known]
    if unknown:
        sys.exit(
            f"There is no job {', '.join(unknown)}. The jobs are: {', '.join(f'{g} {n}' for n, g in JOBS.items())}."
        )
    wanted = {known[word.lower()] for word in words}
    return [name for name in JOBS if name in wanted or not words]


def main() -> None:
    if sys.argv[1:2] == [MEASURE]:
        import_module(f"bench.{sys.argv[2]}").run()
        return
    failed = [name for name in chosen(sys.argv[1:]) if not measured(name)]
    if failed:
        sys.exit(f"These jobs failed: {', '.join(failed)}.")


def measured(name: str) -> bool:
    """Measure one job in a process of its own; whether it came to its end."""
    began = time.monotonic()
    command = [sys.executable, "-m", "bench", MEASURE, name]
    _, status, used = os.wait4(os.posix_spawn(sys.executable, command, os.environ), 0)
    print(f"   ({time.monotonic() - began:.0f} s, at most {used.ru_maxrss / 1024:.0f} MB)\n", flush=True)
    return status == 0


if __name__ == "__main__":
    main()
