"""Activities, sessions, bookings, baskets and memberships, and how a partner takes bookings."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)
PARTNER = (
    ("shows_bookings", sa.Boolean(), sa.true()),
    ("shows_memberships", sa.Boolean(), sa.true()),
    ("waiting_cut_off", sa.Integer(), "0"),
    ("waiting_hold", sa.Integer(), "0"),
    ("booking_payer", sa.String(8), "choice"),
    ("charge_bookings", sa.String(12), "invoice"),
    ("keep_bookings_of_blocked", sa.Boolean(), sa.true()),
)
TABLES = (
    *("membership_period", "booking_charge", "booking", "basket_item", "session", "membership_freeze"),
    *("calendar_address", "basket", "session_series", "membership", "membership_plan", "activity"),
)


def upgrade() -> None:
    for name, kind, default in PARTNER:
        op.add_column("partner", sa.Column(name, kind, nullable=False, server_default=default))
    op.add_column("customer", sa.Column("booking_reminders", sa.Boolean(), nullable=False, server_default=sa.true()))
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "ALTER TABLE future_item ADD COLUMN payer_id INTEGER CONSTRAINT fk_future_item_payer_id "
            "REFERENCES customer (id)"
        )
    else:
        op.add_column("future_item", sa.Column("payer_id", KEY, nullable=True))
        op.create_foreign_key(op.f("fk_future_item_payer_id"), "future_item", "customer", ["payer_id"], ["id"])
    _create_tables()


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
    if op.get_bind().dialect.name == "sqlite":
        op.execute("ALTER TABLE future_item DROP COLUMN payer_id")
    else:
        op.drop_constraint(op.f("fk_future_item_payer_id"), "future_item", type_="foreignkey")
        op.drop_column("future_item", "payer_id")
    op.drop_column("customer", "booking_reminders")
    for name, _kind, _default in reversed(PARTNER):
        op.drop_column("partner", name)


def _create_tables() -> None:
    op.create_table(
        "activity",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(20), nullable=False),
        sa.Column("external_id", sa.String(100), nullable=True),
        sa.Column("partner_id", KEY, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("place", sa.String(200), nullable=False),
        sa.Column("instructor", sa.String(200), nullable=False),
        sa.Column("price_minor", KEY, nullable=False),
        sa.Column("rate_e3", sa.Integer(), nullable=True),
        sa.Column("prices", sa.String(8), nullable=False),
        sa.Column("benefit_class", sa.String(100), nullable=False),
        sa.Column("age_from", sa.Integer(), nullable=True),
        sa.Column("age_to", sa.Integer(), nullable=True),
        sa.Column("cancel_until", sa.String(40), nullable=False),
        sa.Column("book_from", sa.String(40), nullable=False),
        sa.Column("book_until", sa.String(40), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("retired_at", AT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("price_minor >= 0", name=op.f("ck_activity_price")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_activity_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity")),
        sa.UniqueConstraint("public_id", name=op.f("uq_activity_public_id")),
        sa.CheckConstraint("prices IN ('net', 'gross')", name=op.f("ck_activity_prices")),
    )
    op.create_index(op.f("ix_activity_partner_id_name"), "activity", ["partner_id", "name"])
    op.create_index("uq_activity_external_id", "activity", ["external_id"], unique=True)
    op.create_table(
        "membership_plan",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(20), nullable=False),
        sa.Column("external_id", sa.String(100), nullable=True),
        sa.Column("partner_id", KEY, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("price_minor", KEY, nullable=False),
        sa.Column("rate_e3", sa.Integer(), nullable=True),
        sa.Column("prices", sa.String(8), nullable=False),
        sa.Column("period", sa.String(40), nullable=False),
        sa.Column("visits", sa.Integer(), nullable=True),
        sa.Column("benefit_class", sa.String(100), nullable=False),
        sa.Column("included", sa.Integer(), nullable=True),
        sa.Column("discount_e3", sa.Integer(), server_default="0", nullable=False),
        sa.Column("age_from", sa.Integer(), nullable=True),
        sa.Column("age_to", sa.Integer(), nullable=True),
        sa.Column("freeze_days", sa.Integer(), server_default="0", nullable=False),
        sa.Column("granted", sa.String(8), nullable=False),
        sa.Column("renews", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("retired_at", AT, nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("discount_e3 BETWEEN 0 AND 100000", name=op.f("ck_membership_plan_discount")),
        sa.CheckConstraint("price_minor >= 0", name=op.f("ck_membership_plan_price")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_membership_plan_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership_plan")),
        sa.UniqueConstraint("public_id", name=op.f("uq_membership_plan_public_id")),
        sa.CheckConstraint("prices IN ('net', 'gross')", name=op.f("ck_membership_plan_prices")),
        sa.CheckConstraint("granted IN ('at_once', 'paid')", name=op.f("ck_membership_plan_granted")),
    )
    op.create_index(op.f("ix_membership_plan_partner_id_name"), "membership_plan", ["partner_id", "name"])
    op.create_index("uq_membership_plan_external_id", "membership_plan", ["external_id"], unique=True)
    op.create_table(
        "membership",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(20), nullable=False),
        sa.Column("external_id", sa.String(100), nullable=True),
        sa.Column("plan_id", KEY, nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("anchor_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("next_plan_id", KEY, nullable=True),
        sa.Column("next_from_on", sa.Date(), nullable=True),
        sa.Column("payer", sa.String(8), nullable=False),
        sa.Column("payer_id", KEY, nullable=True),
        sa.Column("booker_id", KEY, nullable=True),
        sa.Column("imported", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("actor", sa.String(254), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("changed_at", AT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["booker_id"], ["customer.id"], name=op.f("fk_membership_booker_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_membership_customer_id")),
        sa.ForeignKeyConstraint(["next_plan_id"], ["membership_plan.id"], name=op.f("fk_membership_next_plan_id")),
        sa.ForeignKeyConstraint(["payer_id"], ["customer.id"], name=op.f("fk_membership_payer_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["membership_plan.id"], name=op.f("fk_membership_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
        sa.UniqueConstraint("public_id", name=op.f("uq_membership_public_id")),
        sa.CheckConstraint("state IN ('ordered', 'active', 'ended')", name=op.f("ck_membership_state")),
        sa.CheckConstraint("payer IN ('owner', 'booker', 'subject', 'choice')", name=op.f("ck_membership_payer")),
    )
    op.create_index(op.f("ix_membership_customer_id_state"), "membership", ["customer_id", "state"])
    op.create_index(op.f("ix_membership_plan_id"), "membership", ["plan_id"])
    op.create_index(op.f("ix_membership_state_until_on"), "membership", ["state", "until_on"])
    op.create_index("uq_membership_external_id", "membership", ["external_id"], unique=True)
    op.create_table(
        "session_series",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(20), nullable=False),
        sa.Column("external_id", sa.String(100), nullable=True),
        sa.Column("activity_id", KEY, nullable=False),
        sa.Column("starts_wall", sa.DateTime(timezone=False), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("whole_day", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("zone", sa.String(60), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("except_on", sa.Text(), nullable=False),
        sa.Column("also_on", sa.Text(), nullable=False),
        sa.Column("place", sa.String(200), nullable=False),
        sa.Column("instructor", sa.String(200), nullable=False),
        sa.Column("written_until", sa.Date(), nullable=True),
        sa.Column("ends_before", sa.Date(), nullable=True),
        sa.Column("follows_id", KEY, nullable=True),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("capacity >= 0", name=op.f("ck_session_series_capacity")),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_session_series_minutes")),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_session_series_activity_id")),
        sa.ForeignKeyConstraint(["follows_id"], ["session_series.id"], name=op.f("fk_session_series_follows_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session_series")),
        sa.UniqueConstraint("public_id", name=op.f("uq_session_series_public_id")),
    )
    op.create_index(op.f("ix_session_series_activity_id_starts_wall"), "session_series", ["activity_id", "starts_wall"])
    op.create_index(op.f("ix_session_series_written_until"), "session_series", ["written_until"])
    op.create_index("uq_session_series_external_id", "session_series", ["external_id"], unique=True)
    op.create_table(
        "basket",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(20), nullable=False),
        sa.Column("login_id", KEY, nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("changed_at", AT, nullable=False),
        sa.ForeignKeyConstraint(["login_id"], ["login.id"], name=op.f("fk_basket_login_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_basket")),
        sa.UniqueConstraint("login_id", name=op.f("uq_basket_login_id")),
        sa.UniqueConstraint("public_id", name=op.f("uq_basket_public_id")),
    )
    op.create_table(
        "calendar_address",
        sa.Column("login_id", KEY, autoincrement=False, nullable=False),
        sa.Column("counter", sa.Integer(), nullable=False),
        sa.Column("changed_at", AT, nullable=False),
        sa.ForeignKeyConstraint(["login_id"], ["login.id"], name=op.f("fk_calendar_address_login_id")),
        sa.PrimaryKeyConstraint("login_id", name=op.f("pk_calendar_address")),
    )
    op.create_table(
        "membership_freeze",
        sa.Column("id", KEY, nullable=False),
        sa.Column("membership_id", KEY, nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("actor", sa.String(254), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.CheckConstraint("to_on >= from_on", name=op.f("ck_membership_freeze_days")),
        sa.ForeignKeyConstraint(["membership_id"], ["membership.id"], name=op.f("fk_membership_freeze_membership_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership_freeze")),
    )
    op.create_index(
        op.f("ix_membership_freeze_membership_id_from_on"), "membership_freeze", ["membership_id", "from_on"]
    )
    op.create_table(
        "session",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(20), nullable=False),
        sa.Column("external_id", sa.String(120), nullable=True),
        sa.Column("activity_id", KEY, nullable=False),
        sa.Column("series_id", KEY, nullable=True),
        sa.Column("series_on", sa.Date(), nullable=True),
        sa.Column("partner_id", KEY, nullable=False),
        sa.Column("starts_wall", sa.DateTime(timezone=False), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("whole_day", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("zone", sa.String(60), nullable=False),
        sa.Column("starts_at", AT, nullable=False),
        sa.Column("ends_at", AT, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), server_default="0", nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("place", sa.String(200), nullable=False),
        sa.Column("instructor", sa.String(200), nullable=False),
        sa.Column("place_key", sa.String(200), nullable=False),
        sa.Column("instructor_key", sa.String(200), nullable=False),
        sa.Column("moved", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("sequence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("cancelled_at", AT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", AT, nullable=False),
        sa.Column("changed_at", AT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("capacity >= 0", name=op.f("ck_session_capacity")),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_session_minutes")),
        sa.CheckConstraint("taken >= 0", name=op.f("ck_session_taken")),
        sa.ForeignKeyConstraint(["activity_id"], ["activity.id"], name=op.f("fk_session_activity_id")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_session_partner_id")),
        sa.ForeignKeyConstraint(["series_id"], ["session_series.id"], name=op.f("fk_session_series_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("public_id", name=op.f("uq_session_public_id")),
        sa.UniqueConstraint("series_id", "series_on", name=op.f("uq_session_series_id_series_on")),
        sa.CheckConstraint("state IN ('open', 'cancelled')", name=op.f("ck_session_state")),
    )
    op.create_index(op.f("ix_session_activity_id_starts_at"), "session", ["activity_id", "starts_at"])
    op.create_index(
        op.f("ix_session_partner_id_instructor_key_starts_at"), "session", ["partner_id", "instructor_key", "starts_at"]
    )
    op.create_index(
        op.f("ix_session_partner_id_place_key_starts_at"), "session", ["partner_id", "place_key", "starts_at"]
    )
    op.create_index(
        op.f("ix_session_partner_id_starts_on_starts_at"), "session", ["partner_id", "starts_on", "starts_at"]
    )
    op.create_index("uq_session_external_id", "session", ["external_id"], unique=True)
    op.create_table(
        "basket_item",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(20), nullable=False),
        sa.Column("basket_id", KEY, nullable=False),
        sa.Column("session_id", KEY, nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("added_at", AT, nullable=False),
        sa.Column("held_until", AT, nullable=True),
        sa.Column("wait", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("anyway", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("payer", sa.String(8), nullable=False),
        sa.Column("membership_id", KEY, nullable=True),
        sa.ForeignKeyConstraint(
            ["basket_id"], ["basket.id"], name=op.f("fk_basket_item_basket_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_basket_item_customer_id")),
        sa.ForeignKeyConstraint(["membership_id"], ["membership.id"], name=op.f("fk_basket_item_membership_id")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_basket_item_session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_basket_item")),
        sa.UniqueConstraint(
            "basket_id", "session_id", "customer_id", name=op.f("uq_basket_item_basket_id_session_id_customer_id")
        ),
        sa.UniqueConstraint("public_id", name=op.f("uq_basket_item_public_id")),
        sa.CheckConstraint("payer IN ('owner', 'booker', 'subject', 'choice')", name=op.f("ck_basket_item_payer")),
    )
    op.create_index(op.f("ix_basket_item_customer_id"), "basket_item", ["customer_id"])
    op.create_index(op.f("ix_basket_item_session_id_held_until"), "basket_item", ["session_id", "held_until"])
    op.create_table(
        "booking",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(20), nullable=False),
        sa.Column("external_id", sa.String(100), nullable=True),
        sa.Column("session_id", KEY, nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("booked_at", AT, nullable=False),
        sa.Column("price_minor", KEY, nullable=False),
        sa.Column("payer", sa.String(8), nullable=False),
        sa.Column("payer_id", KEY, nullable=True),
        sa.Column("booker_id", KEY, nullable=True),
        sa.Column("membership_id", KEY, nullable=True),
        sa.Column("visit", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("anyway", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("walk_in", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("imported", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("offered_until", AT, nullable=True),
        sa.Column("promoted_at", AT, nullable=True),
        sa.Column("checked_in_at", AT, nullable=True),
        sa.Column("cancelled_at", AT, nullable=True),
        sa.Column("late", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("reminded_at", AT, nullable=True),
        sa.Column("sequence", sa.Integer(), server_default="0", nullable=False),
        sa.Column("actor", sa.String(254), nullable=False),
        sa.Column("changed_at", AT, nullable=False),
        sa.CheckConstraint("(state = 'cancelled') = (cancelled_at IS NOT NULL)", name=op.f("ck_booking_cancelled")),
        sa.CheckConstraint("(state = 'offered') = (offered_until IS NOT NULL)", name=op.f("ck_booking_offered")),
        sa.CheckConstraint("NOT visit OR membership_id IS NOT NULL", name=op.f("ck_booking_visit")),
        sa.CheckConstraint("price_minor >= 0", name=op.f("ck_booking_price")),
        sa.ForeignKeyConstraint(["booker_id"], ["customer.id"], name=op.f("fk_booking_booker_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_booking_customer_id")),
        sa.ForeignKeyConstraint(["membership_id"], ["membership.id"], name=op.f("fk_booking_membership_id")),
        sa.ForeignKeyConstraint(["payer_id"], ["customer.id"], name=op.f("fk_booking_payer_id")),
        sa.ForeignKeyConstraint(["session_id"], ["session.id"], name=op.f("fk_booking_session_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking")),
        sa.UniqueConstraint("public_id", name=op.f("uq_booking_public_id")),
        sa.CheckConstraint(
            "state IN ('booked', 'waiting', 'offered', 'cancelled', 'attended', 'missed')",
            name=op.f("ck_booking_state"),
        ),
        sa.CheckConstraint("payer IN ('owner', 'booker', 'subject', 'choice')", name=op.f("ck_booking_payer")),
    )
    op.create_index(op.f("ix_booking_customer_id_session_id"), "booking", ["customer_id", "session_id"])
    op.create_index(
        "ix_booking_membership",
        "booking",
        ["membership_id", "session_id"],
        sqlite_where=sa.text("membership_id IS NOT NULL"),
        postgresql_where=sa.text("membership_id IS NOT NULL"),
    )
    op.create_index(op.f("ix_booking_session_id_state"), "booking", ["session_id", "state"])
    op.create_index(
        "ix_booking_waiting",
        "booking",
        ["session_id", "booked_at", "id"],
        sqlite_where=sa.text("state IN ('waiting', 'offered')"),
        postgresql_where=sa.text("state IN ('waiting', 'offered')"),
    )
    op.create_index(
        "uq_booking_external_id",
        "booking",
        ["external_id"],
        unique=True,
        sqlite_where=sa.text("external_id IS NOT NULL"),
        postgresql_where=sa.text("external_id IS NOT NULL"),
    )
    op.create_index(
        "uq_booking_live",
        "booking",
        ["session_id", "customer_id"],
        unique=True,
        sqlite_where=sa.text("state <> 'cancelled'"),
        postgresql_where=sa.text("state <> 'cancelled'"),
    )
    op.create_table(
        "booking_charge",
        sa.Column("id", KEY, nullable=False),
        sa.Column("booking_id", KEY, nullable=False),
        sa.Column("payer_id", KEY, nullable=False),
        sa.Column("amount_minor", KEY, nullable=False),
        sa.Column("invoice_id", KEY, nullable=True),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("item_id", KEY, nullable=True),
        sa.Column("charged_at", AT, nullable=False),
        sa.Column("credit_id", KEY, nullable=True),
        sa.Column("reversed_at", AT, nullable=True),
        sa.CheckConstraint("(invoice_id IS NULL) <> (item_id IS NULL)", name=op.f("ck_booking_charge_one_of")),
        sa.ForeignKeyConstraint(["booking_id"], ["booking.id"], name=op.f("fk_booking_charge_booking_id")),
        sa.ForeignKeyConstraint(["credit_id"], ["entry.id"], name=op.f("fk_booking_charge_credit_id")),
        sa.ForeignKeyConstraint(["invoice_id"], ["entry.id"], name=op.f("fk_booking_charge_invoice_id")),
        sa.ForeignKeyConstraint(["item_id"], ["future_item.id"], name=op.f("fk_booking_charge_item_id")),
        sa.ForeignKeyConstraint(["payer_id"], ["customer.id"], name=op.f("fk_booking_charge_payer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_booking_charge")),
        sa.UniqueConstraint("invoice_id", "position", name=op.f("uq_booking_charge_invoice_id_position")),
    )
    op.create_index(op.f("ix_booking_charge_booking_id"), "booking_charge", ["booking_id"])
    op.create_index(op.f("ix_booking_charge_item_id"), "booking_charge", ["item_id"])
    op.create_index(
        "uq_booking_charge_live",
        "booking_charge",
        ["booking_id"],
        unique=True,
        sqlite_where=sa.text("reversed_at IS NULL"),
        postgresql_where=sa.text("reversed_at IS NULL"),
    )
    op.create_table(
        "membership_period",
        sa.Column("id", KEY, nullable=False),
        sa.Column("membership_id", KEY, nullable=False),
        sa.Column("plan_id", KEY, nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("amount_minor", KEY, nullable=False),
        sa.Column("payer_id", KEY, nullable=True),
        sa.Column("invoice_id", KEY, nullable=True),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("item_id", KEY, nullable=True),
        sa.Column("credit_id", KEY, nullable=True),
        sa.Column("payment_id", KEY, nullable=True),
        sa.Column("charged_on", sa.Date(), nullable=True),
        sa.Column("created_at", AT, nullable=False),
        sa.CheckConstraint("last_on IS NULL OR last_on >= first_on", name=op.f("ck_membership_period_days")),
        sa.ForeignKeyConstraint(["credit_id"], ["entry.id"], name=op.f("fk_membership_period_credit_id")),
        sa.ForeignKeyConstraint(["invoice_id"], ["entry.id"], name=op.f("fk_membership_period_invoice_id")),
        sa.ForeignKeyConstraint(["item_id"], ["future_item.id"], name=op.f("fk_membership_period_item_id")),
        sa.ForeignKeyConstraint(["membership_id"], ["membership.id"], name=op.f("fk_membership_period_membership_id")),
        sa.ForeignKeyConstraint(["payer_id"], ["customer.id"], name=op.f("fk_membership_period_payer_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["entry.id"], name=op.f("fk_membership_period_payment_id")),
        sa.ForeignKeyConstraint(["plan_id"], ["membership_plan.id"], name=op.f("fk_membership_period_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership_period")),
        sa.UniqueConstraint("payment_id", name=op.f("uq_membership_period_payment_id")),
    )
    op.create_index(op.f("ix_membership_period_invoice_id"), "membership_period", ["invoice_id"])
    op.create_index(
        "uq_membership_period_first_on",
        "membership_period",
        ["membership_id", "first_on"],
        unique=True,
        sqlite_where=sa.text("ended_on IS NULL OR ended_on >= first_on"),
        postgresql_where=sa.text("ended_on IS NULL OR ended_on >= first_on"),
    )
