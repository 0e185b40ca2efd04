"""Mail about tickets that came in, and which ticket a mail's headers name."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, insert, select, update

from portal.db.engine import db
from portal.db.rows import columns, first_of, values_of
from portal.db.tables import StoredFile, Ticket, TicketLetter, TicketMail
from portal.db.types import new_public_id
from portal.outside import clock
from portal.rules.sentences import Sentence
from portal.rules.tickets.mail import Outcome


@dataclass(frozen=True, slots=True)
class MailRow:
    """A mail that came in."""

    public_id: str
    received_at: datetime
    sender: str
    sender_name: str
    subject: str
    outcome: Outcome
    reason: Sentence
    ticket: str | None
    ticket_id: int | None
    sha256: str
    size: int


def known(message_id: str) -> MailRow | None:
    """The mail with this Message-ID, if it came before."""
    return first_of(MailRow, db.session.execute(_mails().where(TicketMail.message_id == message_id)))


def find(public_id: str) -> MailRow | None:
    return first_of(MailRow, db.session.execute(_mails().where(TicketMail.public_id == public_id)))


def unknown(offset: int, limit: int) -> tuple[list[MailRow], int]:
    """Mail from nobody who is known, newest first, and how many there are."""
    where = TicketMail.outcome == Outcome.UNKNOWN
    total = db.session.scalar(select(func.count()).select_from(TicketMail).where(where)) or 0
    query = _mails().where(where).order_by(TicketMail.id.desc()).offset(offset).limit(limit)
    return values_of(MailRow, db.session.execute(query)), total


def of_ticket(ticket_id: int) -> list[MailRow]:
    """What came in for a ticket and did not become an answer."""
    outcomes = (Outcome.IGNORED, Outcome.HELD)
    query = _mails().where(TicketMail.ticket_id == ticket_id, TicketMail.outcome.in_(outcomes))
    return values_of(MailRow, db.session.execute(query.order_by(TicketMail.id)))


def ticket_named(message_ids: Collection[str]) -> int | None:
    """The id of the ticket that a mail of ours, or one that came before, was about."""
    wanted = list(message_ids)
    if not wanted:
        return None
    sent = select(TicketLetter.ticket_id).where(TicketLetter.message_id.in_(wanted)).limit(1)
    came = select(TicketMail.ticket_id).where(TicketMail.message_id.in_(wanted), TicketMail.ticket_id.is_not(None))
    return db.session.scalar(sent) or db.session.scalar(came.limit(1))


def add(
    *,
    message_id: str,
    sender: str,
    sender_name: str,
    subject: str,
    outcome: Outcome,
    reason: Sentence,
    ticket_id: int | None,
    file_id: int,
) -> str:
    """Keep what became of a mail; its public id."""
    public_id = new_public_id()
    db.session.execute(
        insert(TicketMail).values(
            public_id=public_id,
            received_at=clock.now(),
            message_id=message_id,
            sender=sender[:254],
            sender_name=sender_name[:254],
            subject=subject[:300],
            outcome=outcome,
            reason=reason,
            ticket_id=ticket_id,
            file_id=file_id,
        )
    )
    return public_id


def settle(public_id: str, outcome: Outcome, ticket_id: int | None) -> None:
    """Say what became of a mail after somebody looked."""
    changed = update(TicketMail).where(TicketMail.public_id == public_id)
    db.session.execute(changed.values(outcome=outcome, ticket_id=ticket_id))


def _mails() -> Select[*tuple[Any, ...]]:
    m, stored = TicketMail, StoredFile
    return (
        select(
            *columns(
                MailRow,
                public_id=m.public_id,
                received_at=m.received_at,
                sender=m.sender,
                sender_name=m.sender_name,
                subject=m.subject,
                outcome=m.outcome,
                reason=m.reason,
                ticket=Ticket.public_id,
                ticket_id=m.ticket_id,
                sha256=stored.sha256,
                size=stored.size,
            )
        )
        .select_from(m)
        .join(stored, stored.id == m.file_id)
        .outerjoin(Ticket, Ticket.id == m.ticket_id)
    )
