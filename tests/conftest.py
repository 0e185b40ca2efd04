"""An application on a fresh copy of a migrated database for each test, on SQLite and, where named, PostgreSQL."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import create_engine, make_url, text

from portal import create_app
from portal.config import Settings
from portal.db.engine import db
from tests.pages import PageClient

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
POSTGRES = os.environ.get("PORTAL_TEST_POSTGRES_URL")
ENGINES = ["sqlite", *(["postgres"] if POSTGRES else [])]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every test that touches the database runs on each engine, unless it is marked for one of them."""
    if "engine" not in metafunc.fixturenames:
        return
    wanted = [mark.args[0] for mark in metafunc.definition.iter_markers("engine")] or ENGINES
    names = [name for name in wanted if name in ENGINES]
    metafunc.parametrize("engine", names, scope="session")


@pytest.fixture(scope="session")
def worker(request: pytest.FixtureRequest) -> str:
    """The name of this pytest worker, so that databases of parallel ones stay apart."""
    return getattr(request.config, "workerinput", {}).get("workerid", "main")


@pytest.fixture(scope="session")
def template(engine: str, worker: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A migrated, empty database that each test copies; its URL."""
    folder = tmp_path_factory.mktemp(f"template-{engine}")
    if engine == "sqlite":
        url = f"sqlite:///{folder / 'template.db'}"
    else:
        url = _postgres_database(f"kith_template_{worker}_{os.getpid()}")
    app = create_app(settings_for(folder, url))
    with app.app_context():
        upgrade()
        if engine == "sqlite":
            db.session.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        db.session.remove()
        db.engine.dispose()
    yield url
    if engine == "postgres":
        _drop(make_url(url).database or "")


@pytest.fixture
def database(engine: str, worker: str, template: str, tmp_path: Path) -> Iterator[str]:
    """The URL of this test's own database."""
    if engine == "sqlite":
        shutil.copy(make_url(template).database or "", tmp_path / "test.db")
        yield f"sqlite:///{tmp_path / 'test.db'}"
        return
    name = f"kith_test_{worker}_{os.getpid()}"
    yield _postgres_database(name, make_url(template).database)
    _drop(name)


@pytest.fixture
def settings(database: str, tmp_path: Path) -> Settings:
    """The settings of this test's application; a test may replace fields and call `create_app` itself."""
    return settings_for(tmp_path, database)


def settings_for(folder: Path, url: str, **more: str) -> Settings:
    """Settings for tests: nothing from the machine's environment or `.env`."""
    return Settings.from_environment(
        {
            "PORTAL_ENV": "test",
            "PORTAL_INSTANCE_DIR": str(folder / "instance"),
            "PORTAL_DATABASE_URL": url,
            "PORTAL_SECRET_KEY": "a secret for tests only, long enough",
            "PORTAL_LOG_LEVEL": "ERROR",
            **more,
        }
    )


@pytest.fixture
def frozen() -> Iterator[time_machine.Traveller]:
    """Time stands still at NOW and moves only when a test says so."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def app(settings: Settings, frozen: time_machine.Traveller) -> Iterator[Flask]:
    """The application, with an application context for calling actions directly."""
    made = create_app(settings)
    made.test_client_class = PageClient
    with made.app_context():
        yield made
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser that is not signed in and checks every page it gets."""
    return app.test_client()


def _postgres_database(name: str, template: str | None = None) -> str:
    assert POSTGRES is not None
    _drop(name)
    _administer(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else ""))
    url = make_url(POSTGRES).set(drivername="postgresql+psycopg", database=name)
    return url.render_as_string(hide_password=False)


def _drop(name: str) -> None:
    _administer(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _administer(statement: str) -> None:
    assert POSTGRES is not None
    url = make_url(POSTGRES).set(drivername="postgresql+psycopg")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
