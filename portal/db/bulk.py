"""Writing and looking up many rows at once, as fast as each engine can.

SQLite takes prepared rows straight to the driver, PostgreSQL takes them by COPY. Both skip only SQLAlchemy's per-row
work; every constraint and trigger of the database still holds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, TypeVar

import psycopg
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Enum,
    Integer,
    Table,
    Text,
    TypeDecorator,
    any_,
    cast,
    exc,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY

from portal.db.engine import db, is_sqlite
from portal.db.types import Instant

MOST_BOUND = 10_000
"""So many values are bound one by one to a statement that is kept, well below what the engines take."""

WORTH_COPYING = 100
"""Fewer rows than this go to PostgreSQL as one prepared statement."""

TOGETHER = 500
"""So many rows go to SQLite as one statement where triggers keep the customer search: FTS5 writes its index to disk
with every statement that reaches it through a trigger."""

T = TypeVar("T")
Value = Any


def insert_many(model: type[Any] | Table, columns: Sequence[str], rows: Sequence[Sequence[Value]]) -> None:
    """Insert `rows`, whose values stand in the order of `columns`. Columns left out take the database's own value.

    Raises SQLAlchemy's errors, as any other statement does.
    """
    if not rows:
        return
    table: Table = model if isinstance(model, Table) else model.__table__
    db.session.flush()
    try:
        if is_sqlite():
            _executemany(table, columns, rows)
        else:
            _copy(table, columns, rows)
    except (db.engine.dialect.loaded_dbapi.Error, psycopg.Error) as error:
        base: Any = db.engine.dialect.loaded_dbapi.Error
        raise exc.DBAPIError.instance(
            f"bulk insert into {table.name}", None, error, base, dialect=db.engine.dialect
        ) from error


def _executemany(table: Table, columns: Sequence[str], rows: Sequence[Sequence[Value]]) -> None:
    for place, processor in _processors(table, columns).items():
        rows = _processed(rows, place, processor)
    names = ", ".join(f'"{column}"' for column in columns)
    places = f"({', '.join('?' * len(columns))})"
    insert = f"INSERT INTO {table.name} ({names}) VALUES "  # noqa: S608
    together = TOGETHER if table.name in ("customer", "sub_account_link", "login") else 1
    whole = len(rows) - len(rows) % together if together > 1 else 0
    if whole:
        many = insert + ", ".join([places] * together)
        _driver().executemany(many, (list(chain(*rows[at : at + together])) for at in range(0, whole, together)))
    _driver().executemany(insert + places, rows[whole:])


def _processors(table: Table, columns: Sequence[str]) -> dict[int, Callable[[Value], Value]]:
    """How SQLAlchemy stores the values of columns that the driver cannot take as they are: dates and instants.

    Words of an `Enum` are given as they are stored.
    """
    dialect = db.engine.dialect
    found: dict[int, Callable[[Value], Value]] = {}
    for place, column in enumerate(columns):
        kind = table.c[column].type
        processor = kind.dialect_impl(dialect).bind_processor(dialect)
        if processor is not None and not isinstance(kind, Enum):
            found[place] = processor
    return found


def _processed(
    rows: Sequence[Sequence[Value]], place: int, processor: Callable[[Value], Value]
) -> Sequence[Sequence[Value]]:
    """The rows with one value as the driver takes it; each different value is turned only once."""
    known = {value: processor(value) for value in {row[place] for row in rows}}
    after = place + 1
    return [(*row[:place], known[row[place]], *row[after:]) for row in rows]


def _copy(table: Table, columns: Sequence[str], rows: Sequence[Sequence[Value]]) -> None:
    for place, processor in _processors(table, columns).items():
        kind = table.c[columns[place]].type
        if isinstance(kind, TypeDecorator) and not isinstance(kind, Instant):  # psycopg takes instants as they are
            rows = _processed(rows, place, processor)
    names = ", ".join(f'"{column}"' for column in columns)
    with _driver().cursor() as cursor:
        if len(rows) < WORTH_COPYING:
            places = ", ".join(["%s"] * len(columns))
            cursor.executemany(f"INSERT INTO {table.name} ({names}) VALUES ({places})", rows)  # noqa: S608
            return
        with cursor.copy(f"COPY {table.name} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)


def _driver() -> Any:
    """The driver's own connection inside the current transaction."""
    return db.session.connection().connection.driver_connection


def among(column: Any, values: Iterable[str | int]) -> ColumnElement[bool]:
    """`column IN values` with one bound value, so that ten thousand of them cost no more to prepare than one."""
    if is_sqlite():
        found: ColumnElement[bool] = column.in_(select(listed(column, values)))
        return found
    is_one: ColumnElement[bool] = column == any_(_array(column, values))
    return is_one


def listed(column: Any, values: Iterable[str | int]) -> Any:
    """The column of a table of these values, for queries that give an answer for each of them."""
    if is_sqlite():
        return func.json_each(json.dumps(list(values), ensure_ascii=False)).table_valued("value").c.value
    return func.unnest(_array(column, values)).column_valued()


def _array(column: Any, values: Iterable[str | int]) -> Any:
    kind = ARRAY(BigInteger() if isinstance(column.type, Integer) else Text())
    return cast(literal(list(values), kind), kind)


def chunks(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of `size` items, the last one shorter."""
    taken: list[T] = []
    for item in items:
        taken.append(item)
        if len(taken) >= size:
            yield taken
            taken = []
    if taken:
        yield taken
