"""PostgreSQL databases for tests: each pytest worker copies one and puts its rows back before every test.

To make a database and drop it again costs PostgreSQL two checkpoints, many times what a test takes.
"""

from __future__ import annotations

import os
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import URL

OURS = "kith_tests_"
KEPT = "kith_kept"
"""What connections call themselves that stay from test to test."""

CATALOGUES = """
    SELECT md5(string_agg(line, ',' ORDER BY line)) FROM (
        SELECT concat(tableoid, ' ', oid, ' ', xmin) FROM pg_class WHERE relnamespace = 'public'::regnamespace
        UNION ALL SELECT concat(a.tableoid, ' ', a.attrelid, ' ', a.attnum, ' ', a.xmin)
            FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = 'public'::regnamespace
        UNION ALL SELECT concat(tableoid, ' ', oid, ' ', xmin) FROM pg_attrdef
        UNION ALL SELECT concat(tableoid, ' ', oid, ' ', xmin) FROM pg_constraint
        UNION ALL SELECT concat(tableoid, ' ', oid, ' ', xmin) FROM pg_trigger
        UNION ALL SELECT concat(tableoid, ' ', oid, ' ', xmin) FROM pg_proc WHERE pronamespace = 'public'::regnamespace
        UNION ALL SELECT concat(tableoid, ' ', oid, ' ', xmin) FROM pg_extension
        UNION ALL SELECT concat(tableoid, ' ', oid, ' ', xmin) FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_%'
        UNION ALL SELECT concat(tableoid, ' ', setrole, ' ', xmin) FROM pg_db_role_setting
            WHERE setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database())
    ) AS lines (line)
"""
"""Every change of the schema leaves its transaction in one of these, also a change that was taken back."""

TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname"
END_OTHERS = f"""
    SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
    WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
        AND (application_name <> '{KEPT}' OR state <> 'idle')
"""
RESTART_SEQUENCES = """
    SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false)
    FROM pg_sequences WHERE last_value IS NOT NULL
"""
NUMBERED = """
    SELECT format('%I.%I', schemaname, sequencename), last_value FROM pg_sequences WHERE last_value IS NOT NULL
"""
DEAD = """
    SELECT datname FROM pg_database d WHERE starts_with(datname, %s) AND NOT EXISTS (
        SELECT FROM pg_stat_activity WHERE application_name <> '' AND starts_with(d.datname, application_name))
"""


class Server:
    """Makes databases on a server. While it is open, its connection tells other runs that they are in use."""

    def __init__(self, address: URL, worker: str) -> None:
        self.address = address
        self.prefix = f"{OURS}{worker}_{os.getpid()}_"
        self._connection = self.connect(address.database)
        self._drop_what_dead_runs_left()

    def connect(self, database: str | None) -> psycopg.Connection[tuple[Any, ...]]:
        """A connection past SQLAlchemy that commits every statement."""
        address = self.address.set(drivername="postgresql", database=database).render_as_string(hide_password=False)
        return psycopg.connect(address, autocommit=True, application_name=self.prefix)

    def create(self, name: str, template: str = "template1") -> str:
        """Make the database `name` of this worker, as a copy; its URL."""
        self.drop(name)
        self._administer("CREATE DATABASE {} TEMPLATE {}", self.prefix + name, template)
        # Tests kill processes, but never the machine.
        self._administer("ALTER DATABASE {} SET synchronous_commit = off", self.prefix + name)
        made = self.address.set(drivername="postgresql+psycopg", database=self.prefix + name)
        return made.render_as_string(hide_password=False)

    def drop(self, name: str) -> None:
        """Drop the database `name` of this worker, if there is one, whoever uses it."""
        self._administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.prefix + name)

    def close(self) -> None:
        """Make no more databases."""
        self._connection.close()

    def _administer(self, statement: Any, *names: str) -> None:
        self._connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def _drop_what_dead_runs_left(self) -> None:
        turn = (7305202,)
        self._connection.execute("SELECT pg_advisory_lock(%s)", turn)
        for (name,) in self._connection.execute(DEAD, (OURS,)).fetchall():
            self._administer("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)
        self._connection.execute("SELECT pg_advisory_unlock(%s)", turn)


class Restored:
    """A database for one test after the other, each of which finds it as `template` is."""

    def __init__(self, server: Server, template: str, name: str = "") -> None:
        self._server = server
        self._template = template
        self._name = name
        self._copies = self._failed = 0
        self._copy()

    def ready(self, *, failed: int) -> str:
        """Its URL, after everybody else was shut out and the rows are as they were, when so many tests have failed.

        It is copied again if a test changed more than rows, and if one failed, which may have left somebody behind
        who would come back: the new one has another name.
        """
        if failed != self._failed or not self._restore():
            self._failed = failed
            self.close()
            self._copy()
        return self._url

    def close(self) -> None:
        """Drop it."""
        self._connection.close()
        self._server.drop(self._current)

    @property
    def _current(self) -> str:
        return f"{self._name}{self._copies}"

    def _copy(self) -> None:
        self._copies += 1
        self._url = self._server.create(self._current, self._template)
        self._connection = self._server.connect(f"{self._server.prefix}{self._current}")
        self._connection.prepare_threshold = 0
        self._connection.execute("SET plan_cache_mode = 'force_generic_plan'")
        self._tables = [name for (name,) in self._connection.execute(TABLES)]
        self._numbered = self._connection.execute(NUMBERED).fetchall()
        self._kept = {table: self._contents(table) for table in self._filled()}
        self._sums = self._summed()
        self._schema = self._connection.execute(CATALOGUES).fetchall()

    def _restore(self) -> bool:
        self._connection.execute(END_OTHERS)
        if self._connection.execute(CATALOGUES).fetchall() != self._schema:
            return False
        with self._connection.transaction():
            # Else nothing could be deleted from tables that only ever grow.
            self._connection.execute("SET LOCAL session_replication_role = replica")
            now = self._summed()
            changed = [table for table in self._kept if now[table] != self._sums[table]]
            for table in {*self._filled(), *changed} - (self._kept.keys() - set(changed)):
                self._connection.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(table)))
            for table in changed:
                self._fill(table)
            self._connection.execute(RESTART_SEQUENCES)
            for sequence, last in self._numbered:
                self._connection.execute("SELECT setval(%s::regclass, %s)", (sequence, last))
        return True

    def _filled(self) -> list[str]:
        """The tables that have rows."""
        each = [
            sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(name, sql.Identifier(name))
            for name in self._tables
        ]
        return [name for (name,) in self._connection.execute(sql.SQL(" UNION ALL ").join(each))]

    def _summed(self) -> dict[str, str]:
        """The tables that had rows from the beginning, each with a sum of what is in it now."""
        each = [
            sql.SQL("SELECT {}, md5(string_agg(r::text, ';' ORDER BY r::text)) FROM {} AS r").format(
                name, sql.Identifier(name)
            )
            for name in self._kept
        ]
        return dict(self._connection.execute(sql.SQL(" UNION ALL ").join(each)).fetchall()) if each else {}

    def _contents(self, table: str) -> bytes:
        out = sql.SQL("COPY {} TO STDOUT (FORMAT binary)").format(sql.Identifier(table))
        with self._connection.cursor() as cursor, cursor.copy(out) as copy:
            return b"".join(map(bytes, copy))

    def _fill(self, table: str) -> None:
        into = sql.SQL("COPY {} FROM STDIN (FORMAT binary)").format(sql.Identifier(table))
        with self._connection.cursor() as cursor, cursor.copy(into) as copy:
            copy.write(self._kept[table])
