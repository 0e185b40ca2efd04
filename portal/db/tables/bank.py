"""Bank files: each kept whole once, its statements and lines as they were read, and what was decided about lines.

A file, its statements and lines are never changed (F16). A decision is a row of its own beside a line.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.engine import Base
from portal.db.types import At, BigInt, Key, NameText, PartnerRef, PublicId, words
from portal.rules.bank.states import LineState


class BankFile(Base):
    """A file that was taken in for a partner; `skipped` entries of it were known from other files."""

    __tablename__ = "bank_file"
    __table_args__ = (UniqueConstraint("partner_id", "file_id"),)

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    partner_id: Mapped[PartnerRef]
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))
    name: Mapped[str] = mapped_column(String(200))
    form: Mapped[str] = mapped_column(String(20))
    imported_at: Mapped[At]
    actor: Mapped[str] = mapped_column(String(254))


class BankStatement(Base):
    """A statement in a file. Balances are None where the file does not say them."""

    __tablename__ = "bank_statement"
    __table_args__ = (UniqueConstraint("file_id", "position"),)

    id: Mapped[Key]
    file_id: Mapped[int] = mapped_column(ForeignKey("bank_file.id"))
    position: Mapped[int]
    bank_id: Mapped[str] = mapped_column(String(140))
    account: Mapped[str] = mapped_column(String(60))
    currency: Mapped[str] = mapped_column(String(3))
    opening_minor: Mapped[int | None] = mapped_column(BigInt)
    closing_minor: Mapped[int | None] = mapped_column(BigInt)
    skipped: Mapped[int]


class BankLine(Base):
    """An entry of the bank's, or one part of a batch. Credits are positive. `fingerprint` tells the same one again."""

    __tablename__ = "bank_line"
    __table_args__ = (
        UniqueConstraint("partner_id", "fingerprint"),
        Index(None, "statement_id", "position"),
        Index(None, "partner_id", "account"),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    partner_id: Mapped[PartnerRef]
    statement_id: Mapped[int] = mapped_column(ForeignKey("bank_statement.id"))
    position: Mapped[int]
    fingerprint: Mapped[str] = mapped_column(String(32))
    booked_on: Mapped[date]
    value_on: Mapped[date | None]
    amount_minor: Mapped[int] = mapped_column(BigInt)
    name: Mapped[str] = mapped_column(String(200))
    account: Mapped[str] = mapped_column(String(60))
    reference: Mapped[str] = mapped_column(String(140))
    text: Mapped[str] = mapped_column(Text)


class BankPart(Base):
    """A line that is a part of another one, which was split: its parts are decided in its place. Never changed."""

    __tablename__ = "bank_part"
    __table_args__ = (CheckConstraint("line_id <> part_of_id", name="apart"), Index(None, "part_of_id"))

    line_id: Mapped[int] = mapped_column(ForeignKey("bank_line.id"), primary_key=True, autoincrement=False)
    part_of_id: Mapped[int] = mapped_column(ForeignKey("bank_line.id"))


class BankDecision(Base):
    """What was decided about a line: the payment that it became (`entry_id`), or that it is no payment."""

    __tablename__ = "bank_decision"
    __table_args__ = (UniqueConstraint("entry_id"),)

    line_id: Mapped[int] = mapped_column(ForeignKey("bank_line.id"), primary_key=True, autoincrement=False)
    state: Mapped[LineState] = mapped_column(words(LineState, 10, check="state"))
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"))
    decided_at: Mapped[At]
    actor: Mapped[str] = mapped_column(String(254))


class BankMapping(Base):
    """How a partner's bank calls the columns of its CSV."""

    __tablename__ = "bank_mapping"
    __table_args__ = (UniqueConstraint("partner_id", "name"),)

    id: Mapped[Key]
    partner_id: Mapped[PartnerRef]
    name: Mapped[str] = mapped_column(NameText(60))
    content: Mapped[dict[str, str]] = mapped_column(JSON)
