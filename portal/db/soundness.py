"""Whether the database is one that this version of the portal can work on: ours, whole, and not of a later version."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlalchemy import inspect, make_url, text
from sqlalchemy.exc import DBAPIError

from portal.db import health
from portal.db.engine import db, is_sqlite
from portal.rules.sentences import NOTHING, Sentence, say

_HEADER = b"SQLite format 3\0"


def trouble() -> Sentence:
    """Why the database cannot be used, with what to do; nothing where it can, and where it is out of reach (R23, R30).

    This looks at few pages of a file, so every start can afford it; `flask doctor` reads the whole.
    """
    if is_sqlite() and (fault := file_trouble(sqlite_file())):
        return fault
    try:
        with db.engine.connect() as connection:
            tables = set(inspect(connection).get_table_names())
            if not tables:
                return NOTHING
            if "alembic_version" not in tables:
                return _foreign(sorted(tables)[0])
            found = set(connection.execute(text("SELECT version_num FROM alembic_version")).scalars())
    except DBAPIError as error:
        if isinstance(error.orig, sqlite3.DatabaseError) and "malformed" in str(error.orig):
            return _damaged(sqlite_file(), str(error.orig))
        return NOTHING
    if unknown := found - health.revisions():
        return say(
            "The database has the schema {version}, which this version of the portal does not know. A later version, "
            "or another program, has worked on it. Install that version, or restore a backup from before.",
            version=", ".join(sorted(unknown)),
        )
    if "customer" not in tables and found:
        return _foreign(sorted(tables)[0])
    return NOTHING


def sqlite_file() -> Path:
    """The file of an SQLite database."""
    return Path(make_url(str(db.engine.url)).database or "")


def file_trouble(path: Path) -> Sentence:
    """What is wrong with an SQLite file at the first look: it is no such file, cut short or damaged."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head = file.read(100)
    except OSError:
        return NOTHING
    if not size:
        return NOTHING
    if not head.startswith(_HEADER):
        return say(
            "{path} is not a database of SQLite. Is PORTAL_DATABASE_URL right? If this was the portal's database, it "
            "is damaged: move it aside and restore a backup with “flask restore FILE”.",
            path=str(path),
        )
    page = int.from_bytes(head[16:18], "big")
    page = 65_536 if page == 1 else page
    pages, counted = int.from_bytes(head[28:32], "big"), head[24:28] == head[92:96]
    if counted and pages * page > size and not path.with_name(f"{path.name}-wal").exists():
        return _damaged(path, f"{pages * page - size} of {pages * page} bytes are missing at its end")
    return NOTHING


def _damaged(path: Path, fault: str) -> Sentence:
    return say(
        "The database file {path} is damaged: {fault}. Stop the portal, move the file aside with those that end in "
        "-wal and -shm, and restore a backup with “flask restore FILE”.",
        path=str(path),
        fault=fault,
    )


def _foreign(table: str) -> Sentence:
    return say(
        "The database belongs to another program: it has a table {table} and none of the portal's. Nothing was "
        "changed. Give the portal a database of its own with PORTAL_DATABASE_URL.",
        table=table,
    )
