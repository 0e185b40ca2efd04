"""Runs migrations inside the application, on the database of its settings.

On SQLite foreign keys are off while tables are rebuilt (a rebuilt parent would otherwise cascade into its children)
and checked as a whole before the migration is committed. Two processes that start together take turns: on SQLite by
its one writer, on PostgreSQL by an advisory lock.
"""

from alembic import context
from flask import current_app
from sqlalchemy import text

from portal.db import soundness
from portal.db.engine import to_write

migrate = current_app.extensions["migrate"]
engine = migrate.db.engine

OURS_ONLY_IN_SQL = ("customer_search", "zero")


def include_name(name, type_, parent_names):
    return not (type_ in ("table", "index") and name is not None and name.startswith(OURS_ONLY_IN_SQL))


def run() -> None:
    if fault := soundness.trouble():
        raise SystemExit(str(fault))
    sqlite = engine.dialect.name == "sqlite"
    with to_write(engine) as connection:
        if sqlite:
            connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=OFF")
        context.configure(
            connection=connection,
            target_metadata=migrate.db.metadata,
            **{
                **migrate.configure_args,
                "render_as_batch": sqlite,
                "include_name": include_name,
                "compare_type": not sqlite,
                "transactional_ddl": True,
            },
        )
        with context.begin_transaction():
            if not sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(7305201)"))
            context.run_migrations()
            if sqlite:
                broken = connection.execute(text("PRAGMA foreign_key_check")).all()
                if broken:
                    raise RuntimeError(f"foreign keys broken by a migration: {broken[:5]}")
        if sqlite:
            connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=ON")


run()
