"""The line of a balance as points between 0 and 1, for `components/chart.html`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from portal.rules.statements.figures import Statement, Step, chart_steps

MOST_STEPS = 240
"""More steps than this cannot be told apart on a screen."""


@dataclass(frozen=True, slots=True)
class BalanceChart:
    """Points from left to right, `y` upwards, each holding until the next; where zero is; and what to write beside.

    The steps are (day, balance in minor units): the first, the last, the lowest and the highest.
    """

    points: tuple[tuple[float, float], ...]
    zero: float
    first: Step
    last: Step
    lowest: Step
    highest: Step


def balance_chart(statement: Statement) -> BalanceChart | None:
    """The balance over the statement's days until today; None where nothing moved, there is one day only, or none.

    A part of somebody's books has no balance, and so no chart of one (S13).
    """
    steps = chart_steps(statement)
    if len({balance for _, balance in steps}) < 2 or steps[0][0] == steps[-1][0]:
        return None
    lowest, highest = min(steps, key=_balance), max(steps, key=_balance)
    low, high = min(0, lowest[1]), max(0, highest[1])
    room, days = max(1, high - low), (steps[-1][0] - statement.first).days
    return BalanceChart(
        points=tuple(
            (round((on - statement.first).days / days, 4), round((balance - low) / room, 4))
            for on, balance in thinned(steps)
        ),
        zero=round(-low / room, 4) if high > low else 0.5,
        first=steps[0],
        last=steps[-1],
        lowest=lowest,
        highest=highest,
    )


def thinned(steps: Sequence[Step], most: int = MOST_STEPS) -> list[Step]:
    """At most about `most` steps; of each stretch its lowest, highest and last, so that no peak is lost."""
    if len(steps) <= most:
        return list(steps)
    stretch = -(-len(steps) * 3 // most)
    kept = [steps[0]]
    for start in range(1, len(steps), stretch):
        part = steps[start : start + stretch]
        chosen = {part.index(min(part, key=_balance)), part.index(max(part, key=_balance)), len(part) - 1}
        kept += [part[index] for index in sorted(chosen)]
    return kept


def _balance(step: Step) -> int:
    return step[1]
