"""Billing runs, and what became of each payer."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "billing_run",
        sa.Column("id", KEY, nullable=False),
        sa.Column("public_id", sa.String(20), nullable=False),
        sa.Column("partner_id", KEY, nullable=False),
        sa.Column("run_on", sa.Date(), nullable=False),
        sa.Column("actor", sa.String(254), nullable=False),
        sa.Column("started_at", AT, nullable=False),
        sa.Column("finished_at", AT, nullable=True),
        sa.Column("scheduled_on", sa.Date(), nullable=True),
        sa.Column("job", sa.String(20), nullable=False, server_default=""),
        sa.ForeignKeyConstraint(["partner_id"], ["partner.id"], name=op.f("fk_billing_run_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_billing_run")),
        sa.UniqueConstraint("public_id", name=op.f("uq_billing_run_public_id")),
        sa.UniqueConstraint("partner_id", "scheduled_on", name=op.f("uq_billing_run_partner_id_scheduled_on")),
    )
    op.create_index("ix_billing_run_partner_id_id", "billing_run", ["partner_id", "id"])
    op.create_table(
        "billing_outcome",
        sa.Column("id", KEY, nullable=False),
        sa.Column("run_id", KEY, nullable=False),
        sa.Column("payer_id", KEY, nullable=False),
        sa.Column("entry_id", KEY, nullable=True),
        sa.Column("amount_minor", KEY, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["billing_run.id"], name=op.f("fk_billing_outcome_run_id")),
        sa.ForeignKeyConstraint(["payer_id"], ["customer.id"], name=op.f("fk_billing_outcome_payer_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["entry.id"], name=op.f("fk_billing_outcome_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_billing_outcome")),
    )
    op.create_index("ix_billing_outcome_run_id_id", "billing_outcome", ["run_id", "id"])
    op.create_index("ix_billing_outcome_payer_id_id", "billing_outcome", ["payer_id", "id"])


def downgrade() -> None:
    op.drop_table("billing_outcome")
    op.drop_table("billing_run")
