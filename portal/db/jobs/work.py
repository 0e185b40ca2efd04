"""What waits for the worker, in one question: it asks every second, and mostly for nothing."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, exists, or_, select

from portal.db import notices, outbox
from portal.db.engine import db
from portal.db.jobs import queue as jobs
from portal.db.messages import sending


class Work(NamedTuple):
    """Whether there are messages to send, notices to turn into messages, jobs to do, and copies of messages to many to
    hand over.
    """

    messages: bool
    notices: bool
    jobs: bool
    copies: bool


def waiting(now: datetime) -> Work:
    """Whether anything is due, or was left by a worker that stopped."""
    query = select(_any(*outbox.due(now)), _any(notices.due(now)), _any(*jobs.due(now)), _any(sending.due(now)))
    return Work(*db.session.execute(query).one())


def _any(*due: ColumnElement[bool]) -> ColumnElement[bool]:
    return or_(*(exists().where(one) for one in due))
