"""What tests use one after the other: a folder, and an application as it was when it was new."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from portal import create_app
from portal.config import Settings
from portal.db.engine import db
from portal.outside import clock, logs
from tests import compiled, postgres
from tests.pages import PageClient


class Places:
    """A folder that is empty again for each test, at the same path."""

    def __init__(self, factory: pytest.TempPathFactory) -> None:
        self._factory = factory
        self._failed = 0
        self._folder = factory.mktemp("place")

    def ready(self, *, failed: int) -> Path:
        """The folder, when so many tests have failed: a new one after a failure, which may leave somebody behind."""
        if failed != self._failed:
            self._failed = failed
            self._folder = self._factory.mktemp("place")
            return self._folder
        for left in self._folder.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        return self._folder


class Applications:
    """One application for all tests with the same settings, put back as it was when it was made.

    Making one, and compiling its queries, takes longer than most tests do with it.
    """

    def __init__(self) -> None:
        self._made: dict[Settings, tuple[Flask, dict[str, Any], frozenset[str]]] = {}

    def ready(self, settings: Settings) -> Flask:
        """The application with these settings. The caller leaves it in the end."""
        if settings not in self._made:
            app = self._new(settings)
            self._made[settings] = app, dict(app.config), frozenset(app.extensions)
            return app
        app, config, extensions = self._made[settings]
        app.config.clear()
        app.config.update(config)
        for name in app.extensions.keys() - extensions:
            del app.extensions[name]
        app.test_client_class = PageClient
        logs.configure(settings.log_level)
        clock.fix(settings.clock)
        with app.app_context():
            if not _is_kept():
                db.engine.dispose()
        return app

    def leave(self) -> None:
        """The test that uses the current one ends: what it had open is closed, or kept for the next one."""
        db.session.remove()
        if not _is_kept():
            db.engine.dispose()

    def close(self) -> None:
        """Leave their databases."""
        for app, _config, _extensions in self._made.values():
            with app.app_context():
                db.engine.dispose()

    def _new(self, settings: Settings) -> Flask:
        app = compiled.share(create_app(settings))
        app.test_client_class = PageClient
        with app.app_context():
            if db.engine.dialect.name == "sqlite":
                event.listen(db.engine, "connect", _without_waiting_for_the_disk)
            else:
                event.listen(db.engine, "connect", _planned_once)
        return app


def _is_kept() -> bool:
    """Whether the database's connections may serve the next test as well: nobody holds one any more."""
    return db.engine.dialect.name == "postgresql" and not db.engine.pool.checkedout()  # type: ignore[attr-defined]


def _without_waiting_for_the_disk(raw: Any, _record: object) -> None:
    """Tests kill processes, but never the machine."""
    raw.execute("PRAGMA synchronous = OFF")


def _planned_once(raw: Any, _record: object) -> None:
    """To plan what tests ask takes PostgreSQL longer than to answer it, so that a connection serves many tests."""
    raw.prepare_threshold = 0
    raw.prepared_max = 1_000
    raw.autocommit = True
    raw.execute(f"SET application_name = '{postgres.KEPT}'")
    raw.execute("SET plan_cache_mode = 'force_generic_plan'")
    raw.autocommit = False
