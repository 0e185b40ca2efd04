"""The schedule that writes series out further as time goes on (B8)."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from portal.actions.bookings.writing_out import go_on
from portal.db.audit import records as audit
from portal.db.bookings import timetable as rows
from portal.db.engine import snapshot, writes
from portal.outside import clock
from portal.rules.bookings.occupancy import Taken
from portal.rules.bookings.series import horizon
from portal.rules.bookings.words import at
from portal.rules.deciding import SYSTEM
from portal.rules.sentences import say

log = structlog.get_logger("portal.bookings")

AT_A_TIME = 200
"""So many series are gone on with in one look."""

EVERY_DAYS = 7
"""A series is gone on with once a week of it is missing, so that it is not looked at every day."""


def run_due(keep_going: Callable[[], bool] = lambda: True) -> int:
    """Write out every series that does not reach its horizon any more; how many sessions came of it.

    By several at once it happens once, and what was broken off is finished.
    """
    written = 0
    for series_id in _behind():
        if not keep_going():
            break
        count = _go_on(series_id)
        written += count
        if count:
            log.info("series written out", series=series_id, sessions=count)
    return written


@snapshot
def _behind() -> list[int]:
    return rows.series_behind(clock.today("UTC"), AT_A_TIME, EVERY_DAYS)


@writes
def _go_on(series_id: int) -> int:
    found = rows.series_by_id(series_id)
    activity = rows.activity_by_id(found.activity_id)
    rows.hold_timetable(activity.partner_id)
    found = rows.series_by_id(series_id)
    rule = found.timing.rule
    assert rule is not None
    last = horizon(clock.today(found.zone), found.starts_wall.date(), rule)
    if found.written_until is not None and found.written_until >= last:
        return 0  # another worker was here
    count, taken = go_on(found, last)
    for one in taken:
        _tell_left_out(activity.name, activity.public_id, one)
    return count


def _tell_left_out(name: str, public_id: str, one: Taken) -> None:
    text = say("{activity} has no session on {when}: {what} is taken by {by}", activity=name,
               when=at(one.wall, whole_day=one.whole_day), what=one.what, by=one.by)  # fmt: skip
    audit.record(SYSTEM, "session.left_out", text, activity=public_id)
