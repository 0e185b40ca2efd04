"""Messages to many customers, a row for each who matched, templates, and the kinds that customers decline (O2)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.engine import Base
from portal.db.types import At, CustomerRef, IdText, Instant, Key, NameText, PublicId, words
from portal.rules.messages.states import CopyState, MessageKind, MessageState, Way, Why


class Message(Base):
    """What was written to many. `filters` and `ways` are as they were asked for; `due_at` is when it may leave.

    `partner_id` is the one whose customers it is for, None for those of several.
    """

    __tablename__ = "message"
    __table_args__ = (
        Index("uq_message_external_id", "external_id", unique=True),
        Index(None, "state", "due_at"),
        Index(None, "partner_id", "id"),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    external_id: Mapped[str | None] = mapped_column(IdText(100))
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("partner.id"))
    kind: Mapped[MessageKind] = mapped_column(words(MessageKind, 10, check="kind"))
    subject: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    ways: Mapped[str] = mapped_column(String(40))
    filters: Mapped[dict[str, str]] = mapped_column(JSON)
    state: Mapped[MessageState] = mapped_column(words(MessageState, 10, check="state"))
    due_at: Mapped[At]
    created_at: Mapped[At]
    actor: Mapped[str] = mapped_column(String(254))
    finished_at: Mapped[datetime | None] = mapped_column(Instant)


class MessageRecipient(Base):
    """What becomes of the copy of one customer that matched when the message was sent: once, and no address twice.

    `reader_id` is who reads it, the customer or whom acts for it. `address_key` is what addresses are compared by, NULL
    where there is no copy; `shared_with_id` the customer whose copy goes to the same address. `outbox_id` is the mail
    or text message that it became, whose state is the copy's; a copy in the portal is sent when `handed_at` is.
    """

    __tablename__ = "message_recipient"
    __table_args__ = (
        UniqueConstraint("message_id", "customer_id"),
        UniqueConstraint("message_id", "address_key"),
        Index(None, "message_id", "state", "id"),
        Index(None, "customer_id"),
        Index(None, "reader_id", "way"),
        Index(None, "outbox_id"),
        Index(None, "handed_at"),
    )

    id: Mapped[Key]
    message_id: Mapped[int] = mapped_column(ForeignKey("message.id"))
    customer_id: Mapped[CustomerRef]
    reader_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"))
    way: Mapped[Way | None] = mapped_column(words(Way, 10, check="way"))
    address: Mapped[str] = mapped_column(String(254), default="")
    address_key: Mapped[str | None] = mapped_column(String(270))
    state: Mapped[CopyState] = mapped_column(words(CopyState, 10, check="state"))
    why: Mapped[Why] = mapped_column(words(Why, 20, check="why"), default=Why.NOT)
    shared_with_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"))
    outbox_id: Mapped[int | None] = mapped_column(ForeignKey("outbox_message.id"))
    handed_at: Mapped[datetime | None] = mapped_column(Instant)
    read_at: Mapped[datetime | None] = mapped_column(Instant)


class MessageTemplate(Base):
    """Words that are used again, by their name."""

    __tablename__ = "message_template"
    __table_args__ = (UniqueConstraint("name"),)

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    name: Mapped[str] = mapped_column(NameText(100))
    subject: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[At]
    actor: Mapped[str] = mapped_column(String(254))
    version: Mapped[int] = mapped_column(default=1)


class MessageDeclined(Base):
    """A kind of messages that a customer does not want."""

    __tablename__ = "message_declined"

    customer_id: Mapped[int] = mapped_column(ForeignKey("customer.id"), primary_key=True, autoincrement=False)
    kind: Mapped[MessageKind] = mapped_column(words(MessageKind, 10, check="kind"), primary_key=True)
    since: Mapped[At]
    actor: Mapped[str] = mapped_column(String(254))
