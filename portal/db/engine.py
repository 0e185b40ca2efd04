"""The connection to the database, and the one way to write to it.

SQLite: the driver stays in autocommit and we say BEGIN ourselves, so that a writer can take its lock before its
first read (BEGIN IMMEDIATE). Writers queue on a file lock in front of that, which keeps waiting short and fair.
PostgreSQL: each read commits itself, because psycopg forgets the statements it has prepared at every ROLLBACK.
Writers ask for READ COMMITTED, take row locks in the order the actions document, and are tried again a few times when
the server reports a deadlock or a serialisation failure. Outside of them the server refuses to write.
"""

from __future__ import annotations

import contextlib
import fcntl
import functools
import os
import random
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, ParamSpec, TypeVar, overload

import psycopg
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import CursorResult, Engine, Executable, MetaData, create_engine, event, text
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session

from portal.rules.errors import Busy
from portal.rules.sentences import say

BUSY_SECONDS = 30
PASSING_SECONDS = 0.2
"""How long what is noted while somebody reads waits for its turn."""

TRIES = 6
_RETRIED_STATES = {"40P01", "40001", "23505"}
"""Deadlock, serialisation failure, and a unique value somebody else just took: the second try sees it and says so."""

_CHECK_VIOLATION, _PASSED = "23514", ("credit_not_negative", "ck_entry_open", "the month is closed")
"""Customer Credit or an item that somebody else just spent, or a month just closed: the second try sees it and says so,
too."""
_LOCK_TIMEOUT = "55P03"
_WRITES: dict[str, Any] = {"writes": True, "isolation_level": "READ COMMITTED", "postgresql_readonly": False}
_ONE_PICTURE: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
MOST_PREPARED = 500
"""Statements that a connection keeps prepared: more than there are pages with each way to filter them."""

BEFORE_COMMIT: list[Callable[[], None]] = []
"""What follows from a change, whichever action made it, as the last thing in its transaction."""

OCCUPIED = say("The system is busy with another change. Nothing was done; please try again in a moment.")

P = ParamSpec("P")
R = TypeVar("R")


class Base(DeclarativeBase):
    """The declarative base of every table."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(metadata=Base.metadata, session_options={"expire_on_commit": False})


def is_sqlite() -> bool:
    return db.engine.dialect.name == "sqlite"


def prepare(engine: Engine) -> None:
    """Give `engine` the settings every connection of ours needs; safe to call twice."""
    if engine.dialect.name != "sqlite":
        if not event.contains(engine, "do_connect", _postgres_connect):
            event.listen(engine, "do_connect", _postgres_connect)
            event.listen(engine, "do_execute", _postgres_execute)
            event.listen(engine, "connect", _postgres_connected)
        return
    if not event.contains(engine, "connect", _sqlite_connect):
        event.listen(engine, "do_connect", _sqlite_open)
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)


def _postgres_connect(_dialect: object, _record: object, _args: object, wanted: dict[str, object]) -> None:
    """Nobody waits longer for another's locks than SQLite would, and books are read by their indexes.

    A page asks for few rows out of very many: with the defaults, made for discs that turn, PostgreSQL would rather read
    all entries, in several processes, than five hundred by their key. And nothing is written outside of a transaction
    that asked for it, where it would be kept at once. Options in the URL come last and so win.
    """
    ours = {
        "lock_timeout": BUSY_SECONDS * 1000,
        "random_page_cost": 1.1,
        "max_parallel_workers_per_gather": 0,
        "default_transaction_read_only": "on",
    }
    options = [f"-c {name}={value}" for name, value in ours.items()]
    wanted["options"] = " ".join([*options, str(wanted.get("options") or "")]).strip()


def _postgres_connected(raw: psycopg.Connection[Any], _record: object) -> None:
    raw.prepared_max = MOST_PREPARED


def _postgres_execute(cursor: Any, statement: str, parameters: Any, context: Any) -> bool | None:
    """Statements with the option `planned_anew` are planned for their values each time, however often they come."""
    if context is None or not context.execution_options.get("planned_anew"):
        return None
    cursor.execute(statement, parameters, prepare=False)
    return True


def _sqlite_open(_dialect: object, _record: object, arguments: Sequence[Any], _wanted: object) -> None:
    """A file that is not there yet is made for its owner alone (SEC63); what SQLite makes beside it takes after it."""
    file = str(arguments[0])
    if not file.startswith(("file:", ":")):
        with contextlib.suppress(OSError):
            os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _sqlite_connect(raw: sqlite3.Connection, _record: object) -> None:
    raw.isolation_level = None
    cursor = raw.cursor()
    for pragma in (
        f"busy_timeout={BUSY_SECONDS * 1000}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "cache_size=-65536",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sqlite_begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if "waits_seconds" not in options:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("writes") else "BEGIN")
        return
    try:
        _wait_for_others(connection, options["waits_seconds"])
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    finally:
        _wait_for_others(connection, BUSY_SECONDS)


def _wait_for_others(connection: Connection, seconds: float) -> None:
    connection.exec_driver_sql(f"PRAGMA busy_timeout = {int(seconds * 1000)}")


def standalone_engine(url: str) -> Engine:
    """An engine outside the application, for tools and benchmarks, with the same settings."""
    engine = create_engine(url, **engine_options(url))
    prepare(engine)
    return engine


def engine_options(url: str) -> dict[str, Any]:
    """What an engine on this database has to be made with; `prepare` does the rest."""
    return {} if url.startswith("sqlite") else {"isolation_level": "AUTOCOMMIT"}


def to_write(engine: Engine) -> Connection:
    """A connection past the session and past every action that may write: it begins as an action does."""
    return engine.connect().execution_options(**writing_options(engine))


def writing_options(engine: Engine) -> dict[str, Any]:
    """With which execution options a connection begins as an action does, and may write."""
    return {"writes": True} if engine.dialect.name == "sqlite" else _WRITES


def executed(
    statement: Executable, parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] = ()
) -> CursorResult[*tuple[Any, ...]]:
    """Run a statement in the current transaction past the session, which would cost more than the statement itself.

    For statements that are put together once (`functools.cache`) and run in every action.
    """
    current = db.session()
    current.flush()
    return current.connection().execute(statement, parameters or None)


@overload
def writes(action: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def writes(
    *, once: str = "", answer: Callable[..., Any] | None = None, joins: bool = False, in_passing: bool = False
) -> Callable[[Callable[P, R]], Callable[P, R]]: ...
def writes(
    action: Callable[..., Any] | None = None,
    /,
    *,
    once: str = "",
    answer: Callable[..., Any] | None = None,
    joins: bool = False,
    in_passing: bool = False,
) -> Callable[..., Any]:
    """Run an action in one write transaction: commit at its end, roll everything back if it raises.

    `@writes(once="link", answer=Done)` has one effect for each value of the action's argument `once`: the first call
    stores its answer, of the type `answer`, with the effect, and the same call again gets it without doing anything.
    What counts as the same are all arguments but `once` and `mark`, the actor included; Mismatch for another call.
    Without a value for `once` nothing is remembered.

    Actions do not call each other; a call inside a running write transaction is a mistake and raises, but for a step
    with `joins=True`, which then takes part in that transaction and leaves the commit to it.
    With `in_passing=True` it waits a moment at most: for what is noted while somebody reads (R32).
    Raises Busy when the database stays occupied beyond the busy time-out or refuses writes.
    """
    if action is None:
        return functools.partial(_writing, once=once, answer=answer, joins=joins, in_passing=in_passing)
    return _writing(action, once=once, answer=answer, joins=joins, in_passing=in_passing)


def _writing(
    action: Callable[..., Any], /, *, once: str, answer: Callable[..., Any] | None, joins: bool, in_passing: bool
) -> Callable[..., Any]:
    from portal.db import idempotency  # which itself stands on this module

    body = idempotency.remembered(action, once, answer) if once else action

    @functools.wraps(action)
    def run(*args: Any, **kwargs: Any) -> Any:
        current = db.session()
        if current.info.get("writing"):
            if joins:
                return body(*args, **kwargs)
            raise RuntimeError(f"{action.__qualname__} was called inside another action's transaction")
        for attempt in range(1, TRIES + 1):
            try:
                with _transaction(current, PASSING_SECONDS if in_passing else BUSY_SECONDS):
                    return body(*args, **kwargs)
            except DBAPIError as error:
                if attempt == TRIES or not _retryable(error):
                    raise _translated(error) from error
                time.sleep(random.uniform(0.5, 1) * 0.02 * 2**attempt)  # noqa: S311
        raise AssertionError("unreachable")

    return run


@contextlib.contextmanager
def _transaction(current: Session, patience: float) -> Iterator[None]:
    current.rollback()
    current.expire_all()
    current.info["writing"] = True
    try:
        with _queue(patience):
            options = writing_options(db.engine)
            if patience < BUSY_SECONDS and is_sqlite():
                options = {**options, "waits_seconds": patience}
            current.connection(execution_options=options)
            if patience < BUSY_SECONDS and not is_sqlite():
                current.execute(text(f"SET LOCAL lock_timeout = {int(patience * 1000)}"))
            yield
            for follow_up in BEFORE_COMMIT:
                follow_up()
            current.commit()
    except BaseException:
        current.rollback()
        raise
    finally:
        current.info.pop("writing", None)


@contextlib.contextmanager
def attempt() -> Iterator[None]:
    """A part of a write transaction that is undone by itself when it raises, so that the rest can go on."""
    with db.session.begin_nested():
        yield


def snapshot(read: Callable[P, R]) -> Callable[P, R]:
    """Run `read` on one consistent picture of the database, so that figures from several queries agree."""

    @functools.wraps(read)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        current = db.session()
        if current.info.get("writing"):
            return read(*args, **kwargs)
        current.rollback()
        if not is_sqlite():
            current.connection(execution_options=_ONE_PICTURE)
        try:
            return read(*args, **kwargs)
        finally:
            _end_reading(current)

    return run


def _end_reading(current: Session) -> None:
    """End a transaction that only read; on PostgreSQL by COMMIT, which lets the prepared statements be."""
    if is_sqlite() or not current.is_active or current.new or current.dirty or current.deleted:
        current.rollback()
    else:
        current.commit()


def _retryable(error: DBAPIError) -> bool:
    state = getattr(error.orig, "sqlstate", None)
    return state in _RETRIED_STATES or (state == _CHECK_VIOLATION and any(name in str(error.orig) for name in _PASSED))


def _translated(error: DBAPIError) -> Exception:
    said = str(error.orig).lower()
    waited = getattr(error.orig, "sqlstate", None) == _LOCK_TIMEOUT
    if waited or (isinstance(error, OperationalError) and ("locked" in said or "busy" in said)):
        return Busy(OCCUPIED)
    if any(words in said for words in ("disk is full", "disk i/o", "no space left", "readonly database")):
        return Busy(say("There is no room to store changes at the moment. Nothing was done; reading still works."))
    return error


@contextlib.contextmanager
def _queue(patience: float) -> Iterator[None]:
    """Wait for our turn among this installation's writers (SQLite files only)."""
    path = _queue_path()
    if path is None:
        yield
        return
    turn = _opened(f"{path}.writers")
    try:
        _take(turn, f"{path}.line", patience)
        yield
    finally:
        os.close(turn)


def _opened(path: str) -> int:
    return os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)


def _queue_path() -> str | None:
    url = db.engine.url
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return None
    return url.database


def _take(turn: int, line: str, patience: float) -> None:
    """Take our turn: at once if nobody has it, else after everybody who stands in line before us.

    The system wakes those in line in the order in which they came. Only the first of them asks for the turn again and
    again, and gives up in time, so nobody behind it waits beyond its own time either. Who only waits a moment does not
    stand in line for longer than that.
    """
    deadline = time.monotonic() + patience
    place = _opened(line)
    try:
        if patience < BUSY_SECONDS:
            _ask(place, deadline)
        else:
            fcntl.flock(place, fcntl.LOCK_EX)
        _ask(turn, deadline)
    finally:
        os.close(place)


def _ask(handle: int, deadline: float) -> None:
    pause = 0.0001
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise Busy(OCCUPIED) from None
            time.sleep(pause)
            pause = min(pause * 1.5, 0.001)
