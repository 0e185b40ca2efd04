"""`python -m bench [job …]`: measure all jobs, or only those named."""

from __future__ import annotations

import sys
import time
from importlib import import_module

JOBS = {
    "posting": "J1",
    "balances": "J2",
    "statements": "J3",
    "search": "J4",
    "pages": "J5",
    "imports": "J6",
    "pdf": "J7",
    "start": "J9",
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
    for name in chosen(sys.argv[1:]):
        began = time.monotonic()
        import_module(f"bench.{name}").run()
        print(f"   ({time.monotonic() - began:.0f} s)\n", flush=True)


if __name__ == "__main__":
    main()
