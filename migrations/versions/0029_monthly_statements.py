"""Statements by email every month: who wants them, and which were sent."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
AT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "statement_subscription",
        sa.Column("customer_id", KEY, autoincrement=False, nullable=False),
        sa.Column("since", AT, nullable=False),
        sa.Column("actor", sa.String(254), nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_statement_subscription_customer_id")),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_statement_subscription")),
    )
    op.create_table(
        "statement_mailing",
        sa.Column("id", KEY, nullable=False),
        sa.Column("customer_id", KEY, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("mail", sa.String(20), nullable=False),
        sa.Column("made_at", AT, nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customer.id"], name=op.f("fk_statement_mailing_customer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_statement_mailing")),
        sa.UniqueConstraint("customer_id", "month", name=op.f("uq_statement_mailing_customer_id_month")),
    )
    op.create_index(op.f("ix_statement_mailing_month"), "statement_mailing", ["month"])


def downgrade() -> None:
    for table in ("statement_mailing", "statement_subscription"):
        op.drop_table(table)
