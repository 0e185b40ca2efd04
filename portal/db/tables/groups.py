"""Groups of customers, who is in them for how long, invitations, agreements, and who looked at whom."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.engine import Base
from portal.db.types import (
    At,
    BigInt,
    CustomerRef,
    EmailKey,
    IdText,
    Instant,
    Key,
    NameText,
    PartnerRef,
    PublicId,
    words,
)
from portal.rules.groups import LONGEST_REASON, GroupRole, InvitationKind, MajorityNews

_CUSTOMER = ["customer.id", "customer.partner_id"]
_GROUP = ["customer_group.id", "customer_group.partner_id"]
_CURRENT = text("left_at IS NULL")
_OWNING = text("left_at IS NULL AND role = 'owner'")
_STANDING = text("withdrawn_at IS NULL")
_LASTING = text("ended_at IS NULL")


class Feature(Base):
    """A switch of the whole installation; a partner's own column may say otherwise (G1)."""

    __tablename__ = "feature"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    is_on: Mapped[bool]
    changed_at: Mapped[At]


class CustomerGroup(Base):
    """A family or care group of one partner (G9). `external_id` is its key in imports."""

    __tablename__ = "customer_group"
    __table_args__ = (UniqueConstraint("id", "partner_id"),)

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    external_id: Mapped[str | None] = mapped_column(IdText(100), unique=True)
    partner_id: Mapped[PartnerRef]
    created_at: Mapped[At]
    dissolved_at: Mapped[datetime | None] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(default=1)


class GroupLabel(Base):
    """The relationship a member has: Parent, Nanny, Child, Carer and others. A retired one is offered no more (G4)."""

    __tablename__ = "group_label"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    name: Mapped[str] = mapped_column(NameText(40))
    folded_name: Mapped[str] = mapped_column(String(200), unique=True)
    retired_at: Mapped[datetime | None] = mapped_column(Instant)


class GroupMember(Base):
    """One period of a customer in a group. `scopes` (comma-separated) is what an Owner or Admin may do for Dependents,
    `until` the last day of a membership that ends by itself (G12).

    The foreign keys carry the partner (G9); the partial unique indexes leave a group one Owner (G3) and a customer one
    membership in it at a time. `end_told_for` and `majority_told` remember what has been announced by mail.
    """

    __tablename__ = "group_member"
    __table_args__ = (
        ForeignKeyConstraint(["group_id", "partner_id"], _GROUP, name="fk_member_group"),
        ForeignKeyConstraint(["customer_id", "partner_id"], _CUSTOMER, name="fk_member_customer"),
        CheckConstraint("role <> 'owner' OR until IS NULL", name="owner_stays"),
        Index("uq_member_owner", "group_id", unique=True, sqlite_where=_OWNING, postgresql_where=_OWNING),
        Index("uq_member_current", "group_id", "customer_id", unique=True, sqlite_where=_CURRENT,
              postgresql_where=_CURRENT),
        Index("ix_member_customer", "customer_id", "left_at"),
        Index("ix_member_until", "until"),
    )  # fmt: skip

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    partner_id: Mapped[int] = mapped_column(BigInt)
    group_id: Mapped[int] = mapped_column(BigInt)
    customer_id: Mapped[int] = mapped_column(BigInt)
    role: Mapped[GroupRole] = mapped_column(words(GroupRole, 10, check="role"))
    label_id: Mapped[int | None] = mapped_column(ForeignKey("group_label.id"))
    scopes: Mapped[str] = mapped_column(String(200), default="")
    until: Mapped[date | None]
    joined_at: Mapped[At]
    left_at: Mapped[datetime | None] = mapped_column(Instant)
    version: Mapped[int] = mapped_column(default=1)
    end_told_for: Mapped[date | None]
    majority_told: Mapped[MajorityNews] = mapped_column(words(MajorityNews, 10), default=MajorityNews.NONE)


class ActingConsent(Base):
    """An adult Dependent's agreement to being acted for: to which wording, how far, and through whom (PRI2)."""

    __tablename__ = "acting_consent"
    __table_args__ = (
        Index("uq_consent_current", "member_id", unique=True, sqlite_where=_STANDING, postgresql_where=_STANDING),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    member_id: Mapped[int] = mapped_column(ForeignKey("group_member.id"))
    wording: Mapped[str] = mapped_column(String(20))
    scopes: Mapped[str] = mapped_column(String(200))
    given_at: Mapped[At]
    given_by: Mapped[str] = mapped_column(String(254))
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)


class GuardianshipFreeze(Base):
    """That nobody of a group acts for a customer while there is a dispute: why, by whom, and how it ended (G18)."""

    __tablename__ = "guardianship_freeze"
    __table_args__ = (
        Index("uq_freeze_current", "customer_id", unique=True, sqlite_where=_LASTING, postgresql_where=_LASTING),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    customer_id: Mapped[CustomerRef]
    reason: Mapped[str] = mapped_column(String(LONGEST_REASON))
    frozen_at: Mapped[At]
    frozen_by: Mapped[str] = mapped_column(String(254))
    end_reason: Mapped[str] = mapped_column(String(LONGEST_REASON), default="")
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_by: Mapped[str] = mapped_column(String(254), default="")


class GroupInvitation(Base):
    """An invitation into a group, or an offer of its ownership to a member. The mailed token is stored hashed (SEC22).

    `customer_id` is the member an ownership is offered to, or who accepted; `inviter_id` the customer it comes from.
    """

    __tablename__ = "group_invitation"
    __table_args__ = (
        Index(None, "group_id"),
        Index(None, "email"),
        Index(None, "customer_id"),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    kind: Mapped[InvitationKind] = mapped_column(
        words(InvitationKind, 12, check="kind"), default=InvitationKind.MEMBERSHIP
    )
    group_id: Mapped[int] = mapped_column(ForeignKey("customer_group.id"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    email: Mapped[str] = mapped_column(EmailKey(254))
    name: Mapped[str] = mapped_column(NameText(200), default="")
    role: Mapped[GroupRole] = mapped_column(words(GroupRole, 10, check="role"))
    label_id: Mapped[int | None] = mapped_column(ForeignKey("group_label.id"))
    scopes: Mapped[str] = mapped_column(String(200), default="")
    until: Mapped[date | None]
    inviter: Mapped[str] = mapped_column(String(200))
    inviter_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"))
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"))
    created_at: Mapped[At]
    expires_at: Mapped[At]
    accepted_at: Mapped[datetime | None] = mapped_column(Instant)
    declined_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


class Viewing(Base):
    """That somebody looked at a part of a customer's pages on its behalf, once a day (PRI4)."""

    __tablename__ = "viewing"
    __table_args__ = (UniqueConstraint("subject_id", "day", "login_id", "part"),)

    id: Mapped[Key]
    subject_id: Mapped[CustomerRef]
    login_id: Mapped[int] = mapped_column(ForeignKey("login.id"))
    day: Mapped[date]
    part: Mapped[str] = mapped_column(String(40))
    grant: Mapped[str] = mapped_column(String(40))
    at: Mapped[At]
