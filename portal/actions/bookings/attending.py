"""At the desk: who came, who did not, and taking that back (B11)."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

from portal.actions.bookings.cancelling import named
from portal.db.audit import records as audit
from portal.db.bookings import bookings as rows
from portal.db.bookings import sessions
from portal.db.customers import profiles as customers
from portal.db.engine import writes
from portal.outside import clock
from portal.rules.bookings.states import TAKES_A_PLACE, BookingState
from portal.rules.deciding import Actor
from portal.rules.errors import NotAllowed, Reason, Refused
from portal.rules.sentences import say


@dataclass(frozen=True, slots=True)
class Noted:
    """What became of a booking at the desk."""

    booking: str
    customer: str
    name: str
    state: str


_TEXTS = MappingProxyType(
    {
        BookingState.ATTENDED: ("booking.check_in", say("Checked in")),
        BookingState.MISSED: ("booking.missed", say("Noted as not there")),
        BookingState.BOOKED: ("booking.reset", say("Taken back what the desk had noted")),
    }
)


@writes(once="booking.note", answer=Noted)
def note(actor: Actor, booking: str, state: BookingState, *, once: str | None = None) -> Noted:
    """Note that somebody came (ATTENDED) or did not (MISSED), or take that back (BOOKED).

    The same again changes nothing. Raises Missing, NotAllowed for anybody but staff, and Refused where there is no
    place (B11).
    """
    one, subject, grant = named(actor, booking)
    if not actor.is_staff:
        raise NotAllowed(say("Only the desk notes who came."))
    customers.lock({subject.id}, exclusive=False)
    session, at = sessions.hold([one.session_id])[one.session_id], clock.now()
    one = rows.by_id(one.id)
    title = session.facts().title
    if one.state not in TAKES_A_PLACE:
        message = say("{name} has no place in {session}.", name=subject.name, session=title)
        raise Refused([Reason("B11", message, say("Book it first."))])
    if one.state is not state:
        came = at if state is BookingState.ATTENDED else None
        rows.change(one.id, at, state=state, checked_in_at=came)
        action, text = _TEXTS[state]
        told = say("{text}: {session}", text=text, session=title)
        audit.record(actor, action, told, subject_id=subject.id, grant=grant, booking=one.public_id)
    return Noted(one.public_id, subject.reference, subject.name, state.value)
