"""Backing an installation up into one file, and bringing it back (R27)."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from flask import current_app

from portal.config import Settings
from portal.db import copying, health
from portal.outside import archives, clock, files
from portal.rules.errors import PortalError, Reason, Refused
from portal.rules.sentences import say


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was written or brought back: its file, how many stored files it holds, and its bytes."""

    path: str
    files: int
    size: int
    made_at: str


def back_up(path: Path) -> Backup:
    """Write the database and the stored files into a new file, while the portal runs. Raises PortalError.

    The database first, the files after: a file is on the disk before a row names it, so whatever the copy names is
    there. Settings and keys are not in it.
    """
    if path.exists():
        raise PortalError(say("{path} is there already. Choose another name, or move it away.", path=str(path)))
    made_at = clock.now().isoformat(timespec="seconds")
    manifest = {
        "kith": version("kith"),
        "made_at": made_at,
        "database": copying.engine_name(),
        "schema": sorted(health.found_revisions()),
    }
    root = files.folder()
    try:
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=path.absolute().parent) as folder:
            copy = Path(folder) / archives.DATABASE
            copying.copy_to(copy)
            count = archives.write(path.absolute(), manifest, copy, files.kept(), root)
    except OSError as error:
        reason = error.strerror or str(error)
        raise PortalError(say("{path} cannot be written: {reason}.", path=str(path), reason=reason)) from error
    return Backup(str(path), count, path.stat().st_size, made_at)


def restore(path: Path, *, replace: bool = False) -> Backup:
    """Put a backup in the place of this installation's database and files; files that are there stay.

    Refused while anything else has the database open, over one that is in use unless `replace`, and for a backup of
    another kind of database or of a later version. Nothing is changed then.
    """
    settings: Settings = current_app.config["PORTAL_SETTINGS"]
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=settings.instance_dir) as folder:
        manifest = archives.read(path, Path(folder))
        _refuse(manifest, replace=replace)
        copying.refuse_if_open()
        count = archives.move_files(Path(folder), files.folder())
        copying.put_back(Path(folder) / archives.DATABASE)
    return Backup(str(path), count, path.stat().st_size, str(manifest.get("made_at", "")))


def _refuse(manifest: dict[str, object], *, replace: bool) -> None:
    reasons = []
    kind, schema = manifest.get("database"), manifest.get("schema")
    if kind != copying.engine_name():
        reasons.append(
            Reason(
                "R27",
                say("The backup is of {kind}, this database is {own}.", kind=str(kind), own=copying.engine_name()),
                say("Set PORTAL_DATABASE_URL to a database of the same kind."),
            )
        )
    unknown = {str(one) for one in schema} - health.revisions() if isinstance(schema, list) else {str(schema)}
    if unknown:
        reasons.append(
            Reason(
                "R23",
                say("The backup has the schema {schema}, which this version does not know.", schema=", ".join(unknown)),
                say("Install the version that wrote it."),
            )
        )
    if not replace and not copying.is_empty():
        reasons.append(
            Reason(
                "R27",
                say("The database here has customers or logins already."),
                say("Restore into an empty one, or say --replace."),
            )
        )
    if reasons:
        raise Refused(reasons)
