"""Rows become values by name, whatever else stands in them and in whatever order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
from flask import Flask
from sqlalchemy import literal, select

from portal.db.engine import db
from portal.db.rows import Part, columns, first_of, value_of, values_of


class Point(NamedTuple):
    east: int
    north: int


@dataclass(frozen=True)
class Place:
    name: str
    at: Point


def place(name: str) -> tuple[Any, ...]:
    return columns(Place, at=Part(columns(Point, north=literal(2), east=literal(1))), name=literal(name))


def test_columns_stand_in_the_order_of_the_fields() -> None:
    assert [one.name for one in columns(Point, north=literal(2), east=literal(1))] == ["east", "north"]
    assert [one.name for one in place("Brno")] == ["name", "at__east", "at__north"]


@pytest.mark.parametrize("named", [{"east": literal(1)}, {"east": literal(1), "north": literal(2), "up": literal(3)}])
def test_a_field_without_a_column_and_a_column_without_a_field_are_mistakes(named: dict[str, Any]) -> None:
    with pytest.raises(TypeError, match="other fields"):
        columns(Point, **named)


def test_values_are_read_by_name(app: Flask) -> None:
    plain = db.session.execute(select(*columns(Point, north=literal(2), east=literal(1))))
    assert values_of(Point, plain) == [Point(1, 2)]
    mixed = select(literal(9).label("more"), literal(2).label("north"), *place("Brno"), literal(1).label("east"))
    assert first_of(Point, db.session.execute(mixed)) == Point(1, 2)
    assert first_of(Place, db.session.execute(mixed)) == Place("Brno", Point(1, 2))


def test_no_row_is_no_value(app: Flask) -> None:
    assert (
        first_of(Point, db.session.execute(select(*columns(Point, north=literal(2), east=literal(1))).limit(0))) is None
    )


def test_a_prefix_tells_two_values_of_one_row_apart(app: Flask) -> None:
    here = columns(Point, "here_", east=literal(1), north=literal(2))
    there = columns(Point, "there_", east=literal(3), north=literal(4))
    row = db.session.execute(select(*there, *here)).one()
    assert (value_of(Point, row, "here_"), value_of(Point, row, "there_")) == (Point(1, 2), Point(3, 4))
