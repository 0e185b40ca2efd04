"""Cancelling sessions and changing their places (B2): everybody in them gets back what they paid, and hears of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.actions.bookings import news
from portal.actions.bookings.calling_off import GivenBack, give_back, hold_everybody
from portal.actions.bookings.promoting import Promoted, hold_waiting, promote
from portal.actions.bookings.timetable import CHANGED, places_fault, require_timetable, unchangeable
from portal.db.audit import records as audit
from portal.db.bookings import sessions as booked
from portal.db.bookings import timetable as rows
from portal.db.bookings.timetable import SessionFacts
from portal.db.engine import writes
from portal.outside import clock
from portal.rules.bookings.files import MOST_PLACES
from portal.rules.bookings.states import SessionState
from portal.rules.deciding import Actor
from portal.rules.errors import Conflict, Invalid, Refused
from portal.rules.money import Money
from portal.rules.sentences import Remark, say

LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class CalledOff:
    """What cancelling a session did: who was booked or waited (references), and what came back, in minor units."""

    session: str
    booked: tuple[str, ...]
    waited: tuple[str, ...]
    back_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Resized:
    """A session's places, and who got one from the waiting list (public ids of bookings)."""

    session: str
    capacity: int
    promoted: tuple[str, ...]


@writes(once="session.cancel", answer=CalledOff)
def cancel_session(
    actor: Actor, session: str, reason: str, *, version: int | None = None, once: str | None = None
) -> CalledOff:
    """Cancel a session that has not begun: charges are taken back and visits given back, nobody is promoted, the
    waiting list is empty, and everybody is told why (B2). `version` is the one that was on the screen.

    Raises Invalid without a reason, Refused, Conflict, Missing and NotAllowed.
    """
    why = reason_of(reason)
    found = rows.session(session)
    require_timetable(actor, found.partner_id)
    hold_everybody([found.id])
    found = rows.session(found.public_id, hold=True)
    if version is not None and version != found.version:
        raise Conflict(CHANGED)
    at = clock.now()
    if reasons := unchangeable(found, at):
        raise Refused(reasons)
    return call_off(actor, found, why, at)


def call_off(actor: Actor, found: SessionFacts, why: str, at: datetime) -> CalledOff:
    """Cancel a session that is held, with everybody in it: a step of a transaction."""
    row = booked.by_ids([found.id])[found.id]
    done = give_back(actor, row, at)
    rows.change(found.id, {"state": SessionState.CANCELLED, "cancelled_at": at, "reason": why})
    for one in done:
        news.cancelled(one.subject, found, why, [one.sentence] if one.sentence else [])
    off = CalledOff(
        found.reference,
        tuple(one.subject.reference for one in done if not one.waited),
        tuple(one.subject.reference for one in done if one.waited),
        sum(one.back_minor for one in done),
        row.currency,
    )
    _note(actor, found, off, why, done)
    return off


def _note(actor: Actor, found: SessionFacts, off: CalledOff, why: str, done: Sequence[GivenBack]) -> None:
    text = say(
        "{activity} on {day} cancelled: {reason}. {amount} was taken back",
        activity=found.activity_name,
        day=found.starts_on,
        reason=Remark(why),
        amount=Money(off.back_minor, off.currency),
    )
    audit.record(actor, "session.cancel", text, session=found.public_id, told=len(done))


def reason_of(text: str) -> str:
    """A reason as it is kept and told. Raises Invalid without one."""
    why = " ".join(text.split())[:LONGEST_REASON]
    if not why:
        raise Invalid({"reason": say("Say why: everybody concerned reads it.")})
    return why


@writes(once="session.capacity", answer=Resized)
def resize(
    actor: Actor, session: str, capacity: int, *, version: int | None = None, once: str | None = None
) -> Resized:
    """Give a session so many places. More of them go to whoever waits, in their order; fewer throw nobody out (B2).

    Raises Invalid, Refused for one that has begun or is cancelled, Conflict, Missing and NotAllowed.
    """
    if not 0 <= capacity <= MOST_PLACES:
        raise Invalid({"capacity": places_fault(capacity)})
    found = rows.session(session)
    require_timetable(actor, found.partner_id)
    hold_waiting([found.id])
    found = rows.session(found.public_id, hold=True)
    if version is not None and version != found.version:
        raise Conflict(CHANGED)
    at = clock.now()
    if reasons := unchangeable(found, at):
        raise Refused(reasons)
    done: list[Promoted] = []
    if capacity != found.capacity:
        rows.change(found.id, {"capacity": capacity})
        text = say("{activity} on {day}: {before} places became {after}", activity=found.activity_name,
                   day=found.starts_on, before=found.capacity, after=capacity)  # fmt: skip
        audit.record(actor, "session.capacity", text, session=found.public_id)
    if capacity > found.capacity:
        done = promote(actor, booked.by_ids([found.id])[found.id], at)
    return Resized(found.reference, capacity, tuple(one.booking for one in done))
