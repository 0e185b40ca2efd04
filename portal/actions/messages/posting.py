"""Handing the copies of messages to many over to the outbox, so many a minute (O2).

Each copy is handed over in one transaction with the mail that it becomes, so that a worker that dies, or several at
once, give everybody one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import structlog
from flask import current_app

from portal.actions.messages import writing
from portal.config import Settings
from portal.db.customers import profiles as customers
from portal.db.engine import writes
from portal.db.messages import sending as rows
from portal.db.messages.sending import Waiting
from portal.outside import clock
from portal.rules.messages.states import Why

log = structlog.get_logger("portal.messages")

TOGETHER = 100
"""So many copies are handed over in one transaction."""

_MINUTE = timedelta(minutes=1)


def post_due(keep_going: Callable[[], bool] = lambda: True) -> int:
    """Hand over whatever may leave in this minute; how many copies left."""
    left = 0
    while keep_going():
        taken, posted = _post()
        left += posted
        if not taken:
            break
    if left:
        log.info("copies handed over", copies=left)
    return left


@writes
def _post() -> tuple[int, int]:
    """How many copies were looked at, and how many of them left."""
    settings: Settings = current_app.config["PORTAL_SETTINGS"]
    now = clock.now()
    room = settings.messages_per_minute - rows.handed_since(now - _MINUTE)
    waiting = rows.take(min(TOGETHER, room), now) if room > 0 else []
    going = [one for one in waiting if not one.removed and not (one.declined and one.kind.can_be_declined)]
    rows.leave_out([one.id for one in waiting if one.removed], Why.REMOVED)
    rows.leave_out([one.id for one in waiting if not one.removed and one not in going], Why.DECLINED)
    _hand_over(going)
    if room > 0:
        rows.finish(now)
    return len(waiting), len(going)


def _hand_over(some: list[Waiting]) -> None:
    if not some:
        return
    people = customers.by_ids({key for one in some for key in (one.customer_id, one.reader_id)})
    shared = rows.names_shared({one.message_id for one in some}, [one.customer_id for one in some])
    now = clock.now()
    for one in some:
        names = [people[one.customer_id].name, *shared.get((one.message_id, one.customer_id), ())]
        rows.hand_over(one.id, writing.hand_in(one, people[one.reader_id], names), now)
