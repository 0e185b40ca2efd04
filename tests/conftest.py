"""An application on a fresh copy of a migrated database for each test, on SQLite and, where named, PostgreSQL."""

from __future__ import annotations

import gc
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
from sqlalchemy import make_url, text

from portal import create_app
from portal.config import Settings
from portal.db.engine import db
from tests import compiled
from tests.postgres import Restored, Server
from tests.shared import Applications, Places

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
POSTGRES = os.environ.get("PORTAL_TEST_POSTGRES_URL")
ENGINES = ["sqlite", *(["postgres"] if POSTGRES else [])]
HERE = Path(__file__).parent
ON_EACH_ENGINE = ("actions", "db", "faults", "shape")
"""The folders whose tests run on each engine. What pages and commands show is no other on another engine."""
LONGEST = {"browser": 0, "shape": 1, "faults": 2}
"""The folders whose tests take longest, in the order in which they are run; the others follow."""


def pytest_configure() -> None:
    """Make applications cheap to start."""
    compiled.compile_routes_when_used()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that touches the database runs on the engines it is marked for, else on those of its folder."""
    if "engine" not in metafunc.fixturenames:
        return
    folder = metafunc.definition.path.relative_to(HERE).parts[0]
    usual = ENGINES if folder in ON_EACH_ENGINE else ["sqlite"]
    wanted = [mark.args[0] for mark in metafunc.definition.iter_markers("engine")] or usual
    names = [name for name in wanted if name in ENGINES]
    metafunc.parametrize("engine", names, scope="session")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest comes first, so that no worker is left alone with it at the end."""
    items.sort(key=lambda item: LONGEST.get(item.path.relative_to(HERE).parts[0], len(LONGEST)))


@pytest.fixture(scope="session")
def worker(request: pytest.FixtureRequest) -> str:
    """The name of this pytest worker, so that databases of parallel ones stay apart."""
    return getattr(request.config, "workerinput", {}).get("workerid", "main")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a migrated, empty database in a file."""
    folder = tmp_path_factory.mktemp("template")
    url = f"sqlite:///{folder / 'template.db'}"
    _migrate(folder, url)
    return url


@pytest.fixture(scope="session")
def postgres_server(worker: str) -> Iterator[Server]:
    """The PostgreSQL server."""
    assert POSTGRES is not None
    opened = Server(make_url(POSTGRES), worker)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a migrated, empty database of the server."""
    url = postgres_server.create("template")
    _migrate(tmp_path_factory.mktemp("template"), url)
    yield url
    postgres_server.drop("template")


@pytest.fixture(scope="session")
def restored(postgres_server: Server, postgres_template: str) -> Iterator[Restored]:
    """The one database of the server that tests get after each other."""
    made = Restored(postgres_server, make_url(postgres_template).database or "")
    yield made
    made.close()


@pytest.fixture
def template(engine: str, request: pytest.FixtureRequest) -> str:
    """The URL of a migrated, empty database, which stays as it is."""
    return str(request.getfixturevalue(f"{engine}_template"))


@pytest.fixture(scope="session")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    """The folder that tests get after each other."""
    return Places(tmp_path_factory)


@pytest.fixture
def folder(places: Places, request: pytest.FixtureRequest) -> Path:
    """This test's empty folder for the application: the same path as the last test's, so that both can share one."""
    return places.ready(failed=request.session.testsfailed)


@pytest.fixture
def database(engine: str, request: pytest.FixtureRequest, folder: Path) -> str:
    """The URL of this test's own database."""
    if engine == "sqlite":
        shutil.copy(make_url(request.getfixturevalue("sqlite_template")).database or "", folder / "test.db")
        return f"sqlite:///{folder / 'test.db'}"
    restored: Restored = request.getfixturevalue("restored")
    return restored.ready(failed=request.session.testsfailed)


@pytest.fixture
def settings(database: str, folder: Path) -> Settings:
    """The settings of this test's application; a test may replace fields and call `create_app` itself."""
    return settings_for(folder, database)


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


@pytest.fixture(scope="session")
def applications() -> Iterator[Applications]:
    """The applications that tests share."""
    made = Applications()
    yield made
    made.close()


@pytest.fixture
def app(settings: Settings, frozen: time_machine.Traveller, applications: Applications) -> Iterator[Flask]:
    """The application, with an application context for calling actions directly."""
    made = applications.ready(settings)
    with made.app_context():
        yield made
        applications.leave()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser that is not signed in and checks every page it gets."""
    return app.test_client()


def _migrate(folder: Path, url: str) -> None:
    app = create_app(settings_for(folder, url))
    with app.app_context():
        upgrade()
        if db.engine.dialect.name == "sqlite":
            db.session.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        db.session.remove()
        db.engine.dispose()
    # Everything that stays is loaded by now: without this, looking for garbage among it takes a fifth of the time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(5_000, 20, 5)
