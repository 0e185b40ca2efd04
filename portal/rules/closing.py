"""Months that are closed: nothing is dated into them any more (F8)."""

from __future__ import annotations

from datetime import date

from portal.rules.errors import Reason
from portal.rules.periods import month_after, month_with
from portal.rules.sentences import say


def is_closed(on: date, through: date | None) -> bool:
    """Whether a day lies in a closed month; `through` is the last day of the last one that is, None for none."""
    return through is not None and on <= through


def first_open(on: date, through: date | None) -> date:
    """The day itself or, where that is closed, the first open day (F8)."""
    return month_after(through) if through is not None and on <= through else on


def closed_refusals(on: date, through: date | None) -> list[Reason]:
    """Why nothing can be dated on a day (F8): its month is closed. Names the first open day."""
    if through is None or not is_closed(on, through):
        return []
    return [
        Reason(
            "F8",
            say("{month} is closed, so nothing can be dated {on} any more.", month=month_with(on), on=on),
            say("The first open day is {day}.", day=month_after(through)),
        )
    ]


def closing_refusals(month: date, today: date) -> list[Reason]:
    """Why a month cannot be closed (F8): it has not begun."""
    if month <= today:
        return []
    message = say("{month} has not begun: today is {today}.", month=month_with(month), today=today)
    return [Reason("F8", message, say("Close a month when it is over. What is closed cannot be opened again."))]
