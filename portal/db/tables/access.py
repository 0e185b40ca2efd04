"""Who signs in, with what, and for how long."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from portal.db.engine import Base
from portal.db.types import At, EmailKey, Instant, Key, NameText, PublicId, words
from portal.rules.logins.emailed_links import Purpose


class StaffRole(Base):
    """A role that the operator made, beside the four default ones. `permissions` is a comma-separated list (O4)."""

    __tablename__ = "staff_role"

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    name: Mapped[str] = mapped_column(NameText(60))
    folded_name: Mapped[str] = mapped_column(Text, unique=True)
    description: Mapped[str] = mapped_column(Text, default="")
    permissions: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[At]


class Administrator(Base):
    """Somebody of the operator's staff. Without a partner they see every partner's customers.

    `role` is a default role, or "custom" beside a `role_id`. `given` and `taken` are comma-separated permissions beside
    the role (O4); `search_fields` the fields that the customer search looks at, None for the usual ones (O1).
    """

    __tablename__ = "administrator"
    __table_args__ = (
        CheckConstraint("(role = 'custom') = (role_id IS NOT NULL)", name="custom_role"),
        Index(None, "role_id"),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    name: Mapped[str] = mapped_column(NameText(200))
    role: Mapped[str] = mapped_column(String(40))
    role_id: Mapped[int | None] = mapped_column(ForeignKey("staff_role.id"))
    given: Mapped[str] = mapped_column(Text, default="")
    taken: Mapped[str] = mapped_column(Text, default="")
    search_fields: Mapped[str | None] = mapped_column(String(200))
    partner_id: Mapped[int | None] = mapped_column(ForeignKey("partner.id"))


class Login(Base):
    """One person's credentials, a customer's or an administrator's. `email` is stored in the form it is compared in.

    `scopes` is a comma-separated list of what a customer's login may do there (C2).
    """

    __tablename__ = "login"
    __table_args__ = (
        CheckConstraint("(customer_id IS NULL) <> (administrator_id IS NULL)", name="one_owner"),
        Index(None, "customer_id"),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    email: Mapped[str] = mapped_column(EmailKey(254), unique=True)
    name: Mapped[str] = mapped_column(NameText(200))
    password_hash: Mapped[str | None] = mapped_column(String(200))
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"))
    administrator_id: Mapped[int | None] = mapped_column(ForeignKey("administrator.id"), unique=True)
    scopes: Mapped[str] = mapped_column(String(200), default="view,book,order,documents,tickets,finance")
    created_at: Mapped[At]
    disabled_at: Mapped[datetime | None] = mapped_column(Instant)
    password_changed_at: Mapped[datetime | None] = mapped_column(Instant)


class LoginSession(Base):
    """A signed-in browser. The cookie holds a token, the row its SHA-256; an ended row can never be used again.

    Until `viewing_until` an administrator looks at the portal as the customer `viewing_id` sees it (O7).
    """

    __tablename__ = "login_session"
    __table_args__ = (Index(None, "login_id", "ended_at"),)

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    login_id: Mapped[int] = mapped_column(ForeignKey("login.id"))
    started_at: Mapped[At]
    seen_at: Mapped[At]
    expires_at: Mapped[At]
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    address: Mapped[str] = mapped_column(String(60), default="")
    browser: Mapped[str] = mapped_column(Text, default="")
    viewing_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"))
    viewing_until: Mapped[datetime | None] = mapped_column(Instant)


class KeptForm(Base):
    """What somebody had typed when they were no longer signed in, for a short while and for nobody else (I2).

    `fields` are pairs of name and text. `path` is the page of the form, with its query.
    """

    __tablename__ = "kept_form"
    __table_args__ = (Index(None, "login_id"),)

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    login_id: Mapped[int] = mapped_column(ForeignKey("login.id"))
    path: Mapped[str] = mapped_column(Text)
    fields: Mapped[list[list[str]]] = mapped_column(JSON)
    left_out: Mapped[bool]
    expires_at: Mapped[At]


class SignInTry(Base):
    """Failed tries by account or address (hashed), for the throttle (SEC17)."""

    __tablename__ = "sign_in_try"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[At]
    blocked_until: Mapped[datetime | None] = mapped_column(Instant)


class EmailedToken(Base):
    """A single-use link sent by mail: a password reset, an invitation or an activation. Stored hashed (SEC22)."""

    __tablename__ = "emailed_token"
    __table_args__ = (
        Index(None, "customer_id"),
        Index(None, "login_id"),
    )

    id: Mapped[Key]
    public_id: Mapped[PublicId]
    purpose: Mapped[Purpose] = mapped_column(words(Purpose, 12, check="purpose"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    email: Mapped[str] = mapped_column(EmailKey(254))
    name: Mapped[str] = mapped_column(NameText(200), default="")
    scopes: Mapped[str] = mapped_column(String(200), default="")
    login_id: Mapped[int | None] = mapped_column(ForeignKey("login.id"))
    customer_id: Mapped[int | None] = mapped_column(ForeignKey("customer.id"))
    created_at: Mapped[At]
    expires_at: Mapped[At]
    used_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
