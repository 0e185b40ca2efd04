"""Numbers of imported transactions: rows keep theirs, and the others take the next of our series, without gaps (F2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from portal.actions.imports.judging import Find
from portal.actions.imports.plans import Plan
from portal.actions.imports.reading import Work
from portal.db.books import posting as ledger
from portal.rules.books import FUTURE_SERIES, SERIES, own_value
from portal.rules.imports import FUTURE_ITEM

Coming = dict[tuple[int, str], set[int]]
"""Values of our own series that rows of the file bring along, by partner and series."""


def give_numbers(plans: Iterable[Plan], coming: Coming) -> None:
    """Give plans without a number the next of their series, stepping over those that later rows bring."""
    wanted: dict[tuple[int, str], list[Plan]] = defaultdict(list)
    for plan in plans:
        plan.number = plan.row.number
        if not plan.number:
            wanted[plan.payee.partner_id, plan.series].append(plan)
    for key, waiting in sorted(wanted.items(), key=lambda item: item[0]):
        awaited = coming.get(key, set())
        place = 0
        while place < len(waiting):
            for value, number in ledger.take_numbers(*key, len(waiting) - place):
                if value not in awaited:
                    waiting[place].sequence, waiting[place].number = value, number
                    place += 1


def note_numbers(items: Iterable[Plan]) -> None:
    """Let our own series of future items step over imported numbers that look like ours."""
    highest: dict[tuple[int, str], int] = {}
    for plan in items:
        value = own_value(FUTURE_SERIES, plan.number) if plan.sequence is None else None
        if value is not None:
            key = (plan.payee.partner_id, FUTURE_SERIES)
            highest[key] = max(highest.get(key, 0), value)
    if highest:
        ledger.note_imported_numbers(highest)


def numbers_to_come(work: Work, find: Find) -> Coming:
    """Numbers like our own that rows of this file bring, by partner and series, where other rows take ours.

    Only files that mix rows with and without numbers in one series need this; the others are read past quickly.
    """
    mixed = _mixed_series(work)
    if not mixed:
        return {}
    values: dict[tuple[str, str], set[int]] = defaultdict(set)
    for customer, series, number in _numbering(work):
        value = own_value(series, number) if series in mixed else None
        if value is not None:
            values[customer, series].add(value)
    payees = find({customer for customer, _ in values})
    coming: dict[tuple[int, str], set[int]] = defaultdict(set)
    for (customer, series), some in values.items():
        if customer in payees:
            coming[payees[customer].partner_id, series] |= some
    return coming


def _mixed_series(work: Work) -> set[str]:
    numbered: set[str] = set()
    unnumbered: set[str] = set()
    for _, series, number in _numbering(work):
        (numbered if number else unnumbered).add(series)
    return numbered & unnumbered


_SERIES_OF_WORDS = {**{kind.value: series for kind, series in SERIES.items()}, FUTURE_ITEM: FUTURE_SERIES}


def _numbering(work: Work) -> Iterable[tuple[str, str, str]]:
    """Customer, series and number of each row, as far as they are there."""
    for _, values in work.source.rows(lambda _line, _column, _sentence: None):
        number = values[6]
        if number is None and not work.source.columns_vary:
            return
        series = _SERIES_OF_WORDS.get(values[3] or "")
        if series is not None:
            yield values[1] or "", series, number or ""
