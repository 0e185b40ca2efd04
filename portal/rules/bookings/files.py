"""What rows of activities and sessions must look like before anything is looked up (B1, B8)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import NamedTuple, TypeVar

from portal.rules import texts
from portal.rules.bookings.leads import NoLead, read_lead
from portal.rules.bookings.series import Rule, read_dates, read_rule
from portal.rules.bookings.times import NoTime, read_minutes, read_start, zone_of
from portal.rules.cells import Values, Wrong, identifier, limited, missing, one_of
from portal.rules.invoices.prices import Prices
from portal.rules.partners.settings import NotAllowedHere, tax_rate
from portal.rules.sentences import Sentence, say

LONGEST_NAME = 200
LONGEST_CLASS = 100
OLDEST = 150
MOST_PLACES = 100_000
USUAL_PLACES = 20
"""How many places a session has where nobody says."""

R = TypeVar("R")
_NEVER = datetime.combine(date.max, time())


class ActivityRow(NamedTuple):
    """A row of activities. None means that the file does not say. The price is still a text: its currency is the
    partner's.
    """

    external_id: str
    name: str
    partner: str
    place: str
    instructor: str
    price: str
    tax_rate: Decimal | None
    prices: Prices | None
    benefit_class: str
    age_from: int | None
    age_to: int | None
    cancel_until: str
    book_from: str
    book_until: str


class Timing(NamedTuple):
    """When sessions are: the first one's wall time and length, and the rule that makes more; all of it as it is kept.

    `zone` is "" where nobody said. `rule` is None for one session by itself.
    """

    starts: datetime
    minutes: int
    whole_day: bool = False
    zone: str = ""
    rule: Rule | None = None
    leaving_out: tuple[date, ...] = ()
    besides: tuple[date, ...] = ()


class SessionRow(NamedTuple):
    """A row of sessions: one, or the series that its rule makes."""

    external_id: str
    activity: str
    timing: Timing
    capacity: int


def activity_row(values: Values, wrong: Wrong) -> ActivityRow | None:
    """A row of activities."""
    failed = False

    def bad(column: str, sentence: Sentence) -> None:
        nonlocal failed
        failed = True
        wrong(column, sentence)

    external_id, name, partner, place, instructor, price, rate, prices, benefit_class, age_from, age_to, *ahead = values
    cancel_until, book_from, book_until = ahead
    row = ActivityRow(
        identifier(external_id, "external_id", bad),
        _name(name, "name", bad) or missing("name", bad),
        _name(partner, "partner", bad),
        _name(place, "place", bad),
        _name(instructor, "instructor", bad),
        price or "0",
        _rate(rate, bad),
        one_of(Prices, prices, "prices", bad),
        limited(texts.name(benefit_class or ""), LONGEST_CLASS, "class", bad),
        whole(age_from, 0, OLDEST, "age_from", bad),
        whole(age_to, 0, OLDEST, "age_to", bad),
        ahead_of(cancel_until, "cancel_until", bad),
        ahead_of(book_from, "book_from", bad),
        ahead_of(book_until, "book_until", bad),
    )
    if row.age_from is not None and row.age_to is not None and row.age_from > row.age_to:
        bad("age_to", say("It would be from {first} to {last} years: nobody is that old.", first=row.age_from,
                          last=row.age_to))  # fmt: skip
    return None if failed else row


def session_row(values: Values, wrong: Wrong) -> SessionRow | None:
    """A row of sessions."""
    failed = False

    def bad(column: str, sentence: Sentence) -> None:
        nonlocal failed
        failed = True
        wrong(column, sentence)

    external_id, activity, starts_at, minutes, capacity, rule, leaving_out, zone = values
    external, of = identifier(external_id, "external_id", bad), identifier(activity, "activity", bad)
    if not starts_at:
        missing("starts_at", bad)
        return None
    timing = timing_of(starts_at, minutes or "", rule or "", leaving_out or "", zone or "", bad)
    places = whole(capacity, 0, MOST_PLACES, "capacity", bad)
    if failed or timing is None:
        return None
    return SessionRow(external, of, timing, USUAL_PLACES if places is None else places)


def timing_of(
    starts_at: str, minutes: str, rule: str, leaving_out: str, zone: str, wrong: Wrong, besides: str = ""
) -> Timing | None:
    """When sessions are, from texts named as the columns of a file; None with what is wrong reported."""
    failed = False

    def bad(column: str, sentence: Sentence) -> None:
        nonlocal failed
        failed = True
        wrong(column, sentence)

    starts, whole_day = _tried("starts_at", bad, lambda: read_start(starts_at), (_NEVER, False))
    timing = Timing(
        starts,
        _tried("minutes", bad, lambda: read_minutes(minutes, whole_day=whole_day), 0),
        whole_day,
        zone,
        _tried("rule", bad, lambda: read_rule(rule), None) if rule.strip() else None,
        _tried("except", bad, lambda: read_dates(leaving_out), ()),
        _tried("also", bad, lambda: read_dates(besides), ()),
    )
    if zone:
        _tried("zone", bad, lambda: zone_of(zone), None)
    return None if failed else timing


def _tried(column: str, wrong: Wrong, read: Callable[[], R], instead: R) -> R:
    try:
        return read()
    except NoTime as fault:
        wrong(column, fault.sentence)
        return instead


def whole(text: str | None, least: int, most: int, column: str, wrong: Wrong) -> int | None:
    """A whole number between two, both included; None where the cell is empty or was reported."""
    if not text:
        return None
    if text.isascii() and text.isdecimal() and len(text) <= 9 and least <= int(text) <= most:
        return int(text)
    wrong(column, say("“{text}” is not a whole number from {least} to {most}.", text=text[:40], least=least, most=most))
    return None


def ahead_of(text: str | None, column: str, wrong: Wrong) -> str:
    """A length such as "2 days" as it is kept, "" for none."""
    try:
        found = read_lead(text or "")
    except NoLead as fault:
        wrong(column, fault.sentence)
        return ""
    return "" if found is None else str(found)


def _name(text: str | None, column: str, wrong: Wrong) -> str:
    return limited(texts.name(text or ""), LONGEST_NAME, column, wrong)


def _rate(text: str | None, wrong: Wrong) -> Decimal | None:
    if not text:
        return None
    try:
        return tax_rate(text)
    except NotAllowedHere as fault:
        wrong("tax_rate", fault.sentence)
        return None
