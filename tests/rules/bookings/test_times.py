"""B3, B4, B8: wall time, clocks that change, and what touches."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.rules.bookings.leads import NoLead, before, read_lead
from portal.rules.bookings.times import NoTime, moment, read_minutes, read_start, span

ZONES = st.sampled_from(
    ["Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe", "UTC", "Asia/Beirut"]
)
WALLS = st.datetimes(datetime.fromisoformat("2010-01-01"), datetime.fromisoformat("2035-12-31"))


def at(text: str) -> datetime:
    """A wall time, or with Z an instant."""
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("first", "minutes", "ends", "starts_at", "ends_at", "hours"),
    [
        ("2026-03-29T00:00", 360, "2026-03-29T06:00", "2026-03-28T23:00Z", "2026-03-29T04:00Z", 5),
        ("2026-10-25T00:00", 360, "2026-10-25T06:00", "2026-10-24T22:00Z", "2026-10-25T05:00Z", 7),
        ("2026-03-28T00:00", 360, "2026-03-28T06:00", "2026-03-27T23:00Z", "2026-03-28T05:00Z", 6),
        ("2026-02-28T23:00", 120, "2026-03-01T01:00", "2026-02-28T22:00Z", "2026-03-01T00:00Z", 2),
        ("2028-02-28T23:00", 120, "2028-02-29T01:00", "2028-02-28T22:00Z", "2028-02-29T00:00Z", 2),
    ],
)
def test_b8_minutes_are_those_of_the_wall(
    first: str, minutes: int, ends: str, starts_at: str, ends_at: str, hours: int
) -> None:
    found = span(at(first), minutes, "Europe/Berlin")
    assert (found.starts, found.ends) == (at(first), at(ends))
    assert (found.starts_at, found.ends_at) == (at(starts_at), at(ends_at))
    assert found.ends_at - found.starts_at == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("asked", "wall", "instant", "moved"),
    [
        ("2023-03-26T02:30", "2023-03-26T03:30", "2023-03-26T01:30Z", True),
        ("2023-10-29T02:30", "2023-10-29T02:30", "2023-10-29T00:30Z", False),
        ("2023-03-26T03:00", "2023-03-26T03:00", "2023-03-26T01:00Z", False),
        ("2023-03-26T02:00", "2023-03-26T03:00", "2023-03-26T01:00Z", True),
    ],
)
def test_b8_a_time_that_does_not_exist_is_moved_on_and_one_that_exists_twice_is_the_first(
    asked: str, wall: str, instant: str, moved: bool
) -> None:
    found = moment(at(asked), "Europe/Berlin")
    assert (found.wall, found.at, found.moved) == (at(wall), at(instant), moved)
    assert span(at(asked), 60, "Europe/Berlin").ends == at(wall) + timedelta(hours=1)
    assert span(at(asked), 60, "Europe/Berlin").moved is moved


@given(WALLS, st.integers(1, 3000), ZONES)
def test_b8_every_session_has_some_time_that_passes_and_its_wall_times_exist(
    wall: datetime, minutes: int, zone: str
) -> None:
    found = span(wall.replace(second=0, microsecond=0), minutes, zone)
    assert found.starts_at < found.ends_at
    assert moment(found.starts, zone).at == found.starts_at
    assert moment(found.ends, zone).at == found.ends_at


@pytest.mark.parametrize(
    ("starts", "ends", "clash"),
    [
        ("00:00", "01:00", False),
        ("01:00", "02:00", False),
        ("01:00", "03:00", True),
        ("01:00", "05:00", True),
        ("02:00", "04:00", True),
        ("03:00", "05:00", True),
        ("04:00", "05:00", False),
        ("05:00", "06:00", False),
    ],
)
def test_b3_touching_is_no_clash(starts: str, ends: str, clash: bool) -> None:
    there = span(at("2026-05-04T02:00"), 120, "Europe/Berlin")
    first, last = at(f"2026-05-04T{starts}"), at(f"2026-05-04T{ends}")
    other = span(first, int((last - first).total_seconds()) // 60, "Europe/Berlin")
    assert there.meets(other) is clash
    assert other.meets(there) is clash


def test_b3_what_meets_is_decided_by_instants() -> None:
    """In the night of a fold and in two zones, the wall says otherwise."""
    berlin = span(at("2026-05-04T18:00"), 60, "Europe/Berlin")
    assert berlin.meets(span(at("2026-05-04T17:00"), 60, "Europe/London"))
    assert not berlin.meets(span(at("2026-05-04T18:00"), 60, "Europe/London"))
    assert span(at("2026-05-04"), 1440, "Europe/Berlin", whole_day=True).meets(berlin)


@pytest.mark.parametrize(
    ("starts", "zone", "text", "deadline"),
    [
        ("2020-03-29T18:00", "Europe/Berlin", "1 day", "2020-03-28T17:00Z"),
        ("2020-10-25T18:00", "Europe/Berlin", "1 day", "2020-10-24T16:00Z"),
        ("2017-12-27T05:00", "Asia/Tokyo", "60 minutes", "2017-12-26T19:00Z"),
        ("2026-03-29T06:00", "Europe/Berlin", "1440 minutes", "2026-03-28T04:00Z"),
        ("2026-03-29T06:00", "Europe/Berlin", "1 week", "2026-03-22T05:00Z"),
        ("2026-03-30T02:30", "Europe/Berlin", "1 day", "2026-03-29T01:30Z"),
        ("2026-03-02T18:00", "Europe/Berlin", "0 minutes", "2026-03-02T17:00Z"),
    ],
)
def test_b4_days_keep_the_wall_time_and_minutes_pass(starts: str, zone: str, text: str, deadline: str) -> None:
    assert before(text, at(starts), zone) == at(deadline)


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("2 days", "2 days"),
        ("1 day", "1 day"),
        (" 90  Minutes ", "90 minutes"),
        ("24 hours", "24 hours"),
        ("1 week", "1 week"),
    ],
)
def test_b4_lengths_are_read_as_people_write_them(text: str, kept: str) -> None:
    assert str(read_lead(text)) == kept
    assert read_lead(kept) == read_lead(text)


@pytest.mark.parametrize("text", ["2", "days", "-1 days", "1.5 days", "2 fortnights", "2 days 3 hours", "99999 weeks"])
def test_b4_what_is_no_length_is_refused(text: str) -> None:
    assert read_lead("") is None
    with pytest.raises(NoLead):
        read_lead(text)


def test_b8_a_start_is_a_time_or_a_whole_day() -> None:
    assert read_start("2026-03-02T18:00") == (at("2026-03-02T18:00"), False)
    assert read_start("2026-03-02 9:05") == (at("2026-03-02T09:05"), False)
    assert read_start("2026-03-02") == (at("2026-03-02"), True)
    for wrong in ("", "2026-02-30", "2026-02-30T10:00", "2026-03-02T25:00", "2026-03-02T18:00Z", "1066-01-01", "today"):
        with pytest.raises(NoTime):
            read_start(wrong)


def test_b8_minutes_are_whole_and_days_whole_days() -> None:
    assert read_minutes("45", whole_day=False) == 45
    assert read_minutes("", whole_day=True) == 1440
    assert read_minutes("2880", whole_day=True) == 2880
    for text, whole in (("0", False), ("-5", False), ("1.5", False), ("", False), ("9999999", False), ("90", True)):
        with pytest.raises(NoTime):
            read_minutes(text, whole_day=whole)


def test_b8_a_whole_day_is_from_midnight_to_midnight_also_where_there_is_none() -> None:
    """In Beirut the clocks go forward at midnight: the day begins at one, and is still that day."""
    found = span(at("2022-03-27"), 1440, "Asia/Beirut", whole_day=True)
    assert (found.starts, found.ends) == (at("2022-03-27"), at("2022-03-28"))
    assert found.starts_at == at("2022-03-26T22:00Z")
    assert not found.moved


def test_b8_a_zone_that_is_not_known_is_refused() -> None:
    for name in ("Mars/Olympus", "", "../etc/passwd", "Europe"):
        with pytest.raises(NoTime, match="is not a time zone"):
            moment(at("2026-01-01"), name)
