"""Files that people sent and that wait to be confirmed or worked on.

Each is kept for a day, and as long as a job that reads it is not over: a job that is killed or tried again finds its
file. It is deleted only after what it did is committed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO

from portal.db.engine import snapshot
from portal.db.jobs import queue as jobs
from portal.outside import clock, files
from portal.rules.deciding import Actor
from portal.rules.errors import NotAllowed
from portal.rules.sentences import say

KEPT = timedelta(days=1)


def keep(actor: Actor, data: BinaryIO) -> str:
    """Keep a file of the actor's: the SHA-256 that names it among theirs. Raises NotAllowed, and Busy without room."""
    files.drop_uploads_before(clock.now() - KEPT, _wanted())
    return files.keep_upload(owner_of(actor), data)


def path_of(actor: Actor, sha256: str) -> Path:
    """Where a file of the actor's is. Raises Missing when it is not kept any more, and NotAllowed."""
    return files.upload(owner_of(actor), sha256)


def drop(actor: Actor, sha256: str) -> None:
    """Delete a file whose work is committed, unless another job reads it."""
    _drop(owner_of(actor), sha256)


def after_job(arguments: Mapping[str, object]) -> None:
    """What becomes of the file that a finished job was given as "sent": for `job_kind`."""
    if (found := jobs.sent_with(arguments)) is not None:
        _drop(int(str(arguments["login"])), found)


def owner_of(actor: Actor) -> int:
    """The login whose files they are. Raises NotAllowed where there is none."""
    if actor.login_id is None:
        raise NotAllowed(say("Files are sent by people who have signed in."))
    return actor.login_id


def _drop(owner: int, sha256: str) -> None:
    if (owner, sha256) not in _wanted():
        files.drop_upload(owner, sha256)


@snapshot
def _wanted() -> set[tuple[int, str]]:
    return jobs.files_wanted()
