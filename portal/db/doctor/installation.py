"""Checks of what the data lives in: schema, guards, file, outbox."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterable

from flask import current_app
from sqlalchemy import func, select, text

from portal.config import Settings
from portal.db import health, notices, outbox
from portal.db.doctor import Check
from portal.db.doctor.reading import SHOWN
from portal.db.engine import db, is_sqlite
from portal.db.tables import Document, StoredFile
from portal.outside import clock, files, forwarding, scanning
from portal.outside.pdf import scripts
from portal.rules.sentences import Sentence, say


def mail() -> list[Sentence]:
    """No mail is stuck in the outbox."""
    return outbox.stuck()


def blocking_notices() -> list[Sentence]:
    """No notice of blocking is left over after its hour."""
    return notices.stuck(clock.now())


def schema() -> list[Sentence]:
    """The schema is the one of this version."""
    if health.schema_is_current():
        return []
    return [say("The database has another schema than this version of the portal. Run `flask db upgrade`.")]


LEFT_SECONDS = 3_600
"""A file is on the disk before a row refers to it, for so long at most."""

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


def guards() -> list[Sentence]:
    """The triggers that keep the books are there and switched on."""
    if is_sqlite():
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    else:
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    there = set(db.session.scalars(text(query)))
    absent = [name for name in _GUARDS[is_sqlite()] if name not in there]
    return [say("The guard {name} of the database is missing or switched off.", name=name) for name in absent]


def file() -> list[Sentence]:
    """SQLite only: the file is sound, and every reference leads somewhere."""
    if not is_sqlite():
        return []
    rows = db.session.execute(text("PRAGMA foreign_key_check")).fetchmany(SHOWN)
    broken = [_dangling(table, row, other) for table, row, other, *_ in rows]
    faults = db.session.scalars(text(f"PRAGMA integrity_check({SHOWN})")).all()
    return [*broken, *[say("The database file is damaged: {fault}.", fault=fault) for fault in faults if fault != "ok"]]


def _dangling(table: str, row: int, other: str) -> Sentence:
    return say(
        "Row {row} of {table} refers to a row of {other} that does not exist.", row=str(row), table=table, other=other
    )


def stored_files() -> list[Sentence]:
    """Every stored file is on the disk as it was stored (R33)."""
    faults = []
    for sha256, size, count in _stored():
        path = files.path_of(sha256)
        try:
            if path.stat().st_size != size or files.digest_of(path) != sha256:
                faults.append(say("The file {path} has other contents than were stored.", path=str(path)))
        except OSError:
            text = say(
                "The file {path} is missing; one document has it. Take it from a backup.",
                "The file {path} is missing; {count} documents have it. Take it from a backup.",
                path=str(path),
                count=count,
            )
            faults.append(text)
    return _first(faults)


def _stored() -> Iterable[tuple[str, int, int]]:
    """Digest, size, and how many documents have it, of each stored file."""
    query = (
        select(StoredFile.sha256, StoredFile.size, func.count(Document.id))
        .outerjoin(Document, Document.file_id == StoredFile.id)
        .group_by(StoredFile.id, StoredFile.sha256, StoredFile.size)
    )
    return ((sha256, size, count) for sha256, size, count in db.session.execute(query))


def _first(faults: list[Sentence]) -> list[Sentence]:
    more = len(faults) - SHOWN
    return faults if more <= 0 else [*faults[:SHOWN], say("There are more of the same kind.")]


def _left_over() -> list[Sentence]:
    """Files that nothing refers to, but for those that are just being stored, and files others may read (SEC63)."""
    known = {sha256 for sha256, _, _ in _stored()}
    before = clock.now().timestamp() - LEFT_SECONDS
    there = list(files.kept())
    left = [path for path in there if path.name not in known and path.stat().st_mtime < before]
    open_ = [path for path in there if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)]
    found = []
    if left:
        found.append(
            say(
                "One stored file is left over: nothing refers to {path}. It can be deleted.",
                "{count} stored files are left over: nothing refers to them, to {path} for one. They can be deleted.",
                path=str(left[0]),
                count=len(left),
            )
        )
    if open_:
        found.append(
            say(
                "Other users of this machine can read one stored file: {path}. Close it: chmod -R go-rwx {folder}",
                "Other users of this machine can read {count} stored files, {path} for one. Close them: chmod -R "
                "go-rwx {folder}",
                path=str(open_[0]),
                count=len(open_),
                folder=str(files.folder()),
            )
        )
    return found


def warnings() -> list[Sentence]:
    """What is worth knowing and breaks nothing."""
    return [*_open_folder(), *_ignored_forwarding(), *_old_sqlite(), *_fonts(), *_scanner(), *_left_over()]


def _scanner() -> list[Sentence]:
    """Whether what people bring is looked at for viruses."""
    if scanning.address() is None:
        return [say("No virus scanner looks at uploads. Set PORTAL_CLAMAV_URL to where ClamAV listens.")]
    if not scanning.answers():
        return [say("The virus scanner at PORTAL_CLAMAV_URL does not answer, so no file is taken in.")]
    return []


def _fonts() -> list[Sentence]:
    """Letters that statements as PDF show as a box, with the package that has them."""
    return [
        say(
            "Statements as PDF show {mark} for letters of {scripts}: no font here has them. Install {package}.",
            mark="▯",
            scripts=", ".join(names),
            package=package,
        )
        for package, names in scripts.missing().items()
    ]


def _open_folder() -> list[Sentence]:
    """SEC63: the database, the files and the key of an installation are its owner's alone."""
    settings: Settings = current_app.config["PORTAL_SETTINGS"]
    folder = settings.instance_dir
    if not folder.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        return []
    return [
        say(
            "Other users of this machine can look into {folder}, where the files of the portal lie."
            " Close it: chmod -R go-rwx {folder}",
            folder=str(folder),
        )
    ]


def _ignored_forwarding() -> list[Sentence]:
    """SEC55: behind a proxy that nobody configured, everybody has one address."""
    settings: Settings = current_app.config["PORTAL_SETTINGS"]
    if settings.trusted_proxies or not forwarding.seen_lately(settings.instance_dir):
        return []
    return [
        say(
            "A proxy forwards requests and is not trusted, so everybody seems to come from its address."
            " Set PORTAL_TRUSTED_PROXIES to the number of proxies in front."
        )
    ]


def _old_sqlite() -> list[Sentence]:
    if is_sqlite() and (3, 7, 0) <= sqlite3.sqlite_version_info <= (3, 51, 2):
        return [
            say(
                "SQLite {version} has a rare fault that can damage a database with several writers (fixed in 3.51.3)."
                " Busy installations should use PostgreSQL.",
                version=sqlite3.sqlite_version,
            )
        ]
    return []


CHECKS = (
    Check(10, say("The schema is the one of this version"), schema),
    Check(20, say("The guards inside the database are in place"), guards),
    Check(30, say("The file is sound and every reference leads somewhere"), file),
    Check(260, say("Every stored file is on the disk as it was stored"), stored_files),
    Check(270, say("No mail is stuck in the outbox"), mail),
    Check(280, say("No notice of blocking is left over after its hour"), blocking_notices),
)
