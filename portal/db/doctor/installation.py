"""Checks of what the data lives in: schema, guards, file, outbox."""

from __future__ import annotations

import sqlite3

from sqlalchemy import text

from portal.db import health, notices, outbox
from portal.db.doctor.reading import SHOWN
from portal.db.engine import db, is_sqlite
from portal.outside import clock


def mail() -> list[str]:
    """No mail is stuck in the outbox."""
    return list(outbox.stuck())


def blocking_notices() -> list[str]:
    """No notice of blocking is left over after its hour."""
    return notices.stuck(clock.now())


def schema() -> list[str]:
    """The schema is the one of this version."""
    if health.schema_is_current():
        return []
    return ["The database has another schema than this version of the portal. Run `flask db upgrade`."]


_GUARDS = {
    True: (
        *(f"{table}_no_{what}" for table in ("entry", "posting", "audit_record") for what in ("update", "delete")),
        *("posting_open", "entry_balanced", "sub_account_link_no_chain_insert", "shared_balance_no_chain_insert"),
    ),
    False: (
        *(f"{table}_no_{what}" for table in ("entry", "posting", "audit_record") for what in ("change", "truncate")),
        *("posting_open", "entry_balanced", "sub_account_link_no_chain", "shared_balance_no_chain"),
    ),
}
"""Triggers without which a program error could break the books, on SQLite and PostgreSQL."""


def guards() -> list[str]:
    """The triggers that keep the books are there and switched on."""
    if is_sqlite():
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    there = set(db.session.scalars(text(query)))
    absent = [name for name in _GUARDS[is_sqlite()] if name not in there]
    return [f"The guard {name} of the database is missing or switched off." for name in absent]


def file() -> list[str]:
    """SQLite only: the file is sound, and every reference leads somewhere."""
    if not is_sqlite():
        return []
    broken = [f"Row {row[1]} of {row[0]} refers to a row of {row[2]} that does not exist."
              for row in db.session.execute(text("PRAGMA foreign_key_check")).fetchmany(SHOWN)]  # fmt: skip
    faults = db.session.scalars(text(f"PRAGMA integrity_check({SHOWN})")).all()
    return [*broken, *[f"The database file is damaged: {fault}." for fault in faults if fault != "ok"]]


def warnings() -> list[str]:
    """What is worth knowing and breaks nothing."""
    if is_sqlite() and (3, 7, 0) <= sqlite3.sqlite_version_info <= (3, 51, 2):
        fault = f"SQLite {sqlite3.sqlite_version} has a rare fault that can damage a database with several writers"
        return [f"{fault} (fixed in 3.51.3). Busy installations should use PostgreSQL."]
    return []
