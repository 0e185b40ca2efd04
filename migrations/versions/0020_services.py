"""Services as they are billed, what was billed of them, and future items that say rate and days.

Services that are there already were billed elsewhere: the first run bills what comes after today.
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WAITING = sa.text("invoiced_by_id IS NULL AND reverses_id IS NULL")
SERVICE = (
    ("external_id", sa.String(100), None),
    ("number_e4", KEY, "10000"),
    ("rate_e3", sa.Integer(), None),
    ("prices", sa.String(8), "net"),
    ("paid_until", sa.Date(), None),
    ("anchor_on", sa.Date(), None),
    ("anchor_day", sa.Integer(), None),
)
ITEM = (("rate_e3", sa.Integer()), ("from_on", sa.Date()), ("to_on", sa.Date()))


def upgrade() -> None:
    for name, kind, default in SERVICE:
        op.add_column("service", sa.Column(name, kind, nullable=default is None, server_default=default))
    today = sa.bindparam("today", datetime.now(UTC).date(), sa.Date())
    op.get_bind().execute(
        sa.text("UPDATE service SET paid_until = :today WHERE started_on <= :today").bindparams(today)
    )
    op.create_index("uq_service_external_id", "service", ["external_id"], unique=True)
    op.create_index("ix_service_paid_until_started_on", "service", ["paid_until", "started_on"])
    op.create_table(
        "service_charge",
        sa.Column("id", KEY, nullable=False),
        sa.Column("service_id", KEY, nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("amount_minor", KEY, nullable=False),
        sa.Column("invoice_id", KEY, nullable=True),
        sa.Column("position", sa.Integer(), nullable=True),
        sa.Column("billed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["service_id"], ["service.id"], name=op.f("fk_service_charge_service_id")),
        sa.ForeignKeyConstraint(["invoice_id"], ["entry.id"], name=op.f("fk_service_charge_invoice_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_charge")),
        sa.UniqueConstraint("service_id", "first_on", name=op.f("uq_service_charge_service_id_first_on")),
    )
    op.create_index("ix_service_charge_invoice_id", "service_charge", ["invoice_id"])
    for name, kind in ITEM:
        op.add_column("future_item", sa.Column(name, kind, nullable=True))
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "ALTER TABLE future_item ADD COLUMN credits_id INTEGER "
            "CONSTRAINT fk_future_item_credits_id REFERENCES service_charge (id)"
        )
    else:
        op.add_column("future_item", sa.Column("credits_id", KEY, nullable=True))
        op.create_foreign_key(
            op.f("fk_future_item_credits_id"), "future_item", "service_charge", ["credits_id"], ["id"]
        )
    op.create_index(
        "ix_future_item_waiting",
        "future_item",
        ["booked_on", "issued_for_id"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )


def downgrade() -> None:
    op.drop_index("ix_future_item_waiting", table_name="future_item")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("ALTER TABLE future_item DROP COLUMN credits_id")
    else:
        op.drop_constraint(op.f("fk_future_item_credits_id"), "future_item", type_="foreignkey")
        op.drop_column("future_item", "credits_id")
    for name, _kind in reversed(ITEM):
        op.drop_column("future_item", name)
    op.drop_table("service_charge")
    op.drop_index("ix_service_paid_until_started_on", table_name="service")
    op.drop_index("uq_service_external_id", table_name="service")
    for name, _kind, _default in reversed(SERVICE):
        op.drop_column("service", name)
