"""What the clock asks for about bookings: giving up those of Blocked customers (B12), passing places on (B2), reminding
the day before, clearing away old baskets.

Each session, booking and basket is dealt with in a transaction of its own, so several workers at once do each once,
and what was broken off is done by the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TypeVar

import structlog

from portal.actions.bookings import cancelling, telling, waiting
from portal.db.bookings import baskets, sessions
from portal.db.bookings import bookings as rows
from portal.db.bookings import waiting as lists
from portal.db.customers import profiles as customers
from portal.db.engine import snapshot, writes
from portal.outside import clock
from portal.rules.bookings.states import BookingState
from portal.rules.deciding import SYSTEM
from portal.rules.errors import PortalError
from portal.rules.sentences import say

log = structlog.get_logger("portal.bookings")

Key = TypeVar("Key", int, str)

AHEAD = timedelta(days=1)
"""So long before a session somebody is reminded of it."""

BLOCKED = say("Blocked")
"""Why bookings of those who are Blocked are cancelled, where a partner wants it so (B12)."""

KEPT = timedelta(days=2)
"""So long a basket stays that nobody looks after."""


@dataclass(frozen=True, slots=True)
class Kept:
    """How many bookings of Blocked customers were cancelled, how many people got a place or an offer, how many
    reminders were written, and how many baskets cleared away.
    """

    cancelled: int = 0
    promoted: int = 0
    reminded: int = 0
    baskets: int = 0


def run_due(keep_going: Callable[[], bool] = lambda: True) -> Kept:
    """Do all that is due now. The trouble of one session is logged and keeps no other from its turn (R29)."""
    kept = Kept(
        _each(_of_blocked(), _give_up, keep_going),
        _each(_to_promote(), _pass_on, keep_going),
        _each(_to_remind(), _remind, keep_going),
        _each(_left(), _clear, keep_going),
    )
    if kept != Kept():
        log.info("bookings looked after", **asdict(kept))
    return kept


def _each(keys: Iterable[Key], deed: Callable[[Key], int], keep_going: Callable[[], bool]) -> int:
    """Do a deed for each key; how much came of it."""
    done = 0
    for key in keys:
        if not keep_going():
            break
        try:
            done += deed(key)
        except PortalError as fault:
            log.warning("booking not looked after", key=key, why=str(fault))
    return done


def _give_up(booking: str) -> int:
    cancelling.cancel(SYSTEM, booking, late=True, reason=str(BLOCKED))
    return 1


def _pass_on(session_id: int) -> int:
    return len(waiting.pass_on(SYSTEM, session_id).promoted)


@snapshot
def _of_blocked() -> list[str]:
    return lists.of_blocked(clock.now())


@snapshot
def _to_promote() -> list[int]:
    return lists.to_promote(clock.now())


@snapshot
def _to_remind() -> list[int]:
    return lists.to_remind(clock.now(), AHEAD)


@snapshot
def _left() -> list[int]:
    return baskets.left_before(clock.now() - KEPT)


@writes
def _clear(login_id: int) -> int:
    return int(baskets.empty(login_id, clock.now() - KEPT))


@writes
def _remind(booking_id: int) -> bool:
    one = rows.by_id(booking_id)
    if not lists.mark_reminded(booking_id, clock.now()) or one.state is not BookingState.BOOKED:
        return False
    subject = customers.by_id(one.customer_id)
    session = sessions.by_ids([one.session_id])[one.session_id]
    facts = session.facts()
    lines = [say("{name} is booked into {session}.", name=subject.name, session=facts.title)]
    if session.place:
        lines.append(say("Place: {place}", place=session.place))
    return telling.tell(subject, say("Tomorrow: {session}", session=facts.title), lines) > 0
