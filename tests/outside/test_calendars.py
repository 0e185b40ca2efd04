"""B3, B8: what rules make, against a second opinion; and calendars that are read back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import recurring_ical_events
from icalendar import Calendar, Event

from portal.outside.calendars.recurring import walls
from portal.outside.calendars.writing import Happening, calendar_file
from portal.rules.bookings.series import read_dates, read_rule
from portal.rules.bookings.times import span

BERLIN = "Europe/Berlin"
END = date(2029, 12, 31)


def at(text: str) -> datetime:
    """A wall time."""
    return datetime.fromisoformat(text)


def dates(starts: str, rule: str, zone: str = BERLIN, without: str = "", end: date = END) -> list[str]:
    """The dates of a series, as they are written."""
    made = walls(read_rule(rule), datetime.fromisoformat(starts), zone, leaving_out=read_dates(without), until=end)
    return [f"{wall:%Y-%m-%d}" for wall in made]


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ("FREQ=MONTHLY;BYDAY=-1MO", ["2014-09-29", "2014-10-27", "2014-11-24", "2014-12-29"]),
        ("FREQ=MONTHLY;BYDAY=5MO", ["2014-09-29", "2014-12-29"]),
    ],
)
def test_b8_the_last_and_the_fifth_monday(rule: str, found: list[str]) -> None:
    assert dates("2014-09-29T18:00", rule, end=date(2014, 12, 31)) == found
    assert dates("2014-09-29T18:00", f"{rule};UNTIL=20141231T225959Z") == found


def test_b8_extra_dates_come_in_their_order_and_once() -> None:
    rule = read_rule("FREQ=WEEKLY;COUNT=3")
    starts = at("2026-03-02T18:00")
    besides = [date(2026, 3, 4), date(2026, 3, 9), date(2026, 4, 1)]
    made = list(walls(rule, starts, BERLIN, besides=besides, after=date(2026, 3, 3), until=END))
    assert made == [at(f"2026-{day}T18:00") for day in ("03-04", "03-09", "03-16", "04-01")]


@pytest.mark.parametrize("starts", ["2026-03-02T18:00", "2026-01-31T00:00", "2028-02-29T09:30", "2026-10-25T03:30"])
@pytest.mark.parametrize(
    ("rule", "without"),
    [
        ("FREQ=DAILY;COUNT=400", ""),
        ("FREQ=DAILY;INTERVAL=3;UNTIL=20270101T120000Z", "2026-03-05 2026-10-25"),
        ("FREQ=WEEKLY;BYDAY=TU,TH;COUNT=60", "2026-12-24 2026-12-31"),
        ("FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=SU,MO;COUNT=40", ""),
        ("FREQ=MONTHLY;COUNT=30", ""),
        ("FREQ=MONTHLY;BYMONTHDAY=31;COUNT=12", ""),
        ("FREQ=MONTHLY;BYMONTHDAY=-1;UNTIL=20281231T235959Z", "2028-02-29"),
        ("FREQ=MONTHLY;BYDAY=-1MO;COUNT=20", ""),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=20", ""),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;COUNT=2", ""),
        ("FREQ=YEARLY;BYDAY=20MO;COUNT=3", ""),
    ],
)
def test_b8_a_series_is_what_rfc_5545_makes_of_it(starts: str, rule: str, without: str) -> None:
    """Against recurring-ical-events, by instants."""
    first = datetime.fromisoformat(starts)
    made = list(walls(read_rule(rule), first, BERLIN, leaving_out=read_dates(without), until=END))
    event = Event()
    event.add("uid", "series")
    event.add("dtstart", first.replace(tzinfo=ZoneInfo(BERLIN)))
    event.add("duration", timedelta(hours=1))
    for left_out in read_dates(without):
        event.add("exdate", datetime.combine(left_out, first.time(), ZoneInfo(BERLIN)))
    calendar = Calendar.from_ical(
        b"BEGIN:VCALENDAR\r\n" + event.to_ical().replace(b"END:VEVENT", f"RRULE:{rule}\r\nEND:VEVENT".encode())
        + b"END:VCALENDAR\r\n"
    )  # fmt: skip
    found = recurring_ical_events.of(calendar).between(first.date(), END + timedelta(days=1))
    theirs = sorted(one["DTSTART"].dt.astimezone(UTC) for one in found)
    ours = [span(wall, 60, BERLIN).starts_at for wall in made]
    assert ours == theirs
    assert len(ours) > 1 or first.date() > date(2027, 1, 1)


def happening(number: int, **changed: object) -> Happening:
    values = {
        "uid": f"{number}@club.example",
        "sequence": number,
        "starts": at(f"2026-10-{24 + number}T18:00"),
        "ends": at(f"2026-10-{24 + number}T19:00"),
        "zone": BERLIN,
        "title": "Zoë <b>O'Brien</b>; 株式会社, عربى\nand more, so that the line is folded somewhere in its middle",
        "changed_at": datetime(2026, 10, 1, tzinfo=UTC),
        **changed,
    }
    return Happening(**values)  # type: ignore[arg-type]


def test_b3_a_calendar_reads_back_as_it_was_meant() -> None:
    written = calendar_file(
        "Zoë's week",
        [
            happening(0, place="Pool, lane 3", text="For Mia", address="https://club.example/bookings/1"),
            happening(1, cancelled=True),
            happening(2, whole_day=True, starts=at("2026-12-24"), ends=at("2026-12-26")),
        ],
    )
    assert all(len(line) <= 75 for line in written.split(b"\r\n"))
    calendar = Calendar.from_ical(written)
    assert calendar["X-WR-CALNAME"] == "Zoë's week"
    assert not calendar.get_missing_tzids()
    plain, cancelled, days = calendar.walk("VEVENT")
    assert (plain["UID"], plain["SEQUENCE"], plain["STATUS"]) == ("0@club.example", 0, "CONFIRMED")
    assert plain["SUMMARY"] == happening(0).title
    assert plain["DTSTART"].dt.astimezone(UTC) == datetime(2026, 10, 24, 16, tzinfo=UTC)
    assert (cancelled["STATUS"], cancelled["SEQUENCE"]) == ("CANCELLED", 1)
    assert cancelled["DTSTART"].dt.astimezone(UTC) == datetime(2026, 10, 25, 17, tzinfo=UTC)
    assert (days["DTSTART"].dt, days["DTEND"].dt) == (date(2026, 12, 24), date(2026, 12, 26))


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Tokyo"])
def test_b3_the_zone_that_stands_in_a_calendar_is_the_one_that_is_meant(zone: str) -> None:
    """Each hour of a year, also in the nights of both changes: the last of its onsets decides."""
    written = calendar_file("A", [happening(0, zone=zone)])
    (definition,) = Calendar.from_ical(written).walk("VTIMEZONE")
    onsets = sorted(
        (part["DTSTART"].dt.replace(tzinfo=UTC) - part["TZOFFSETFROM"].td, part["TZOFFSETTO"].td)
        for part in definition.subcomponents
    )
    instant = datetime(2026, 1, 1, tzinfo=UTC)
    while instant.year == 2026:
        offset = [to for since, to in onsets if since <= instant][-1]
        assert offset == instant.astimezone(ZoneInfo(zone)).utcoffset(), instant
        instant += timedelta(hours=1)


def test_b3_an_unchanged_calendar_is_the_same_file() -> None:
    assert calendar_file("A", [happening(0)]) == calendar_file("A", [happening(0)])
