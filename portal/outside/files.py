"""Files, kept below the instance folder under the SHA-256 of their bytes, and never changed."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from flask import current_app

from portal.config import Settings
from portal.rules.errors import Busy, Missing
from portal.rules.sentences import say

CHUNK = 1024 * 1024
_DIGEST = re.compile(r"[0-9a-f]{64}")


def folder() -> Path:
    """Where the files of this installation are; outside everything the web server hands out."""
    settings: Settings = current_app.config["PORTAL_SETTINGS"]
    return settings.instance_dir / "files"


def path_of(sha256: str) -> Path:
    """Where the file with this digest is, or would be."""
    if not _DIGEST.fullmatch(sha256):
        raise Missing()
    return folder() / sha256[:2] / sha256[2:4] / sha256


def store(data: bytes | BinaryIO) -> tuple[str, int]:
    """Keep `data` and return its SHA-256 and its size in bytes. The same bytes are kept once.

    A stream is read piece by piece, so memory stays flat. The file is complete on the disk before its name exists.
    Raises Busy when there is no room.
    """
    source = io.BytesIO(data) if isinstance(data, bytes) else data
    try:
        return _store(source)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
            raise Busy(say("There is no room to store files at the moment. Nothing was kept.")) from error
        raise


def open_stored(sha256: str) -> BinaryIO:
    """The file with this digest, for reading. Raises Missing when it is not there."""
    try:
        return path_of(sha256).open("rb")
    except FileNotFoundError:
        raise Missing(say("The file is no longer on the disk.")) from None


def read(sha256: str) -> bytes:
    """The bytes of the file with this digest. Raises Missing when it is not there."""
    with open_stored(sha256) as file:
        return file.read()


def kept() -> Iterator[Path]:
    """Every file that is stored, whether or not anything refers to it."""
    for path in sorted(folder().glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*")):
        if _DIGEST.fullmatch(path.name):
            yield path


def digest_of(path: Path) -> str:
    """The SHA-256 of what a file holds now."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def room() -> int:
    """How many bytes can still be written where the files of this installation are."""
    return shutil.disk_usage(folder().parent).free


def remove(sha256: str) -> None:
    """Delete the file with this digest, if it is there. Nothing may refer to it any more."""
    path_of(sha256).unlink(missing_ok=True)


# Uploads that wait for their confirmation, apart from what is kept ---------------------------------------------------


def keep_upload(owner: int, data: BinaryIO) -> str:
    """Keep what somebody sent until they confirm it; the SHA-256 that names it among theirs. Raises Busy."""
    try:
        sha256 = _store(data, lambda digest: _upload(owner, digest))[0]
        _upload(owner, sha256).touch()
        return sha256
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS):
            raise Busy(say("There is no room to store files at the moment. Nothing was kept.")) from error
        raise


def upload(owner: int, sha256: str) -> Path:
    """Where somebody's upload is. Raises Missing when it is not there any more."""
    path = _upload(owner, sha256)
    if not path.is_file():
        raise Missing(say("The file is not kept any more. Choose it once more and check it again."))
    return path


def drop_upload(owner: int, sha256: str) -> None:
    """Delete somebody's upload."""
    _upload(owner, sha256).unlink(missing_ok=True)


def drop_uploads_before(moment: datetime, wanted: Collection[tuple[int, str]] = ()) -> None:
    """Delete uploads that nobody confirmed since, except those that are `wanted`: of an owner, by their digest."""
    needed = {_upload(owner, sha256) for owner, sha256 in wanted}
    for path in folder().parent.glob("uploads/*"):
        with contextlib.suppress(FileNotFoundError):
            if path not in needed and path.stat().st_mtime < moment.timestamp():
                path.unlink()


def _upload(owner: int, sha256: str) -> Path:
    if not _DIGEST.fullmatch(sha256):
        raise Missing()
    return folder().parent / "uploads" / f"{owner}-{sha256}"


def _store(source: BinaryIO, place: Callable[[str], Path] = path_of) -> tuple[str, int]:
    root = folder()
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, draft = tempfile.mkstemp(prefix=".draft-", dir=root)
    try:
        with os.fdopen(descriptor, "wb") as file:
            digest, size = _copy(source, file)
        _name(Path(draft), place(digest))
    finally:
        Path(draft).unlink(missing_ok=True)
    return digest, size


def _copy(source: BinaryIO, target: BinaryIO) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(CHUNK):
        digest.update(chunk)
        target.write(chunk)
        size += len(chunk)
    target.flush()
    os.fsync(target.fileno())
    return digest.hexdigest(), size


def _name(draft: Path, target: Path) -> None:
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft.rename(target)
    for directory in (target.parent, target.parent.parent):
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
