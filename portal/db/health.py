"""Whether the database answers, and whether it has the tables this version needs."""

from __future__ import annotations

import functools

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.exc import SQLAlchemyError

from portal.config import ROOT
from portal.db.engine import db


def answers() -> bool:
    """Whether the database can be asked something."""
    try:
        db.session.execute(text("SELECT 1"))
    except SQLAlchemyError:
        db.session.rollback()
        return False
    return True


def schema_is_current() -> bool:
    """Whether the last migration of this version was carried out, and none of a later one."""
    try:
        found = db.session.execute(text("SELECT version_num FROM alembic_version")).scalars().all()
    except SQLAlchemyError:
        db.session.rollback()
        return False
    return set(found) == _heads()


def found_revisions() -> set[str]:
    """Which migrations the database says it has come to."""
    with db.engine.connect() as connection:
        return set(connection.execute(text("SELECT version_num FROM alembic_version")).scalars())


@functools.cache
def revisions() -> frozenset[str]:
    """Every migration that this version knows."""
    return frozenset(script.revision for script in _scripts().walk_revisions())


@functools.cache
def _heads() -> frozenset[str]:
    return frozenset(_scripts().get_heads())


def _scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    return ScriptDirectory.from_config(config)


def has_no_tables() -> bool:
    """Whether nothing was ever stored in the database, not even its version."""
    with db.engine.connect() as connection:
        return not inspect(connection).get_table_names()
