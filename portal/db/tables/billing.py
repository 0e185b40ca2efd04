"""Billing runs: for which day, by whom, and what became of each payer (F5)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.engine import Base
from portal.db.types import At, BigInt, CustomerRef, Instant, Key, PartnerRef, PublicId, Saying
from portal.rules.sentences import NOTHING, Sentence


class BillingRun(Base):
    """One run for a day of a partner. `scheduled_on` is the day on which the worker began it by itself, once a day.

    `job` is the public id of the job that carries it out, "" without one. One that was broken off has no end; the next
    run for the same day finishes what it began.
    """

    __tablename__ = "billing_run"
    __table_args__ = (UniqueConstraint("partner_id", "scheduled_on"), Index(None, "partner_id", "id"))

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    partner_id: Mapped[PartnerRef]
    run_on: Mapped[date]
    actor: Mapped[str] = mapped_column(String(254))
    started_at: Mapped[At]
    finished_at: Mapped[datetime | None] = mapped_column(Instant)
    scheduled_on: Mapped[date | None]
    job: Mapped[str] = mapped_column(String(20), default="", server_default="")


class BillingOutcome(Base):
    """What a run made for one payer: an invoice or credit note (`entry_id`) with what it came to in minor units, or
    with `note`, why it could not.
    """

    __tablename__ = "billing_outcome"
    __table_args__ = (Index(None, "run_id", "id"), Index(None, "payer_id", "id"))

    id: Mapped[Key]
    run_id: Mapped[int] = mapped_column(ForeignKey("billing_run.id"))
    payer_id: Mapped[CustomerRef]
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("entry.id"))
    amount_minor: Mapped[int] = mapped_column(BigInt, default=0)
    note: Mapped[Sentence] = mapped_column(Saying, default=NOTHING)
