"""Cancelling a booking, and undoing that (B4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from portal.actions import access
from portal.actions.bookings import charging, telling
from portal.actions.bookings.answers import BookedOne, due_of, told
from portal.actions.bookings.people import Concerned, concerned, held
from portal.actions.bookings.planning import Planned, Wish, plan, world
from portal.actions.bookings.promoting import ended, expire, hold_waiting, promote
from portal.db.audit import records as audit
from portal.db.bookings import bookings as rows
from portal.db.bookings import sessions
from portal.db.bookings.bookings import BookingRow, ChargeRow
from portal.db.bookings.sessions import SessionRow
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.db.engine import snapshot, writes
from portal.outside import clock
from portal.rules.bookings import fitting
from portal.rules.bookings.states import BookingState
from portal.rules.deciding import Actor, Grant
from portal.rules.errors import Missing, Reason, Refused
from portal.rules.money import Money
from portal.rules.permissions import Permission
from portal.rules.sentences import Remark, Sentence, say

LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Cancelled:
    """What cancelling did or would do: what comes back in minor units, and whether a visit does."""

    booking: str
    state: str
    reversed_minor: int
    benefit_back: bool
    currency: str
    late: bool = False


@dataclass(frozen=True, slots=True)
class Look:
    """A booking before it is cancelled: what would come back, whether it is late, and why it cannot be."""

    booking: BookingRow
    session: SessionRow
    subject: Profile
    grant: Grant
    charged_minor: int
    late: bool
    reasons: tuple[Reason, ...]

    @property
    def back_minor(self) -> int:
        """What comes back."""
        return 0 if self.late else self.charged_minor


@writes(once="booking.cancel", answer=Cancelled)
def cancel(actor: Actor, booking: str, *, late: bool = False, reason: str = "", once: str | None = None) -> Cancelled:
    """Cancel a booking, or leave a waiting list; its place goes to whoever waits (B2).

    Until the deadline the charge is taken back or the visit given back; `late` cancels after it and keeps them.
    Raises Missing, NotAllowed, and Refused (B4).
    """
    one, subject, grant = named(actor, booking)
    charges = list(rows.charges_of([one.id]).values())
    hold_waiting([one.session_id], {subject.id, subject.payer_id, *charging.holders(charges)})
    session, at = sessions.hold([one.session_id])[one.session_id], clock.now()
    one = rows.by_id(one.id)
    facts = session.facts()
    if reasons := fitting.cancel_reasons(facts, subject.name, one.state, at, late=late):
        raise Refused(reasons)
    if one.state in (BookingState.WAITING, BookingState.OFFERED):
        left(actor, one, session, subject, grant, at)
        promote(actor, session, at)
        return Cancelled(one.public_id, BookingState.CANCELLED.value, 0, False, session.currency)
    return _cancelled(actor, one, session, subject, grant, at, reason)


def cancel_all(actor: Actor, bookings: Sequence[str], reason: str) -> list[Cancelled]:
    """Cancel bookings as a part of another deed, late ones too: within the caller's transaction, which holds those
    concerned, who waits for these sessions included (`hold_waiting`).
    """
    found = [named(actor, one) for one in bookings]
    held_ = sessions.hold([one.session_id for one, _, _ in found]) if found else {}
    at = clock.now()
    return [
        _cancelled(actor, rows.by_id(one.id), held_[one.session_id], subject, grant, at, reason)
        for one, subject, grant in found
    ]


def _cancelled(
    actor: Actor, one: BookingRow, session: SessionRow, subject: Profile, grant: Grant, at: datetime, reason: str
) -> Cancelled:
    late = at > session.facts().deadline
    back = 0 if late else given_back(actor, one, session, at)
    _end(one, session, at, late=late, reason=reason)
    visit = one.visit and not late
    done = Cancelled(one.public_id, BookingState.CANCELLED.value, back, visit, session.currency, late)
    _note(actor, done, session, subject, grant, reason)
    promote(actor, session, at)
    return done


@snapshot
def look(actor: Actor, booking: str) -> Look:
    """What cancelling would do, and why it cannot be done in time. Raises Missing and NotAllowed."""
    one, subject, grant = named(actor, booking)
    session, at = sessions.by_ids([one.session_id])[one.session_id], clock.now()
    facts = session.facts()
    reasons = fitting.cancel_reasons(facts, subject.name, one.state, at, late=True)
    charged = sum(charge.amount_minor for charge in rows.charges_of([one.id]).values())
    late = one.state is BookingState.BOOKED and at > facts.deadline
    return Look(one, session, subject, grant, charged, late, tuple(reasons))


@writes(once="booking.undo", answer=BookedOne)
def undo(actor: Actor, booking: str, *, once: str | None = None) -> BookedOne:
    """Undo a cancellation while there is a place and it can be booked still (B4).

    What it costs is decided anew, but a late cancellation kept its charge, and keeps it. Raises Missing, NotAllowed and
    Refused.
    """
    one, subject, grant = named(actor, booking)
    (people,) = held(
        lambda: [concerned(actor, customers.by_id(subject.id), grant, booker_id=rows.by_id(one.id).booker_id)]
    )
    subject = people.subject
    session, at = sessions.hold([one.session_id])[one.session_id], clock.now()
    expire(actor, session.id, at)
    one = rows.by_id(one.id)
    planned = _anew(one, people, session, at)
    if reasons := [*_not_undone(one, session, subject), *planned.reasons]:
        raise Refused(list(dict.fromkeys(reasons)))
    if not sessions.take(session.id, 1, planned.facts.held + planned.facts.offered, at):
        raise Refused(fitting.place_reasons(planned.facts, 1))
    kept = one.late
    values = (
        {}
        if kept
        else {
            "price_minor": planned.priced.minor,
            "payer_id": planned.payer.id,
            "membership_id": planned.priced.membership_id,
            "visit": planned.priced.visit,
        }
    )
    rows.change(one.id, at, state=BookingState.BOOKED, cancelled_at=None, late=False, reason="", **values)
    if not kept and planned.price_minor:
        charging.charge(actor, [due_of(planned, one.id)], at)
    text = say("Undid the cancellation of {session}", session=planned.facts.title)
    audit.record(actor, "booking.undo", text, subject_id=subject.id, grant=grant, booking=one.public_id)
    again = rows.by_id(one.id)
    answer = told(planned, one.public_id)
    return BookedOne(
        answer.booking,
        answer.session,
        answer.customer,
        again.state.value,
        again.price_minor,
        again.payer_reference or answer.paid_by,
        again.membership,
        answer.currency,
    )


# Steps ----------------------------------------------------------------------------------------------------------------


def named(
    actor: Actor, booking: str, permission: Permission = Permission.BOOKINGS_BOOK
) -> tuple[BookingRow, Profile, Grant]:
    """A booking by its external or public id, with whom it is for and the right by which the actor acts.

    Raises Missing, also for one that is not the actor's to know of, and NotAllowed.
    """
    one = rows.find(booking.strip())
    if one is None:
        raise Missing(say("There is no booking “{name}”.", name=booking[:100]))
    subject = customers.by_id(one.customer_id)
    grant = access.require(actor, Permission.BOOKINGS_DESK if actor.is_staff else permission, subject)
    return one, subject, grant


def given_back(actor: Actor, one: BookingRow, session: SessionRow, at: datetime) -> int:
    """Take back what a booking came to; how much, in minor units."""
    charges: list[ChargeRow] = list(rows.charges_of([one.id]).values())
    what = charging.cancelled(session.facts().title)
    return charging.take_back(actor, charges, what, at)


def left(actor: Actor, one: BookingRow, session: SessionRow, subject: Profile, grant: Grant, at: datetime) -> None:
    """Take somebody off the waiting list of a held session, by their own wish."""
    ended(one, at, reason="")
    text = say("Left the waiting list of {session}", session=session.facts().title)
    audit.record(actor, "booking.leave", text, subject_id=subject.id, grant=grant, booking=one.public_id)


def _end(one: BookingRow, session: SessionRow, at: datetime, *, late: bool, reason: str) -> None:
    values: dict[str, object] = {} if late else {"visit": False}
    rows.change(
        one.id,
        at,
        state=BookingState.CANCELLED,
        cancelled_at=at,
        late=late,
        reason=reason.strip()[:LONGEST_REASON],
        **values,
    )
    sessions.give(session.id, 1, at)


def _note(actor: Actor, done: Cancelled, session: SessionRow, subject: Profile, grant: Grant, reason: str) -> None:
    title = session.facts().title
    text = _what(done, title)
    if reason.strip():
        text = say("{text}: {reason}", text=text, reason=Remark(reason.strip()[:LONGEST_REASON]))
    audit.record(actor, "booking.cancel", text, subject_id=subject.id, grant=grant, booking=done.booking)
    headline = say("Cancelled: {session}", session=title)
    telling.tell(subject, headline, [say("{text}.", text=text)])


def _what(done: Cancelled, title: Sentence) -> Sentence:
    if done.late:
        return say("Cancelled {session} late, so its charge or visit stays", session=title)
    if done.reversed_minor:
        amount = Money(done.reversed_minor, done.currency)
        return say("Cancelled {session}, and {amount} was taken back", session=title, amount=amount)
    if done.benefit_back:
        return say("Cancelled {session}, and the visit was given back", session=title)
    return say("Cancelled {session}", session=title)


def _anew(one: BookingRow, people: Concerned, session: SessionRow, at: datetime) -> Planned:
    subject = people.subject
    wish = Wish(session.public_id, subject.public_id, one.payer, None, anyway=one.anyway)
    around = world({session.id: session}, [people], at, but_booking=one.id)
    around.benefits.hold()
    return plan([wish], {session.public_id: session}, {subject.public_id: people}, around).items[0]


def _not_undone(one: BookingRow, session: SessionRow, subject: Profile) -> list[Reason]:
    facts = session.facts()
    if one.state is BookingState.CANCELLED and one.payer_id is None:
        message = say(
            "{name} was on the waiting list of {session}, and left it.", name=subject.name, session=facts.title
        )
        return [Reason("B4", message, say("Join the waiting list again."))]
    return fitting.undo_reasons(facts, subject.name, one.state)
