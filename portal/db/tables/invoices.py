"""Invoices and credit notes: the papers that say how an entry of the books came about (F2, F4, F6).

An invoice that came as one amount (posted, imported) has no row here: its entry says all there is, and it is read as
an invoice of one line. Issued papers never change; a draft has no number and touches nothing.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.engine import Base
from portal.db.types import At, BigInt, CustomerRef, IdText, Key, PartnerRef, PublicId, words
from portal.rules.invoices.prices import Prices


class Invoice(Base):
    """What an issued invoice says besides its entry. `parties` are seller and buyer as they were on the day."""

    __tablename__ = "invoice"
    __table_args__ = (Index(None, "reference"),)

    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"), primary_key=True, autoincrement=False)
    prices: Mapped[Prices] = mapped_column(words(Prices, 8, check="prices"))
    reference: Mapped[str] = mapped_column(String(60), default="")
    parties: Mapped[dict[str, Any]] = mapped_column(JSON)


class InvoiceLine(Base):
    """One line of an issued invoice. `account_id` is whom it was issued for.

    `quantity_e4` is in ten thousandths; `discount_e3` and `rate_e3` are thousandths of a per cent. The amounts are
    in minor units: the tax is handed down from the invoice's tax of that rate (F4).
    """

    __tablename__ = "invoice_line"
    __table_args__ = (UniqueConstraint("invoice_id", "position"), Index(None, "account_id"))

    id: Mapped[Key]
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoice.entry_id"))
    position: Mapped[int]
    description: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(String(100), default="")
    quantity_e4: Mapped[int] = mapped_column(BigInt)
    unit_price_minor: Mapped[int] = mapped_column(BigInt)
    discount_e3: Mapped[int] = mapped_column(default=0)
    rate_e3: Mapped[int]
    account_id: Mapped[CustomerRef]
    from_on: Mapped[date | None]
    to_on: Mapped[date | None]
    net_minor: Mapped[int] = mapped_column(BigInt)
    tax_minor: Mapped[int] = mapped_column(BigInt)
    gross_minor: Mapped[int] = mapped_column(BigInt)


class InvoiceDraft(Base):
    """An invoice that was not issued yet, as it was typed. Issuing it ends it; the invoice keeps its public id."""

    __tablename__ = "invoice_draft"
    __table_args__ = (Index(None, "customer_id"),)

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    external_id: Mapped[str | None] = mapped_column(IdText(100), unique=True)
    partner_id: Mapped[PartnerRef]
    customer_id: Mapped[CustomerRef]
    content: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[At]
    changed_at: Mapped[At]
    actor: Mapped[str] = mapped_column(String(254))


class CreditNote(Base):
    """What a credit note says besides its entry, whose `reason` is its reason. One without a row was imported."""

    __tablename__ = "credit_note"
    __table_args__ = (Index(None, "invoice_id"),)

    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"), primary_key=True, autoincrement=False)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("entry.id"))


class CreditNoteLine(Base):
    """How much of a line of the invoice (its `position`) a credit note takes back; amounts are positive."""

    __tablename__ = "credit_note_line"

    credit_note_id: Mapped[int] = mapped_column(ForeignKey("credit_note.entry_id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    rate_e3: Mapped[int]
    account_id: Mapped[CustomerRef]
    net_minor: Mapped[int] = mapped_column(BigInt)
    tax_minor: Mapped[int] = mapped_column(BigInt)
    gross_minor: Mapped[int] = mapped_column(BigInt)


class Refund(Base):
    """Which payment or credit note an entry of the kind refund pays back (F6)."""

    __tablename__ = "refund"
    __table_args__ = (Index(None, "of_id"),)

    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"), primary_key=True, autoincrement=False)
    of_id: Mapped[int] = mapped_column(ForeignKey("entry.id"))
