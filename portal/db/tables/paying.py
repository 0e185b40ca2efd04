"""Payment requests: what somebody was told to pay together, with one reference for all of it (F12)."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.engine import Base
from portal.db.types import At, BigInt, CustomerRef, Key, PartnerRef, PublicId


class PaymentRequest(Base):
    """One request of a payer's, with the reference by which a bank line is recognised. It is never changed."""

    __tablename__ = "payment_request"
    __table_args__ = (Index(None, "holder_id", "id"), Index(None, "partner_id", "id"))

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    partner_id: Mapped[PartnerRef]
    holder_id: Mapped[CustomerRef]
    reference: Mapped[str] = mapped_column(String(25), unique=True)
    currency: Mapped[str] = mapped_column(String(3))
    created_at: Mapped[At]
    actor: Mapped[str] = mapped_column(String(254))


class PaymentRequestPart(Base):
    """An invoice that a request asks for, with what was open of it then, in minor units."""

    __tablename__ = "payment_request_part"
    __table_args__ = (Index(None, "entry_id"),)

    request_id: Mapped[int] = mapped_column(ForeignKey("payment_request.id"), primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(ForeignKey("entry.id"), primary_key=True, autoincrement=False)
    amount_minor: Mapped[int] = mapped_column(BigInt)
