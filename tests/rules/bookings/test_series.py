"""B8: rules of RFC 5545, as they are read."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from portal.rules.bookings.series import horizon, read_dates, read_rule
from portal.rules.bookings.times import NoTime
from portal.rules.books import LATEST


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not a rule"),
        ("weekly", "is not a rule"),
        ("INTERVAL=2", "FREQ"),
        ("FREQ=HOURLY", "means nothing"),
        ("FREQ=WEEKLY;FREQ=DAILY", "stands twice"),
        ("FREQ=WEEKLY;COUNT=0", "COUNT=0"),
        ("FREQ=WEEKLY;INTERVAL=0", "INTERVAL=0"),
        ("FREQ=WEEKLY;COUNT=-1", "COUNT=-1"),
        ("FREQ=WEEKLY;COUNT=5;UNTIL=20261231", "not by both"),
        ("FREQ=WEEKLY;UNTIL=20261331", "means nothing"),
        ("FREQ=WEEKLY;UNTIL=20261231T256000Z", "means nothing"),
        ("FREQ=WEEKLY;BYDAY=XX", "means nothing"),
        ("FREQ=WEEKLY;BYDAY=1MO", "counts weekdays"),
        ("FREQ=MONTHLY;BYDAY=54MO", "means nothing"),
        ("FREQ=DAILY;BYHOUR=9,18", "time of the day"),
        ("FREQ=DAILY;BYEASTER=1", "no part of a rule"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "means nothing"),
        ("FREQ=MONTHLY;BYMONTH=-1", "means nothing"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "No month"),
        ("FREQ=MONTHLY;BYSETPOS=1", "there is none"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "BYMONTHDAY"),
        ("FREQ=MONTHLY;BYYEARDAY=100", "BYYEARDAY"),
        ("FREQ=MONTHLY;BYWEEKNO=10", "BYWEEKNO"),
        ("FREQ=WEEKLY;X-<b>=1", "no part of a rule"),
        ("FREQ=WEEKLY;BYDAY=" + ",".join(["MO"] * 200), "characters"),
    ],
)
def test_b8_what_is_no_rule_says_why(text: str, said: str) -> None:
    with pytest.raises(NoTime) as fault:
        read_rule(text)
    assert said in str(fault.value)


def test_b8_a_rule_is_read_as_it_is_pasted() -> None:
    rule = read_rule(" RRULE:freq=weekly; byday=tu,th;UNTIL=20261231T225959Z ")
    assert rule.text == "FREQ=WEEKLY;BYDAY=TU,TH;UNTIL=20261231T225959Z"
    assert rule.recurrence == "FREQ=WEEKLY;BYDAY=TU,TH"
    assert not rule.endless


@pytest.mark.parametrize(
    ("until", "last"),
    [
        ("20261231T225959Z", datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC)),
        ("20261231T235959", datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC)),
        ("20261231", datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC)),
    ],
)
def test_b8_until_is_an_instant(until: str, last: datetime) -> None:
    assert read_rule(f"FREQ=DAILY;UNTIL={until}").last_at("Europe/Amsterdam") == last


def test_b8_one_without_an_end_goes_a_year_ahead_and_one_with_an_end_to_it() -> None:
    today, first = date(2026, 11, 30), date(2026, 12, 7)
    assert horizon(today, first, read_rule("FREQ=WEEKLY")) == date(2027, 12, 8)
    assert horizon(today, date(2014, 1, 1), read_rule("FREQ=WEEKLY")) == date(2027, 12, 1)
    assert horizon(today, first, read_rule("FREQ=WEEKLY;COUNT=500")) == LATEST


def test_b8_exceptions_are_dates() -> None:
    assert read_dates(" 2026-12-31  2026-12-24,2026-12-24;") == (date(2026, 12, 24), date(2026, 12, 31))
    assert read_dates("") == ()
    with pytest.raises(NoTime, match="24.12.2026"):
        read_dates("2026-12-31 24.12.2026")
