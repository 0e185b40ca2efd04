"""Customer Credit may not be below zero at any date (F10), judged on the outcome of a whole import."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby

from portal.actions.imports.reading import Work
from portal.db import imports
from portal.db.imports import Move, Payee
from portal.rules.imports import SHOWN, Problem
from portal.rules.money import Money
from portal.rules.sentences import say

Days = dict[date, int]


def check_credit(work: Work, spent: Mapping[int, Payee], first_entry_id: int) -> None:
    """Report, for each ledger account in `spent`, the rows that take it below zero.

    `spent` names somebody for whom each account was spent; entries of this import begin at `first_entry_id`.
    """
    short = []
    for account, days in groupby(imports.days_of(spent), key=lambda day: day.ledger_account_id):
        if _lowest({day.on: day.amount_minor for day in days})[0] < 0:
            short.append(account)
    for account in short[:SHOWN]:
        _blame(work, spent[account], imports.moves_of(account), first_entry_id)
    work.error_count += len(short[SHOWN:])


def _lowest(days: Days) -> tuple[int, date | None]:
    """The lowest balance at the end of a day, and the first such day."""
    balance, lowest, lowest_on = 0, 0, None
    for on in sorted(days):
        balance += days[on]
        if balance < lowest:
            lowest, lowest_on = balance, on
    return lowest, lowest_on


def _blame(work: Work, payee: Payee, moves: Sequence[Move], first_entry_id: int) -> None:
    """Take the rows of the file in order, after everything that adds to the account, and name those that overdraw."""
    lines = work.lines_of({m.external_id for m in moves if m.external_id and m.entry_id >= first_entry_id})
    mine = [m for m in moves if m.entry_id >= first_entry_id and m.amount_minor < 0 and (m.external_id or "") in lines]
    taken = set(map(id, mine))
    days: Days = {}
    for move in moves:
        if id(move) not in taken:
            _add(days, move)
    if not mine:
        _report(work, 0, payee, days)
    for _ in range(SHOWN):
        count = _affordable(days, mine)
        for move in mine[:count]:
            _add(days, move)
        if count == len(mine):
            return
        with_it = dict(days)
        _add(with_it, mine[count])
        _report(work, lines[mine[count].external_id or ""], payee, with_it)
        mine = mine[count + 1 :]


def _affordable(days: Days, moves: Sequence[Move]) -> int:
    """How many of `moves`, taken in order, leave no day below zero."""
    low, high = 0, len(moves)
    while low < high:
        middle = (low + high + 1) // 2
        with_them = dict(days)
        for move in moves[:middle]:
            _add(with_them, move)
        if _lowest(with_them)[0] < 0:
            high = middle - 1
        else:
            low = middle
    return low


def _add(days: Days, move: Move) -> None:
    days[move.on] = days.get(move.on, 0) + move.amount_minor


def _report(work: Work, line: int, payee: Payee, days: Days) -> None:
    lowest, on = _lowest(days)
    assert on is not None
    below = Money(-lowest, payee.currency)
    work.add(
        Problem(
            line,
            "amount",
            say(
                "Customer Credit of {payer} would be {below} below zero on {day}.",
                payer=payee.payer_name,
                below=below,
                day=on,
            ),
            "F10",
            say("Customer Credit may not go below zero at any date. Take a smaller amount or a later date."),
        )
    )
