"""Links between customers that decide who pays. Ended rows stay: they are the history of payers (S11)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.engine import Base
from portal.db.types import At, BigInt, Instant, Key, PublicId, words
from portal.rules.links.facts import BillingMode

_CUSTOMER = ["customer.id", "customer.partner_id"]


class SubAccountLink(Base):
    """One period in which `sub` was a sub-account of `main` in one billing mode; a change of mode begins a new row.

    Both foreign keys carry the partner, so that customers of different partners cannot be linked (L3), and the
    partial unique index leaves a sub-account one main account at a time (L5).
    """

    __tablename__ = "sub_account_link"
    __table_args__ = (
        ForeignKeyConstraint(["main_id", "partner_id"], _CUSTOMER, name="fk_link_main"),
        ForeignKeyConstraint(["sub_id", "partner_id"], _CUSTOMER, name="fk_link_sub"),
        CheckConstraint("main_id <> sub_id", name="not_itself"),
        Index("uq_link_current", "sub_id", unique=True, sqlite_where=text("ended_at IS NULL"),
              postgresql_where=text("ended_at IS NULL")),
        Index("ix_link_main", "main_id", "ended_at"),
        Index("ix_link_sub", "sub_id", "ended_at"),
    )  # fmt: skip

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    partner_id: Mapped[int] = mapped_column(BigInt)
    main_id: Mapped[int] = mapped_column(BigInt)
    sub_id: Mapped[int] = mapped_column(BigInt)
    mode: Mapped[BillingMode] = mapped_column(words(BillingMode, 12, check="mode"))
    started_at: Mapped[At]
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class SharedBalance(Base):
    """A pair of partner accounts: both use the primary's House Account and Customer Credit (P1)."""

    __tablename__ = "shared_balance"
    __table_args__ = (
        ForeignKeyConstraint(["primary_id", "partner_id"], _CUSTOMER, name="fk_share_primary"),
        ForeignKeyConstraint(["secondary_id", "partner_id"], _CUSTOMER, name="fk_share_secondary"),
        CheckConstraint("primary_id <> secondary_id", name="not_itself"),
        Index("uq_share_primary", "primary_id", unique=True, sqlite_where=text("ended_at IS NULL"),
              postgresql_where=text("ended_at IS NULL")),
        Index("uq_share_secondary", "secondary_id", unique=True, sqlite_where=text("ended_at IS NULL"),
              postgresql_where=text("ended_at IS NULL")),
    )  # fmt: skip

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    partner_id: Mapped[int] = mapped_column(BigInt)
    primary_id: Mapped[int] = mapped_column(BigInt)
    secondary_id: Mapped[int] = mapped_column(BigInt)
    started_at: Mapped[At]
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
