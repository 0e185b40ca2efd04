"""Numbers of finance documents: gapless for each partner and series, stepping over imported ones (F2)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any, cast

from sqlalchemy import Executable, Table, case, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from portal.db.bulk import among
from portal.db.engine import db, executed, is_sqlite
from portal.db.tables import Entry, FutureItem, NumberSeries
from portal.rules import books as ledger


def take_numbers(partner_id: int, series: str, count: int, *, besides: Collection[str] = ()) -> list[tuple[int, str]]:
    """The next `count` values of a gapless series with their texts, stepping over imported numbers (F2).

    `besides` are imported numbers that are about to be written, once they have been noted.
    """
    taken: list[tuple[int, str]] = []
    while len(taken) < count:
        last, imported_up_to = _advance(partner_id, series, count - len(taken))
        values = range(last - (count - len(taken)), last)
        numbers = [(value, ledger.format_number(series, value)) for value in values]
        if values.start <= imported_up_to:
            held = _held(partner_id, series, [number for _, number in numbers])
            numbers = [pair for pair in numbers if pair[1] not in held and pair[1] not in besides]
        taken += numbers
    return taken


def _advance(partner_id: int, series: str, count: int) -> tuple[int, int]:
    first = {"partner_id": partner_id, "series": series, "next_value": 1 + count, "imported_up_to": 0}
    next_value, imported_up_to = executed(_step(is_sqlite()), first).one()
    return next_value, imported_up_to


@cache
def _step(lite: bool) -> Executable:
    """Begin a series at `next_value`, or go on by as many as that is beyond 1."""
    series = cast(Table, NumberSeries.__table__)
    row = cast(postgresql.Insert, (sqlite if lite else postgresql).insert(series))
    further = series.c.next_value + row.excluded.next_value - 1
    return row.on_conflict_do_update(index_elements=["partner_id", "series"], set_={"next_value": further}).returning(
        series.c.next_value, series.c.imported_up_to
    )


def _held(partner_id: int, series: str, numbers: Sequence[str]) -> set[str]:
    table: Any = FutureItem if series == ledger.FUTURE_SERIES else Entry
    condition = [table.partner_id == partner_id, among(table.number, numbers)]
    if table is Entry:
        condition.append(Entry.series == series)
    return set(db.session.scalars(select(table.number).where(*condition)))


def holds_number(partner_id: int, series: str, number: str) -> bool:
    """Whether an entry of the partner has this number in this series (F2)."""
    return bool(_held(partner_id, series, [number]))


def note_imported_numbers(highest: Mapping[tuple[int, str], int]) -> None:
    """Remember per (partner, series) the highest imported number that our own series will have to step over."""
    dialect = sqlite if is_sqlite() else postgresql
    for (partner_id, series), value in sorted(highest.items()):
        row = dialect.insert(NumberSeries).values(
            partner_id=partner_id, series=series, next_value=1, imported_up_to=value
        )
        larger = case((NumberSeries.imported_up_to > value, NumberSeries.imported_up_to), else_=literal(value))
        db.session.execute(
            row.on_conflict_do_update(index_elements=["partner_id", "series"], set_={"imported_up_to": larger})
        )
