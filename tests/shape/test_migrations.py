"""Migrations make what the models say, can be taken back one by one, and keep data and guards on the way."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from portal.db.engine import Base, db, to_write
from portal.db.tables import AuditRecord
from portal.rules.sentences import from_stored
from tests import people

ROOT = Path(__file__).resolve().parents[2]
REVISIONS = [script.revision for script in ScriptDirectory(str(ROOT / "migrations")).walk_revisions()][::-1]
SENTENCES = "0009"
"""From here on the log keeps sentences with their parts; on the way back they become English text."""

ONLY_IN_SQL = ("customer_search",)
"""Tables and indexes that no model describes: they are for searching, and the tables kept by triggers."""


def include(name: str | None, kind: str, _parents: object) -> bool:
    return not (kind in ("table", "index") and name is not None and name.startswith(ONLY_IN_SQL))


def differences() -> list[object]:
    """What alembic would still change to reach the models."""
    sqlite = db.engine.dialect.name == "sqlite"
    with db.engine.connect() as connection, warnings.catch_warnings():
        # SQLAlchemy says that it leaves out an index on an expression, which is one of ONLY_IN_SQL.
        warnings.filterwarnings("ignore", "Skipped unsupported reflection of expression-based index customer_search")
        options = {"include_name": include, "compare_type": not sqlite, "render_as_batch": sqlite}
        context = MigrationContext.configure(connection, opts=options)
        return list(compare_metadata(context, Base.metadata))


def guards() -> set[str]:
    """The triggers of the database."""
    listed = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }[db.engine.dialect.name]
    with db.engine.connect() as connection:
        return set(connection.execute(text(listed)).scalars())


def tables() -> set[str]:
    return {name for name in inspect(db.engine).get_table_names() if include(name, "table", None)}


@pytest.fixture
def migrated(app: Flask) -> Iterator[Flask]:
    """A database at its newest version; whatever a test leaves open is closed."""
    yield app
    db.session.remove()


def rest() -> None:
    """No session holds the database while its tables change."""
    db.session.remove()
    db.engine.dispose()


@pytest.mark.usefixtures("migrated")
def test_models_and_migrations_agree() -> None:
    assert differences() == []
    assert {table.name for table in Base.metadata.tables.values()} | {"alembic_version"} == tables()


def test_there_is_one_line_of_migrations() -> None:
    directory = ScriptDirectory(str(ROOT / "migrations"))
    assert len(directory.get_heads()) == 1
    for script in directory.walk_revisions():
        assert script.doc, script.revision
        assert Path(script.path).name.startswith(script.revision)


@pytest.mark.usefixtures("migrated")
def test_every_migration_can_be_taken_back_and_made_again() -> None:
    before, guarded = tables(), guards()
    rest()
    for _ in REVISIONS:
        downgrade()
        rest()
    assert tables() <= {"alembic_version"}
    assert guards() == set()
    rest()
    for revision in REVISIONS:
        upgrade(revision=revision)
        rest()
    assert (tables(), guards()) == (before, guarded)
    assert differences() == []


# Each way back passes by all that are shorter; on the longest, and on those that keep sentences, all must survive.
@pytest.mark.parametrize("kept", [REVISIONS[0], SENTENCES, REVISIONS[-2]])
@pytest.mark.usefixtures("migrated")
def test_data_and_guards_survive_going_back_and_forth(kept: str) -> None:
    people.customer("acme", name="Łukasz Ελένη 株式会社")
    people.customer("branch")
    people.link("acme", "branch")
    people.post("branch", "invoice", 1250, "2026-11-20", description="Broadband")
    before, guarded = contents(), guards()
    rest()
    downgrade(revision=kept)
    rest()
    upgrade()
    rest()
    after = contents()
    assert guards() == guarded
    if kept < SENTENCES:
        before["audit_record"] = written_out(before["audit_record"])
    for name in ("partner", "customer", "sub_account_link", "entry", "posting", "ledger_account", "audit_record"):
        assert after[name] == before[name], name
    people.post("branch", "payment", 1250, "2026-11-21")
    with to_write(db.engine) as connection, pytest.raises(DBAPIError, match="append-only"):
        connection.execute(text("DELETE FROM posting"))


@pytest.mark.usefixtures("migrated")
def test_c5_whoever_held_the_joint_permission_holds_all_three() -> None:
    with to_write(db.engine) as connection:
        connection.execute(
            text(
                "INSERT INTO staff_role (public_id, name, folded_name, description, permissions, created_at) "
                "VALUES ('r1', 'Clerk', 'clerk', '', 'customers.edit,customers.view', '2026-01-01 00:00:00+00:00'),"
                "('r2', 'Reader', 'reader', '', 'customers.view', '2026-01-01 00:00:00+00:00')"
            )
        )
        connection.commit()
    rest()
    downgrade(revision="0017")
    rest()
    upgrade()
    rest()
    with db.engine.connect() as connection:
        rows = connection.execute(text("SELECT name, permissions FROM staff_role")).all()
    held = {row.name: row.permissions for row in rows}
    assert held == {
        "Clerk": "customers.contact,customers.edit,customers.status,customers.view",
        "Reader": "customers.view",
    }


def contents() -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table of a model."""
    with db.engine.connect() as connection:
        return {
            name: sorted(map(tuple, connection.execute(table.select())), key=repr)
            for name, table in Base.metadata.tables.items()
        }


def written_out(log: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Lines of the log with their sentences as English text, in the order of `contents`."""
    names = AuditRecord.__table__.c.keys()
    text_at, parts_at = names.index("text"), names.index("parts")
    lines = []
    for line in log:
        cells = list(line)
        cells[text_at], cells[parts_at] = str(from_stored(line[text_at], line[parts_at])), None
        lines.append(tuple(cells))
    return sorted(lines, key=repr)
