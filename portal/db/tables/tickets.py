"""Tickets: conversations with the operator, by page and by mail (M4)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.engine import Base
from portal.db.types import At, CustomerRef, EmailText, Instant, Key, NameText, PublicId, Saying, words
from portal.rules.sentences import NOTHING, Sentence
from portal.rules.tickets.mail import Outcome
from portal.rules.tickets.states import EntryKind, Priority, TicketState, Via


class Ticket(Base):
    """A conversation about one customer. `token` stands in its mails, so that answers find it; `changed_at` is when the
    customer last saw something new. `follows_id` is the closed one that it goes on from, `merged_into_id` the one that
    has its entries now.
    """

    __tablename__ = "ticket"
    __table_args__ = (
        Index(None, "customer_id", "changed_at"),
        Index(None, "state", "changed_at", "id"),
        Index(None, "assignee_id", "state"),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    token: Mapped[str] = mapped_column(String(20), unique=True)
    customer_id: Mapped[CustomerRef]
    subject: Mapped[str] = mapped_column(NameText(300))
    state: Mapped[TicketState] = mapped_column(words(TicketState, 20, check="state"), default=TicketState.OPEN)
    priority: Mapped[Priority] = mapped_column(words(Priority, 10, check="priority"), default=Priority.NORMAL)
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("login.id"))
    opened_at: Mapped[At]
    changed_at: Mapped[At]
    solved_at: Mapped[datetime | None] = mapped_column(Instant)
    follows_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"))
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"))


class TicketEntry(Base):
    """Something in a thread. A change, and why a mail is held, is the sentence `said`; everything else is a `text`.
    `left_out` names files of a mail that were not taken.
    """

    __tablename__ = "ticket_entry"
    __table_args__ = (Index(None, "ticket_id", "id"),)

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    at: Mapped[At]
    kind: Mapped[EntryKind] = mapped_column(words(EntryKind, 10, check="kind"))
    via: Mapped[Via] = mapped_column(words(Via, 10, check="via"))
    by: Mapped[str] = mapped_column(NameText(254))
    login_id: Mapped[int | None] = mapped_column(ForeignKey("login.id"))
    by_staff: Mapped[bool] = mapped_column(default=False, server_default=false())
    text: Mapped[str] = mapped_column(Text, default="")
    said: Mapped[Sentence] = mapped_column(Saying, default=NOTHING, server_default="")
    left_out: Mapped[str] = mapped_column(Text, default="", server_default="")


class TicketFile(Base):
    """A file that came with an entry."""

    __tablename__ = "ticket_file"
    __table_args__ = (Index(None, "entry_id"), Index(None, "file_id"))

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    entry_id: Mapped[int] = mapped_column(ForeignKey("ticket_entry.id"))
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))
    filename: Mapped[str] = mapped_column(String(200))


class TicketPerson(Base):
    """Somebody who is on a ticket and hears of answers: by a login, or by the customer's own address."""

    __tablename__ = "ticket_person"
    __table_args__ = (UniqueConstraint("ticket_id", "email"), Index(None, "login_id"))

    id: Mapped[Key]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    login_id: Mapped[int | None] = mapped_column(ForeignKey("login.id"))
    email: Mapped[str] = mapped_column(EmailText(254))
    name: Mapped[str] = mapped_column(NameText(254))


class TicketLetter(Base):
    """A mail about a ticket that went out: an answer names it in its headers."""

    __tablename__ = "ticket_letter"
    __table_args__ = (Index(None, "ticket_id"),)

    id: Mapped[Key]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    message_id: Mapped[str] = mapped_column(String(200), unique=True)


class TicketMail(Base):
    """A mail that came in, as it came (`file_id`), and what became of it."""

    __tablename__ = "ticket_mail"
    __table_args__ = (Index(None, "ticket_id"), Index(None, "outcome", "id"), Index(None, "file_id"))

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    received_at: Mapped[At]
    message_id: Mapped[str] = mapped_column(String(300), unique=True)
    sender: Mapped[str] = mapped_column(EmailText(254))
    sender_name: Mapped[str] = mapped_column(NameText(254), default="")
    subject: Mapped[str] = mapped_column(NameText(300), default="")
    outcome: Mapped[Outcome] = mapped_column(words(Outcome, 10, check="outcome"))
    reason: Mapped[Sentence] = mapped_column(Saying, default=NOTHING)
    ticket_id: Mapped[int | None] = mapped_column(ForeignKey("ticket.id"))
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))


class CannedAnswer(Base):
    """A text that staff begin an answer with; of one partner, or of all where `partner_id` is None."""

    __tablename__ = "canned_answer"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("partner.id"))
    title: Mapped[str] = mapped_column(NameText(200))
    text: Mapped[str] = mapped_column(Text)
    retired: Mapped[bool] = mapped_column(default=False, server_default=false())
