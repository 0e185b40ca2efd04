"""Databases to measure on, migrated and thrown away afterwards, and how results are printed."""

from __future__ import annotations

import gc
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from flask import Flask
from sqlalchemy import create_engine, make_url, text

from portal.config import Settings

SIZE = float(os.environ.get("BENCH_SIZE", "1"))
"""Multiplies the sizes of data sets: 0.1 for a glance, 10 to see what grows."""
POSTGRES = os.environ.get("PORTAL_TEST_POSTGRES_URL")
ENGINES = os.environ.get("BENCH_ENGINES", "sqlite postgresql").lower().split()
"""What is measured on; PostgreSQL only where PORTAL_TEST_POSTGRES_URL names a server."""


class Place(NamedTuple):
    """A migrated, empty database: the engine's name, its URL, and a folder for files."""

    engine: str
    url: str
    folder: Path

    def app(self) -> Flask:
        """The application on it, with a clock that stands still and without talking."""
        from portal import create_app

        return create_app(
            Settings.from_environment(
                {
                    "PORTAL_ENV": "test",
                    "PORTAL_INSTANCE_DIR": str(self.folder / "instance"),
                    "PORTAL_DATABASE_URL": self.url,
                    "PORTAL_SECRET_KEY": "a secret for measuring only, long enough",
                    "PORTAL_LOG_LEVEL": "ERROR",
                    "PORTAL_CLOCK": "2026-11-22T09:30:00Z",
                }
            )
        )


@contextmanager
def places() -> Iterator[list[Place]]:
    """One on SQLite and, where PORTAL_TEST_POSTGRES_URL names a server, one on PostgreSQL."""
    with tempfile.TemporaryDirectory(prefix="kith-bench-") as name:
        folder = Path(name)
        found = [Place("SQLite", f"sqlite:///{folder / 'bench.db'}", folder)] if "sqlite" in ENGINES else []
        database = f"kith_bench_{os.getpid()}"
        server = POSTGRES if "postgresql" in ENGINES else None
        if server:
            url = make_url(server).set(drivername="postgresql+psycopg")
            _administer(f'CREATE DATABASE "{database}"')
            there = url.set(database=database).render_as_string(hide_password=False)
            found.append(Place("PostgreSQL", there, folder))
        try:
            for place in found:
                _migrate(place)
            yield found
        finally:
            if server:
                _administer(f'DROP DATABASE "{database}" WITH (FORCE)')


def _migrate(place: Place) -> None:
    from flask_migrate import upgrade

    from portal.db.engine import db

    with place.app().app_context():
        upgrade()
        db.session.remove()
        db.engine.dispose()


def _administer(statement: str) -> None:
    assert POSTGRES is not None
    url = make_url(POSTGRES).set(drivername="postgresql+psycopg")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


def tidy(place: Place) -> None:
    """Let the planner know what is there, as a database that is in use would."""
    from portal.db.engine import db

    with place.app().app_context():
        engine = db.engine.execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql("ANALYZE" if place.engine == "SQLite" else "VACUUM ANALYZE")
        engine.dispose()


class Timing(NamedTuple):
    """Seconds: the middle of all rounds, and what 99 of 100 stay under."""

    p50: float
    p99: float


def timing(seconds: Sequence[float]) -> Timing:
    """The middle and the tail of measured times."""
    ordered = sorted(seconds)
    return Timing(ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))])


def side_by_side(jobs: Sequence[Callable[[], Any]], *, seconds: float = 1.0, least: int = 5) -> list[Timing]:
    """Time jobs in turn, so that whatever else the machine does falls on all of them alike."""
    taken: list[list[float]] = [[] for _ in jobs]
    for job in jobs:
        job()
    # As the web server does (app.py): what is loaded by now is not looked through for garbage again and again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 20, 10)
    until = time.perf_counter() + seconds * len(jobs)
    while len(taken[-1]) < least or time.perf_counter() < until:
        for job, times in zip(jobs, taken, strict=True):
            began = time.perf_counter()
            job()
            times.append(time.perf_counter() - began)
    return [timing(times) for times in taken]


def verdict(met: bool) -> str:
    return "met" if met else "MISSED"


def ms(seconds: float) -> str:
    return f"{seconds * 1000:.3f}" if seconds < 0.01 else f"{seconds * 1000:.1f}"


def scaled(size: int) -> int:
    """A size times BENCH_SIZE, at least ten."""
    return max(10, int(size * SIZE))
