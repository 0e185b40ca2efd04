"""What of messages to many goes with a person: its addresses, what it declines, and what it was still to get (PRI5)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import and_, delete, or_, update

from portal.db.customers.erasing import Person
from portal.db.engine import db
from portal.db.tables import Message, MessageDeclined, MessageRecipient, MessageTemplate
from portal.rules.customers.removal import PERSON
from portal.rules.messages.states import CopyState, Why


def _erase(person: Person, _at: datetime) -> Collection[int]:
    r = MessageRecipient
    theirs = or_(r.customer_id == person.id, r.reader_id == person.id)
    waits = and_(theirs, r.state == CopyState.WAITING)
    for condition, values in (
        (waits, {"state": CopyState.LEFT_OUT, "why": Why.REMOVED}),
        (theirs, {"address": "", "address_key": None}),
    ):
        change = update(r).where(condition).values(**values)
        db.session.execute(change.execution_options(synchronize_session=False))
    db.session.execute(delete(MessageDeclined).where(MessageDeclined.customer_id == person.id))
    for table in (Message, MessageTemplate, MessageDeclined):
        db.session.execute(update(table).where(table.actor.in_(person.emails)).values(actor=PERSON))
    return ()


ERASES = _erase
