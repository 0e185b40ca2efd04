"""Partners and customers."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.engine import Base
from portal.db.types import At, BigInt, EmailText, IdText, Instant, Key, NameText, PartnerRef, PublicId, Rate, words
from portal.rules.bookings.states import BookingPayer, ChargeBookings
from portal.rules.customers.status import BillingType, BlockedCause, Kind, Status
from portal.rules.invoices.prices import Prices
from portal.rules.partners import AllocationMode, ReferenceForm, SecondFactor

_BORN = text("born_on IS NOT NULL")
_CALLED = text("phone_tail <> ''")
_KEPT = text("removed_at IS NULL")
_Folded = Text().with_variant(Text(collation="C"), "postgresql")
"""Compared by its characters' codes, as SQLite does, so that both engines put names in the same order."""


class Partner(Base):
    """A business unit or reseller: the letterhead, the currency, and what its portal shows.

    `groups_on` is None where the feature follows the installation.
    """

    __tablename__ = "partner"
    __table_args__ = (
        CheckConstraint("groups_per_customer >= 1", name="groups_per_customer"),
        CheckConstraint("majority_age BETWEEN 1 AND 150", name="majority_age"),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    name: Mapped[str] = mapped_column(NameText(200), unique=True)
    address: Mapped[str] = mapped_column(Text, default="")
    contact: Mapped[str] = mapped_column(Text, default="")
    currency: Mapped[str] = mapped_column(String(3), default="EUR")
    time_zone: Mapped[str] = mapped_column(String(60), default="Europe/London")
    locale: Mapped[str] = mapped_column(String(20), default="en_GB")
    default_billing_type: Mapped[BillingType] = mapped_column(words(BillingType, 20), default=BillingType.RECURRING)
    default_billing_day: Mapped[int] = mapped_column(default=1)
    manages_independent: Mapped[bool] = mapped_column(default=False)
    independent_orders: Mapped[bool] = mapped_column(default=True)
    shows_statements: Mapped[bool] = mapped_column(default=True)
    shows_services: Mapped[bool] = mapped_column(default=True)
    shows_documents: Mapped[bool] = mapped_column(default=True)
    groups_on: Mapped[bool | None]
    customers_create_groups: Mapped[bool] = mapped_column(default=False)
    groups_per_customer: Mapped[int] = mapped_column(default=1)
    majority_age: Mapped[int] = mapped_column(default=18)
    consent_age: Mapped[int] = mapped_column(default=16, server_default="16")
    second_factor: Mapped[SecondFactor] = mapped_column(
        words(SecondFactor, 10), default=SecondFactor.OFF, server_default="off"
    )
    billing_schedule: Mapped[str] = mapped_column(String(20), default="off", server_default="off")
    prices: Mapped[Prices] = mapped_column(words(Prices, 8), default=Prices.NET, server_default="net")
    tax_rate: Mapped[Decimal] = mapped_column(Rate, default=Decimal(0), server_default="0")
    terms: Mapped[str] = mapped_column(String(40), default="14 days", server_default="14 days")
    allocation: Mapped[AllocationMode] = mapped_column(
        words(AllocationMode, 10), default=AllocationMode.CHOICE, server_default="choice"
    )
    apply_credit: Mapped[bool] = mapped_column(default=False, server_default=false())
    blocking: Mapped[bool] = mapped_column(default=False, server_default=false())
    grace_days: Mapped[int] = mapped_column(default=0, server_default="0")
    reminders: Mapped[str] = mapped_column(String(200), default="", server_default="")
    reminder_minimum: Mapped[int] = mapped_column(BigInt, default=0, server_default="0")
    account_name: Mapped[str] = mapped_column(NameText(70), default="", server_default="")
    iban: Mapped[str] = mapped_column(String(34), default="", server_default="")
    bic: Mapped[str] = mapped_column(String(11), default="", server_default="")
    reference: Mapped[ReferenceForm] = mapped_column(
        words(ReferenceForm, 10), default=ReferenceForm.ISO11649, server_default="iso11649"
    )
    tax_id: Mapped[str] = mapped_column(String(40), default="", server_default="")
    shows_bookings: Mapped[bool] = mapped_column(default=True, server_default=true())
    shows_memberships: Mapped[bool] = mapped_column(default=True, server_default=true())
    waiting_cut_off: Mapped[int] = mapped_column(default=0, server_default="0")
    waiting_hold: Mapped[int] = mapped_column(default=0, server_default="0")
    booking_payer: Mapped[BookingPayer] = mapped_column(
        words(BookingPayer, 8), default=BookingPayer.CHOICE, server_default="choice"
    )
    charge_bookings: Mapped[ChargeBookings] = mapped_column(
        words(ChargeBookings, 12), default=ChargeBookings.INVOICE, server_default="invoice"
    )
    keep_bookings_of_blocked: Mapped[bool] = mapped_column(default=True, server_default=true())
    documents_quota: Mapped[int] = mapped_column(default=500, server_default="500")
    shows_tickets: Mapped[bool] = mapped_column(default=True, server_default=true())
    tickets_close_after: Mapped[int] = mapped_column(default=14, server_default="14")


class PartnerBrand(Base):
    """What a partner chose for the looks of its portal. `logo` is a PNG, `logo_version` empty without one."""

    __tablename__ = "partner_brand"

    partner_id: Mapped[int] = mapped_column(ForeignKey("partner.id"), primary_key=True)
    colour: Mapped[str] = mapped_column(String(7), default="")
    logo: Mapped[bytes | None] = mapped_column(LargeBinary)
    logo_version: Mapped[str] = mapped_column(String(12), default="")


class Customer(Base):
    """A profile. `folded` is the searchable text (name, contacts, external id) in plain lower-case letters.

    `phone_tail` are the last digits of the phone number, by which likely doubles are found (C5).
    Triggers keep `folded_logins`, the addresses that sign in for it, and `folded_main`, its main account's name and
    number, as well as the index over all three.
    `tax_rate` is that of its lines unless they say otherwise; None is as the partner has it.
    `booking_reminders` are those of the day before a session.
    With `removed_at` the person is erased, and the row stands only for what the books keep (L12).
    """

    __tablename__ = "customer"
    __table_args__ = (
        UniqueConstraint("id", "partner_id"),
        CheckConstraint("billing_day BETWEEN 1 AND 31", name="billing_day"),
        Index(None, "folded_name", "id"),
        Index(None, "partner_id", "folded_name", "id"),
        Index(None, "own_status", "folded_name", "id", sqlite_where=_KEPT, postgresql_where=_KEPT),
        Index(None, "kind", "folded_name", "id", sqlite_where=_KEPT, postgresql_where=_KEPT),
        Index(None, "partner_id", "own_status", sqlite_where=_KEPT, postgresql_where=_KEPT),
        Index(None, "created_at", "folded_name", "id", sqlite_where=_KEPT, postgresql_where=_KEPT),
        Index(None, "phone_tail", sqlite_where=_CALLED, postgresql_where=_CALLED),
        Index(None, "born_on", sqlite_where=_BORN, postgresql_where=_BORN),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    external_id: Mapped[str | None] = mapped_column(IdText(100), unique=True)
    partner_id: Mapped[PartnerRef]
    kind: Mapped[Kind] = mapped_column(words(Kind, 12, check="kind"), default=Kind.INDIVIDUAL)
    name: Mapped[str] = mapped_column(NameText(200))
    given_name: Mapped[str] = mapped_column(NameText(100), default="")
    family_name: Mapped[str] = mapped_column(NameText(100), default="")
    folded_name: Mapped[str] = mapped_column(_Folded)
    folded: Mapped[str] = mapped_column(Text)
    folded_logins: Mapped[str] = mapped_column(Text, default="", server_default="")
    folded_main: Mapped[str] = mapped_column(Text, default="", server_default="")
    email: Mapped[str] = mapped_column(EmailText(254), default="")
    billing_email: Mapped[str] = mapped_column(EmailText(254), default="")
    phone: Mapped[str] = mapped_column(String(60), default="")
    phone_tail: Mapped[str] = mapped_column(String(7), default="", server_default="")
    address: Mapped[str] = mapped_column(Text, default="")
    born_on: Mapped[date | None]
    own_status: Mapped[Status] = mapped_column(words(Status, 10, check="own_status"), default=Status.ACTIVE)
    blocked_cause: Mapped[BlockedCause | None] = mapped_column(words(BlockedCause, 10))
    status_changed_at: Mapped[datetime | None] = mapped_column(Instant)
    billing_type: Mapped[BillingType] = mapped_column(
        words(BillingType, 20, check="billing_type"), default=BillingType.RECURRING
    )
    billing_day: Mapped[int] = mapped_column(default=1)
    currency: Mapped[str] = mapped_column(String(3), default="EUR")
    tax_rate: Mapped[Decimal | None] = mapped_column(Rate)
    not_reminded: Mapped[bool] = mapped_column(default=False, server_default=false())
    booking_reminders: Mapped[bool] = mapped_column(default=True, server_default=true())
    manages_sub_accounts: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[At]
    version: Mapped[int] = mapped_column(default=1)
    removed_at: Mapped[datetime | None] = mapped_column(Instant)
