"""Reminders that were told, and customers who get none."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("customer", sa.Column("not_reminded", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_table(
        "reminder",
        sa.Column("id", KEY, nullable=False),
        sa.Column("entry_id", KEY, nullable=False),
        sa.Column("payer_id", KEY, nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("told_on", sa.Date(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("amount_minor", KEY, nullable=False),
        sa.Column("fee_id", KEY, nullable=True),
        sa.Column("message", sa.String(20), nullable=False),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_reminder_entry_id")),
        sa.ForeignKeyConstraint(["payer_id"], ["customer.id"], name=op.f("fk_reminder_payer_id")),
        sa.ForeignKeyConstraint(["fee_id"], ["future_item.id"], name=op.f("fk_reminder_fee_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder")),
        sa.UniqueConstraint("entry_id", "level", name=op.f("uq_reminder_entry_id_level")),
    )
    op.create_index("ix_reminder_payer_id_id", "reminder", ["payer_id", "id"])


def downgrade() -> None:
    op.drop_table("reminder")
    op.drop_column("customer", "not_reminded")
