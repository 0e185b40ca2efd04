"""S8: when statements go out by themselves."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from portal.rules.errors import Invalid, Refused
from portal.rules.periods import Period, month_with
from portal.rules.statements.monthly import month_due, read_month, wanted_then

OCTOBER = Period(date(2026, 10, 1), date(2026, 10, 31))


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-11-01T05:59", None),
        ("2026-11-01T06:00", OCTOBER),
        ("2026-11-30T23:59", OCTOBER),
        ("2027-01-01T06:00", Period(date(2026, 12, 1), date(2026, 12, 31))),
        ("2028-03-02T00:00", Period(date(2028, 2, 1), date(2028, 2, 29))),
    ],
)
def test_s8_the_last_month_is_due_from_the_first_morning_on(now: str, due: Period | None) -> None:
    assert month_due(datetime.fromisoformat(now)) == due


@pytest.mark.parametrize(("since", "wanted"), [("2026-10-31", True), ("2026-11-01", False), ("2025-01-01", True)])
def test_s8_whoever_asks_gets_the_month_that_runs_and_none_before(since: str, wanted: bool) -> None:
    assert wanted_then(date.fromisoformat(since), OCTOBER) is wanted


def test_s8_only_a_month_that_is_over_is_sent() -> None:
    assert read_month("2026-10", date(2026, 11, 1)) == OCTOBER == month_with(date(2026, 10, 7))
    for text in ("2026-13", "2026-1", "October", "0000-01", "1969-12", ""):
        with pytest.raises(Invalid):
            read_month(text, date(2026, 11, 1))
    for text in ("2026-11", "9999-12"):
        with pytest.raises(Refused, match=f"{text} is not over: today is 2026-11-30"):
            read_month(text, date(2026, 11, 30))
