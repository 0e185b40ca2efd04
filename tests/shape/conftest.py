"""The world of `world.py`, made once for all the tests that look at it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import make_url, text

from portal import create_app
from portal.db.engine import db
from tests.conftest import NOW, settings_for
from tests.postgres import Restored, Server
from tests.shape.world import World, build


@dataclass(frozen=True, slots=True)
class Built:
    """The world as it was left in a database and on the disk, for every test to copy."""

    folder: Path
    database: str
    world: World


@pytest.fixture(scope="session")
def built(engine: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """The world, made once: that takes longer than looking at all of it."""
    folder = tmp_path_factory.mktemp("world")
    empty = make_url(request.getfixturevalue(f"{engine}_template")).database or ""
    if engine == "sqlite":
        shutil.copy(empty, folder / "test.db")
        url = f"sqlite:///{folder / 'test.db'}"
    else:
        server: Server = request.getfixturevalue("postgres_server")
        url = server.create("world", empty)
    app = create_app(settings_for(folder, url))
    with time_machine.travel(NOW, tick=False), app.app_context():
        world = build()
        db.session.rollback()
        if engine == "sqlite":
            db.session.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        db.session.remove()
        db.engine.dispose()
    yield Built(folder, make_url(url).database or "", world)
    if engine == "postgres":
        server.drop("world")


@pytest.fixture
def world(built: Built) -> World:
    return built.world


@pytest.fixture(scope="session")
def routes(built: Built, postgres_server: Server) -> Iterator[Restored]:
    """The copy of the world on the server that tests get after each other."""
    made = Restored(postgres_server, built.database, "routes")
    yield made
    made.close()


@pytest.fixture
def copied(built: Built, engine: str, folder: Path, request: pytest.FixtureRequest) -> str:
    """The URL of a copy of the world's database, with its files beside it."""
    shutil.copytree(built.folder / "instance", folder / "instance", dirs_exist_ok=True)
    if engine == "sqlite":
        shutil.copy(built.database, folder / "test.db")
        return f"sqlite:///{folder / 'test.db'}"
    restored: Restored = request.getfixturevalue("routes")
    return restored.ready(failed=request.session.testsfailed)
