"""Writing tickets, in the caller's transaction."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from portal.db import files
from portal.db.engine import db, is_sqlite
from portal.db.tables import Ticket, TicketEntry, TicketFile, TicketLetter, TicketPerson
from portal.db.types import new_public_id
from portal.outside import clock
from portal.outside.uploads import Taken
from portal.rules.sentences import NOTHING, Sentence
from portal.rules.tickets.states import EntryKind, Priority, TicketState, Via

_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"


@dataclass(frozen=True, slots=True)
class New:
    """An entry to be written."""

    kind: EntryKind
    by: str
    via: Via
    text: str = ""
    login_id: int | None = None
    by_staff: bool = False
    said: Sentence = NOTHING
    left_out: str = ""
    files: tuple[Taken, ...] = ()


def add(customer_id: int, subject: str, state: TicketState, *, follows_id: int | None = None) -> tuple[int, str]:
    """A ticket without entries; its id and public id. Its token has 80 random bits."""
    now, public_id = clock.now(), new_public_id()
    row = insert(Ticket).values(
        public_id=public_id,
        token="".join(secrets.choice(_LETTERS) for _ in range(16)),
        customer_id=customer_id,
        subject=subject,
        state=state,
        opened_at=now,
        changed_at=now,
        follows_id=follows_id,
    )
    return db.session.execute(row.returning(Ticket.id)).scalar_one(), public_id


def add_entry(ticket_id: int, new: New) -> str:
    """An entry with its files at the end of a thread; its public id."""
    public_id = new_public_id()
    row = insert(TicketEntry).values(
        public_id=public_id,
        ticket_id=ticket_id,
        at=clock.now(),
        kind=new.kind,
        via=new.via,
        by=new.by,
        login_id=new.login_id,
        by_staff=new.by_staff,
        text=new.text,
        said=new.said,
        left_out=new.left_out,
    )
    key = db.session.execute(row.returning(TicketEntry.id)).scalar_one()
    for one in new.files:
        file_id = files.add(one.sha256, one.size, one.content_type)
        db.session.execute(
            insert(TicketFile).values(public_id=new_public_id(), entry_id=key, file_id=file_id, filename=one.name[:200])
        )
    return public_id


def put_on(ticket_id: int, login_id: int | None, email: str, name: str) -> None:
    """Let somebody hear of a ticket from now on, unless they do already."""
    dialect = sqlite if is_sqlite() else postgresql
    row = dialect.insert(TicketPerson).values(ticket_id=ticket_id, login_id=login_id, email=email, name=name)
    db.session.execute(row.on_conflict_do_nothing(index_elements=["ticket_id", "email"]))


def set_state(ticket_id: int, state: TicketState, *, seen_at: datetime | None = None) -> None:
    """Give a ticket a state; `seen_at` is when the customer saw something new, if it did."""
    values: dict[str, object] = {"state": state}
    if state not in (TicketState.SOLVED, TicketState.CLOSED):
        values["solved_at"] = None
    if state is TicketState.SOLVED:
        values["solved_at"] = clock.now()
    if seen_at is not None:
        values["changed_at"] = seen_at
    db.session.execute(update(Ticket).where(Ticket.id == ticket_id).values(values))


def seen(ticket_id: int) -> None:
    """Remember that the customer saw something new."""
    db.session.execute(update(Ticket).where(Ticket.id == ticket_id).values(changed_at=clock.now()))


def assign(ticket_id: int, login_id: int | None, priority: Priority) -> None:
    """Say with whom a ticket is, and how urgent."""
    db.session.execute(update(Ticket).where(Ticket.id == ticket_id).values(assignee_id=login_id, priority=priority))


def merge(ticket_id: int, into_id: int) -> None:
    """Move everything of one ticket to another; what is left of it points there."""
    already = set(db.session.scalars(select(TicketPerson.email).where(TicketPerson.ticket_id == into_id)))
    p = TicketPerson
    db.session.execute(delete(p).where(p.ticket_id == ticket_id, p.email.in_(already)))
    for model in (TicketEntry, TicketPerson, TicketLetter):
        db.session.execute(update(model).where(model.ticket_id == ticket_id).values(ticket_id=into_id))
    merged = update(Ticket).where((Ticket.id == ticket_id) | (Ticket.merged_into_id == ticket_id))
    db.session.execute(merged.values(merged_into_id=into_id))
    db.session.execute(update(Ticket).where(Ticket.id == ticket_id).values(state=TicketState.CLOSED, solved_at=None))


def sent(ticket_id: int, message_ids: Iterable[str]) -> None:
    """Remember mails about a ticket, which answers name."""
    rows = [{"ticket_id": ticket_id, "message_id": one} for one in message_ids]
    if rows:
        db.session.execute(insert(TicketLetter), rows)
