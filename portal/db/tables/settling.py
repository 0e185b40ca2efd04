"""What settles what: allocations, items that moved to another payer, and months that are closed (F7, F8, P2).

An item is an entry on a House Account seen by what is open of it: charges (invoices, debits, refunds) and what can
settle them (payments, credits, credit notes, applied Customer Credit). `entry.open_minor` is kept beside these rows.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.engine import Base
from portal.db.types import At, BigInt, CustomerRef, Key, PartnerRef, words
from portal.rules.invoices.settling import AllocationKind


class Allocation(Base):
    """So much of the credit `source_id` settles the charge `target_id` from `counts_on` on. It is never changed.

    One that takes another back has the negative of its amount, and counts from its own day. One of nothing, which names
    another, shifts its parts between the accounts of the charge.
    """

    __tablename__ = "allocation"
    __table_args__ = (
        CheckConstraint("(takes_back_id IS NULL) = (amount_minor > 0)", name="direction"),
        CheckConstraint("source_id <> target_id", name="apart"),
        Index(None, "source_id"),
        Index(None, "target_id"),
        Index(None, "counts_on"),
        Index(None, "takes_back_id"),
    )

    id: Mapped[Key]
    source_id: Mapped[int] = mapped_column(ForeignKey("entry.id"))
    target_id: Mapped[int] = mapped_column(ForeignKey("entry.id"))
    kind: Mapped[AllocationKind] = mapped_column(words(AllocationKind, 12, check="kind"))
    amount_minor: Mapped[int] = mapped_column(BigInt)
    counts_on: Mapped[date]
    entered_at: Mapped[At]
    actor: Mapped[str] = mapped_column(String(254))
    takes_back_id: Mapped[int | None] = mapped_column(ForeignKey("allocation.id"))


class AllocationPart(Base):
    """How an allocation divides over the accounts that the charge was issued for; the parts add up to it."""

    __tablename__ = "allocation_part"
    __table_args__ = (Index(None, "account_id"),)

    allocation_id: Mapped[int] = mapped_column(ForeignKey("allocation.id"), primary_key=True)
    account_id: Mapped[CustomerRef] = mapped_column(primary_key=True)
    amount_minor: Mapped[int] = mapped_column(BigInt)


class ItemMove(Base):
    """From `moved_on` on an item stands with another payer, because their balances are shared (P2)."""

    __tablename__ = "item_move"
    __table_args__ = (Index(None, "entry_id"), Index(None, "from_id"), Index(None, "to_id"))

    id: Mapped[Key]
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"))
    from_id: Mapped[CustomerRef]
    to_id: Mapped[CustomerRef]
    moved_on: Mapped[date]
    moved_at: Mapped[At]


class PeriodClosing(Base):
    """A partner's books are closed up to `through`, the last day of a month: no entry may be dated so early (F8)."""

    __tablename__ = "period_closing"

    partner_id: Mapped[PartnerRef] = mapped_column(primary_key=True)
    through: Mapped[date] = mapped_column(primary_key=True)
    closed_at: Mapped[At]
    actor: Mapped[str] = mapped_column(String(254))
