"""Waking the worker once a change that gives it work is committed."""

from __future__ import annotations

from sqlalchemy import event
from sqlalchemy.orm import Session

from portal.db.engine import db
from portal.outside import bell

_MARK = "wake_worker"


def after_commit() -> None:
    """Wake the worker when this transaction commits. It also looks by itself, so a lost call costs a second only."""
    db.session().info[_MARK] = True


@event.listens_for(Session, "after_commit")
def _wake(session: Session) -> None:
    if session.info.pop(_MARK, False):
        bell.ring()


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop(_MARK, None)
