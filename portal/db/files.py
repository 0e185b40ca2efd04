"""Which files there are. The bytes are in `portal.outside.files`."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import BinaryIO

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from portal.db.engine import db, is_sqlite
from portal.db.tables import StoredFile
from portal.outside import clock, files


@dataclass(frozen=True, slots=True)
class FileFacts:
    """A stored file. `size` is in bytes."""

    id: int
    sha256: str
    size: int
    content_type: str


def keep(data: bytes | BinaryIO, content_type: str) -> int:
    """Store `data` and return the id of its row, in the caller's transaction; the same bytes get the same id.

    The file is on the disk before the row, so a row never lacks its file; a rollback leaves at most a file without
    a row, which the next `keep` of the same bytes takes up. Raises Busy when there is no room.
    """
    sha256, size = files.store(data)
    return add(sha256, size, content_type)


def add(sha256: str, size: int, content_type: str) -> int:
    """The id of the row for a file that is on the disk already, made if it is not there."""
    dialect = sqlite if is_sqlite() else postgresql
    row = dialect.insert(StoredFile).values(sha256=sha256, size=size, content_type=content_type, created_at=clock.now())
    db.session.execute(row.on_conflict_do_nothing(index_elements=["sha256"]))
    return db.session.scalars(select(StoredFile.id).where(StoredFile.sha256 == sha256)).one()


def by_ids(ids: Collection[int]) -> dict[int, FileFacts]:
    """The files with these ids, in one query."""
    if not ids:
        return {}
    query = select(StoredFile.id, StoredFile.sha256, StoredFile.size, StoredFile.content_type)
    rows = db.session.execute(query.where(StoredFile.id.in_(ids)))
    return {row.id: FileFacts(row.id, row.sha256, row.size, row.content_type) for row in rows}
