"""Reminders that were told: each level once for each invoice (F14)."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.engine import Base
from portal.db.types import At, BigInt, CustomerRef, Key


class Reminder(Base):
    """A level that was told of an invoice, with what was open of it in minor units.

    `message` is the public id of the mail, the same for those told together; of one that reached nobody, an id that
    is no mail's. `fee_id` is the future item of its fee.
    """

    __tablename__ = "reminder"
    __table_args__ = (UniqueConstraint("entry_id", "level"), Index(None, "payer_id", "id"))

    id: Mapped[Key]
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"))
    payer_id: Mapped[CustomerRef]
    level: Mapped[int]
    told_on: Mapped[date]
    told_at: Mapped[At]
    amount_minor: Mapped[int] = mapped_column(BigInt)
    fee_id: Mapped[int | None] = mapped_column(ForeignKey("future_item.id"))
    message: Mapped[str] = mapped_column(String(20), default="")
