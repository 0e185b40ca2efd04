"""No test sees what another has left in the one PostgreSQL database that they share."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import Connection, make_url, select, text
from sqlalchemy.exc import OperationalError

from portal.actions import groups
from portal.db.engine import db, standalone_engine, to_write
from portal.db.tables import Entry
from portal.rules.deciding import SYSTEM
from tests import people
from tests.conftest import POSTGRES
from tests.postgres import OURS, Restored, Server

pytestmark = pytest.mark.engine("postgres")
WRITTEN_BY_MIGRATIONS = {"group_label"}


@pytest.fixture
def following(restored: Restored, request: pytest.FixtureRequest) -> Callable[[], str]:
    """The URL that the next test would get."""
    return lambda: restored.ready(failed=request.session.testsfailed)


def filled(connection: Connection) -> set[str]:
    names = db.metadata.tables
    return {name for name in names if connection.execute(text(f"SELECT EXISTS (SELECT FROM {name})")).scalar()}


def test_rows_numbers_and_connections_are_gone(app: Flask, database: str, following: Callable[[], str]) -> None:
    def live() -> int:
        people.customer("acme")
        people.customer("branch")
        people.link("acme", "branch")
        people.post("branch", "invoice", 100, "2026-11-01")
        return db.session.scalar(select(Entry.id)) or 0

    first = live()
    db.session.remove()
    db.engine.dispose()
    left = standalone_engine(database)
    with to_write(left) as connection:
        connection.execute(text("SELECT id FROM customer FOR UPDATE"))
        assert {"customer", "entry", "posting", "audit_record"} <= filled(connection)
        assert following() == database
        with pytest.raises(OperationalError):
            connection.execute(text("SELECT 1"))
    left.dispose()
    with db.engine.connect() as connection:
        assert filled(connection) == WRITTEN_BY_MIGRATIONS
    assert live() == first


def test_rows_of_migrations_stay_and_their_numbers_go_on(app: Flask, following: Callable[[], str]) -> None:
    before = [label.name for label in groups.labels()]
    groups.add_label(SYSTEM, "Aunt")
    db.session.remove()
    db.engine.dispose()
    fresh = standalone_engine(following())
    with to_write(fresh) as connection:
        names = connection.execute(text("SELECT name FROM group_label ORDER BY id")).scalars().all()
        number = connection.execute(text("SELECT nextval('group_label_id_seq')")).scalar()
    fresh.dispose()
    assert names == before
    assert number == len(before) + 1


def test_rows_that_were_there_are_put_back(database: str, following: Callable[[], str]) -> None:
    engine = standalone_engine(database)
    with to_write(engine) as connection, connection.begin():
        before = connection.execute(text("SELECT version_num FROM alembic_version")).all()
        connection.execute(text("UPDATE alembic_version SET version_num = 'older'"))
        connection.execute(text("UPDATE group_label SET name = name || ' (older)'"))
    assert following() == database
    engine.dispose()
    with to_write(engine) as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).all() == before
        assert not connection.execute(text("SELECT 1 FROM group_label WHERE name LIKE '%older%'")).all()
    engine.dispose()


@pytest.mark.parametrize(
    "change",
    [
        "DROP INDEX uq_link_current",
        "DROP TRIGGER posting_open ON posting",
        "ALTER TABLE entry DISABLE TRIGGER entry_balanced; ALTER TABLE entry ENABLE TRIGGER entry_balanced",
        "ALTER TABLE customer ADD COLUMN more int",
        "CREATE TABLE more (id int)",
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$",
    ],
)
def test_with_another_schema_the_next_test_gets_a_new_copy(
    database: str, following: Callable[[], str], change: str
) -> None:
    engine = standalone_engine(database)
    with to_write(engine) as connection, connection.begin():
        connection.exec_driver_sql(change)
    engine.dispose()
    copied = following()
    assert copied != database
    assert following() == copied


def test_after_a_failure_the_next_test_gets_a_new_copy(
    database: str, restored: Restored, request: pytest.FixtureRequest
) -> None:
    failed = request.session.testsfailed
    assert restored.ready(failed=failed) == database
    copied = restored.ready(failed=failed + 1)
    assert copied != database
    assert restored.ready(failed=failed + 1) == copied


def test_what_dead_runs_left_is_dropped(database: str, postgres_server: Server) -> None:
    assert POSTGRES is not None
    address = make_url(POSTGRES)
    dead, mine = f"{OURS}dead_0_1", make_url(database).database
    with postgres_server.connect(address.database) as connection:
        connection.execute(f'CREATE DATABASE "{dead}"')
        Server(address, "other").close()
        names = {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
    assert dead not in names
    assert mine in names
