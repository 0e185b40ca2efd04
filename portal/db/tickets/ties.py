"""What of somebody's tickets keeps them from being removed, and what of them goes with them (L12, PRI5)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, func, select, update

from portal.db.customers.erasing import Person, clean
from portal.db.customers.profiles import Profile
from portal.db.customers.removal import Tie
from portal.db.engine import db
from portal.db.tables import Ticket, TicketEntry, TicketFile, TicketLetter, TicketMail, TicketPerson
from portal.rules.customers.removal import PERSON, ticket_ties
from portal.rules.errors import Reason
from portal.rules.tickets.states import UNSOLVED


def _ties(profile: Profile) -> list[Reason]:
    query = select(func.count()).where(Ticket.customer_id == profile.id, Ticket.state.in_(UNSOLVED))
    return ticket_ties(profile.name, profile.public_id, db.session.scalar(query) or 0)


def _erase(person: Person, _at: datetime) -> Collection[int]:
    """The customer's own tickets go with their files; in others' tickets the person loses the name, and gets no mail.

    Mail from the person's addresses goes wherever it was.
    """
    mine = list(db.session.scalars(select(Ticket.id).where(Ticket.customer_id == person.id)))
    entries = select(TicketEntry.id).where(TicketEntry.ticket_id.in_(mine))
    files = set(db.session.scalars(select(TicketFile.file_id).where(TicketFile.entry_id.in_(entries))))
    theirs = TicketMail.ticket_id.in_(mine) | TicketMail.sender.in_(person.emails)
    files |= set(db.session.scalars(select(TicketMail.file_id).where(theirs)))
    unread = {"synchronize_session": False}
    db.session.execute(delete(TicketFile).where(TicketFile.entry_id.in_(entries)).execution_options(**unread))
    db.session.execute(delete(TicketMail).where(theirs).execution_options(**unread))
    for model in (TicketEntry, TicketPerson, TicketLetter):
        db.session.execute(delete(model).where(model.ticket_id.in_(mine)).execution_options(**unread))
    apart = update(Ticket).where(Ticket.id.in_(mine)).values(follows_id=None, merged_into_id=None)
    db.session.execute(apart)
    db.session.execute(delete(Ticket).where(Ticket.id.in_(mine)).execution_options(**unread))
    db.session.execute(delete(TicketPerson).where(TicketPerson.login_id.in_(person.logins)))
    others = select(Ticket.id).where(Ticket.customer_id.in_(person.neighbours))
    clean(TicketEntry, (TicketEntry.text, TicketEntry.by), person, TicketEntry.ticket_id.in_(others))
    named = update(TicketEntry).where(TicketEntry.login_id.in_(person.logins))
    db.session.execute(named.values(by=PERSON))
    return files


def _uses(files: Collection[int]) -> Collection[int]:
    attached = select(TicketFile.file_id).where(TicketFile.file_id.in_(files))
    came = select(TicketMail.file_id).where(TicketMail.file_id.in_(files))
    return {*db.session.scalars(attached), *db.session.scalars(came)}


TIES = Tie(45, _ties)
ERASES = _erase
USES_FILES = _uses
