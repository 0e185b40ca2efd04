"""What a rule of RFC 5545 must look like before sessions are made of it, and where they end (B8)."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from portal.rules.bookings.times import NoTime, moment
from portal.rules.books import LATEST
from portal.rules.cells import day, day_fault
from portal.rules.digits import tidied
from portal.rules.sentences import say

AHEAD_DAYS = 366
"""So far ahead of today, or of its first date, a series without an end is written out."""

AT_ONCE = 1_000
"""So many dates of a series are written at once; the schedule goes on with the rest."""

LONGEST_RULE = 300
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_UNTIL = re.compile(r"(\d{8})(?:T(\d{6})(Z?))?", re.ASCII)
_WEEKDAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d{1,3}", re.ASCII)
_LARGEST = {"BYMONTHDAY": 31, "BYYEARDAY": 366, "BYWEEKNO": 53, "BYMONTH": 12, "BYSETPOS": 366}
_PARTS = ("FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", *_LARGEST)
_OF_THE_DAY = ("BYHOUR", "BYMINUTE", "BYSECOND")


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that was checked. `parts` are its parts but for UNTIL, as `text` writes them; `until` is UNTIL."""

    text: str
    parts: Mapping[str, str]
    until: str = ""

    @property
    def endless(self) -> bool:
        """Whether it goes on until it is ended."""
        return not self.until and "COUNT" not in self.parts

    @property
    def recurrence(self) -> str:
        """The rule without UNTIL, which is an instant: everything else is about wall time."""
        return ";".join(f"{name}={value}" for name, value in self.parts.items())

    def counting(self, count: int) -> Rule:
        """The same rule, which ends after so many dates."""
        parts = {name: str(count) if name == "COUNT" else value for name, value in self.parts.items()}
        return Rule(";".join(f"{name}={value}" for name, value in parts.items()), parts)

    def last_at(self, zone: str) -> datetime | None:
        """The instant up to which it makes sessions, itself included; None where nothing but a count ends it."""
        if not self.until:
            return None
        match = _UNTIL.fullmatch(self.until)
        assert match is not None
        on = date.fromisoformat(match[1])
        if not match[2]:  # a date alone is the whole of it
            return moment(datetime.combine(on + timedelta(days=1), time()), zone).at - timedelta(seconds=1)
        wall = datetime.combine(on, time.fromisoformat(match[2]))
        return wall.replace(tzinfo=UTC) if match[3] else moment(wall, zone).at


def read_rule(text: str) -> Rule:
    """A rule such as FREQ=WEEKLY;BYDAY=TU,TH;UNTIL=20261231T225959Z, as RFC 5545 means it. Raises NoTime.

    A series has one session a day at most, so it repeats by days, weeks, months or years, and the time of the day is
    the first session's.
    """
    plain = tidied(text).replace(" ", "").upper().removeprefix("RRULE:")
    if len(plain) > LONGEST_RULE:
        raise NoTime(say("The rule has {length} characters; at most {longest} are read.", length=len(plain),
                         longest=LONGEST_RULE))  # fmt: skip
    parts = _parts(plain, text)
    for name, value in parts.items():
        _check(name, value)
    _check_together(parts)
    return Rule(plain, {name: value for name, value in parts.items() if name != "UNTIL"}, parts.get("UNTIL", ""))


def read_dates(text: str) -> tuple[date, ...]:
    """Dates such as 2026-12-24 2026-12-31, with spaces, commas or semicolons between, in order. Raises NoTime."""
    found = set()
    for word in re.split(r"[\s,;]+", tidied(text)):
        if not word:
            continue
        if (on := day(word)) is None:
            raise NoTime(day_fault(word))
        found.add(on)
    return tuple(sorted(found))


def horizon(today: date, first: date, rule: Rule) -> date:
    """The last date up to which a series is written out today: all of one that ends, else a year ahead."""
    if not rule.endless:
        return LATEST
    return min(max(today, first) + timedelta(days=AHEAD_DAYS), LATEST)


def _parts(plain: str, text: str) -> dict[str, str]:
    parts: dict[str, str] = {}
    for part in plain.removesuffix(";").split(";"):
        name, equals, value = part.partition("=")
        if not equals or not value:
            raise NoTime(say("“{text}” is not a rule. Write it like FREQ=WEEKLY;BYDAY=TU,TH.", text=text[:60]))
        if name in parts:
            raise NoTime(say("{name} stands twice in the rule.", name=name))
        if name in _OF_THE_DAY:
            raise NoTime(say("The time of the day comes from the first session, not from {name}.", name=name))
        if name not in _PARTS:
            raise NoTime(say("“{name}” is no part of a rule that is known here.", name=name[:40]))
        parts[name] = value
    return parts


def _check(name: str, value: str) -> None:
    if name == "FREQ":
        right = value in _FREQUENCIES
    elif name in ("COUNT", "INTERVAL"):
        right = value.isascii() and value.isdecimal() and len(value) <= 4 and int(value) > 0
    elif name == "UNTIL":
        right = _is_until(value)
    elif name == "WKST":
        right = value in ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
    elif name == "BYDAY":
        right = all(map(_is_weekday, value.split(",")))
    else:
        right = all(_is_number(one, _LARGEST[name], below=name != "BYMONTH") for one in value.split(","))
    if not right:
        raise NoTime(say("The rule says {name}={value}, which means nothing.", name=name, value=value[:60]))


def _is_until(value: str) -> bool:
    match = _UNTIL.fullmatch(value)
    try:
        return match is not None and bool(date.fromisoformat(match[1])) and bool(time.fromisoformat(match[2] or "00"))
    except ValueError:
        return False


def _is_weekday(value: str) -> bool:
    match = _WEEKDAY.fullmatch(value)
    return match is not None and (not match[1] or 1 <= abs(int(match[1])) <= 53)


def _is_number(value: str, largest: int, *, below: bool) -> bool:
    """Whether it counts from one up, or from the end where it may be `below` zero."""
    return _NUMBER.fullmatch(value) is not None and 1 <= abs(int(value)) <= largest and (below or value[0] != "-")


def _check_together(parts: Mapping[str, str]) -> None:
    every = parts.get("FREQ")
    if every is None:
        raise NoTime(say("The rule says nothing of how often: it needs FREQ, such as FREQ=WEEKLY."))
    if "UNTIL" in parts and "COUNT" in parts:
        raise NoTime(say("A rule ends by UNTIL or after COUNT, not by both."))
    counted = any(match[1] for match in map(_WEEKDAY.fullmatch, parts.get("BYDAY", "").split(",")) if match)
    if counted and (every not in ("MONTHLY", "YEARLY") or "BYWEEKNO" in parts):
        raise NoTime(say("BYDAY={value} counts weekdays, which only a month or a year can.", value=parts["BYDAY"]))
    if "BYWEEKNO" in parts and every != "YEARLY":
        raise NoTime(say("BYWEEKNO is for rules that repeat by years."))
    if "BYMONTHDAY" in parts and every == "WEEKLY":
        raise NoTime(say("BYMONTHDAY is not for rules that repeat by weeks."))
    if "BYYEARDAY" in parts and every != "YEARLY":
        raise NoTime(say("BYYEARDAY is for rules that repeat by years."))
    if "BYSETPOS" in parts and not any(name.startswith("BY") for name in parts if name != "BYSETPOS"):
        raise NoTime(say("BYSETPOS chooses among what another part of the rule gives, and there is none."))
    if "BYMONTH" in parts and "BYMONTHDAY" in parts and not _some_day(parts["BYMONTH"], parts["BYMONTHDAY"]):
        raise NoTime(say("No month that the rule names has such a day."))


def _some_day(months: str, days: str) -> bool:
    """Whether any of these months has any of these days, in a leap year at least."""
    longest = max(monthrange(2024, int(month))[1] for month in months.split(","))
    return any(abs(int(day)) <= longest for day in days.split(","))
