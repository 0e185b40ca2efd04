"""Rows become values by the names of their columns, never by their position: a new field cannot move the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from operator import itemgetter
from typing import Any, TypeVar, get_type_hints

from sqlalchemy import Label, Result, Row

T = TypeVar("T")
_INNER = "__"
"""Stands between the name of a field and that of a field of the value in it."""


@dataclass(frozen=True, slots=True)
class Part:
    """The columns of a value that is a field of another one."""

    columns: Sequence[Label[Any]]


def columns(made: type, prefix: str = "", /, **named: Any) -> tuple[Label[Any], ...]:
    """A column for each field of `made`, a dataclass or named tuple, labelled with its name and in their order.

    A field that holds another value takes a `Part`. With a `prefix` before each label, a row can hold several values.
    Raises TypeError when a field has no column, or a column no field.
    """
    names = field_names(made)
    if set(names) != set(named):
        raise TypeError(f"{made.__name__} has other fields than these columns: {set(names) ^ set(named)}")
    return tuple(label for name in names for label in labelled(prefix + name, named[name]))


def labelled(name: str, column: Any) -> Iterable[Label[Any]]:
    """What stands for the field `name` among the columns of a query."""
    if isinstance(column, Part):
        return [inner.element.label(f"{name}{_INNER}{inner.name}") for inner in column.columns]
    return [column.label(name)]


@cache
def field_names(made: type) -> tuple[str, ...]:
    """The fields of a dataclass or a named tuple, in their order."""
    if is_dataclass(made):
        return tuple(one.name for one in fields(made))
    found: tuple[str, ...] = made._fields  # type: ignore[attr-defined]
    return found


def values_of(made: Callable[..., T], found: Result[*tuple[Any, ...]]) -> list[T]:
    """Every row as a value of `made`, whose fields are among the labels of its columns."""
    read: Callable[[Sequence[Any]], T] = _reader(made, tuple(found.keys()))
    return [read(row) for row in found]


def first_of(made: Callable[..., T], found: Result[*tuple[Any, ...]]) -> T | None:
    """The first row as a value, or None without rows."""
    row = found.first()
    return None if row is None else value_of(made, row)


def value_of(made: Callable[..., T], row: Row[*tuple[Any, ...]], prefix: str = "") -> T:
    """One row, or with a `prefix` those of its columns whose labels begin so, as a value."""
    read: Callable[[Sequence[Any]], T] = _reader(made, row._fields, prefix)
    return read(row)


@cache
def _reader(made: Any, keys: tuple[str, ...], prefix: str = "") -> Callable[[Sequence[Any]], Any]:
    """How a row with these keys becomes a value. Found by name once, so that many rows are read as fast as tuples."""
    plain = [name for name in field_names(made) if prefix + name in keys]
    nested = [name for name in field_names(made) if name not in plain]
    if not nested and tuple(plain) == keys:
        whole: Callable[[Sequence[Any]], Any] = getattr(made, "_make", lambda row: made(*row))
        return whole
    places = _places([keys.index(prefix + name) for name in plain])
    if not nested:
        return lambda row: made(*places(row))
    kinds = get_type_hints(made)
    inner = {name: _reader(kinds[name], keys, f"{prefix}{name}{_INNER}") for name in nested}
    if nested == list(field_names(made)[len(plain) :]):
        return lambda row: made(*places(row), **{name: read(row) for name, read in inner.items()})
    return lambda row: made(
        **dict(zip(plain, places(row), strict=True)), **{name: read(row) for name, read in inner.items()}
    )


def _places(indexes: list[int]) -> Callable[[Sequence[Any]], Sequence[Any]]:
    first_one = indexes[0] if indexes else 0
    if indexes == list(range(first_one, first_one + len(indexes))):
        return itemgetter(slice(first_one, first_one + len(indexes)))
    return itemgetter(*indexes)
