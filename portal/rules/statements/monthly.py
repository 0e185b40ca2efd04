"""When statements go out by themselves (S8)."""

from __future__ import annotations

import re
from datetime import date, datetime

from portal.rules.books import EARLIEST
from portal.rules.errors import Invalid, Reason, Refused
from portal.rules.periods import Period, month_before, month_with
from portal.rules.sentences import say

HOUR = 6
"""From this hour of the first day on, where the partner is."""
_MONTH = re.compile(r"\d{4}-\d{2}", re.ASCII)


def month_due(now: datetime) -> Period | None:
    """The month whose statements go out by themselves at a moment, in the partner's own time: the last one.

    None in the first hours of a month: what is booked in the night is still in it.
    """
    return None if now.day == 1 and now.hour < HOUR else month_with(month_before(now.date()))


def wanted_then(since: date, month: Period) -> bool:
    """Whether somebody who wants statements since a day gets that of a month by itself: not of one that was over."""
    return since <= month.last


def read_month(text: str, today: date) -> Period:
    """The month that was written ("2026-03"). Raises Invalid, and Refused for one that is not over (S8).

    `today` is the day of whoever keeps the books.
    """
    month: Period | None = None
    if _MONTH.fullmatch(text.strip()):
        year, number = map(int, text.strip().split("-"))
        if EARLIEST.year <= year and 1 <= number <= 12:
            month = month_with(date(year, number, 1))
    if month is None:
        raise Invalid({"month": say("“{text}” is no month. Write it as 2026-03.", text=text[:20])})
    if month.last >= today:
        message = say("{month} is not over: today is {today}.", month=text.strip(), today=today)
        raise Refused([Reason("S8", message, say("Choose a month that is over."))])
    return month
