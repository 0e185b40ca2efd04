"""The dates that a rule makes, counted in wall time (B8)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime
from heapq import merge

from dateutil.rrule import rrulestr

from portal.rules.bookings.series import Rule
from portal.rules.bookings.times import moment


def walls(
    rule: Rule,
    starts: datetime,
    zone: str,
    *,
    leaving_out: Collection[date] = (),
    besides: Collection[date] = (),
    after: date | None = None,
    until: date,
) -> Iterator[datetime]:
    """The wall times of a series in order, one a day, up to and including `until`.

    `starts` is the first session's wall time without a zone, and one of them also where the rule does not make it;
    every session begins at that time of the day. `leaving_out` are dates without a session, which still count
    towards COUNT, and `besides` dates that have one although the rule makes none. Only what is later than `after`.
    """
    last_at = rule.last_at(zone)
    first = set() if last_at is not None and moment(starts, zone).at > last_at else {starts.date()}
    extra = sorted(datetime.combine(on, starts.time()) for on in {*first, *besides})
    told: date | None = None
    for wall in merge(_by_rule(rule, starts, zone, last_at), extra):
        on = wall.date()
        if on > until:
            return
        if on == told or on in leaving_out or (after is not None and on <= after):
            continue
        told = on
        yield wall


def from_then(rule: Rule, starts: datetime, zone: str, since: date) -> tuple[date, Rule] | None:
    """How a series goes on from a day: the first date that its rule makes then, and the rule as it counts from there.

    Weeks, months and years that are left out by INTERVAL are counted on, and what was made before is off COUNT. None
    where the rule makes no more.
    """
    for before, wall in enumerate(_by_rule(rule, starts, zone, rule.last_at(zone))):
        if wall.date() >= since:
            count = rule.parts.get("COUNT")
            return wall.date(), rule if count is None else rule.counting(int(count) - before)
    return None


def _by_rule(rule: Rule, starts: datetime, zone: str, last_at: datetime | None) -> Iterator[datetime]:
    for wall in rrulestr(rule.recurrence, dtstart=starts):
        # UNTIL is an instant and walls have none until now: an hour that exists twice is compared as its first.
        if last_at is not None and moment(wall, zone).at > last_at:
            return
        yield wall
