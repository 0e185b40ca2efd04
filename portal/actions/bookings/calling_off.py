"""Giving back every place of a session that does not take place (B2): steps of cancelling it.

Whoever cancels sessions first holds everybody concerned, then the sessions, and tells people what came back.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from portal.actions.bookings import charging
from portal.actions.bookings.promoting import ended
from portal.db.audit import records as audit
from portal.db.bookings import bookings as rows
from portal.db.bookings import sessions
from portal.db.bookings.sessions import SessionRow
from portal.db.customers import profiles as customers
from portal.db.customers.profiles import Profile
from portal.rules.bookings.states import BookingState
from portal.rules.deciding import Actor
from portal.rules.money import Money
from portal.rules.sentences import Sentence, say


@dataclass(frozen=True, slots=True)
class GivenBack:
    """Somebody who was in a session that is called off, or waited: what came back, in minor units, and whether a visit
    did. `sentence` says so, or nothing where nothing had been charged.
    """

    subject: Profile
    booking: str
    waited: bool
    back_minor: int
    visit: bool
    sentence: Sentence | None


def hold_everybody(session_ids: Collection[int]) -> None:
    """Hold everybody in sessions, who pays and with whom invoices stand, before the sessions themselves are held."""
    live = rows.live_in(session_ids)
    subjects = customers.by_ids({one.customer_id for one in live})
    charges = list(rows.charges_of([one.id for one in live]).values())
    ids = {*subjects, *(one.payer_id for one in subjects.values()), *charging.holders(charges)}
    customers.lock(ids, exclusive=True)


def give_back(actor: Actor, session: SessionRow, at: datetime) -> list[GivenBack]:
    """End every booking of a held session, whatever the deadline: charges are taken back, visits given back, and its
    waiting list is empty afterwards. Nobody is promoted. Who attended or was noted as missing stays as it is.
    """
    done = []
    live = [one for one in rows.live_in([session.id]) if one.state not in (BookingState.ATTENDED, BookingState.MISSED)]
    subjects = customers.by_ids({one.customer_id for one in live})
    charges = rows.charges_of([one.id for one in live])
    title = session.facts().title
    for one in live:
        subject = subjects[one.customer_id]
        if one.state is not BookingState.BOOKED:
            ended(one, at, reason="")
            done.append(GivenBack(subject, one.public_id, True, 0, False, None))
            continue
        why = charging.cancelled(title)
        back = charging.take_back(actor, [charges[one.id]], why, at) if one.id in charges else 0
        rows.change(one.id, at, state=BookingState.CANCELLED, cancelled_at=at, late=False, visit=False)
        sessions.give(session.id, 1, at)
        text = say("{session} was cancelled, and the booking with it", session=title)
        audit.record(actor, "booking.cancel", text, subject_id=subject.id, booking=one.public_id)
        done.append(GivenBack(subject, one.public_id, False, back, one.visit, _told(back, one.visit, session.currency)))
    return done


def _told(back: int, visit: bool, currency: str) -> Sentence | None:
    if back:
        return say("{amount} was taken back.", amount=Money(back, currency))
    return say("The visit was given back.") if visit else None
