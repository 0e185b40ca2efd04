"""Checks of numbers: none missing, none given twice (F2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, literal, select

from portal.db.doctor import Check
from portal.db.doctor.reading import SHOWN
from portal.db.engine import db
from portal.db.tables import Entry, FutureItem, NumberSeries
from portal.rules.books import FUTURE_SERIES, format_number, own_value
from portal.rules.sentences import Sentence, say


def numbers() -> list[Sentence]:
    """F2: the numbers of each partner's series are without gaps, and given once."""
    wrong: list[Sentence] = []
    for table, series in ((Entry, None), (FutureItem, FUTURE_SERIES)):
        wrong += _series(table, series)
    return wrong[:SHOWN]


def _series(table: Any, only: str | None) -> Iterator[Sentence]:
    name: Any = table.series if only is None else literal(only)
    s = NumberSeries
    taken = {
        (partner, series): (count, different, highest)
        for partner, series, count, different, highest in db.session.execute(
            select(
                table.partner_id,
                name,
                func.count(table.sequence),
                func.count(table.sequence.distinct()),
                func.max(table.sequence),
            )
            .where(table.sequence.is_not(None))
            .group_by(table.partner_id, name)
        )
    }
    condition = s.series != FUTURE_SERIES if only is None else s.series == only
    known = {
        (partner, series): next_value - 1
        for partner, series, next_value in db.session.execute(
            select(s.partner_id, s.series, s.next_value).where(condition)
        )
    }
    for key in sorted(taken.keys() | known.keys()):
        yield from _judge_series(table, key, taken.get(key, (0, 0, 0)), known.get(key, 0))


def _judge_series(table: Any, key: tuple[int, str], taken: tuple[int, int, int], used: int) -> Iterator[Sentence]:
    partner, series = key
    count, different, highest = taken
    if different < count:
        yield say(
            "A number of partner {partner}, series {series}, was given twice.", partner=str(partner), series=series
        )
    if highest > used:
        yield say(
            "{number} of partner {partner}, series {series}, is beyond the series, which stands at {used}.",
            number=format_number(series, highest),
            partner=str(partner),
            series=series,
            used=used,
        )
    missing = used - different
    if missing <= 0 or highest > used:
        return
    held = _imported_values(table, partner, series, used)
    if missing != len(held):
        gap = _first_gap(table, partner, series, used, held)
        yield say(
            "{missing} numbers of partner {partner}, series {series}, are missing, the first being {number}.",
            missing=missing - len(held),
            partner=str(partner),
            series=series,
            number=format_number(series, gap),
        )


def _imported_values(table: Any, partner: int, series: str, used: int) -> set[int]:
    """Values of the series that imported numbers take."""
    query = select(table.number).where(
        table.partner_id == partner, table.sequence.is_(None), table.number.like(f"{series}-%")
    )
    if table is Entry:
        query = query.where(Entry.series == series)
    values = (own_value(series, number) for number in db.session.scalars(query.execution_options(yield_per=10_000)))
    return {value for value in values if value is not None and value <= used}


def _first_gap(table: Any, partner: int, series: str, used: int, held: set[int]) -> int:
    query = select(table.sequence).where(table.partner_id == partner, table.sequence.is_not(None))
    if table is Entry:
        query = query.where(Entry.series == series)
    present = held | set(db.session.scalars(query))
    return next((value for value in range(1, used + 1) if value not in present), 0)


CHECKS = (Check(150, say("Numbers are without gaps and given once"), numbers),)
