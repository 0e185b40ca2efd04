"""The catalogue, orders from it, and baskets (M2)."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)
PERIODS = "period IN ('week', 'month', 'quarter', 'year')"
PRICES = "prices IN ('net', 'gross')"
KINDS = "kind IN ('item', 'service')"


def upgrade() -> None:
    op.create_table(
        "catalogue_item",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(20), nullable=False),
        sa.Column("external_id", sa.String(100), nullable=True),
        sa.Column("partner_id", KEY, nullable=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("price_e4", KEY, nullable=False),
        sa.Column("rate_e3", sa.Integer(), nullable=True),
        sa.Column("prices", sa.String(8), nullable=True),
        sa.Column("period", sa.String(10), nullable=False),
        sa.Column("stock", sa.Integer(), nullable=True),
        sa.Column("retired_at", AT, nullable=True),
        sa.CheckConstraint("stock IS NULL OR stock >= 0", name=op.f("ck_catalogue_item_stock")),
        sa.CheckConstraint(KINDS, name=op.f("ck_catalogue_item_kind")),
        sa.CheckConstraint(PRICES, name=op.f("ck_catalogue_item_prices")),
        sa.CheckConstraint(PERIODS, name=op.f("ck_catalogue_item_period")),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_catalogue_item_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalogue_item")),
        sa.UniqueConstraint("public_id", name=op.f("uq_catalogue_item_public_id")),
    )
    op.create_index("uq_catalogue_item_external_id", "catalogue_item", ["external_id"], unique=True)
    op.create_table(
        "customer_order",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(20), nullable=False),
        sa.Column("external_id", sa.String(100), nullable=True),
        sa.Column("partner_id", KEY, nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("total_minor", KEY, nullable=False),
        sa.Column("placed_by", sa.String(254), nullable=False),
        sa.Column("placed_at", AT, nullable=False),
        sa.Column("accepted_at", AT, nullable=True),
        sa.Column("fulfilled_at", AT, nullable=True),
        sa.Column("cancelled_at", AT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state IN ('placed', 'accepted', 'fulfilled', 'cancelled')", name=op.f("ck_customer_order_state")
        ),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_customer_order_partner_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_customer_order_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_order")),
        sa.UniqueConstraint("public_id", name=op.f("uq_customer_order_public_id")),
    )
    op.create_index("uq_customer_order_external_id", "customer_order", ["external_id"], unique=True)
    op.create_index("ix_customer_order_customer_id_placed_at", "customer_order", ["customer_id", "placed_at"])
    going = sa.text("state IN ('placed', 'accepted')")
    op.create_index(
        "ix_customer_order_open",
        "customer_order",
        ["partner_id", "placed_at"],
        sqlite_where=going,
        postgresql_where=going,
    )
    op.create_table(
        "order_line",
        sa.Column("id", KEY, nullable=False),
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("item_id", KEY, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("price_minor", KEY, nullable=False),
        sa.Column("prices", sa.String(8), nullable=False),
        sa.Column("rate_e3", sa.Integer(), nullable=False),
        sa.Column("period", sa.String(10), nullable=False),
        sa.Column("net_minor", KEY, nullable=False),
        sa.Column("tax_minor", KEY, nullable=False),
        sa.Column("gross_minor", KEY, nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("future_item_id", KEY, nullable=True),
        sa.Column("invoice_id", KEY, nullable=True),
        sa.Column("invoice_position", sa.Integer(), nullable=True),
        sa.Column("service_id", KEY, nullable=True),
        sa.CheckConstraint(KINDS, name=op.f("ck_order_line_kind")),
        sa.CheckConstraint(PRICES, name=op.f("ck_order_line_prices")),
        sa.CheckConstraint(PERIODS, name=op.f("ck_order_line_period")),
        sa.ForeignKeyConstraint(["order_id"], ["customer_order.id"], name=op.f("fk_order_line_order_id")),
        sa.ForeignKeyConstraint(["item_id"], ["catalogue_item.id"], name=op.f("fk_order_line_item_id")),
        sa.ForeignKeyConstraint(["future_item_id"], ["future_item.id"], name=op.f("fk_order_line_future_item_id")),
        sa.ForeignKeyConstraint(["invoice_id"], ["entry.id"], name=op.f("fk_order_line_invoice_id")),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_order_line_service_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_line")),
        sa.UniqueConstraint("order_id", "position", name=op.f("uq_order_line_order_id_position")),
    )
    op.create_index("ix_order_line_item_id", "order_line", ["item_id"])
    op.create_table(
        "order_wish",
        sa.Column("id", KEY, nullable=False),
        sa.Column("login_id", KEY, nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("item_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("price_e4", KEY, nullable=False),
        sa.Column("added_at", AT, nullable=False),
        sa.ForeignKeyConstraint(["login_id"], ["login.id"], name=op.f("fk_order_wish_login_id")),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_order_wish_customer_id")),
        sa.ForeignKeyConstraint(["item_id"], ["catalogue_item.id"], name=op.f("fk_order_wish_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_wish")),
        sa.UniqueConstraint(
            "login_id", "customer_id", "item_id", name=op.f("uq_order_wish_login_id_customer_id_item_id")
        ),
    )
    op.create_index("ix_order_wish_customer_id", "order_wish", ["customer_id"])


def downgrade() -> None:
    for name in ("order_wish", "order_line", "customer_order", "catalogue_item"):
        op.drop_table(name)
