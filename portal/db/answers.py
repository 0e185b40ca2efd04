"""Answers of actions as JSON, so that the same request again can be given the same one."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints

from portal.rules.sentences import Sentence, as_json, from_json

VALUE = "value"
"""Under this stands an answer that is no dataclass."""


def kept(answer: object) -> dict[str, object]:
    """An answer as it is stored: the fields of a dataclass, or whatever else under `value`."""
    if dataclasses.is_dataclass(answer) and not isinstance(answer, Sentence | type):
        return {field.name: _kept(getattr(answer, field.name)) for field in dataclasses.fields(answer)}
    return {VALUE: _kept(answer)}


def read(kind: Callable[..., Any], stored: Mapping[str, object]) -> Any:
    """The answer of type `kind` that was stored."""
    if dataclasses.is_dataclass(kind) and kind is not Sentence:
        hints = get_type_hints(kind)
        return kind(**{name: _read(hints[name], value) for name, value in stored.items()})
    return _read(kind, stored[VALUE])


def _kept(value: object) -> object:
    if isinstance(value, Sentence):
        return as_json(value)
    if dataclasses.is_dataclass(value):
        return kept(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple | list):
        return [_kept(one) for one in value]
    if isinstance(value, frozenset):
        return sorted(map(_kept, value), key=str)
    return value


def _read(kind: Any, value: Any) -> Any:
    if get_origin(kind) in (Union, types.UnionType):
        if value is None:
            return None
        kind = next(one for one in get_args(kind) if one is not type(None))
    if (collection := get_origin(kind)) in (tuple, list, frozenset):
        return collection(_read(get_args(kind)[0], one) for one in value)
    if kind is Sentence:
        return from_json(value)
    if dataclasses.is_dataclass(kind):
        return read(kind, value)  # type: ignore[arg-type]
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    return kind.fromisoformat(value) if kind in (date, datetime) else value
