"""Signed-in browsers. The cookie holds a token, the table its hash; what has ended stays ended (SEC27 to SEC30)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, Update, bindparam, delete, select, text, update
from sqlalchemy.exc import OperationalError

from portal.db.engine import BUSY_SECONDS, db, executed, is_sqlite, to_write
from portal.db.logins.people import Person, digest, people, person
from portal.db.rows import columns, field_names, value_of
from portal.db.tables import Login, LoginSession
from portal.db.types import new_public_id
from portal.outside import clock

WAIT_MS = 150
"""Noting that a session is in use must not make a page wait for a long import."""


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser, as its owner sees it. Until `viewing_until` it shows the portal of `viewing_id` (O7)."""

    id: int
    public_id: str
    started_at: datetime
    seen_at: datetime
    expires_at: datetime
    ended_at: datetime | None
    address: str
    browser: str
    viewing_id: int | None
    viewing_until: datetime | None


_COLUMNS = columns(Session, "session_", **{name: getattr(LoginSession, name) for name in field_names(Session)})


def start(login_id: int, token: str, *, lifetime: timedelta, address: str, browser: str) -> None:
    """Add a session that `token` opens."""
    now = clock.now()
    db.session.add(
        LoginSession(
            public_id=new_public_id(),
            token_hash=digest(token),
            login_id=login_id,
            started_at=now,
            seen_at=now,
            expires_at=now + lifetime,
            address=address[:60],
            browser=browser[:300],
        )
    )
    db.session.flush()


def by_token(token: str) -> tuple[Session, Person] | None:
    """The session that `token` opens with its person, ended and expired ones included: one query."""
    row = executed(_by_token(), {"token_hash": digest(token)}).first()
    return (value_of(Session, row, "session_"), person(row)) if row else None


@cache
def _by_token() -> Select[*tuple[Any, ...]]:
    """Put together once: every page asks it."""
    return (
        people()
        .add_columns(*_COLUMNS)
        .join(LoginSession, LoginSession.login_id == Login.id)
        .where(LoginSession.token_hash == bindparam("token_hash"))
    )


def open_ones(login_id: int, *, seen_after: datetime) -> list[Session]:
    """The sessions that can still be used, latest first."""
    query = select(*_COLUMNS).where(
        LoginSession.login_id == login_id,
        LoginSession.ended_at.is_(None),
        LoginSession.expires_at > clock.now(),
        LoginSession.seen_at > seen_after,
    )
    rows = db.session.execute(query.order_by(LoginSession.seen_at.desc(), LoginSession.id))
    return [value_of(Session, row, "session_") for row in rows]


def end(*which: ColumnElement[bool]) -> int:
    """End the sessions that match; returns how many. What has ended stays ended (SEC30)."""
    ending = update(LoginSession).where(LoginSession.ended_at.is_(None), *which).values(ended_at=clock.now())
    return len(db.session.execute(ending.returning(LoginSession.id)).all())


def end_of_token(token: str) -> int:
    return end(LoginSession.token_hash == digest(token))


def end_of_login(login_id: int, *, only: str | None = None, besides: str | None = None) -> int:
    """End a login's sessions: all, the one with the public id `only`, or all `besides` one."""
    which = [LoginSession.login_id == login_id]
    if only is not None:
        which.append(LoginSession.public_id == only)
    if besides is not None:
        which.append(LoginSession.public_id != besides)
    return end(*which)


def view(public_id: str, customer_id: int | None, until: datetime | None) -> bool:
    """Let a session show the portal as a customer sees it until an instant, or (None) no more; whether it changed."""
    seen = update(LoginSession).where(LoginSession.public_id == public_id)
    if customer_id is None:
        seen = seen.where(LoginSession.viewing_id.is_not(None))
    changed = seen.values(viewing_id=customer_id, viewing_until=until).returning(LoginSession.id)
    return bool(db.session.execute(changed).all())


def belongs(login_id: int, public_id: str) -> bool:
    """Whether a login has, or had, the session."""
    query = select(LoginSession.id).where(LoginSession.login_id == login_id, LoginSession.public_id == public_id)
    return db.session.scalar(query) is not None


def touch(session_id: int, now: datetime) -> bool:
    """Note that a session is in use, unless it was ended; False when nothing was noted."""
    return _quickly(update(LoginSession).where(*_open(session_id)).values(seen_at=now))


def close(session_id: int, now: datetime) -> bool:
    """End a session that was found to be over."""
    return _quickly(update(LoginSession).where(*_open(session_id)).values(ended_at=now))


def _open(session_id: int) -> tuple[ColumnElement[bool], ...]:
    return LoginSession.id == session_id, LoginSession.ended_at.is_(None)


def _quickly(statement: Update) -> bool:
    """Carry out `statement` if the database has a moment; whether it changed anything.

    On a connection of its own, outside any action: a page that only reads must stay quick while others write.
    """
    # On SQLite the turn to write is not taken before it is said how long to wait for it.
    with db.engine.connect() if is_sqlite() else to_write(db.engine) as connection:
        try:
            connection.execute(text(_patience(WAIT_MS)))
            changed = connection.execute(statement).rowcount
            connection.commit()
        except OperationalError:
            connection.rollback()
            return False
        finally:
            if is_sqlite():
                connection.execute(text(_patience(BUSY_SECONDS * 1000)))
    return bool(changed)


def _patience(milliseconds: int) -> str:
    return f"PRAGMA busy_timeout={milliseconds}" if is_sqlite() else f"SET LOCAL lock_timeout={milliseconds}"


def forget_before(instant: datetime) -> int:
    """Delete the sessions that ran out before `instant`; returns how many."""
    gone = delete(LoginSession).where(LoginSession.expires_at < instant).returning(LoginSession.id)
    return len(db.session.execute(gone).all())
