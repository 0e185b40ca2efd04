"""Notices of blocking: what each partner wants, and who is to be told of which block (O3, F9)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.engine import Base
from portal.db.types import At, BigInt, CustomerRef, Instant, Key, words
from portal.rules.notices import NoticeState

_WAITING = text("state = 'waiting'")


class NoticeSetting(Base):
    """What a partner's blocked customers are told. A partner without a row has the defaults, which are off."""

    __tablename__ = "notice_setting"
    __table_args__ = (CheckConstraint("hour BETWEEN 0 AND 23", name="hour"),)

    partner_id: Mapped[int] = mapped_column(BigInt, ForeignKey("partner.id"), primary_key=True, autoincrement=False)
    enabled: Mapped[bool]
    sub_accounts: Mapped[bool]
    by_email: Mapped[bool]
    by_sms: Mapped[bool]
    hour: Mapped[int]
    subject: Mapped[str] = mapped_column(String(300))
    body: Mapped[str] = mapped_column(Text)
    sms: Mapped[str] = mapped_column(Text)


class BlockingNotice(Base):
    """One customer that was blocked and is to hear of it, written with the block itself.

    `because_of_id` is the main account whose block it follows. When it is due, the worker turns it into messages of
    the outbox, or drops it; `remark` then says what is worth knowing, in English; with
    `remark_parts`, a stored sentence whose template is under "say", staff read that. A customer has at most one that
    waits.
    """

    __tablename__ = "blocking_notice"
    __table_args__ = (
        CheckConstraint("state <> 'written' OR mail_id IS NOT NULL OR sms_id IS NOT NULL", name="written"),
        Index(
            "uq_blocking_notice_waiting", "customer_id", unique=True, sqlite_where=_WAITING, postgresql_where=_WAITING
        ),
        Index(None, "state", "due_at"),
        Index(None, "customer_id", "id"),
    )

    id: Mapped[Key]
    customer_id: Mapped[CustomerRef]
    because_of_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"))
    written_at: Mapped[At]
    due_at: Mapped[At]
    state: Mapped[NoticeState] = mapped_column(words(NoticeState, 10, check="state"), default=NoticeState.WAITING)
    remark: Mapped[str] = mapped_column(Text, default="")
    remark_parts: Mapped[dict[str, object] | None] = mapped_column(JSON(none_as_null=True))
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
    mail_id: Mapped[int | None] = mapped_column(ForeignKey("outbox_message.id"))
    sms_id: Mapped[int | None] = mapped_column(ForeignKey("outbox_message.id"))
