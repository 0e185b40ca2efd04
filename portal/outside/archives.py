"""Backups as one file: a tar with what it is, a copy of the database, and the stored files under their digests."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tarfile
from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

from portal.rules.errors import PortalError
from portal.rules.sentences import say

MANIFEST, DATABASE = "kith-backup.json", "database"
_STORED = re.compile(r"files/([0-9a-f]{2})/([0-9a-f]{2})/\1\2[0-9a-f]{60}")
CHUNK = 1024 * 1024


def write(target: Path, manifest: Mapping[str, object], database: Path, files: Iterable[Path], root: Path) -> int:
    """Write an archive, complete on the disk before it has its name and for its owner alone; how many files it holds.

    A file that vanished meanwhile is left out: whoever it belonged to was removed.
    """
    draft = target.with_name(f".{target.name}.part")
    count = 0
    try:
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as out:
            with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
                _add_text(archive, MANIFEST, json.dumps(manifest, indent=1))
                archive.add(database, DATABASE, recursive=False)
                for file in files:
                    try:
                        archive.add(file, f"files/{file.relative_to(root).as_posix()}", recursive=False)
                        count += 1
                    except FileNotFoundError:
                        continue
            out.flush()
            os.fsync(out.fileno())
        draft.rename(target)
    finally:
        draft.unlink(missing_ok=True)
    return count


def _add_text(archive: tarfile.TarFile, name: str, text: str) -> None:
    data = text.encode()
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(data), 0o600
    archive.addfile(entry, BytesIO(data))


def read(source: Path, folder: Path) -> dict[str, Any]:
    """Unpack an archive into a folder of its own, and check each file by its digest; what it says it is.

    Raises PortalError for what is no backup of ours, is cut short, or has been changed.
    """
    manifest: dict[str, Any] = {}
    try:
        with tarfile.open(source, mode="r:") as archive:
            for entry in archive:
                data = archive.extractfile(entry) if entry.isreg() else None
                if data is None:
                    raise PortalError(_no_backup(source))
                if entry.name == MANIFEST:
                    manifest = json.loads(data.read(CHUNK))
                elif entry.name == DATABASE:
                    _keep(data, folder / DATABASE)
                elif _STORED.fullmatch(entry.name):
                    _check(_keep(data, folder / entry.name), entry.name, source)
                else:
                    raise PortalError(_no_backup(source))
    except FileNotFoundError:
        raise PortalError(say("There is no file {path}.", path=str(source))) from None
    except (tarfile.TarError, ValueError, EOFError) as error:
        raise PortalError(_no_backup(source)) from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise PortalError(say("{path} cannot be unpacked: {reason}.", path=str(source), reason=reason)) from error
    if "schema" not in manifest or not (folder / DATABASE).is_file():
        raise PortalError(_no_backup(source))
    return manifest


def _keep(data: Any, path: Path) -> str:
    """Write what an archive holds to the disk; its digest."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest = hashlib.sha256()
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        while chunk := data.read(CHUNK):
            digest.update(chunk)
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _check(digest: str, name: str, source: Path) -> None:
    if digest != name.rpartition("/")[2]:
        raise PortalError(say("{path} is damaged: {name} has other contents.", path=str(source), name=name))


def _no_backup(source: Path) -> Any:
    return say("{path} is no whole backup of the portal. Take a file that “flask backup FILE” wrote.", path=str(source))


def move_files(folder: Path, target: Path) -> int:
    """Move unpacked files to where an installation keeps them; what is there already stays. How many were moved."""
    moved = 0
    for file in sorted((folder / "files").rglob("*")):
        place = target / file.relative_to(folder / "files")
        if file.is_file() and not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            shutil.move(file, place)
            moved += 1
    return moved
