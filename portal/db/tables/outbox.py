"""Mail and text messages on their way out, written with the change that causes them and sent later by the worker."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.engine import Base
from portal.db.types import At, EmailText, Instant, Key, PublicId, Saying, words
from portal.rules.outbox import Channel, State
from portal.rules.sentences import NOTHING, Sentence


class OutboxMessage(Base):
    """One mail, or with the channel "sms" one text message, whose subject only staff see.

    `subject` is what is sent; with `subject_parts`, a stored sentence whose template is under "say", staff read that
    in their own language. `attachments` lists {"file_id", "filename", "content_type"}; `message_id` never changes (R2).
    `unsubscribe` is the address of RFC 8058 behind which this kind of mail is declined, "" for none.
    """

    __tablename__ = "outbox_message"
    __table_args__ = (
        Index("ix_outbox_due", "state", "due_at"),
        Index(None, "subject_id", "id"),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    channel: Mapped[Channel] = mapped_column(
        words(Channel, 10, check="channel"), default=Channel.EMAIL, server_default="email"
    )
    purpose: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"))
    login_id: Mapped[int | None] = mapped_column(ForeignKey("login.id"))
    message_id: Mapped[str] = mapped_column(String(200), unique=True)
    reply_to: Mapped[str] = mapped_column(EmailText(254), default="")
    sender_name: Mapped[str] = mapped_column(String(200), default="")
    subject: Mapped[str] = mapped_column(String(300))
    subject_parts: Mapped[dict[str, object] | None] = mapped_column(JSON(none_as_null=True))
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text, default="")
    attachments: Mapped[list[dict[str, object]]] = mapped_column(JSON, default=list)
    secret: Mapped[bool] = mapped_column(default=False)
    unsubscribe: Mapped[str] = mapped_column(String(300), default="", server_default="")
    created_at: Mapped[At]
    due_at: Mapped[At]
    state: Mapped[State] = mapped_column(words(State, 10, check="state"), default=State.QUEUED)
    tries: Mapped[int] = mapped_column(default=0)
    leased_until: Mapped[datetime | None] = mapped_column(Instant)
    lease: Mapped[str] = mapped_column(String(40), default="")
    last_error: Mapped[Sentence] = mapped_column(Saying, default=NOTHING)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)


class OutboxRecipient(Base):
    """The state of one recipient of a message (R6). `address` is a phone number in a text message."""

    __tablename__ = "outbox_recipient"
    __table_args__ = (
        CheckConstraint("state IN ('queued', 'sent', 'failed', 'kept')", name="state"),
        Index(None, "outbox_message_id"),
    )

    id: Mapped[Key]
    outbox_message_id: Mapped[int] = mapped_column(ForeignKey("outbox_message.id"))
    address: Mapped[str] = mapped_column(EmailText(254))
    state: Mapped[State] = mapped_column(words(State, 10), default=State.QUEUED)
    error: Mapped[Sentence] = mapped_column(Saying, default=NOTHING)
    at: Mapped[datetime | None] = mapped_column(Instant)
