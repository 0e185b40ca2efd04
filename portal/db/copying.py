"""A copy of the whole database as it was at one moment, and putting one back (R27)."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from portal.db import soundness
from portal.db.engine import db, is_sqlite
from portal.rules.errors import PortalError, Reason, Refused
from portal.rules.sentences import say

MINUTE = 60
_LONGEST = 24 * 60 * MINUTE
_TRIES = 30


def engine_name() -> str:
    """Of which kind the database is."""
    return "sqlite" if is_sqlite() else "postgresql"


def copy_to(path: Path) -> None:
    """Write a copy to a new file, while others go on reading and writing. Raises PortalError with what to run."""
    if not is_sqlite():
        _run("pg_dump", "--format=custom", f"--file={path}", "--no-owner", "--no-acl")
        return
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with closing(sqlite3.connect(soundness.sqlite_file())) as source, closing(sqlite3.connect(path)) as target:
        source.backup(target)


def is_empty() -> bool:
    """Whether there is nothing that a restored database would take the place of: no customer and no login."""
    if is_sqlite() and not soundness.sqlite_file().exists():
        return True
    try:
        with db.engine.connect() as connection:
            tables = set(inspect(connection).get_table_names()) & {"customer", "login"}
            return not any(connection.scalar(text(f"SELECT 1 FROM {table} LIMIT 1")) for table in tables)  # noqa: S608
    except DBAPIError:
        return False


def refuse_if_open() -> None:
    """Raise Refused while anything else has the database open."""
    db.session.remove()
    db.engine.dispose()
    others = _sqlite_is_open() if is_sqlite() else _postgres_is_open()
    db.engine.dispose()
    if others:
        raise Refused(
            [
                Reason(
                    "R27",
                    say("Something else has the database open."),
                    say("Stop the portal, its worker and whatever else works on it, then restore again."),
                )
            ]
        )


def _sqlite_is_open() -> bool:
    path = soundness.sqlite_file()
    if not path.exists() or soundness.file_trouble(path):
        return False
    try:
        with closing(sqlite3.connect(path, timeout=2, isolation_level=None)) as own:
            # Only the one connection there is may leave the write-ahead log.
            own.execute("PRAGMA journal_mode=DELETE").fetchone()
            own.execute("BEGIN EXCLUSIVE")
            own.execute("ROLLBACK")
    except sqlite3.OperationalError:
        return True
    except sqlite3.DatabaseError:
        return False
    return False


def _postgres_is_open() -> bool:
    """Connections that were just closed, our own among them, are there for another moment."""
    for _ in range(_TRIES):
        if not _postgres_clients():
            return False
        time.sleep(0.1)
    return True


def _postgres_clients() -> int:
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
    )
    with db.engine.connect() as connection:
        return int(connection.scalar(text(query)) or 0)


def put_back(copy: Path) -> None:
    """Put a copy in the place of the database. On SQLite the old one stays beside it, with “.replaced” behind its name.

    Raises PortalError for a copy that is damaged; the database is untouched then.
    """
    db.session.remove()
    db.engine.dispose()
    if not is_sqlite():
        _run("pg_restore", "--exit-on-error", "--single-transaction", "--clean", "--if-exists", "--no-owner", copy)
        return
    _check(copy)
    path = soundness.sqlite_file()
    for ending in ("", "-wal", "-shm"):
        old = path.with_name(f"{path.name}{ending}")
        if old.exists():
            old.replace(path.with_name(f"{path.name}.replaced{ending}"))
    copy.replace(path)


def _check(copy: Path) -> None:
    try:
        with closing(sqlite3.connect(copy)) as opened:
            said = opened.execute("PRAGMA quick_check(1)").fetchone()[0]
    except sqlite3.DatabaseError as error:
        said = str(error)
    if said != "ok":
        raise PortalError(say("The database in the backup is damaged: {fault}.", fault=said))


def _run(program: str, *arguments: str | Path) -> None:
    """Run a program of PostgreSQL on our database. Its password stands in no command line."""
    url = db.engine.url
    found = shutil.which(program)
    name = url.database or ""
    if found is None:
        raise PortalError(
            say(
                "{program} is not installed here. Install PostgreSQL's client programs (on Debian: postgresql-client), "
                "or use the server's own: see “Backup and restore” in docs/operations.md.",
                program=program,
            )
        )
    known = {"PGHOST": url.host, "PGPORT": url.port, "PGUSER": url.username, "PGPASSWORD": url.password}
    environment = {**os.environ, **{key: str(value) for key, value in known.items() if value is not None}}
    environment |= {"PGDATABASE": name, "PGOPTIONS": "-c default_transaction_read_only=off"}
    target = ["--dbname", name] if program == "pg_restore" else []
    done = subprocess.run(  # noqa: S603
        [found, *target, *map(str, arguments)],
        env=environment,
        capture_output=True,
        timeout=_LONGEST,
        check=False,
        text=True,
    )
    if done.returncode:
        fault = (done.stderr.strip().splitlines() or ["no reason given"])[0]
        raise PortalError(say("{program} failed: {fault}", program=program, fault=fault))
