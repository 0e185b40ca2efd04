"""The books: entries and their postings (append-only), and the sums kept beside them.

An entry is written after its postings and seals them: a trigger refuses an entry whose postings do not sum to zero
in one currency, and a posting to an entry that is sealed already (F1). Balances and month totals change in the same
transaction as the postings they sum up.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Sequence, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.engine import Base
from portal.db.types import At, BigInt, CustomerRef, Instant, Key, PartnerRef, PublicId, words
from portal.rules.books import AccountKind, EntryKind, Ledger

ENTRY_IDS = Sequence("entry_id_seq", metadata=Base.metadata)


class LedgerAccount(Base):
    """A customer's House Account or Customer Credit, or one of a partner's own accounts (without an owner).

    `balance_minor` is the sum of all its postings, dated ahead ones included. Positive is in the customer's favour.
    """

    __tablename__ = "ledger_account"
    __table_args__ = (
        CheckConstraint("(owner_id IS NULL) = (kind NOT IN ('house', 'credit'))", name="owner"),
        CheckConstraint("kind <> 'credit' OR balance_minor >= 0", name="credit_not_negative"),
        UniqueConstraint("owner_id", "kind", "currency"),
        Index("uq_ledger_account_partner", "partner_id", "kind", "currency", unique=True,
              sqlite_where=text("owner_id IS NULL"), postgresql_where=text("owner_id IS NULL")),
    )  # fmt: skip

    id: Mapped[Key]
    partner_id: Mapped[PartnerRef]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"))
    kind: Mapped[AccountKind] = mapped_column(words(AccountKind, 12, check="kind"))
    currency: Mapped[str] = mapped_column(String(3))
    balance_minor: Mapped[int] = mapped_column(BigInt, default=0)


_OPEN = text("open_minor <> 0")
_MOVED = text("moved_to_id IS NOT NULL")
_WAITING = text("invoiced_by_id IS NULL AND reverses_id IS NULL")
_NAMED = text("payer_id IS NOT NULL")
_CHARGES, _CREDITS = text("charges_id IS NOT NULL"), text("credits_id IS NOT NULL")


class Entry(Base):
    """One dated event on the books. `amount_minor` is what it did to the payer's account `ledger`.

    `open_minor` is how much of it nothing settles yet, with its sign, whatever the date of what settles it (F7); 0
    for Customer Credit and for transfers between payers. `due_on` is an invoice's. `moved_to_id` is with whom it
    stands since balances were shared (P2), None while it stands with its payer. Only these two may ever change.
    """

    __tablename__ = "entry"
    __table_args__ = (
        UniqueConstraint("partner_id", "series", "number"),
        UniqueConstraint("reverses_id"),
        CheckConstraint(
            "(open_minor >= 0 AND open_minor <= amount_minor) OR (open_minor <= 0 AND open_minor >= amount_minor)",
            name="open",
        ),
        Index(None, "issued_for_id", "booked_on"),
        Index("ix_entry_open", "payer_id", "due_on", sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_entry_moved", "moved_to_id", sqlite_where=_MOVED, postgresql_where=_MOVED),
    )

    id: Mapped[int] = mapped_column(BigInt, primary_key=True, autoincrement=False)
    public_id: Mapped[PublicId]
    external_id: Mapped[str | None] = mapped_column(String(100), unique=True)
    partner_id: Mapped[PartnerRef]
    payer_id: Mapped[CustomerRef]
    issued_for_id: Mapped[CustomerRef]
    booked_on: Mapped[date]
    entered_at: Mapped[At]
    kind: Mapped[EntryKind] = mapped_column(words(EntryKind, 12, check="kind"))
    ledger: Mapped[Ledger] = mapped_column(words(Ledger, 8, check="ledger"), default=Ledger.HOUSE)
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int] = mapped_column(BigInt)
    tax_minor: Mapped[int] = mapped_column(BigInt, default=0)
    series: Mapped[str] = mapped_column(String(4))
    number: Mapped[str] = mapped_column(String(60))
    sequence: Mapped[int | None] = mapped_column(BigInt)
    description: Mapped[str] = mapped_column(Text, default="")
    category: Mapped[str] = mapped_column(String(100), default="")
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"))
    actor: Mapped[str] = mapped_column(String(254))
    reason: Mapped[str] = mapped_column(Text, default="")
    idempotency_key: Mapped[str | None] = mapped_column(String(100), unique=True)
    due_on: Mapped[date | None]
    open_minor: Mapped[int] = mapped_column(BigInt, default=0, server_default="0")
    moved_to_id: Mapped[int | None] = mapped_column(BigInt)


class Posting(Base):
    """One line of an entry on one ledger account. Ids give the order in which same-day lines were entered."""

    __tablename__ = "posting"
    __table_args__ = (
        Index("ix_posting_account", "ledger_account_id", "booked_on", "id", "amount_minor"),
        Index("ix_posting_issued", "ledger_account_id", "issued_for_id", "booked_on", "id", "amount_minor"),
        Index("ix_posting_entry", "entry_id"),
    )

    id: Mapped[Key]
    entry_id: Mapped[int] = mapped_column(
        ForeignKey("entry.id", deferrable=True, initially="DEFERRED"),
    )
    ledger_account_id: Mapped[int] = mapped_column(ForeignKey("ledger_account.id"))
    issued_for_id: Mapped[CustomerRef]
    booked_on: Mapped[date]
    amount_minor: Mapped[int] = mapped_column(BigInt)


class AccountMonth(Base):
    """The net of one month on one customer's ledger account. `month` is its first day."""

    __tablename__ = "account_month"
    __table_args__ = ({"sqlite_with_rowid": False},)

    ledger_account_id: Mapped[int] = mapped_column(ForeignKey("ledger_account.id"), primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    net_minor: Mapped[int] = mapped_column(BigInt)


class NumberSeries(Base):
    """The next number of a gapless series of one partner (F2). Its row lock is held until the number is used.

    Imported numbers keep their text; `imported_up_to` is the highest of them that looks like one of ours, so that
    the series can step over it.
    """

    __tablename__ = "number_series"

    partner_id: Mapped[int] = mapped_column(ForeignKey("partner.id"), primary_key=True)
    series: Mapped[str] = mapped_column(String(4), primary_key=True)
    next_value: Mapped[int] = mapped_column(BigInt, default=1)
    imported_up_to: Mapped[int] = mapped_column(BigInt, default=0)


class FutureItem(Base):
    """A charge (positive) or discount (negative) waiting for the next invoice; it touches no balance until then.

    `amount_minor` contains `tax_minor`. One that came of a service also says the rate and the days, with `charges_id`
    which of its days it charges, and with `credits_id` which charge it gives back (F13): a run credits the invoice that
    charged it where nothing sets it off.
    `payer_id` is the customer that a booking or membership named to pay; None is whoever pays for that account (B6).
    """

    __tablename__ = "future_item"
    __table_args__ = (
        UniqueConstraint("partner_id", "number"),
        UniqueConstraint("reverses_id"),
        Index(None, "issued_for_id", "booked_on"),
        Index("ix_future_item_waiting", "booked_on", "issued_for_id", sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index("ix_future_item_charges_id", "charges_id", sqlite_where=_CHARGES, postgresql_where=_CHARGES),
        Index("ix_future_item_credits_id", "credits_id", sqlite_where=_CREDITS, postgresql_where=_CREDITS),
        Index("ix_future_item_payer", "payer_id", "booked_on", sqlite_where=_NAMED, postgresql_where=_NAMED),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    external_id: Mapped[str | None] = mapped_column(String(100), unique=True)
    partner_id: Mapped[PartnerRef]
    issued_for_id: Mapped[CustomerRef]
    booked_on: Mapped[date]
    entered_at: Mapped[At]
    currency: Mapped[str] = mapped_column(String(3))
    amount_minor: Mapped[int] = mapped_column(BigInt)
    tax_minor: Mapped[int] = mapped_column(BigInt, default=0)
    number: Mapped[str] = mapped_column(String(60))
    sequence: Mapped[int | None] = mapped_column(BigInt)
    description: Mapped[str] = mapped_column(Text, default="")
    category: Mapped[str] = mapped_column(String(100), default="")
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("future_item.id"))
    invoiced_by_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"))
    invoiced_at: Mapped[datetime | None] = mapped_column(Instant)
    actor: Mapped[str] = mapped_column(String(254))
    idempotency_key: Mapped[str | None] = mapped_column(String(100), unique=True)
    rate_e3: Mapped[int | None]
    credits_id: Mapped[int | None] = mapped_column(ForeignKey("service_charge.id"))
    from_on: Mapped[date | None]
    to_on: Mapped[date | None]
    payer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"))
    charges_id: Mapped[int | None] = mapped_column(ForeignKey("service_charge.id"))
